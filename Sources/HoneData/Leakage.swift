/// Reports texts that stand in two splits.
public struct LeakageReport: Codable, Sendable, Equatable {
    /// What was to be done with them.
    public var policy: FindingPolicy
    /// The split that is learned from, or that chooses the model.
    public var from: SplitName
    /// The split whose scores would flatter.
    public var into: SplitName
    /// Rows of `into` whose text stands in `from` as well.
    public var rows: Int
    /// Rows of `from` that were dropped for it.
    public var dropped: Int
    /// The first few: a row of `from` and the row of `into`.
    public var examples: [RowPair]
}

/// Finds and drops rows that stand in two splits, compared as `Duplicates` compares.
enum Leakage {
    /// Checks train against validation, train against test, validation against test, in that order.
    ///
    /// Under `drop` the row leaves the split that is nearer to training, so that scores on published test rows stay comparable.
    static func resolve(_ splits: inout [SplitName: [TextRow]], policy: FindingPolicy) throws(DataError) -> [LeakageReport] {
        let keys = splits.mapValues { rows in rows.map(\.key) }
        var reports: [LeakageReport] = []
        var doomed: [SplitName: Set<Int>] = [:]
        for (from, into) in [(SplitName.train, SplitName.validation), (.train, .test), (.validation, .test)] {
            guard let source = splits[from], let target = splits[into], !target.isEmpty else { continue }
            var firstRow: [TextKey: Int] = [:]
            for (index, key) in (keys[from] ?? []).enumerated() where firstRow[key] == nil { firstRow[key] = index }
            var report = LeakageReport(policy: policy, from: from, into: into, rows: 0, dropped: 0, examples: [])
            for (index, key) in (keys[into] ?? []).enumerated() {
                guard let earlier = firstRow[key] else { continue }
                report.rows += 1
                if report.examples.count < Duplicates.exampleCount {
                    report.examples.append(RowPair(first: source[earlier].place, second: target[index].place))
                }
            }
            if policy == .error, report.rows > 0 {
                throw DataError.leakage(from: from, into: into, rows: report.rows, examples: report.examples)
            }
            if policy == .drop {
                let leaked = Set(keys[into] ?? [])
                let rows = (keys[from] ?? []).enumerated().filter { leaked.contains($0.element) }.map(\.offset)
                report.dropped = rows.count { doomed[from, default: []].insert($0).inserted }
            }
            reports.append(report)
        }
        for (split, indices) in doomed {
            splits[split] = splits[split]?.enumerated().filter { !indices.contains($0.offset) }.map(\.element)
        }
        return reports
    }
}
