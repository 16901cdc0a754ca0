// Tested by TokenizerTests.swift

/// Working memory of an encoding, kept from one text to the next.
struct EncodeScratch: Sendable {
    var normalized = NormalizedText()
    /// The text as a pre-tokenizer that writes into it leaves it.
    var written = NormalizedText()
    var words: [Range<Int>] = []
    var model = BPEScratch()
    /// Where in the list of tokens an added token stands, and the whitespace that its text begins and ends with.
    var addedSpaces: [(index: Int, leading: Int, trailing: Int)] = []
}

/// From a text to ids, and to offsets where they are wanted.
struct TokenizerPipeline: Sendable {
    let givenMatcher: AddedTokenMatcher
    let normalizer: Normalizer
    /// Whether texts pass the normalizer unchanged.
    let keepsText: Bool
    let normalizedMatcher: AddedTokenMatcher
    let preTokenizer: PreTokenizer
    let model: TokenModel

    /// Appends the tokens of one text, and the offsets of each where `offsets` is not nil.
    func append(_ text: String, _ ids: inout [Int32], _ offsets: inout [Range<Int>]?, _ scratch: inout EncodeScratch) {
        let bytes = Array(text.utf8)
        var scalar: Int32? = offsets == nil && !preTokenizer.needsOrigin ? nil : 0
        scratch.addedSpaces.removeAll(keepingCapacity: true)
        if givenMatcher.isEmpty { return appendPart(bytes, 0..<bytes.count, &scalar, &ids, &offsets, &scratch) }
        for piece in givenMatcher.pieces(bytes, 0..<bytes.count) {
            guard let id = piece.id else {
                appendPart(bytes, piece.range, &scalar, &ids, &offsets, &scratch)
                continue
            }
            ids.append(id)
            guard let start = scalar else { continue }
            let end = start + Int32(UTF8Text.count(bytes, piece.range))
            scalar = end
            guard offsets != nil else { continue }
            offsets?.append(Int(start)..<Int(end))
            noteSpaces(bytes, piece.range, ids.count - 1, &scratch)
        }
    }

    private func appendPart(
        _ bytes: [UInt8], _ range: Range<Int>, _ scalar: inout Int32?, _ ids: inout [Int32], _ offsets: inout [Range<Int>]?,
        _ scratch: inout EncodeScratch
    ) {
        if keepsText {
            scratch.normalized.copy(bytes, range, scalar: &scalar)
        } else {
            scratch.normalized.removeAll()
            normalizer.normalize(bytes, range, scalar: &scalar, into: &scratch.normalized)
        }
        let all = 0..<scratch.normalized.bytes.count
        if normalizedMatcher.isEmpty { return appendWords(all, &ids, &offsets, &scratch) }
        for piece in normalizedMatcher.pieces(scratch.normalized.bytes, all) {
            guard let id = piece.id else {
                appendWords(piece.range, &ids, &offsets, &scratch)
                continue
            }
            ids.append(id)
            guard offsets != nil else { continue }
            offsets?.append(scratch.normalized.origin(piece.range))
            noteSpaces(scratch.normalized.bytes, piece.range, ids.count - 1, &scratch)
        }
    }

    /// Appends the tokens of a stretch of the normalised text without added tokens.
    private func appendWords(_ range: Range<Int>, _ ids: inout [Int32], _ offsets: inout [Range<Int>]?, _ scratch: inout EncodeScratch) {
        preTokenizer.split(scratch.normalized, range, into: &scratch.words, written: &scratch.written)
        let text = preTokenizer.rewrites ? scratch.written : scratch.normalized
        var ends: [Int]? = offsets == nil ? nil : []
        for word in scratch.words {
            model.encode(text.bytes, word, into: &ids, ends: &ends, &scratch.model)
            guard let made = ends else { continue }
            var start = word.lowerBound
            for end in made {
                // A complement: the token stands for the same text as the one before.
                if end < 0, let last = offsets?.last {
                    offsets?.append(last)
                    continue
                }
                offsets?.append(text.origin(start..<end))
                start = end
            }
            ends?.removeAll(keepingCapacity: true)
        }
    }

    private func noteSpaces(_ bytes: [UInt8], _ range: Range<Int>, _ index: Int, _ scratch: inout EncodeScratch) {
        let (leading, trailing) = OffsetTrimming.spaces(String(decoding: bytes[range], as: UTF8.self))
        scratch.addedSpaces.append((index, leading, trailing))
    }
}

extension NormalizedText {
    /// Becomes `range` of a text as it is.
    ///
    /// - Parameter scalar: number of scalars before `range`; moved past it. Nil leaves offsets out.
    mutating func copy(_ text: [UInt8], _ range: Range<Int>, scalar: inout Int32?) {
        removeAll()
        bytes = range.count == text.count ? text : Array(text[range])
        guard var position = scalar else { return }
        for byte in bytes {
            if byte & 0xC0 != 0x80 { position += 1 }
            starts.append(position - 1)
            ends.append(position)
        }
        scalar = position
    }
}

/// Takes whitespace at the ends of tokens out of their offsets, as `trim_offsets` of ByteLevel and RobertaProcessing wants it.
enum OffsetTrimming {
    /// How many whitespace characters a token's text begins and ends with; “Ġ”, the space of byte-level vocabularies, is one.
    static func spaces(_ token: String) -> (leading: Int, trailing: Int) {
        let isSpace = { (scalar: Unicode.Scalar) in
            scalar.value == 0x120 || UnicodeProperties.shared.has(.whitespace, scalar.value)
        }
        return (token.unicodeScalars.prefix(while: isSpace).count, token.unicodeScalars.reversed().prefix(while: isSpace).count)
    }

    /// - Parameters:
    ///   - isFirst: whether the token is the first of its text.
    ///   - addsPrefixSpace: whether a first token begins with a space that is not in the text.
    static func trim(_ offsets: Range<Int>, _ spaces: (leading: Int, trailing: Int), isFirst: Bool, addsPrefixSpace: Bool) -> Range<Int> {
        var start = offsets.lowerBound, end = offsets.upperBound
        if spaces.leading > 0 {
            // More than one space in front was in the text, and so is trimmed.
            let isAdded = addsPrefixSpace && spaces.leading == 1 && (isFirst || start == 0)
            start = isAdded ? start : min(start + spaces.leading, end)
        }
        if spaces.trailing > 0, end >= spaces.trailing { end = max(end - spaces.trailing, start) }
        return start..<end
    }
}
