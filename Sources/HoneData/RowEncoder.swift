/// Holds one row as numbers.
public struct EncodedRow: Sendable, Equatable {
    /// The token ids, special tokens included.
    public var ids: [Int32]
    /// The segment of each token.
    public var typeIDs: [Int32]
    /// What is to be predicted.
    public var target: EncodedTarget
    /// The index of the `TextRow` it was made from.
    public var source: Int

    /// Makes a row; `ids` and `typeIDs` have one length.
    public init(ids: [Int32], typeIDs: [Int32], target: EncodedTarget, source: Int) {
        (self.ids, self.typeIDs, self.target, self.source) = (ids, typeIDs, target, source)
    }
}

/// Holds a target as numbers.
public enum EncodedTarget: Sendable, Equatable {
    /// Nothing.
    case none
    /// The index of the one label.
    case classIndex(Int32)
    /// 1 for each label that applies, 0 for the others; as many as there are labels.
    case multiHot([Float])
    /// The number.
    case value(Float)
    /// One number for each token of the row: what that position is to predict, `TokenTarget.ignored` where nothing is learned.
    ///
    /// For a causal model the list is shifted already: position `i` holds the token of position `i + 1`, the last one nothing.
    case perToken([Int32])
    /// The tokens that the decoder is to write, the end token included.
    case sequence(ids: [Int32])
    /// The first and the last token of an answer in the row; both the first token of the row where it holds no answer.
    case span(start: Int32, end: Int32)

    /// How many numbers the loss is divided by for this row: 1 for a class, a value or an answer, the number of labels for a multi-label
    /// row, the number of learned positions for targets of tokens.
    public var targetCount: Int {
        switch self {
        case .none: 0
        case .classIndex, .value, .span: 1
        case .multiHot(let flags): flags.count
        case .perToken(let targets): targets.count { $0 != TokenTarget.ignored }
        case .sequence(let ids): ids.count
        }
    }
}

extension EncodedRow {
    /// How many tokens the decoder of a model with two sides reads for this row; 0 for other models.
    public var decoderCount: Int { if case .sequence(let ids) = target { ids.count } else { 0 } }
}

/// Reports the token lengths of one split and what the length policy did.
public struct LengthReport: Codable, Sendable, Equatable {
    /// What was to be done with rows that are too long.
    public var policy: TooLongPolicy
    /// The most tokens a row may have, special tokens included.
    public var maximum: Int
    /// Rows that are left.
    public var rows = 0
    /// Tokens that are left.
    public var tokens = 0
    /// The longest row, before the policy.
    public var longest = 0
    /// The median length, before the policy (nearest rank).
    public var p50 = 0
    /// The length that 95 % of the rows do not exceed, before the policy (nearest rank).
    public var p95 = 0
    /// How many rows have which length, before the policy; empty bins at both ends are left out.
    public var histogram: [LengthBin] = []
    /// Rows that were cut.
    public var truncated = 0
    /// Tokens that were cut off.
    public var tokensCut = 0
    /// Rows that were dropped.
    public var dropped = 0
    /// The first few rows that were cut or dropped.
    public var examples: [RowPlace] = []
    /// Labels that lost their last row of the split.
    public var labelsLost: [String] = []

    static let exampleCount = 5

    /// An empty report.
    public init(policy: TooLongPolicy, maximum: Int) {
        (self.policy, self.maximum) = (policy, maximum)
    }

    /// Notes the longest, the median and the 95 % length of rows before the policy; nothing for no rows.
    mutating func measure(_ lengths: [Int]) {
        guard !lengths.isEmpty else { return }
        let sorted = lengths.sorted()
        let rank = { (share: Int) in sorted[max(0, (sorted.count * share + 99) / 100 - 1)] }
        (longest, p50, p95) = (rank(100), rank(50), rank(95))
        histogram = LengthBin.histogram(lengths)
    }
}

/// Counts rows of about one length.
public struct LengthBin: Codable, Sendable, Equatable {
    /// The longest length of the bin; it begins behind the bin before.
    public var upTo: Int
    /// How many rows have such a length.
    public var rows: Int

    /// Makes a bin.
    public init(upTo: Int, rows: Int) { (self.upTo, self.rows) = (upTo, rows) }

    /// Bins that end at 8, 12, 16, 24, 32 and so on: powers of two and the middles between them.
    static func histogram(_ lengths: [Int]) -> [LengthBin] {
        guard let longest = lengths.max() else { return [] }
        var edges = [8]
        while let last = edges.last, last < longest { edges.append(edges.count.isMultiple(of: 2) ? last / 3 * 4 : last / 2 * 3) }
        var counts = [Int](repeating: 0, count: edges.count)
        for length in lengths { counts[edges.firstIndex { $0 >= length } ?? edges.count - 1] += 1 }
        return zip(edges, counts).map { LengthBin(upTo: $0, rows: $1) }.drop { $0.rows == 0 }.map(\.self)
    }
}

