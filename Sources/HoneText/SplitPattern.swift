// Tested by PreTokenizerTests.swift

/// What becomes of the places that a pattern matches.
enum SplitBehavior: String, CaseIterable, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"

    static func read(_ field: JSONField) throws(TokenizerError) -> SplitBehavior {
        guard let behavior = SplitBehavior(rawValue: try field.string()) else {
            throw .unsupported(
                file: field.file, line: field.node.line, path: field.path, name: try field.string(), supported: allCases.map(\.rawValue))
        }
        return behavior
    }

    /// Appends the words that `pieces`, which cover a text, make.
    func apply(_ pieces: [SplitPiece], into words: inout [Range<Int>]) {
        var wasMatch = false
        switch self {
        case .isolated: words += pieces.lazy.map(\.range)
        case .removed: words += pieces.lazy.filter { !$0.isMatch }.map(\.range)
        case .contiguous, .mergedWithPrevious:
            let first = words.count
            for piece in pieces {
                let joins = self == .contiguous ? piece.isMatch == wasMatch : piece.isMatch && !wasMatch
                if joins, words.count > first {
                    words[words.count - 1] = words[words.count - 1].lowerBound..<piece.range.upperBound
                } else {
                    words.append(piece.range)
                }
                wasMatch = piece.isMatch
            }
        case .mergedWithNext:
            let first = words.count
            for piece in pieces.reversed() {
                if piece.isMatch, !wasMatch, words.count > first {
                    words[words.count - 1] = piece.range.lowerBound..<words[words.count - 1].upperBound
                } else {
                    words.append(piece.range)
                }
                wasMatch = piece.isMatch
            }
            words[first...].reverse()
        }
    }
}

/// A stretch of text that a pattern matched, or one between matches.
struct SplitPiece: Equatable {
    var range: Range<Int>
    var isMatch: Bool
}

/// What Split looks for.
enum SplitPattern: Equatable, Sendable {
    /// This text, byte for byte.
    case text([UInt8])
    /// One of the regular expressions that Hone runs by hand; matches follow each other without gaps.
    case scanner(WordScanner.Rules)

    /// Reads `{"String": "…"}` or `{"Regex": "…"}`.
    init(_ field: JSONField) throws(TokenizerError) {
        try field.allowOnly(["String", "Regex"])
        if let text = try field.optional("String") {
            self = .text(Array(try text.string().utf8))
            return
        }
        let regex = try field.required("Regex")
        let pattern = try regex.string()
        guard let rules = WordScanner.Rules.known[pattern] else {
            throw .unsupported(
                file: regex.file, line: regex.node.line, path: regex.path, name: pattern,
                supported: ["the patterns of GPT-2, Llama 3, Qwen2, Mistral Nemo and GPT-4o"])
        }
        self = .scanner(rules)
    }

    /// Cuts a text that is not empty into pieces that cover it.
    func pieces(_ bytes: [UInt8], _ range: Range<Int>, _ properties: UnicodeProperties) -> [SplitPiece] {
        switch self {
        case .scanner(let rules):
            var words: [Range<Int>] = []
            WordScanner(rules, properties).words(bytes, range, into: &words)
            return words.map { SplitPiece(range: $0, isMatch: true) }
        case .text(let text): return Self.pieces(of: text, bytes, range)
        }
    }

    private static func pieces(of text: [UInt8], _ bytes: [UInt8], _ range: Range<Int>) -> [SplitPiece] {
        var pieces: [SplitPiece] = []
        var done = range.lowerBound, index = done
        while !text.isEmpty, index + text.count <= range.upperBound {
            guard bytes[index] == text[0], bytes[index..<index + text.count].elementsEqual(text) else {
                index += 1
                continue
            }
            if done < index { pieces.append(SplitPiece(range: done..<index, isMatch: false)) }
            pieces.append(SplitPiece(range: index..<index + text.count, isMatch: true))
            index += text.count
            done = index
        }
        if done < range.upperBound { pieces.append(SplitPiece(range: done..<range.upperBound, isMatch: false)) }
        return pieces
    }
}
