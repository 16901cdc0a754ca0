// Tested by PreTokenizerTests.swift

/// Runs the regular expressions of the common byte-level tokenizers by hand, in one pass over the bytes.
struct WordScanner: Sendable {
    /// Which expression, in terms of what its alternatives allow.
    struct Rules: Equatable, Sendable {
        enum Letters { case gpt2, plain, cased }
        /// How words of letters begin and end: `gpt2` may begin with a space, the others with anything but a line break, letter or number;
        /// `cased` also ends a word before a capital letter.
        var letters: Letters
        /// `'s`, `'t`, `'re` and so on: before everything else, behind a word, or nowhere.
        enum Contractions { case first, firstAnyCase, behindWord, none }
        var contractions: Contractions
        /// The most digits in one word.
        var digits: Int
        /// Whether `/` belongs to the line breaks that end a run of symbols.
        var slashEndsSymbols = false

        static let gpt2 = Rules(letters: .gpt2, contractions: .first, digits: .max)
        private static let threeDigits = Rules(letters: .plain, contractions: .firstAnyCase, digits: 3)
        private static let singleDigits = Rules(letters: .plain, contractions: .firstAnyCase, digits: 1)
        private static let tekken = Rules(letters: .cased, contractions: .none, digits: 1, slashEndsSymbols: true)
        private static let o200k = Rules(letters: .cased, contractions: .behindWord, digits: 3, slashEndsSymbols: true)

        /// The expressions as files spell them.
        static let known: [String: Rules] = {
            let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)", tiktoken = "'(?i:[sdmt]|ll|ve|re)"
            let head = #"[^\r\n\p{L}\p{N}]?"#, upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#, lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
            let symbols = #"| ?[^\s\p{L}\p{N}]+[\r\n]*"#, space = #"|\s*[\r\n]+|\s+(?!\S)|\s+"#
            func plain(_ digits: String) -> String { contractions + "|" + head + #"\p{L}+|"# + digits + symbols + space }
            func cased(_ end: String, _ digits: String) -> String {
                "\(head)\(upper)*\(lower)+\(end)|\(head)\(upper)+\(lower)*\(end)|\(digits)" + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*"# + space
            }
            return [
                #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: gpt2,
                #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: gpt2,
                plain(#"\p{N}{1,3}"#): threeDigits, plain(#"\p{N}"#): singleDigits,
                tiktoken + #"|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#: threeDigits,
                cased("", #"\p{N}"#): tekken, cased(contractions + "?", #"\p{N}{1,3}"#): o200k,
            ]
        }()
    }

    private let rules: Rules
    private let properties: UnicodeProperties
    /// The classes of each ASCII character.
    private let ascii: [UInt16]

    init(_ rules: Rules, _ properties: UnicodeProperties) {
        (self.rules, self.properties) = (rules, properties)
        ascii = (0..<128).map { properties.classes(of: $0).rawValue }
    }

    /// Appends the words of `range`, which they cover.
    func words(_ bytes: [UInt8], _ range: Range<Int>, into words: inout [Range<Int>]) {
        bytes.withUnsafeBufferPointer { bytes in
            ascii.withUnsafeBufferPointer { ascii in
                let text = ScannedText(bytes: bytes, end: range.upperBound, ascii: ascii, properties: properties)
                var index = range.lowerBound
                while index < range.upperBound {
                    let end = rules.letters == .gpt2 ? gpt2(text, index) : other(text, index)
                    words.append(index..<end)
                    index = end
                }
            }
        }
    }

    // `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    @inline(__always)
    private func gpt2(_ text: ScannedText, _ start: Int) -> Int {
        let first = text.bytes[start]
        if first == UInt8(ascii: "'"), let end = text.contraction(start, anyCase: false) { return end }
        let index = first == 0x20 && start + 1 < text.end ? start + 1 : start
        let (found, length) = text.character(index)
        if found.contains(.letter) { return text.run(of: .letter, from: index + length) }
        if found.contains(.number) { return text.run(of: .number, from: index + length) }
        if !found.contains(.regexSpace) { return text.symbols(from: index + length) }
        return text.spaces(start)
    }

    /// The expressions that know line breaks.
    @inline(__always)
    private func other(_ text: ScannedText, _ start: Int) -> Int {
        let (found, length) = text.character(start)
        if rules.contractions == .firstAnyCase, text.bytes[start] == UInt8(ascii: "'"), let end = text.contraction(start, anyCase: true) {
            return end
        }
        if rules.letters == .cased {
            if let end = casedWord(text, start, found, length) { return end }
        } else if found.contains(.letter) {
            return text.run(of: .letter, from: start + length)
        } else if found.isDisjoint(with: [.number, .lineBreak]), start + length < text.end {
            let (next, nextLength) = text.character(start + length)
            if next.contains(.letter) { return text.run(of: .letter, from: start + length + nextLength) }
        }
        if found.contains(.number) {
            var index = start + length
            var count = 1
            while count < rules.digits, index < text.end, case (let digit, let width) = text.character(index), digit.contains(.number) {
                index += width
                count += 1
            }
            return index
        }
        let index = text.bytes[start] == 0x20 && start + 1 < text.end ? start + 1 : start
        let (symbol, width) = text.character(index)
        if symbol.isDisjoint(with: [.regexSpace, .letter, .number]) {
            var end = text.symbols(from: index + width)
            while end < text.end, isSymbolEnd(text.bytes[end]) { end += 1 }
            return end
        }
        return text.lastLineBreak(start) ?? text.spaces(start)
    }

    @inline(__always)
    private func isSymbolEnd(_ byte: UInt8) -> Bool {
        byte == 0x0A || byte == 0x0D || rules.slashEndsSymbols && byte == UInt8(ascii: "/")
    }

    /// `H?U*L+|H?U+L*`, with what may stand behind: H anything but a line break, letter or number, U `wordHead`, L `wordTail`.
    private func casedWord(_ text: ScannedText, _ start: Int, _ found: CharacterClass, _ length: Int) -> Int? {
        let mayPrecede = found.isDisjoint(with: [.letter, .number, .lineBreak])
        let end =
            (mayPrecede ? text.lowerEnd(start + length) : nil) ?? text.lowerEnd(start)
            ?? (mayPrecede ? text.upperEnd(start + length) : nil) ?? text.upperEnd(start)
        guard let end else { return nil }
        guard rules.contractions == .behindWord, end < text.end, text.bytes[end] == UInt8(ascii: "'") else { return end }
        return text.contraction(end, anyCase: true) ?? end
    }
}

/// A stretch of text that ends at `end`, with the pieces that the expressions are made of.
struct ScannedText {
    let bytes: UnsafeBufferPointer<UInt8>
    let end: Int
    let ascii: UnsafeBufferPointer<UInt16>
    let properties: UnicodeProperties

