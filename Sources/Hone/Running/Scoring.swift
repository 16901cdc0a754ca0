// Tested by ScoringTests.swift.
internal import Foundation
public import HoneData
public import HoneEvaluation

/// Turns logits into probabilities, predictions and metrics, for each kind of task.
public struct Scoring: Sendable {
    /// The kind of task, which decides how logits are read.
    public let task: TaskKind
    /// The label names in the order of the logits; empty for regression.
    public let labels: [String]

    /// Scores logits of a task with these labels.
    public init(task: TaskKind, labels: [String]) { (self.task, self.labels) = (task, labels) }

    /// Softmax of one row's logits; for labels that may hold together, the sigmoid of each.
    public func probabilities(_ logits: [Float]) -> [Float] {
        switch task {
        case .classification:
            let largest = logits.max() ?? 0
            let powers = logits.map { Foundation.exp($0 - largest) }
            let sum = powers.reduce(0, +)
            return powers.map { $0 / sum }
        case .multiLabel: return logits.map { 1 / (1 + Foundation.exp(-$0)) }
        case .regression: return logits
        }
    }

    /// The predictions of rows beside their truths, ready for metrics.
    ///
    /// - Throws: `EvaluationError` if a row's target is of another kind.
    public func predictions(_ logits: [[Float]], _ targets: [EncodedTarget]) throws -> Predictions {
        switch task {
        case .classification:
            return try .classes(
                truths: targets.map { if case .classIndex(let index) = $0 { Int(index) } else { -1 } }, predictions: logits.map(largest),
                classCount: labels.count)
        case .multiLabel:
            let truths = targets.flatMap { target -> [Bool] in
                if case .multiHot(let flags) = target { flags.map { $0 > 0.5 } } else { [] }
            }
            return try .labels(truths: truths, predictions: logits.flatMap { $0.map { $0 > 0 } }, labelCount: labels.count)
        case .regression:
            return try .values(
                truths: targets.map { if case .value(let value) = $0 { Double(value) } else { .nan } },
                predictions: logits.map { Double($0[0]) })
        }
    }

    /// Every metric of the task that needs only predictions, by name, and the mean loss.
    public func metrics(_ logits: [[Float]], _ targets: [EncodedTarget]) throws -> [String: Double] {
        let predictions = try predictions(logits, targets)
        var result: [String: Double] = [:]
        // A correlation of constant predictions is undefined: it is left out, not reported as a number.
        for metric in predictions.metrics { result[metric.rawValue] = try? predictions.value(of: metric) }
        result["loss"] = loss(logits, targets)
        return result
    }

    /// Returns the mean negative log-likelihood per row in nats, or the mean squared error in squared units.
    ///
    /// For labels that may hold together, the mean is over rows and labels. Rows without a target do not count; 0 if none has one.
    public func loss(_ logits: [[Float]], _ targets: [EncodedTarget]) -> Double {
        var sum = 0.0
        var count = 0
        for (row, target) in zip(logits, targets) {
            switch target {
            case .none, .perToken, .sequence, .span: continue
            case .classIndex(let index):
                let largest = Double(row.max() ?? 0)
                sum += largest + Foundation.log(row.reduce(0) { $0 + Foundation.exp(Double($1) - largest) }) - Double(row[Int(index)])
                count += 1
            case .multiHot(let flags):
                for (z, y) in zip(row, flags) {
                    let z = Double(z), y = Double(y)
                    sum += max(z, 0) - z * y + Foundation.log1p(Foundation.exp(-abs(z)))
                    count += 1
                }
            case .value(let value):
                sum += (Double(row[0]) - Double(value)) * (Double(row[0]) - Double(value))
                count += 1
            }
        }
        return count == 0 ? 0 : sum / Double(count)
    }

    /// Index of the largest logit; the first among equals.
    func largest(_ row: [Float]) -> Int {
        var best = 0
        for index in row.indices where row[index] > row[best] { best = index }
        return best
    }

    /// The class names that logits stand for: one, those above one half, or a number.
    func answer(_ logits: [Float]) -> String {
        switch task {
        case .classification: return labels[largest(logits)]
        case .multiLabel: return zip(labels, logits).filter { $1 > 0 }.map(\.0).joined(separator: ", ")
        case .regression: return "\(logits[0])"
        }
    }

    func answer(_ target: EncodedTarget) -> String {
        switch target {
        case .none, .perToken, .sequence, .span: ""
        case .classIndex(let index): labels[Int(index)]
        case .multiHot(let flags): zip(labels, flags).filter { $1 > 0.5 }.map(\.0).joined(separator: ", ")
        case .value(let value): "\(value)"
        }
    }
}
