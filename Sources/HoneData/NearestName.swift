/// Finds the name a person most likely meant.
package enum NearestName {
    /// Returns the candidate with the smallest edit distance to `name`, or nil when none is near.
    ///
    /// Near means at most two edits, or a third of the longer name; letter case is not counted. The first of equals wins.
    /// O(length²) for each candidate.
    package static func find(_ name: String, in candidates: [String]) -> String? {
        let wanted = Array(name.lowercased().unicodeScalars)
        var best: (name: String, distance: Int)?
        for candidate in candidates where candidate != name {
            let other = Array(candidate.lowercased().unicodeScalars)
            let limit = min(max(2, max(wanted.count, other.count) / 3), max(wanted.count, other.count) - 1)
            guard abs(wanted.count - other.count) <= limit else { continue }
            let distance = editDistance(wanted, other)
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    private static func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var row = Array(0...b.count)
        for i in a.indices {
            var diagonal = row[0]
            row[0] = i + 1
            for j in b.indices {
                let substitution = diagonal + (a[i] == b[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
