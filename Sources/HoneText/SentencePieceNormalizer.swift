// Tested by SentencePieceTests.swift

/// SentencePiece's own normaliser: the longest replacement first, spaces made one and turned into “▁”.
///
/// Source: the `normalizer_spec` of a SentencePiece model and `Normalizer::Normalize` of that library. Departures: none.
struct SentencePieceNormalizer: Equatable, Sendable {
    var map: PrecompiledCharsMap?
    /// Pieces of the user, which stay as they are.
    var userDefined: [[UInt8]]
    var addsDummyPrefix: Bool
    var removesExtraSpaces: Bool
    var escapesSpaces: Bool
    /// True where the dummy space goes to the end of the text.
    var spaceIsSuffix: Bool

    private static let escaped: [UInt8] = [0xE2, 0x96, 0x81]

    /// True for the ASCII bytes that stay as they are before another ASCII byte, spaces left out.
    private let isPlain: [Bool]

    init(
        map: PrecompiledCharsMap?, userDefined: [[UInt8]], addsDummyPrefix: Bool, removesExtraSpaces: Bool, escapesSpaces: Bool,
        spaceIsSuffix: Bool
    ) {
        (self.map, self.userDefined, self.addsDummyPrefix) = (map, userDefined, addsDummyPrefix)
        (self.removesExtraSpaces, self.escapesSpaces, self.spaceIsSuffix) = (removesExtraSpaces, escapesSpaces, spaceIsSuffix)
        let starts = Set(userDefined.compactMap(\.first))
        isPlain = (UInt8.min...UInt8.max).map { byte in
            guard byte < 0x80, byte != 0x20, !starts.contains(byte) else { return false }
            return map.map { map in (UInt8(0)..<0x80).allSatisfy { map.longest([byte, $0], 0..<2) == nil } } ?? true
        }
    }

    /// Normalises text without offsets.
    func normalize(_ bytes: [UInt8]) -> [UInt8] {
        var sources: [Range<Int32>]?
        return run(bytes, &sources)
    }

    /// Normalises text; each character takes the range of what was replaced by it.
    func normalize(_ text: [AlignedScalar]) -> [AlignedScalar] {
        var bytes: [UInt8] = [], owners: [Int] = []
        for (index, item) in text.enumerated() {
            UTF8Text.append(item.scalar, to: &bytes)
            owners += repeatElement(index, count: bytes.count - owners.count)
        }
        guard let end = text.last?.end else { return [] }
        var sources: [Range<Int32>]? = []
        let out = run(bytes, &sources)
        guard let sources else { return [] }
        var result: [AlignedScalar] = []
        result.reserveCapacity(out.count)
        var index = 0
        while index < out.count {
            let (scalar, length) = UTF8Text.scalar(out, at: index)
            let source = sources[index]
            let start = Int(source.lowerBound) < owners.count ? text[owners[Int(source.lowerBound)]].start : end
            let stop = source.isEmpty ? start : text[owners[Int(source.upperBound) - 1]].end
            result.append(AlignedScalar(scalar: scalar, start: start, end: stop))
            index += length
        }
        return result
    }

    /// Normalises text and says for each byte, where `sources` is not nil, which bytes it comes from.
    private func run(_ bytes: [UInt8], _ sources: inout [Range<Int32>]?) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + bytes.count / 2 + 8)
        func put(_ text: ArraySlice<UInt8>, _ source: Range<Int>) {
            out += text
            sources?.append(contentsOf: repeatElement(Int32(source.lowerBound)..<Int32(source.upperBound), count: text.count))
        }
        let space = escapesSpaces ? Self.escaped : [0x20]
        var index = 0
        while removesExtraSpaces, index < bytes.count {
            let (text, length) = step(bytes, index)
            guard text.elementsEqual([0x20]) else { break }
            index += length
        }
        guard index < bytes.count else { return [] }
        if addsDummyPrefix, !spaceIsSuffix { put(space[...], index..<index) }
        var isAfterSpace = removesExtraSpaces
        while index < bytes.count {
            var end = index
            while end < bytes.count, isPlain[Int(bytes[end])], end + 1 == bytes.count || bytes[end + 1] < 0x80 { end += 1 }
            if end > index {
                out += bytes[index..<end]
                if sources != nil { for place in Int32(index)..<Int32(end) { sources?.append(place..<place + 1) } }
                (index, isAfterSpace) = (end, false)
                continue
            }
            let (found, length) = step(bytes, index)
            var text = found
            while isAfterSpace, text.first == 0x20 { text = text.dropFirst() }
            if !text.isEmpty {
                isAfterSpace = text.last == 0x20
                for byte in text {
                    if byte == 0x20 { put(space[...], index..<index + length) } else { put([byte], index..<index + length) }
                }
            }
            if !removesExtraSpaces { isAfterSpace = false }
            index += length
        }
        while removesExtraSpaces, out.count >= space.count, out.suffix(space.count) == space[...] {
            out.removeLast(space.count)
            sources?.removeLast(space.count)
        }
        if addsDummyPrefix, spaceIsSuffix { put(space[...], bytes.count..<bytes.count) }
        return out
    }

    /// The normal form of what `bytes` has at `index`, and how many bytes that is.
    @inline(__always)
    private func step(_ bytes: [UInt8], _ index: Int) -> (ArraySlice<UInt8>, Int) {
        if let piece = userPiece(bytes, index) { return (bytes[index..<index + piece], piece) }
        if let found = map?.longest(bytes, index..<bytes.count) { return found }
        let length = UTF8Text.sequenceLength(bytes[index])
        return (bytes[index..<min(index + max(length, 1), bytes.count)], max(length, 1))
    }

    /// The length of the longest piece of the user at `index`.
    private func userPiece(_ bytes: [UInt8], _ index: Int) -> Int? {
        var best: Int?
        for piece in userDefined where piece.first == bytes[index] && piece.count > best ?? 0 && bytes[index...].starts(with: piece) {
            best = piece.count
        }
        return best
    }
}
