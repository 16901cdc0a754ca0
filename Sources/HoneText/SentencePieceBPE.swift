// Tested by SentencePieceTests.swift

/// Byte-pair encoding as SentencePiece does it: the pair of neighbours whose joined piece has the highest score first, then the leftmost.
///
/// Source: `bpe_model.cc` of SentencePiece. Departures: none.
struct SentencePieceBPE: Sendable {
    private let trie: PieceTrie
    private let scores: [Float]
    /// Pieces of the user, which never join anything.
    private let userTrie: PieceTrie
    private let unused: Set<Int32>
    private let unknown: Int32
    private let byteIDs: [Int32]

    /// Makes a model from its pieces; `byteIDs` has the 256 pieces of bytes, or none.
    init(
        pieces: [(bytes: [UInt8], id: Int32, score: Float)], userDefined: Set<Int32>, unused: Set<Int32>, unknown: Int32, byteIDs: [Int32]
    ) {
        trie = PieceTrie(pieces.map { ($0.bytes, $0.id) })
        userTrie = PieceTrie(pieces.filter { userDefined.contains($0.id) }.map { ($0.bytes, $0.id) })
        var scores = [Float](repeating: 0, count: Int(pieces.map(\.id).max() ?? 0) + 1)
        for piece in pieces { scores[Int(piece.id)] = piece.score }
        (self.scores, self.unused, self.unknown, self.byteIDs) = (scores, unused, unknown, byteIDs)
    }

    private struct Symbol {
        var start: Int
        var end: Int
        var previous: Int
        var next: Int
        var isFrozen: Bool
    }

    private struct Pair {
        var score: Float
        var left: Int
        var right: Int
        var size: Int

        func comes(before other: Pair) -> Bool { score != other.score ? score > other.score : left < other.left }
    }

    /// Appends the ids of a text; and, where `ends` is not nil, the byte at which each token ends, as `Unigram.encode` does.
    func encode(_ bytes: [UInt8], _ word: Range<Int>, into ids: inout [Int32], ends: inout [Int]?) {
        var symbols = split(bytes, word)
        guard !symbols.isEmpty else { return }
        var heap = Heap()
        var parts: [[UInt8]: Int] = [:]
        func add(_ left: Int, _ right: Int) {
            guard left >= 0, right >= 0, !symbols[left].isFrozen, !symbols[right].isFrozen else { return }
            let whole = bytes[symbols[left].start..<symbols[right].end]
            guard let id = trie.id(of: whole) else { return }
            heap.push(Pair(score: scores[Int(id)], left: left, right: right, size: whole.count))
            if unused.contains(id) { parts[Array(whole)] = symbols[left].end - symbols[left].start }
        }
        for index in symbols.indices.dropFirst() { add(index - 1, index) }
        while let pair = heap.pop() {
            let left = symbols[pair.left], right = symbols[pair.right]
            guard left.end > left.start, right.end > right.start, left.end - left.start + right.end - right.start == pair.size else {
                continue
            }
            symbols[pair.left].end = right.end
            symbols[pair.left].next = right.next
            if right.next >= 0 { symbols[right.next].previous = pair.left }
            symbols[pair.right].end = right.start
            add(left.previous, pair.left)
            add(pair.left, right.next)
        }
        var index = 0, isUnknown = false
        while index >= 0 {
            write(bytes, symbols[index].start..<symbols[index].end, parts, &isUnknown, &ids, &ends)
            index = symbols[index].next
        }
    }

    private func split(_ bytes: [UInt8], _ word: Range<Int>) -> [Symbol] {
        var symbols: [Symbol] = []
        symbols.reserveCapacity(word.count)
        bytes.withUnsafeBufferPointer { all in
            let text = UnsafeBufferPointer(rebasing: all[..<word.upperBound])
            var index = word.lowerBound
            while index < word.upperBound {
                var end = min(index + UTF8Text.leadLength(bytes[index]), word.upperBound), isFrozen = false
                userTrie.prefixes(text, index) { found, _ in (end, isFrozen) = (found, true) }
                symbols.append(Symbol(start: index, end: end, previous: symbols.count - 1, next: symbols.count + 1, isFrozen: isFrozen))
                index = end
            }
        }
        if !symbols.isEmpty { symbols[symbols.count - 1].next = -1 }
        return symbols
    }

    /// Writes a piece; one that may not be used becomes the two it was made of.
    private func write(
        _ bytes: [UInt8], _ range: Range<Int>, _ parts: [[UInt8]: Int], _ isUnknown: inout Bool, _ ids: inout [Int32], _ ends: inout [Int]?
    ) {
        let id = trie.id(of: bytes[range])
        if let id, unused.contains(id), let length = parts[Array(bytes[range])] {
            write(bytes, range.lowerBound..<range.lowerBound + length, parts, &isUnknown, &ids, &ends)
            write(bytes, range.lowerBound + length..<range.upperBound, parts, &isUnknown, &ids, &ends)
            return
        }
        if let id {
            isUnknown = false
            ids.append(id)
            ends?.append(range.upperBound)
        } else if !byteIDs.isEmpty {
            for index in range {
                ids.append(byteIDs[Int(bytes[index])])
                ends?.append(index == range.lowerBound ? range.upperBound : ~range.upperBound)
            }
        } else if isUnknown, let count = ends?.count {
            ends?[count - 1] = range.upperBound
        } else if !isUnknown {
            isUnknown = true
            ids.append(unknown)
            ends?.append(range.upperBound)
        }
    }

    /// A binary heap, the pair that comes first on top.
    private struct Heap {
        private var items: [Pair] = []

        mutating func push(_ pair: Pair) {
            items.append(pair)
            var index = items.count - 1
            while index > 0, items[index].comes(before: items[(index - 1) / 2]) {
                items.swapAt(index, (index - 1) / 2)
                index = (index - 1) / 2
            }
        }

        mutating func pop() -> Pair? {
            guard let first = items.first, let last = items.popLast() else { return nil }
            guard !items.isEmpty else { return first }
            items[0] = last
            var index = 0
            while true {
                var best = index
                for child in [2 * index + 1, 2 * index + 2] where child < items.count && items[child].comes(before: items[best]) {
                    best = child
                }
                guard best != index else { return first }
                items.swapAt(index, best)
                index = best
            }
        }
    }
}
