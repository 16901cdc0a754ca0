public import Foundation

/// Names a data file and says what rows and messages call it.
public struct DataFile: Sendable, Equatable {
    /// Where it is.
    public var url: URL
    /// What it is called in rows, messages and records.
    public var name: String

    /// Names a file; its name is the URL's relative path unless given.
    public init(_ url: URL, name: String? = nil) {
        self.url = url
        self.name = name ?? url.relativePath
    }
}

/// Says where the rows of a validation or test split come from.
public enum SplitSource: Sendable, Equatable {
    /// There is no such split.
    case none
    /// A file of its own.
    case file(DataFile)
    /// A share of the training file, above 0 and below 1.
    case fraction(Double)
}

/// Holds the rows of all splits, checked, with their labels and a report.
public struct DataSet: Sendable, Equatable {
    /// The training rows.
    public var train: [TextRow]
    /// The validation rows; empty if there is no such split.
    public var validation: [TextRow]
    /// The test rows; empty if there is no such split.
    public var test: [TextRow]
    /// The labels; nil for regression.
    public var labels: LabelSet?
    /// What was found.
    public var report: DataReport

    /// The rows of one split.
    public subscript(split: SplitName) -> [TextRow] {
        switch split {
        case .train: train
        case .validation: validation
        case .test: test
        }
    }
}

/// Reads and checks a data set: files, columns, duplicates, splits, leakage, labels, in that order.
public struct DataLoader: Sendable {
    /// What is learned.
    public var task: TaskKind
    /// The training file.
    public var train: DataFile
    /// Where validation rows come from.
    public var validation: SplitSource
    /// Where test rows come from.
    public var test: SplitSource
    /// The columns the recipe names.
    public var columns: ColumnMapping
    /// The labels the recipe lists; nil takes those of the training rows.
    public var labels: [String]?
    /// What happens to repeated training rows.
    public var duplicates: FindingPolicy
    /// What happens to rows that stand in two splits.
    public var leakage: FindingPolicy
    /// Seeds the splits.
    public var seed: UInt64

    /// Makes a loader.
    public init(
        task: TaskKind, train: DataFile, validation: SplitSource = .none, test: SplitSource = .none,
        columns: ColumnMapping = ColumnMapping(), labels: [String]? = nil, duplicates: FindingPolicy = .report,
        leakage: FindingPolicy = .report, seed: UInt64
    ) {
        (self.task, self.train, self.validation, self.test) = (task, train, validation, test)
        (self.columns, self.labels, self.duplicates, self.leakage, self.seed) = (columns, labels, duplicates, leakage, seed)
    }

    /// Reads everything.
    ///
    /// - Throws: `DataError` with file and line for the first fault.
    public func load() throws(DataError) -> DataSet {
        let reader = RowReader(columns: columns, task: task)
        let read = try reader.read(train.url, name: train.name)
        var files = [read.report]
        let (rows, duplicateReport) = try Duplicates.resolve(read.rows, policy: duplicates)
        var splits = try split(rows)
        for (name, source) in [(SplitName.validation, validation), (.test, test)] {
            guard case .file(let file) = source else { continue }
            let more = try reader.read(file.url, name: file.name)
            guard (more.report.columns.pair == nil) == (read.report.columns.pair == nil) else {
                throw DataError.pairMismatch(file: file.name, other: train.name)
            }
            files.append(more.report)
            splits[name] = more.rows
        }
        let leakageReports = try Leakage.resolve(&splits, policy: leakage)
        for name in [SplitName.train, .validation] where splits[name]?.isEmpty == true {
            throw DataError.emptySplit(split: name, reason: "every row also stands in another split and data.leakage is drop")
        }
        let labelSet = try labelSet(splits)
        let report = DataReport(
            task: task, files: files, splits: splitReports(splits, labelSet), duplicates: duplicateReport, leakage: leakageReports,
            lengths: [:], warnings: warnings(splits[.train] ?? [], labelSet, duplicateReport, leakageReports))
        return DataSet(
            train: splits[.train] ?? [], validation: splits[.validation] ?? [], test: splits[.test] ?? [], labels: labelSet,
            report: report)
    }

    /// Shares the rows of the training file out.
    private func split(_ rows: [TextRow]) throws(DataError) -> [SplitName: [TextRow]] {
        let (validationShare, testShare) = (fraction(validation), fraction(test))
        if validationShare == nil, testShare == nil { return [.train: rows] }
        for share in [validationShare, testShare].compactMap(\.self) where !(share > 0 && share < 1) {
            throw DataError.badFraction(validation: validationShare ?? 0, test: testShare ?? 0)
        }
        let splitter = try StratifiedSplitter(validation: validationShare ?? 0, test: testShare ?? 0, seed: seed)
        var splits: [SplitName: [TextRow]] = [.train: []]
        for (row, name) in zip(rows, splitter.assign(rows)) { splits[name, default: []].append(row) }
        for (name, share) in [(SplitName.validation, validationShare), (.test, testShare)] {
            guard let share, splits[name] == nil else { continue }
            let reason = "a fraction of \(share) of \(rows.count) rows, class by class, came to none. Give a larger fraction or a file"
            throw DataError.emptySplit(split: name, reason: reason)
        }
        return splits
    }

    private func fraction(_ source: SplitSource) -> Double? {
        if case .fraction(let share) = source { share } else { nil }
    }

    private func labelSet(_ splits: [SplitName: [TextRow]]) throws(DataError) -> LabelSet? {
        guard task != .regression else { return nil }
        let train = splits[.train] ?? []
        // Also with a given list: rows that all have one label teach nothing.
        let found = try LabelSet(train: train, task: task)
        let set = try labels.map { names throws(DataError) in try LabelSet(names) } ?? found
        for split in SplitName.allCases { try set.validate(splits[split] ?? [], split: split) }
        return set
    }

    private func splitReports(_ splits: [SplitName: [TextRow]], _ labels: LabelSet?) -> [SplitReport] {
        [(SplitName.train, SplitSource.none), (.validation, validation), (.test, test)].compactMap { split, source in
            guard let rows = splits[split] else { return nil }
            let classes = labels.map { set in zip(set.names, set.counts(in: rows)).map { ClassCount(label: $0, rows: $1) } } ?? []
            let values = rows.compactMap { row in if case .value(let value) = row.target { value } else { nil } }
            return SplitReport(
                split: split, file: rows.first?.file ?? train.name, fraction: fraction(source), rows: rows.count, classes: classes,
                values: ValueReport(values))
        }
    }
}