/// Turns rows of text into rows of numbers under a length policy.
public struct RowEncoder: Sendable {
    /// The labels; nil for regression and for rows without targets.
    public var labels: LabelSet?
    /// The most tokens a row may have, special tokens included.
    public var maximum: Int
    /// What happens to longer rows.
    public var tooLong: TooLongPolicy
    /// Whether every row may be too long; in a data set that is taken for a mistake, among a few texts it is not.
    public var allMayBeTooLong: Bool

    private static let exampleCount = LengthReport.exampleCount

    /// Makes an encoder.
    public init(labels: LabelSet?, maximum: Int, tooLong: TooLongPolicy = .error, allMayBeTooLong: Bool = false) {
        (self.labels, self.maximum, self.tooLong, self.allMayBeTooLong) = (labels, maximum, tooLong, allMayBeTooLong)
    }

    /// Encodes the rows of one split.
    ///
    /// - Throws: `DataError.tooLong` under `error`; `DataError.allTooLong` under every policy if no row fits and not all may be too long;
    ///   `DataError.unknownLabel` for a label outside `labels`; `DataError.maximumTooSmall` if special tokens alone do not fit.
    public func encode(
        _ rows: [TextRow], split: SplitName, with encoder: some TextEncoding
    ) throws(DataError) -> (rows: [EncodedRow], report: LengthReport) {
        if let labels { try labels.validate(rows, split: split) }
        var report = LengthReport(policy: tooLong, maximum: maximum)
        guard let first = rows.first else { return ([], report) }
        // Where the first row's segments are all 0 and there is no pair, they are for every row of single texts.
        let isPlain = first.pair == nil && encoder.encodeText(first.text, pair: nil).typeIDs.allSatisfy { $0 == 0 }
        var encoded: [EncodedRow] = []
        encoded.reserveCapacity(rows.count)
        for (source, row) in rows.enumerated() {
            let target = try self.target(row)
            if isPlain, row.pair == nil {
                let ids = encoder.encodeIDs(row.text, pair: nil)
                let zeros = [Int32](repeating: 0, count: ids.count)
                encoded.append(EncodedRow(ids: ids, typeIDs: zeros, target: target, source: source))
            } else {
                let text = encoder.encodeText(row.text, pair: row.pair)
                encoded.append(EncodedRow(ids: text.ids, typeIDs: text.typeIDs, target: target, source: source))
            }
        }
        report.measure(encoded.map(\.ids.count))
        if report.longest > maximum { try apply(to: &encoded, rows, split, encoder, &report) }
        report.rows = encoded.count
        report.tokens = encoded.reduce(0) { $0 + $1.ids.count }
        return (encoded, report)
    }

    private func apply(
        to encoded: inout [EncodedRow], _ rows: [TextRow], _ split: SplitName, _ encoder: some TextEncoding,
        _ report: inout LengthReport
    ) throws(DataError) {
        let long = encoded.indices.filter { encoded[$0].ids.count > maximum }
        if long.count == rows.count, !allMayBeTooLong {
            let shortest = encoded.map(\.ids.count).min() ?? 0
            throw DataError.allTooLong(split: split, rows: rows.count, shortest: shortest, maximum: maximum)
        }
        report.examples = long.prefix(Self.exampleCount).map { rows[$0].place }
        switch tooLong {
        case .error:
            throw DataError.tooLong(
                split: split, rows: long.count, of: rows.count, longest: report.longest, maximum: maximum, examples: report.examples)
        case .drop:
            encoded.removeAll { $0.ids.count > maximum }
            report.dropped = long.count
            let kept = Set(encoded.flatMap { rows[$0.source].target.names })
            report.labelsLost = Set(rows.flatMap(\.target.names)).subtracting(kept).sorted()
        case .truncate:
            for index in long {
                let row = rows[index]
                let full = encoder.encodeText(row.text, pair: row.pair)
                let first = row.pair == nil ? full : encoder.encodeText(row.text, pair: nil)
                let cut = try Truncation(maximum: maximum).cut(full, first: first.isSpecial.count { !$0 })
                report.tokensCut += full.ids.count - cut.ids.count
                (encoded[index].ids, encoded[index].typeIDs) = (cut.ids, cut.typeIDs)
            }
            report.truncated = long.count
        case .split: throw DataError.cannotSplit(split: split, rows: long.count, what: "rows with one label each")
        }
    }

    private func target(_ row: TextRow) throws(DataError) -> EncodedTarget {
        switch row.target {
        case .none: return .none
        case .value(let value): return .value(Float(value))
        case .label(let name):
            guard let index = labels?.index(of: name) else { throw DataError.targetMismatch(at: row.place, task: .regression) }
            return .classIndex(Int32(index))
        case .labels(let names):
            guard let labels else { throw DataError.targetMismatch(at: row.place, task: .regression) }
            var flags = [Float](repeating: 0, count: labels.count)
            for name in names {
                if let index = labels.index(of: name) { flags[index] = 1 }
            }
            return .multiHot(flags)
        }
    }
}
