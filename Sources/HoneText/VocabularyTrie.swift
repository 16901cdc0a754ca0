// Tested by WordPieceTests.swift

/// The tokens of a vocabulary as a tree of bytes, held in one open-addressing table.
struct VocabularyTrie: Sendable {
    /// The node before the first byte.
    static let root: UInt32 = 0
    /// What marks a free place in `slots`, and what a missing child is.
    private static let free = UInt64.max
    static let none = UInt32.max

    /// Set in an entry whose child ends a token, so that `ids` is read for those only.
    static let endsToken: UInt32 = 1 << 31

    /// `parent << 8 | byte` in the high half, the child in the low half with `endsToken` where it applies.
    private var slots: [UInt64]
    private var shift: UInt32
    private var used = 0
    /// For each node the id of the token that ends there, or -1.
    private var ids: [Int32] = [-1]

    /// A node has 24 bits in `slots`; its owner keeps `nodeCount` below this.
    static let nodeLimit = 1 << 24
    var nodeCount: Int { ids.count }

    /// - Parameter capacity: expected number of nodes.
    init(capacity: Int) {
        let bits = max(4, Int.bitWidth - (capacity * 2).leadingZeroBitCount)
        slots = [UInt64](repeating: Self.free, count: 1 << bits)
        shift = UInt32(32 - bits)
    }

    /// Adds `token`; returns the id already there where the same bytes were added before.
    mutating func insert(_ token: some Collection<UInt8>, id: Int32) -> Int32? {
        var node = Self.root, edge: UInt32 = 0
        for byte in token {
            edge = node << 8 | UInt32(byte)
            var child = step(from: node, byte)
            if child == Self.none {
                child = UInt32(ids.count)
                ids.append(-1)
                place(UInt64(edge) << 32 | UInt64(child))
            }
            node = child & ~Self.endsToken
        }
        guard node != Self.root else { return nil }
        guard ids[Int(node)] < 0 else { return ids[Int(node)] }
        ids[Int(node)] = id
        slots[slot(of: edge)] |= UInt64(Self.endsToken)
        return nil
    }

    /// Returns the child of `node` for `byte`, with `endsToken` set where a token ends there, or `none`.
    @inline(__always)
    func step(from node: UInt32, _ byte: UInt8) -> UInt32 {
        let key = node << 8 | UInt32(byte)
        var slot = Int((key &* 0x9E37_79B1) >> shift)
        while true {
            let entry = slots[slot]
            if entry >> 32 == UInt64(key) { return UInt32(truncatingIfNeeded: entry) }
            if entry == Self.free { return Self.none }
            slot = (slot + 1) & (slots.count - 1)
        }
    }

    /// The id of the token that ends at `node`, or -1.
    @inline(__always)
    func id(at node: UInt32) -> Int32 { ids[Int(node)] }

    /// Returns the node that `bytes` leads to from the root, or `none`.
    func node(_ bytes: some Collection<UInt8>) -> UInt32 {
        var node = Self.root
        for byte in bytes {
            let child = step(from: node, byte)
            if child == Self.none { return child }
            node = child & ~Self.endsToken
        }
        return node
    }

    /// Returns the id of the token spelt exactly `bytes`.
    func id(of bytes: some Collection<UInt8>) -> Int32? {
        let node = node(bytes)
        guard node != Self.none, ids[Int(node)] >= 0 else { return nil }
        return ids[Int(node)]
    }

    /// The place of an edge that is in the table.
    private func slot(of edge: UInt32) -> Int {
        var slot = Int((edge &* 0x9E37_79B1) >> shift)
        while slots[slot] >> 32 != UInt64(edge) { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    private mutating func place(_ entry: UInt64) {
        if used * 2 >= slots.count { grow() }
        var slot = Int((UInt32(entry >> 32) &* 0x9E37_79B1) >> shift)
        while slots[slot] != Self.free { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = entry
        used += 1
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: Self.free, count: old.count * 2)
        shift -= 1
        used = 0
        for entry in old where entry != Self.free { place(entry) }
    }
}
