// Tested by DataSetTests.swift

extension DataLoader {
    /// Collects what a person should look at.
    func warnings(
        _ train: [TextRow], _ labels: LabelSet?, _ duplicates: DuplicateReport, _ leakage: [LeakageReport]
    ) -> [DataWarning] {
        var warnings = labels.map { labelWarnings($0, $0.counts(in: train)) } ?? []
        if task == .regression, let first = train.first, train.allSatisfy({ $0.target == first.target }),
            case .value(let value) = first.target
        {
            warnings.append(.constantValue(value: value))
        }
        if let example = duplicates.examples.first {
            warnings.append(.duplicates(rows: duplicates.rows, dropped: duplicates.dropped, example: example))
        }
        if let example = duplicates.conflictExamples.first {
            warnings.append(.conflicts(texts: duplicates.conflicts, example: example))
        }
        for report in leakage {
            guard let example = report.examples.first else { continue }
            warnings.append(
                .leakage(from: report.from, into: report.into, rows: report.rows, dropped: report.dropped, example: example))
        }
        return warnings
    }

    private func labelWarnings(_ labels: LabelSet, _ counts: [Int]) -> [DataWarning] {
        var warnings: [DataWarning] = []
        let counted = zip(labels.names, counts).map { ClassCount(label: $0, rows: $1) }
        let rare = counted.filter { $0.rows == 1 }, untrained = counted.filter { $0.rows == 0 }
        if !rare.isEmpty { warnings.append(.rareLabels(count: rare.count, examples: rare.prefix(5).map(\.label))) }
        if !untrained.isEmpty {
            warnings.append(.untrainedLabels(count: untrained.count, examples: untrained.prefix(5).map(\.label)))
        }
        let trained = counted.filter { $0.rows > 0 }
        if let largest = trained.max(by: { $0.rows < $1.rows }), let smallest = trained.min(by: { $0.rows < $1.rows }),
            largest.rows >= 10 * smallest.rows
        {
            warnings.append(.imbalance(largest: largest, smallest: smallest))
        }
        var byKey: [TextKey: String] = [:]
        for name in labels.names {
            if let first = byKey[TextKey(name)] {
                warnings.append(.similarLabels(first: first, second: name))
            } else {
                byKey[TextKey(name)] = name
            }
        }
        return warnings
    }
}
