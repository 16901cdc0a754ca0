// Tested by NormalizerTests.swift

import Foundation

/// The replacements a SentencePiece normaliser was compiled to: a double-array trie whose values point into a list of texts.
///
/// Source: the `precompiled_charsmap` of a SentencePiece model, little-endian: the trie's size in bytes, its 32-bit units, then texts that
/// end with a zero byte.
struct PrecompiledCharsMap: Equatable, Sendable {
    private let units: [UInt32]
    private let texts: [UInt8]

    /// Reads a compiled map; nil where the bytes are not one.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 8 else { return nil }
        func word(_ index: Int) -> UInt32 {
            UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16 | UInt32(bytes[index + 3]) << 24
        }
        let size = Int(word(0))
        guard size >= 4, size % 4 == 0, size + 4 <= bytes.count else { return nil }
        units = (0..<size / 4).map { word(4 + $0 * 4) }
        texts = Array(bytes[(4 + size)...])
        guard String(validating: texts, as: UTF8.self) != nil else { return nil }
    }

    /// Reads the base64 text that `tokenizer.json` holds.
    init?(base64: String) {
        guard let data = Data(base64Encoded: base64) else { return nil }
        self.init([UInt8](data))
    }

    /// Calls `found` with the length and the value of every key that `bytes[range]` starts with, shortest first, until it returns false.
    @inline(__always)
    private func prefixes(_ bytes: [UInt8], _ range: Range<Int>, _ found: (Int, Int) -> Bool) {
        var node = offset(units[0])
        var index = range.lowerBound
        while index < range.upperBound, bytes[index] != 0 {
            node ^= Int(bytes[index])
            guard node < units.count else { return }
            let unit = units[node]
            guard unit & 0x8000_00FF == UInt32(bytes[index]) else { return }
            node ^= offset(unit)
            index += 1
            guard unit >> 8 & 1 == 1 else { continue }
            guard node < units.count else { return }
            if !found(index - range.lowerBound, Int(units[node] & 0x7FFF_FFFF)) { return }
        }
    }

    private func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 0x200) >> 6) }

    private func text(at value: Int) -> ArraySlice<UInt8> {
        guard value < texts.count else { return [] }
        return texts[value..<(texts[value...].firstIndex(of: 0) ?? texts.endIndex)]
    }

    /// The replacement of the shortest key that `bytes[range]` starts with.
    ///
    /// It stands for all of `range`, as in the `tokenizers` library.
    func shortest(_ bytes: [UInt8], _ range: Range<Int>) -> ArraySlice<UInt8>? {
        var value = -1
        prefixes(bytes, range) {
            value = $1
            return false
        }
        return value < 0 ? nil : text(at: value)
    }

    /// The replacement of the longest key that `bytes[range]` starts with, and that key's length, as in SentencePiece.
    func longest(_ bytes: [UInt8], _ range: Range<Int>) -> (text: ArraySlice<UInt8>, length: Int)? {
        var best = (length: 0, value: -1)
        prefixes(bytes, range) {
            best = ($0, $1)
            return true
        }
        return best.value < 0 ? nil : (text(at: best.value), best.length)
    }

    /// Appends the changes of the `tokenizers` library's Precompiled to `changes`: clusters of less than six bytes first, then characters.
    func normalize(_ text: [AlignedScalar], into changes: inout [ScalarChange]) {
        var bytes: [UInt8] = []
        for cluster in GraphemeClusters.split(text) {
            bytes.removeAll(keepingCapacity: true)
            for item in text[cluster] { UTF8Text.append(item.scalar, to: &bytes) }
            if bytes.count < 6, let found = shortest(bytes, 0..<bytes.count) {
                replace(cluster.count, found, &changes)
                continue
            }
            var start = 0
            for item in text[cluster] {
                let length = UTF8Text.length(item.scalar)
                if cluster.count > 1 || bytes.count >= 6, let found = shortest(bytes, start..<start + length) {
                    replace(1, found, &changes)
                } else {
                    changes.append(ScalarChange(scalar: item.scalar, change: 0))
                }
                start += length
            }
        }
    }

    /// Puts `new` in the place of `count` characters.
    ///
    /// Too many are counted as added at the end, too few are taken off the character before, as the library does.
    private func replace(_ count: Int, _ new: ArraySlice<UInt8>, _ changes: inout [ScalarChange]) {
        let before = changes.count
        let bytes = Array(new)
        var index = 0
        while index < bytes.count {
            let (scalar, length) = UTF8Text.scalar(bytes, at: index)
            changes.append(ScalarChange(scalar: scalar, change: 0))
            index += length
        }
        let extra = changes.count - before - count
        if extra > 0 {
            for index in changes.count - extra..<changes.count { changes[index].change = 1 }
        } else if extra < 0, !changes.isEmpty {
            changes[changes.count - 1].change += extra
        }
    }
}

/// Cuts text into extended grapheme clusters (Unicode annex 29).
enum GraphemeClusters {
    /// Characters between two of which there is always a boundary: no marks, no prepended signs, no parts of emoji or Hangul sequences.
    private static func isPlain(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x0D: false
        case 0..<0x300, 0x370...0x482, 0x48A...0x58F, 0x2010...0x2027, 0x3000...0x3029, 0x3041...0x3096, 0x30A0...0x30FF, 0x4E00...0x9FFF,
            0xFF01...0xFF9D:
            true
        default: false
        }
    }

    static func split(_ text: [AlignedScalar]) -> [Range<Int>] {
        var clusters: [Range<Int>] = []
        clusters.reserveCapacity(text.count)
        var start = 0
        while start < text.count {
            var end = start + 1
            while end < text.count, !(isPlain(text[end - 1].scalar) && isPlain(text[end].scalar)) { end += 1 }
            if end - start == 1 {
                clusters.append(start..<end)
            } else {
                var string = String.UnicodeScalarView()
                for item in text[start..<end] { string.append(Unicode.Scalar(item.scalar) ?? "\u{FFFD}") }
                var place = start
                for character in String(string) {
                    let count = character.unicodeScalars.count
                    clusters.append(place..<place + count)
                    place += count
                }
            }
            start = end
        }
        return clusters
    }
}
