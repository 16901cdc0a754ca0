import Foundation
import HoneRuns

/// Where text goes: for people to standard output and standard error, or as JSON lines.
struct Console: Sendable {
    /// Standard output holds JSON lines only.
    var isJSON: Bool
    /// Standard output is a terminal that may be redrawn.
    var isTerminal: Bool
    var hasColour: Bool
    /// Columns of the terminal; `.max` where output goes to a file or a pipe.
    var width: Int

    init(isJSON: Bool) {
        let environment = ProcessInfo.processInfo.environment
        let terminal = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
        self.init(
            isJSON: isJSON, isTerminal: terminal && !isJSON,
            hasColour: terminal && !isJSON && (environment["NO_COLOR"] ?? "").isEmpty, width: terminal ? Self.columns() : .max)
    }

    init(isJSON: Bool, isTerminal: Bool, hasColour: Bool, width: Int) {
        (self.isJSON, self.isTerminal, self.hasColour, self.width) = (isJSON, isTerminal, hasColour, width)
    }

    private static func columns() -> Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return max(20, Int(size.ws_col))
    }

    // MARK: For people

    /// Writes a line to standard output; nothing with --json.
    func say(_ line: String = "") {
        if !isJSON { raw(line + "\n") }
    }

    func say(_ lines: [String]) {
        if !lines.isEmpty { say(lines.joined(separator: "\n")) }
    }

    /// Writes a line to standard error.
    func complain(_ text: String) { write(text + "\n", STDERR_FILENO) }

    /// Writes to standard error without going to the next line.
    func whisper(_ text: String) { write(text, STDERR_FILENO) }

    /// Writes to standard output as it is.
    func raw(_ text: String) {
        write(text.hasSuffix("\n") || text.hasPrefix("\r") ? text : text + "\n", STDOUT_FILENO)
    }

    /// Writes to standard output exactly what it is given; nothing with --json.
    func control(_ text: String) {
        if !isJSON { write(text, STDOUT_FILENO) }
    }

    // MARK: For programs

    /// Writes one object as a line; nothing without --json.
    func emit(_ members: [String: JSONValue]) {
        guard isJSON else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A JSON value made of JSON values always encodes.
        guard let data = try? encoder.encode(JSONValue.object(members)) else { return }
        emit(line: data + Data("\n".utf8))
    }

    /// Writes an encodable object with its `type` added, and more members.
    func emit(_ type: String, _ value: some Encodable, _ more: [String: JSONValue] = [:]) throws {
        guard isJSON, case .object(var members) = try JSONValue(value) else { return }
        members["type"] = .string(type)
        emit(members.merging(more) { _, new in new })
    }

    /// Writes a line that is JSON already, its newline included.
    func emit(line: Data) {
        if isJSON { write(line, STDOUT_FILENO) }
    }

    private func write(_ text: String, _ file: Int32) { write(Data(text.utf8), file) }

    /// Writes everything; a reader that has gone away ends the process by SIGPIPE, any other failure loses the line.
    private func write(_ data: Data, _ file: Int32) {
        data.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let count = Foundation.write(file, bytes.baseAddress.map { $0 + start }, bytes.count - start)
                if count > 0 { start += count } else if errno != EINTR { return }
            }
        }
    }

    // MARK: Styles

    func bold(_ text: String) -> String { styled(text, "1") }
    func dim(_ text: String) -> String { styled(text, "2") }
    func good(_ text: String) -> String { styled(text, "32") }
    func bad(_ text: String) -> String { styled(text, "31") }

    private func styled(_ text: String, _ code: String) -> String { hasColour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}
