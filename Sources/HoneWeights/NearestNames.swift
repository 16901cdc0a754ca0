// Tested by CheckpointTests.swift

/// The names most like a wanted one: first those that differ by a dotted prefix only, then by edits, at most three.
func nearestNames(to wanted: String, among names: [String]) -> [String] {
    let prefixed = names.filter { $0.hasSuffix(".\(wanted)") || wanted.hasSuffix(".\($0)") }
    guard prefixed.isEmpty else { return Array(prefixed.prefix(3)) }
    let target = Array(wanted.utf8)
    let limit = max(2, target.count / 4)
    let scored = names.compactMap { name in editDistance(target, Array(name.utf8), limit: limit).map { (distance: $0, name: name) } }
    return scored.sorted { $0.distance == $1.distance ? bytewise($0.name, $1.name) : $0.distance < $1.distance }.prefix(3).map(\.name)
}

/// Levenshtein's distance where it is at most `limit`, else nil.
private func editDistance(_ left: [UInt8], _ right: [UInt8], limit: Int) -> Int? {
    guard abs(left.count - right.count) <= limit else { return nil }
    var previous = Array(0...right.count)
    for (row, byte) in left.enumerated() {
        var current = [row + 1]
        current.reserveCapacity(right.count + 1)
        for (column, other) in right.enumerated() {
            current.append(min(previous[column] + (byte == other ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
        }
        if current.allSatisfy({ $0 > limit }) { return nil }
        previous = current
    }
    return previous[right.count] <= limit ? previous[right.count] : nil
}
