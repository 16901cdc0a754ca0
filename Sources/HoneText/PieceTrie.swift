// Tested by UnigramTests.swift

/// Pieces as a tree of bytes in a double array: the child of a node is one addition and one comparison away.
struct PieceTrie: Sendable {
    private struct Unit: Sendable {
        /// Where the children are: the child for `byte` is at `base + byte`.
        var base: Int32 = 0
        /// The node this place belongs to, or -1.
        var parent: Int32 = -1
        /// The id of the piece that ends here, or -1.
        var id: Int32 = -1
    }

    private let units: [Unit]

    /// Builds the tree; of two pieces with the same bytes the last counts, empty ones are left out.
    init(_ pieces: [(bytes: [UInt8], id: Int32)]) {
        // Sorting by bytes, with the order of the list kept, makes the children of a node neighbours.
        let order = pieces.indices.sorted {
            let left = pieces[$0].bytes, right = pieces[$1].bytes
            return left == right ? $0 < $1 : left.lexicographicallyPrecedes(right)
        }
        var units = [Unit](repeating: Unit(), count: 512)
        units[0].parent = 0
        var queue: [(node: Int32, range: Range<Int>, depth: Int)] = [(0, 0..<order.count, 0)]
        var firstFree = 1, done = 0
        var children: [(byte: UInt8, range: Range<Int>)] = []
        while done < queue.count {
            let (node, range, depth) = queue[done]
            done += 1
            children.removeAll(keepingCapacity: true)
            for index in range {
                let piece = pieces[order[index]]
                guard piece.bytes.count > depth else {
                    if depth > 0 { units[Int(node)].id = piece.id }
                    continue
                }
                let byte = piece.bytes[depth]
                if let last = children.last, last.byte == byte {
                    children[children.count - 1].range = last.range.lowerBound..<index + 1
                } else {
                    children.append((byte, index..<index + 1))
                }
            }
            guard let first = children.first else { continue }
            while firstFree < units.count, units[firstFree].parent >= 0 { firstFree += 1 }
            var base = max(1, firstFree - Int(first.byte))
            while true {
                if base + 256 >= units.count { units += repeatElement(Unit(), count: units.count) }
                if children.allSatisfy({ units[base + Int($0.byte)].parent < 0 }) { break }
                base += 1
            }
            units[Int(node)].base = Int32(base)
            for child in children {
                units[base + Int(child.byte)].parent = node
                queue.append((Int32(base + Int(child.byte)), child.range, depth + 1))
            }
        }
        self.units = units + [Unit](repeating: Unit(), count: 256)
    }

    /// Calls `found` with the end and the id of every piece that `text` has at `start`, shortest first.
    @inline(__always)
    func prefixes(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ found: (Int, Int32) -> Void) {
        units.withUnsafeBufferPointer { units in
            var node: Int32 = 0
            var index = start
            while index < text.count {
                let base = units[Int(node)].base
                let child = base &+ Int32(text[index])
                let unit = units[Int(child)]
                guard unit.parent == node, child != 0 else { return }
                index += 1
                node = child
                if unit.id >= 0 { found(index, unit.id) }
            }
        }
    }

    /// Returns the id of the piece spelt exactly `bytes`.
    func id(of bytes: ArraySlice<UInt8>) -> Int32? {
        var node: Int32 = 0
        for byte in bytes {
            let child = units[Int(node)].base &+ Int32(byte)
            guard child != 0, units[Int(child)].parent == node else { return nil }
            node = child
        }
        return units[Int(node)].id >= 0 ? units[Int(node)].id : nil
    }
}
