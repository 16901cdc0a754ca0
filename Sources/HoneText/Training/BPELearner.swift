// Tested by BPETrainerTests.swift.

/// Learns merges from counted words.
///
/// Source: `tokenizers` trainers::BpeTrainer::do_train. A queue holds each pair with the count it had when it was put there and the words it
/// is in; a pair whose count has changed meanwhile goes back with the new one.
struct BPELearner {
    struct Merge: Equatable {
        var left: Int32
        var right: Int32
    }

    /// The tokens by id, spelt in the byte alphabet.
    private(set) var tokens: [String] = []
    private(set) var merges: [Merge] = []
    /// How many of the first tokens are special.
    let specialCount: Int
    private var ids: [ByteKey: Int32] = [:]
    /// The symbols of all words; word `w` has the first `lengths[w]` from `starts[w]`.
    private var symbols: [Int32] = []
    private var starts: [Int] = []
    private var lengths: [Int32] = []
    private let counts: [Int]

    init(_ words: WordCounts, specialTokens: [String], alphabet: BPETrainer.Alphabet) {
        counts = words.counts
        for token in specialTokens where ids[ByteKey(token)] == nil {
            ids[ByteKey(token)] = Int32(tokens.count)
            tokens.append(token)
        }
        specialCount = tokens.count
        var isUsed = [Bool](repeating: alphabet == .bytes, count: 256)
        for byte in words.bytes { isUsed[Int(byte)] = true }
        let characters = (0..<256).filter { isUsed[$0] }.map { ByteAlphabet.scalars[$0] }.sorted()
        var idOfByte = [Int32](repeating: -1, count: 256)
        for value in characters {
            guard let scalar = Unicode.Scalar(value), let byte = ByteAlphabet.byte(of: value) else { continue }
            idOfByte[Int(byte)] = id(of: String(Character(scalar)))
        }
        symbols = words.bytes.map { idOfByte[Int($0)] }
        starts = (0..<words.wordCount).map { words.range($0).lowerBound }
        lengths = (0..<words.wordCount).map { Int32(words.range($0).count) }
    }

    private mutating func id(of token: String) -> Int32 {
        if let id = ids[ByteKey(token)] { return id }
        let id = Int32(tokens.count)
        ids[ByteKey(token)] = id
        tokens.append(token)
        return id
    }

    mutating func learn(vocabularySize: Int, minimumFrequency: Int) {
        var pairs = PairCounts()
        var queue = countPairs(&pairs)
        while tokens.count < vocabularySize, var top = queue.pop() {
            let count = pairs.counts[Int(top.pair)]
            if top.count != count {
                top.count = count
                queue.push(top)
                continue
            }
            if count < 1 || count < minimumFrequency { break }
            let merge = Merge(left: Int32(truncatingIfNeeded: top.key >> 32), right: Int32(truncatingIfNeeded: top.key))
            let new = id(of: tokens[Int(merge.left)] + tokens[Int(merge.right)])
            merges.append(merge)
            apply(merge, new, to: queue.takePlaces(of: top), &pairs)
            for pair in pairs.takeTouched() {
                let places = pairs.takePlaces(of: pair)
                guard pairs.counts[Int(pair)] > 0 else { continue }
                queue.push(key: pairs.keys[Int(pair)], pair: pair, count: pairs.counts[Int(pair)], places: places)
            }
        }
    }

    private func countPairs(_ pairs: inout PairCounts) -> PairQueue {
        for word in starts.indices {
            let start = starts[word]
            for index in start..<start + max(0, Int(lengths[word]) - 1) {
                pairs.add(symbols[index], symbols[index + 1], counts[word], in: Int32(word))
            }
        }
        var queue = PairQueue()
        for pair in pairs.takeTouched() {
            queue.append(
                key: pairs.keys[Int(pair)], pair: pair, count: pairs.counts[Int(pair)], places: pairs.takePlaces(of: pair))
        }
        queue.order()
        return queue
    }

    /// Merges the pair in the words of `places`, from the left, and counts the neighbours that go and come.
    private mutating func apply(_ merge: Merge, _ new: Int32, to places: [Int32], _ pairs: inout PairCounts) {
        symbols.withUnsafeMutableBufferPointer { symbols in
            for word in places {
                let (start, count) = (starts[Int(word)], counts[Int(word)])
                let end = start + Int(lengths[Int(word)])
                var (read, write) = (start, start)
                while read < end {
                    guard symbols[read] == merge.left, read + 1 < end, symbols[read + 1] == merge.right else {
                        symbols[write] = symbols[read]
                        (read, write) = (read + 1, write + 1)
                        continue
                    }
                    if write > start {
                        pairs.add(symbols[write - 1], merge.left, -count)
                        pairs.add(symbols[write - 1], new, count, in: word)
                    }
                    if read + 2 < end {
                        pairs.add(merge.right, symbols[read + 2], -count)
                        pairs.add(new, symbols[read + 2], count, in: word)
                    }
                    symbols[write] = new
                    (read, write) = (read + 2, write + 1)
                }
                lengths[Int(word)] = Int32(write - start)
            }
        }
    }
}

