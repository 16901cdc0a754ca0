/// Breaks text that comes in pieces into lines of a width, at blanks where there are some; gives each piece as soon as its place is known.
struct LineBreaker {
    let width: Int
    private var column = 0
    private var word = ""
    private var blanks = ""

    init(width: Int) { self.width = max(1, width) }

    /// A part of the broken text.
    enum Part: Equatable {
        case text(String)
        case lineBreak
    }

    /// Takes a piece.
    mutating func push(_ piece: String) -> [Part] {
        var parts: [Part] = []
        for character in piece {
            if character.isNewline {
                parts += endWord() + [.lineBreak]
                (column, blanks) = (0, "")
            } else if character.isWhitespace {
                parts += endWord()
                blanks.append(character == "\t" ? " " : character)
            } else {
                // A word wider than a line is cut.
                if word.columns + String(character).columns > width { parts += endWord() }
                word.append(character)
            }
        }
        return parts
    }

    /// Ends the text.
    mutating func finish() -> [Part] { endWord() }

    private mutating func endWord() -> [Part] {
        guard !word.isEmpty else { return [] }
        defer { (word, blanks) = ("", "") }
        if column > 0, column + blanks.columns + word.columns > width {
            column = word.columns
            return [.lineBreak, .text(word)]
        }
        let text = (column == 0 ? "" : blanks) + word
        column += text.columns
        return [.text(text)]
    }

    /// A whole text as lines.
    static func lines(_ text: String, width: Int) -> [String] {
        var breaker = LineBreaker(width: width)
        var lines = [""]
        for part in breaker.push(text) + breaker.finish() {
            switch part {
            case .text(let text): lines[lines.count - 1] += text
            case .lineBreak: lines.append("")
            }
        }
        return lines
    }
}

/// Shows two texts in columns: the left one is whole, the right one comes in pieces.
struct SideBySide {
    /// Least width of a terminal on which columns are readable.
    static let leastWidth = 90
    private static let rule = " │ "

    private let left: [String]
    private let leftWidth: Int
    private var breaker: LineBreaker
    private var row = 0

    init(left: String, width: Int) {
        leftWidth = (width - Self.rule.count) / 2
        self.left = LineBreaker.lines(left, width: leftWidth)
        breaker = LineBreaker(width: width - Self.rule.count - leftWidth)
    }

    /// The two names above the columns.
    static func header(_ left: String, _ right: String, width: Int) -> String {
        let leftWidth = (width - rule.count) / 2
        return left.clipped(to: leftWidth).padded(to: leftWidth) + rule + right.clipped(to: width - rule.count - leftWidth)
    }

    /// What stands before the first piece.
    mutating func begin() -> String { cell() }

    /// What a piece of the right text adds to the terminal.
    mutating func push(_ piece: String) -> String { show(breaker.push(piece)) }

    /// What the end of the right text adds: the rest of the left one.
    mutating func finish() -> String {
        var text = show(breaker.finish())
        while row < left.count { text += "\n" + cell() }
        return text + "\n"
    }

    private mutating func show(_ parts: [LineBreaker.Part]) -> String {
        parts.reduce(into: "") { text, part in
            switch part {
            case .text(let piece): text += piece
            case .lineBreak: text += "\n" + cell()
            }
        }
    }

    private mutating func cell() -> String {
        defer { row += 1 }
        return (row < left.count ? left[row] : "").padded(to: leftWidth) + Self.rule
    }
}
