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

    /// Returns the rows that stay. Under `drop` the first of equal rows stays and rows with different targets all stay: which of
    /// them is right is not ours to guess.
    static func resolve(_ rows: [TextRow], policy: FindingPolicy) throws(DataError) -> (rows: [TextRow], report: DuplicateReport) {
        var report = DuplicateReport()
        report.policy = policy
        var groups: [String: [TextRow]] = [:]
        var kept: [TextRow] = []
        for row in rows {
            let key = row.key
            let group = groups[key] ?? []
            if let same = group.first(where: { isSame($0.target, row.target) }) {
                report.rows += 1
                if report.examples.count < exampleCount { report.examples.append(RowPair(first: same.place, second: row.place)) }
                if policy == .drop { continue }
            } else if let other = group.first {
                if group.count == 1 { report.conflicts += 1 }
                if report.conflictExamples.count < exampleCount {
                    report.conflictExamples.append(RowPair(first: other.place, second: row.place))
                }
            }
            // One row for each target of a text is enough to compare with.
            if !group.contains(where: { isSame($0.target, row.target) }) { groups[key] = group + [row] }
            kept.append(row)
        }
        report.dropped = rows.count - kept.count
        let conflicting = groups.filter { $0.value.count > 1 }
        report.conflictRows = kept.count { conflicting[$0.key] != nil }
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