/// Counts of pairs, and the words in which each was found since its places were last taken.
struct PairCounts {
    private(set) var keys: [UInt64] = []
    private(set) var counts: [Int] = []
    private var places: [[Int32]] = []
    private var touched: [Int32] = []
    /// One more than the pair in each slot, 0 for a free one.
    private var slots = [UInt32](repeating: 0, count: 1 << 14)

    private mutating func index(_ key: UInt64) -> Int {
        let mask = slots.count - 1
        let product = key &* 0x9E37_79B9_7F4A_7C15
        var slot = Int(truncatingIfNeeded: product ^ product >> 32) & mask
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if keys[index] == key { return index }
            slot = (slot + 1) & mask
        }
        keys.append(key)
        counts.append(0)
        places.append([])
        slots[slot] = UInt32(keys.count)
        if keys.count * 2 > slots.count { grow() }
        return keys.count - 1
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for (index, key) in keys.enumerated() {
            let product = key &* 0x9E37_79B9_7F4A_7C15
            var slot = Int(truncatingIfNeeded: product ^ product >> 32) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(index + 1)
        }
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    mutating func add(_ left: Int32, _ right: Int32, _ count: Int) { counts[index(Self.key(left, right))] += count }

    /// Adds occurrences that stand in `word`; a word is noted once, for all its occurrences come together.
    mutating func add(_ left: Int32, _ right: Int32, _ count: Int, in word: Int32) {
        let pair = index(Self.key(left, right))
        counts[pair] += count
        if places[pair].isEmpty { touched.append(Int32(pair)) }
        if places[pair].last != word { places[pair].append(word) }
    }

    /// The pairs that have places, which become those of nobody else.
    mutating func takeTouched() -> [Int32] {
        defer { touched.removeAll(keepingCapacity: true) }
        return touched
    }

    mutating func takePlaces(of pair: Int32) -> [Int32] {
        var result: [Int32] = []
        swap(&result, &places[Int(pair)])
        return result
    }
}

/// Pairs to be merged: the most frequent first, then the one with the lowest ids.
struct PairQueue {
    struct Entry {
        var count: Int
        /// Left id above right id.
        var key: UInt64
        var pair: Int32
        var list: Int32

        @inline(__always)
        func isBefore(_ other: Entry) -> Bool { count != other.count ? count > other.count : key < other.key }
    }

    private var heap: [Entry] = []
    private var lists: [[Int32]] = []

    mutating func append(key: UInt64, pair: Int32, count: Int, places: [Int32]) {
        heap.append(Entry(count: count, key: key, pair: pair, list: Int32(lists.count)))
        lists.append(places)
    }

    /// Makes a heap of what was appended.
    mutating func order() {
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    mutating func push(key: UInt64, pair: Int32, count: Int, places: [Int32]) {
        append(key: key, pair: pair, count: count, places: places)
        rise(heap.count - 1)
    }

    mutating func push(_ entry: Entry) {
        heap.append(entry)
        rise(heap.count - 1)
    }

    mutating func pop() -> Entry? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            sink(0)
        }
        return first
    }

    /// The words of an entry that is not in the queue any more.
    mutating func takePlaces(of entry: Entry) -> [Int32] {
        var result: [Int32] = []
        swap(&result, &lists[Int(entry.list)])
        return result
    }

    private mutating func rise(_ start: Int) {
        heap.withUnsafeMutableBufferPointer { heap in
            let entry = heap[start]
            var index = start
            while index > 0, case let parent = (index - 1) / 2, entry.isBefore(heap[parent]) {
                heap[index] = heap[parent]
                index = parent
            }
            heap[index] = entry
        }
    }

    private mutating func sink(_ start: Int) {
        heap.withUnsafeMutableBufferPointer { heap in
            let entry = heap[start]
            var index = start
            while case var child = 2 * index + 1, child < heap.count {
                if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
                guard heap[child].isBefore(entry) else { break }
                heap[index] = heap[child]
                index = child
            }
            heap[index] = entry
        }
    }
}
