/// Finds the known name a mistyped one was meant to be.
enum RecipeSuggestion {
    /// Returns the candidate nearest to `name`, or nil if none is near enough to be meant.
    ///
    /// Case, `_` and `-` do not count, so `learning_rate` is `learningRate`. At most one edit in three letters is forgiven.
    static func nearest(to name: String, among candidates: [String]) -> String? {
        let wanted = folded(name)
        guard !wanted.isEmpty else { return nil }
        let allowance = max(1, wanted.count / 3)
        let scored = candidates.map { (name: $0, distance: distance(wanted, folded($0))) }
        guard let best = scored.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }), best.distance <= allowance else { return nil }
        return best.distance < folded(best.name).count ? best.name : nil
    }

    /// Whether two names differ in case, `_` and `-` only.
    static func isSame(_ one: String, _ other: String) -> Bool { folded(one) == folded(other) }

    /// Counts the insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
    ///
    /// Source: optimal string alignment distance. Departures: none. O(|a| · |b|).
    static func distance(_ a: [Character], _ b: [Character]) -> Int {
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [i]
            for j in 1...b.count {
                var cost = min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, before[j - 2] + 1) }
                row.append(cost)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }

    private static func folded(_ name: String) -> [Character] {
        Array(name.prefix(64).lowercased().filter { $0 != "_" && $0 != "-" })
    }
}
