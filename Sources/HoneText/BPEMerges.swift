// Tested by BPETests.swift

/// The merges of a BPE model: for a pair of ids its rank and the id they become, in one open-addressing table.
struct BPEMerges: Sendable {
    struct Entry: Sendable {
        /// Left id in the high half, right id in the low half.
        var pair: UInt64
        /// Rank in the high half, the id of the merged token in the low half: the smaller, the earlier it is applied.
        var value: UInt64
    }

    /// What marks a free place, and what a pair without a merge has for its value.
    static let none = UInt64.max

    private var entries: [Entry]
    private let shift: UInt64

    /// - Parameter merges: pairs in the order of their ranks; of two with the same pair the later counts, as in the library.
    init(_ merges: [(left: Int32, right: Int32, merged: Int32)]) {
        let bits = max(4, Int.bitWidth - (merges.count * 2).leadingZeroBitCount)
        var entries = [Entry](repeating: Entry(pair: Self.none, value: Self.none), count: 1 << bits)
        let shift = UInt64(64 - bits)
        for (rank, merge) in merges.enumerated() {
            let pair = Self.pair(merge.left, merge.right)
            var slot = Int(Self.hash(pair) >> shift)
            while entries[slot].pair != Self.none, entries[slot].pair != pair { slot = (slot + 1) & (entries.count - 1) }
            entries[slot] = Entry(pair: pair, value: UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merge.merged)))
        }
        (self.entries, self.shift) = (entries, shift)
    }

    @inline(__always)
    private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always)
    private static func hash(_ pair: UInt64) -> UInt64 {
        let mixed = pair &* 0x9E37_79B9_7F4A_7C15
        return (mixed ^ mixed >> 29) &* 0xBF58_476D_1CE4_E5B9
    }

    /// Returns rank and merged id of two neighbours, or `none`.
    @inline(__always)
    private static func find(_ entries: UnsafeBufferPointer<Entry>, _ shift: UInt64, _ left: Int32, _ right: Int32) -> UInt64 {
        let pair = pair(left, right)
        var slot = Int(hash(pair) >> shift)
        while true {
            let entry = entries[slot]
            if entry.pair == pair || entry.pair == none { return entry.value }
            slot = (slot + 1) & (entries.count - 1)
        }
    }

    /// Merges the symbols of one word until no pair is left that has a merge: lowest rank first, then leftmost.
    func apply(_ word: inout BPESymbols) {
        guard word.ids.count > 1 else { return }
        entries.withUnsafeBufferPointer { entries in
            if word.ids.count <= 64 { shortWord(entries, &word) } else { longWord(entries, &word) }
        }
    }

    /// Looks for the best pair anew after every merge: quadratic, and the fastest for words.
    private func shortWord(_ entries: UnsafeBufferPointer<Entry>, _ word: inout BPESymbols) {
        var count = word.ids.count
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { pairs in
            word.ids.withUnsafeMutableBufferPointer { ids in
                word.ends.withUnsafeMutableBufferPointer { ends in
                    for index in 0..<count - 1 { pairs[index] = Self.find(entries, shift, ids[index], ids[index + 1]) }
                    while count > 1 {
                        var best = Self.none, place = 0
                        for index in 0..<count - 1 where pairs[index] < best { (best, place) = (pairs[index], index) }
                        if best == Self.none { break }
                        ids[place] = Int32(truncatingIfNeeded: best)
                        ends[place] = ends[place + 1]
                        count -= 1
                        var index = place + 1
                        while index < count {
                            ids[index] = ids[index + 1]
                            ends[index] = ends[index + 1]
                            pairs[index - 1] = pairs[index]
                            index += 1
                        }
                        if place > 0 { pairs[place - 1] = Self.find(entries, shift, ids[place - 1], ids[place]) }
                        if place + 1 < count { pairs[place] = Self.find(entries, shift, ids[place], ids[place + 1]) }
                    }
                }
            }
        }
        word.ids.removeLast(word.ids.count - count)
        word.ends.removeLast(word.ends.count - count)
    }

    /// Keeps the pairs in a heap: O(n log n).
    private func longWord(_ entries: UnsafeBufferPointer<Entry>, _ word: inout BPESymbols) {
        let count = word.ids.count
        var heap = MinimumHeap()
        // A merged-away symbol has id -1; 0 and `count` are the ends of the list.
        var before = (0..<count).map { Int32($0 - 1) }, after = (0..<count).map { Int32($0 + 1) }
        for index in 0..<count - 1 {
            let value = Self.find(entries, shift, word.ids[index], word.ids[index + 1])
            if value != Self.none { heap.items.append(value & ~0xFFFF_FFFF | UInt64(index)) }
        }
        heap.order()
        while let top = heap.pop() {
            let place = Int(top & 0xFFFF_FFFF)
            guard word.ids[place] >= 0, Int(after[place]) < count else { continue }
            let next = Int(after[place])
            let value = Self.find(entries, shift, word.ids[place], word.ids[next])
            // An entry whose pair has changed since: the new pair has its own.
            guard value != Self.none, value >> 32 == top >> 32 else { continue }
            word.ids[place] = Int32(truncatingIfNeeded: value)
            word.ends[place] = word.ends[next]
            word.ids[next] = -1
            after[place] = after[next]
            if Int(after[place]) < count {
                before[Int(after[place])] = Int32(place)
                let right = Self.find(entries, shift, word.ids[place], word.ids[Int(after[place])])
                if right != Self.none { heap.push(right & ~0xFFFF_FFFF | UInt64(place)) }
            }
            if before[place] >= 0 {
                let left = Self.find(entries, shift, word.ids[Int(before[place])], word.ids[place])
                if left != Self.none { heap.push(left & ~0xFFFF_FFFF | UInt64(before[place])) }
            }
        }
        var kept = 0
        for index in 0..<count where word.ids[index] >= 0 {
            (word.ids[kept], word.ends[kept]) = (word.ids[index], word.ends[index])
            kept += 1
        }
        word.ids.removeLast(count - kept)
        word.ends.removeLast(count - kept)
    }
}

/// The symbols of one word: ids, and the byte at which each ends.
struct BPESymbols: Sendable {
    var ids: [Int32] = []
    var ends: [Int] = []

    mutating func removeAll() {
        ids.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func add(_ id: Int32, length: Int) {
        ids.append(id)
        ends.append((ends.last ?? 0) + length)
    }
}

/// A binary heap with the smallest number on top.
struct MinimumHeap {
    var items: [UInt64] = []

    /// Makes a heap of `items` in any order.
    mutating func order() {
        var index = items.count / 2
        while index > 0 {
            index -= 1
            sink(index)
        }
    }

    mutating func push(_ item: UInt64) {
        items.append(item)
        var index = items.count - 1
        while index > 0, items[(index - 1) / 2] > item {
            items[index] = items[(index - 1) / 2]
            index = (index - 1) / 2
        }
        items[index] = item
    }

    mutating func pop() -> UInt64? {
        guard let top = items.first, let last = items.popLast() else { return nil }
        if !items.isEmpty {
            items[0] = last
            sink(0)
        }
        return top
    }

    private mutating func sink(_ start: Int) {
        var index = start
        let item = items[index]
        while true {
            var child = 2 * index + 1
            guard child < items.count else { break }
            if child + 1 < items.count, items[child + 1] < items[child] { child += 1 }
            guard items[child] < item else { break }
            items[index] = items[child]
            index = child
        }
        items[index] = item
    }
}
