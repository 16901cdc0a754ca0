/// A token that is looked for in the text itself, before the model sees any of it.
struct AddedToken: Equatable, Sendable {
    var id: Int32
    var content: String
    var isSingleWord: Bool
    var stripsLeft: Bool
    var stripsRight: Bool
    var isNormalized: Bool
    var isSpecial: Bool
    /// Where the file defines it.
    var line: Int

    /// Reads one entry of `added_tokens`.
    init(_ field: JSONField) throws(TokenizerError) {
        try field.allowOnly(["id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"])
        line = field.node.line
        id = try field.required("id").tokenID()
        let content = try field.required("content")
        self.content = try content.string()
        guard !self.content.isEmpty else { throw content.invalid(expected: "a text that is not empty") }
        isSingleWord = try field.required("single_word").bool()
        stripsLeft = try field.required("lstrip").bool()
        stripsRight = try field.required("rstrip").bool()
        isNormalized = try field.required("normalized").bool()
        isSpecial = try field.required("special").bool()
    }
}

/// Finds added tokens in text: leftmost first, then longest.
struct AddedTokenMatcher: Sendable {
    /// A stretch of text: an added token, or text between added tokens where `id` is nil.
    struct Piece: Equatable {
        var range: Range<Int>
        var id: Int32?
    }

    private struct Pattern: Sendable {
        var bytes: [UInt8]
        var token: AddedToken
    }

    /// The patterns that begin with each byte, longest first.
    private let candidates: [[Pattern]]
    private let properties: UnicodeProperties
    let isEmpty: Bool

    /// - Parameter tokens: the tokens with the text to look for; of two with the same text the first counts.
    init(_ tokens: [(bytes: [UInt8], token: AddedToken)], properties: UnicodeProperties) {
        var candidates = [[Pattern]](repeating: [], count: 256)
        for (bytes, token) in tokens {
            guard let first = bytes.first, !candidates[Int(first)].contains(where: { $0.bytes == bytes }) else { continue }
            let row = Int(first)
            let place = candidates[row].firstIndex { $0.bytes.count < bytes.count } ?? candidates[row].count
            candidates[row].insert(Pattern(bytes: bytes, token: token), at: place)
        }
        (self.candidates, self.properties, isEmpty) = (candidates, properties, tokens.isEmpty)
    }

    /// Cuts `range` of `bytes` into pieces that cover it.
    func pieces(_ bytes: [UInt8], _ range: Range<Int>) -> [Piece] {
        var pieces: [Piece] = []
        var done = range.lowerBound
        var index = range.lowerBound
        while index < range.upperBound {
            guard let pattern = match(bytes, index, range.upperBound) else {
                index += 1
                continue
            }
            let found = index..<index + pattern.bytes.count
            index = found.upperBound
            if pattern.token.isSingleWord, touchesWord(bytes, found, in: range) { continue }
            let start = pattern.token.stripsLeft ? max(spaceBefore(bytes, found.lowerBound, range.lowerBound), done) : found.lowerBound
            let end = pattern.token.stripsRight ? spaceAfter(bytes, found.upperBound, range.upperBound) : found.upperBound
            if done < start { pieces.append(Piece(range: done..<start, id: nil)) }
            pieces.append(Piece(range: min(start, end)..<end, id: pattern.token.id))
            done = end
        }
        if done < range.upperBound { pieces.append(Piece(range: done..<range.upperBound, id: nil)) }
        return pieces
    }

    private func match(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Pattern? {
        let row = Int(bytes[start])
        guard !candidates[row].isEmpty else { return nil }
        return candidates[row].first { pattern in
            guard start + pattern.bytes.count <= end else { return false }
            for offset in pattern.bytes.indices where bytes[start + offset] != pattern.bytes[offset] { return false }
            return true
        }
    }

    private func touchesWord(_ bytes: [UInt8], _ found: Range<Int>, in range: Range<Int>) -> Bool {
        if found.lowerBound > range.lowerBound, properties.has(.word, UTF8Text.scalar(bytes, before: found.lowerBound).scalar) {
            return true
        }
        return found.upperBound < range.upperBound && properties.has(.word, UTF8Text.scalar(bytes, at: found.upperBound).scalar)
    }

    private func spaceBefore(_ bytes: [UInt8], _ index: Int, _ lower: Int) -> Int {
        var index = index
        while index > lower {
            let (scalar, length) = UTF8Text.scalar(bytes, before: index)
            guard properties.has(.whitespace, scalar) else { break }
            index -= length
        }
        return index
    }

    private func spaceAfter(_ bytes: [UInt8], _ index: Int, _ upper: Int) -> Int {
        var index = index
        while index < upper {
            let (scalar, length) = UTF8Text.scalar(bytes, at: index)
            guard properties.has(.whitespace, scalar) else { break }
            index += length
        }
        return index
    }
}
