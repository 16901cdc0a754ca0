/// Reports texts that occur more than once among the rows of one file.
public struct DuplicateReport: Codable, Sendable, Equatable {
    /// What was to be done with them.
    public var policy: FindingPolicy = .report
    /// Rows that repeat the text and the target of an earlier row.
    public var rows = 0
    /// Texts that occur with different targets.
    public var conflicts = 0
    /// Rows that have such a text.
    public var conflictRows = 0
    /// Rows that were dropped.
    public var dropped = 0
    /// The first few repeats.
    public var examples: [RowPair] = []
    /// The first few pairs of rows with one text and different targets.
    public var conflictExamples: [RowPair] = []

    /// An empty report.
    public init() {}
}

/// Finds and drops rows whose text was seen before.
///
/// Two texts are the same if they differ only in letter case, runs of white space or Unicode composition.
enum Duplicates {
    static let exampleCount = 5

    /// Returns the rows that stay.
    ///
    /// Under `drop` the first of equal rows stays. Rows with different targets all stay: which is right is not ours to guess.
    static func resolve(_ rows: [TextRow], policy: FindingPolicy) throws(DataError) -> (rows: [TextRow], report: DuplicateReport) {
        var report = DuplicateReport()
        report.policy = policy
        var firsts: [TextKey: Int] = [:]
        // The further rows of a text that has several targets, one for each target.
        var others: [TextKey: [Int]] = [:]
        var kept: [TextRow] = []
        var keys: [TextKey] = []
        for (index, row) in rows.enumerated() {
            let key = row.key
            let first = firsts[key]
            let group = first.map { [$0] + (others[key] ?? []) } ?? []
            if let same = group.first(where: { isSame(rows[$0].target, row.target) }).map({ rows[$0] }) {
                report.rows += 1
                if report.examples.count < exampleCount { report.examples.append(RowPair(first: same.place, second: row.place)) }
                if policy == .drop { continue }
            } else if let first {
                if group.count == 1 { report.conflicts += 1 }
                others[key, default: []].append(index)
                if report.conflictExamples.count < exampleCount {
                    report.conflictExamples.append(RowPair(first: rows[first].place, second: row.place))
                }
            } else {
                firsts[key] = index
            }
            kept.append(row)
            keys.append(key)
        }
        report.dropped = rows.count - kept.count
        report.conflictRows = others.isEmpty ? 0 : keys.count { others[$0] != nil }
        if policy == .error, report.rows + report.conflicts > 0 {
            throw DataError.duplicates(
                file: rows.first?.file ?? "the training file", rows: report.rows, conflicts: report.conflicts,
                examples: Array((report.conflictExamples + report.examples).prefix(exampleCount)))
        }
        return (kept, report)
    }

    /// The order of labels makes no difference.
    private static func isSame(_ a: RowTarget, _ b: RowTarget) -> Bool {
        if case .labels(let first) = a, case .labels(let second) = b { return Set(first) == Set(second) }
        return a == b
    }
}
