/// Lays runs side by side: the settings that differ, the facts that differ, and every metric with its distance from the first run.
public struct RunComparison: Codable, Sendable, Equatable {
    /// One setting or fact, with its value in each run; nil where a run has none.
    public struct Difference: Codable, Sendable, Equatable {
        /// The dotted key, such as `training.learningRate`.
        public var key: String
        /// The values, in the order of the runs.
        public var values: [JSONValue?]
    }

    /// One metric in each run.
    public struct MetricRow: Codable, Sendable, Equatable {
        /// Split and name, such as `test.macroF1`; numbers from before the training end in ` (before)`.
        public var key: String
        /// The numbers, in the order of the runs.
        public var values: [RunRecord.Metric?]
        /// Each number minus the first run's; nil where one of the two is missing.
        public var deltas: [Double?]
    }

    /// The runs, in the order given.
    public var runs: [RunID]
    /// The names that people gave them.
    public var names: [String?]
    /// Settings that are not the same in all runs, sorted by key.
    public var recipe: [Difference]
    /// Data, weights, versions, machine and costs that are not the same in all runs, sorted by key.
    public var facts: [Difference]
    /// All metrics of the runs, sorted by key.
    public var metrics: [MetricRow]

    /// Compares records; differences are counted from the first.
    ///
    /// - Throws: `RunsError.tooFewToCompare` for fewer than two.
    public init(_ records: [RunRecord]) throws(RunsError) {
        guard records.count >= 2 else { throw .tooFewToCompare(records.count) }
        runs = records.map(\.id)
        names = records.map(\.name)
        recipe = Self.differences(records.map(\.recipe.flattened))
        facts = Self.differences(records.map(Self.facts))
        let tables = records.map { record in
            Dictionary(
                record.metrics.map { ("\($0.split).\($0.name)\($0.phase == .before ? " (before)" : "")", $0) },
                uniquingKeysWith: { _, last in last })
        }
        metrics = Set(tables.flatMap(\.keys)).sorted().map { key in
            let values = tables.map { $0[key] }
            let first = values[0]?.value
            return MetricRow(
                key: key, values: values,
                deltas: values.map { value in
                    guard let first, let value = value?.value else { return nil }
                    return value - first
                })
        }
    }

    private static func differences(_ tables: [[String: JSONValue]]) -> [Difference] {
        Set(tables.flatMap(\.keys)).sorted().compactMap { key in
            let values = tables.map { $0[key] }
            return Set(values).count > 1 ? Difference(key: key, values: values) : nil
        }
    }

    private static func facts(_ record: RunRecord) -> [String: JSONValue] {
        func whole(_ value: Int) -> JSONValue { .integer(Int64(value)) }
        var facts: [String: JSONValue] = [
            "status": .string(record.status.rawValue), "method": .string(record.method), "precision": .string(record.precision),
            "seed": Int64(exactly: record.seed).map { .integer($0) } ?? .string(String(record.seed)),
            "versions.hone": .string(record.versions.hone), "versions.libtorch": .string(record.versions.libtorch),
            "versions.swift": .string(record.versions.swift), "versions.system": .string(record.versions.system),
            "hardware.cpu": .string(record.hardware.cpu), "hardware.device": .string(record.hardware.device),
            "hardware.threads": whole(record.hardware.threads),
            "counts.rows": whole(record.counts.rows), "counts.tokens": whole(record.counts.tokens),
            "counts.steps": whole(record.counts.steps), "counts.trainableParameters": whole(record.counts.trainableParameters),
            "counts.totalParameters": whole(record.counts.totalParameters),
        ]
        facts["base.sha256"] = record.base.map { .string($0.sha256) }
        facts["tokenizerHash"] = record.tokenizerHash.map { .string($0) }
        facts["bestStep"] = record.bestStep.map(whole)
        facts["cost.measuredBytes"] = record.cost.measuredBytes.map(whole)
        facts["cost.measuredSeconds"] = record.cost.measuredSeconds.map { .number($0) }
        for file in record.data { facts["data.\(file.role).sha256"] = .string(file.sha256) }
        return facts
    }
}
