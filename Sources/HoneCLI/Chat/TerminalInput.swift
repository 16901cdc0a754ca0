import Foundation

/// Reads lines from a terminal, key by key.
final class TerminalInput {
    private var editor = LineEditor()
    private var keys = KeyReader()
    private let console: Console
    /// On which row of the last drawing the cursor stands.
    private var row = 0

    init(_ console: Console) { self.console = console }

    /// What a person did instead of typing a line.
    enum Line: Equatable {
        case text(String)
        /// Ctrl-C; the line is gone.
        case interrupted
        /// Ctrl-D on an empty line, or the terminal went away.
        case ended
    }

    /// Shows a prompt and lets a line be typed.
    func line(prompt: String) -> Line {
        TerminalMode.set(.raw)
        defer { TerminalMode.set(.quiet) }
        row = 0
        draw(prompt)
        while true {
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return .ended }
            guard let key = keys.push(byte) else { continue }
            switch editor.take(key) {
            case .editing: draw(prompt)
            case .entered(let text):
                finish()
                return .text(text)
            case .interrupted:
                finish()
                editor = LineEditor(history: editor.history)
                return .interrupted
            case .ended:
                finish()
                return .ended
            case .cleared:
                console.control("\u{1B}[H\u{1B}[2J")
                row = 0
                draw(prompt)
            case .suspended:
                finish()
                TerminalMode.suspend()
                TerminalMode.set(.raw)
                row = 0
                draw(prompt)
            }
        }
    }

    private func draw(_ prompt: String) {
        let width = Console(isJSON: false).width
        let drawing = editor.drawing(prompt: prompt, width: width)
        var text = row > 0 ? "\u{1B}[\(row)A" : ""
        text += "\r\u{1B}[J" + drawing.rows.joined(separator: "\r\n")
        let up = drawing.rows.count - 1 - drawing.row
        if up > 0 { text += "\u{1B}[\(up)A" }
        text += "\r" + (drawing.column > 0 ? "\u{1B}[\(drawing.column)C" : "")
        row = drawing.row
        last = drawing.rows.count - 1
        console.control(text)
    }

    private var last = 0

    /// Leaves the line as it stands and goes below it.
    private func finish() {
        console.control((last > row ? "\u{1B}[\(last - row)B" : "") + "\r\n")
    }
}