    /// The classes of the character at `index`, and its length.
    @inline(__always)
    func character(_ index: Int) -> (CharacterClass, length: Int) {
        let byte = bytes[index]
        if byte < 0x80 { return (CharacterClass(rawValue: ascii[Int(byte)]), 1) }
        let (scalar, length) = UTF8Text.scalar(bytes, at: index)
        return (properties.classes(of: scalar), length)
    }

    @inline(__always)
    func run(of wanted: CharacterClass, from start: Int) -> Int {
        var index = start
        while index < end, case (let found, let length) = character(index), !found.isDisjoint(with: wanted) { index += length }
        return index
    }

    // `[^\s\p{L}\p{N}]*`
    @inline(__always)
    func symbols(from start: Int) -> Int {
        var index = start
        while index < end, case (let found, let length) = character(index), found.isDisjoint(with: [.regexSpace, .letter, .number]) {
            index += length
        }
        return index
    }

    /// `\s+(?!\S)|\s+` at a whitespace character: all of them, or all but the last where something follows.
    func spaces(_ start: Int) -> Int {
        var index = start, last = start
        while index < end, case (let found, let length) = character(index), found.contains(.regexSpace) {
            last = index
            index += length
        }
        return index == end || last == start ? index : last
    }

    /// `\s*[\r\n]+`: the end of the last line break of the whitespace at `start`, or nil.
    func lastLineBreak(_ start: Int) -> Int? {
        var index = start
        var found: Int?
        while index < end, case (let classes, let length) = character(index), classes.contains(.regexSpace) {
            index += length
            if classes.contains(.lineBreak) { found = index }
        }
        return found
    }

    /// The end of `'s|'t|'re|'ve|'m|'ll|'d` at an apostrophe, or nil.
    ///
    /// Without regard to case, ſ (U+017F) counts as s.
    func contraction(_ start: Int, anyCase: Bool) -> Int? {
        guard start + 1 < end else { return nil }
        let fold: UInt8 = anyCase ? 0x20 : 0
        let first = bytes[start + 1] | fold
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
        default: break
        }
        guard start + 2 < end else { return nil }
        if anyCase, bytes[start + 1] == 0xC5, bytes[start + 2] == 0xBF { return start + 3 }
        switch (first, bytes[start + 2] | fold) {
        case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")), (UInt8(ascii: "l"), UInt8(ascii: "l")):
            return start + 3
        default: return nil
        }
    }

    /// `U*L+`: the end, or nil.
    ///
    /// U takes all it can; where no L follows, it gives back up to its last character that is an L too.
    func lowerEnd(_ start: Int) -> Int? {
        var index = start
        var lastLower: Int?
        while index < end, case (let found, let length) = character(index), found.contains(.wordHead) {
            index += length
            if found.contains(.wordTail) { lastLower = index }
        }
        guard index < end, character(index).0.contains(.wordTail) else { return lastLower }
        return run(of: .wordTail, from: index)
    }

    /// `U+`: the end, or nil.
    func upperEnd(_ start: Int) -> Int? {
        let index = start < end ? run(of: .wordHead, from: start) : start
        return index > start ? index : nil
    }
}
