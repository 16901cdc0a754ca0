// Tested by BPETrainerTests.swift.

import Synchronization

/// Words and how often each occurs, in an open-addressing table over one list of bytes.
struct WordCounts: Sendable {
    /// The bytes of all words, end to end.
    private(set) var bytes: [UInt8] = []
    /// Where each word ends in `bytes`; it begins where the one before ends.
    private(set) var ends: [Int] = []
    private(set) var counts: [Int] = []
    private var hashes: [UInt64] = []
    /// One more than the word in each slot, 0 for a free one.
    private var slots = [UInt32](repeating: 0, count: 1 << 12)

    var wordCount: Int { counts.count }

    func range(_ word: Int) -> Range<Int> { (word == 0 ? 0 : ends[word - 1])..<ends[word] }

    mutating func add(_ word: UnsafeBufferPointer<UInt8>, count: Int = 1) {
        let hash = Self.hash(word)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if hashes[index] == hash, isSame(index, word) {
                counts[index] += count
                return
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        bytes.append(contentsOf: word)
        ends.append(bytes.count)
        counts.append(count)
        hashes.append(hash)
        slots[slot] = UInt32(counts.count)
        if counts.count * 2 > slots.count { grow() }
    }

    private func isSame(_ index: Int, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
        let range = range(index)
        guard range.count == word.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            for offset in 0..<word.count where bytes[range.lowerBound + offset] != word[offset] { return false }
            return true
        }
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        for (index, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(index + 1)
        }
    }

    private static func hash(_ word: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash = UInt64(truncatingIfNeeded: word.count) &* 0x9E37_79B9_7F4A_7C15
        let raw = UnsafeRawBufferPointer(word)
        var index = 0
        while index + 8 <= raw.count {
            hash = mixed(hash ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        var rest: UInt64 = 0
        while index < raw.count {
            rest = rest << 8 | UInt64(raw[index])
            index += 1
        }
        return mixed(hash ^ rest)
    }

    @inline(__always)
    private static func mixed(_ value: UInt64) -> UInt64 {
        let product = (value ^ value >> 32) &* 0xD6E8_FEB8_6659_FD93
        return product ^ product >> 29
    }

    /// Adds the words of another table.
    mutating func merge(_ other: WordCounts) {
        other.bytes.withUnsafeBufferPointer { bytes in
            for word in 0..<other.wordCount { add(UnsafeBufferPointer(rebasing: bytes[other.range(word)]), count: other.counts[word]) }
        }
    }
}

extension WordCounts {
    /// Counts the words of texts on several threads.
    static func counting(_ texts: [String], _ scanner: WordScanner, threads: Int) -> WordCounts {
        let parts = TextParts(texts)
        let next = Counter()
        var tables = ParallelMap.run(count: max(1, min(threads, parts.list.count)), threads: threads) { _ in
            var counts = WordCounts()
            var words: [Range<Int>] = []
            while case let part = next.take(), part < parts.list.count {
                let bytes = parts.bytes(part)
                words.removeAll(keepingCapacity: true)
                scanner.words(bytes, bytes.indices, into: &words)
                bytes.withUnsafeBufferPointer { bytes in
                    for word in words { counts.add(UnsafeBufferPointer(rebasing: bytes[word])) }
                }
            }
            return counts
        }
        // The largest table takes the others in.
        tables.sort { $0.wordCount > $1.wordCount }
        guard var total = tables.first else { return WordCounts() }
        for table in tables.dropFirst() { total.merge(table) }
        return total
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)
        func take() -> Int { value.add(1, ordering: .relaxed).oldValue }
    }
}

/// Texts cut into parts for several threads, at places where every pattern ends a word: between an ASCII letter and a line feed.
struct TextParts: Sendable {
    struct Part: Sendable, Equatable {
        var text: Int
        var range: Range<Int>
    }

    static let size = 1 << 18
    private let texts: [String]
    let list: [Part]

    init(_ texts: [String], size: Int = Self.size) {
        var list: [Part] = []
        for (index, text) in texts.enumerated() {
            var text = text
            text.withUTF8 { bytes in
                var start = 0
                while start < bytes.count {
                    let end = Self.end(bytes, from: start + size)
                    list.append(Part(text: index, range: start..<end))
                    start = end
                }
            }
        }
        (self.texts, self.list) = (texts, list)
    }

    private static func end(_ bytes: UnsafeBufferPointer<UInt8>, from wanted: Int) -> Int {
        var index = wanted
        while index < bytes.count {
            let before = bytes[index - 1] | 0x20
            if bytes[index] == 0x0A, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(before) { return index }
            index += 1
        }
        return bytes.count
    }

    func bytes(_ part: Int) -> [UInt8] {
        var text = texts[list[part].text]
        let range = list[part].range
        return text.withUTF8 { Array(UnsafeBufferPointer(rebasing: $0[range])) }
    }
}
