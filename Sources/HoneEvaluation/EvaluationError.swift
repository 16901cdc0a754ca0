public import Foundation

/// Says why predictions cannot be judged: what is wrong, where, and what to do.
public enum EvaluationError: Error, Equatable, Sendable {
    /// There is not one row to judge.
    case empty
    /// A class number lies outside the classes; `row` counts the rows added so far, from 0.
    case classOutside(index: Int, classCount: Int, row: Int)
    /// Two lists that describe the same rows differ in length.
    case countMismatch(truths: Int, predictions: Int)
    /// A prediction or target is infinite or not a number.
    case notFinite(value: String, row: Int)
    /// The numbers of a row do not add up to 1, or one is below 0.
    case notProbabilities(sum: Double, row: Int)
    /// Two reducers or two models were made for different classes or rows.
    case different(what: String)
    /// A metric says nothing about predictions of this kind.
    case notAvailable(MetricName, kind: String, available: [MetricName])
    /// A metric has no value here, such as a correlation with a constant.
    case undefined(MetricName, reason: String)
    /// A token's tag is not `O`, `B-TYPE`, `I-TYPE`, `E-TYPE` or `S-TYPE`.
    case tag(String, row: Int)
    /// A setting lies outside its range.
    case setting(name: String, value: String, expected: String)
}

extension EvaluationError: CustomStringConvertible, LocalizedError {
    /// The whole message: what is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .empty: "there are no rows to evaluate. Check the split and the filters of the data."
        case .classOutside(let index, let count, let row):
            "row \(row) has class \(index), but the classes are 0 ..< \(count). Check that data and model were made with the same labels."
        case .countMismatch(let truths, let predictions):
            "\(truths) targets and \(predictions) predictions do not describe the same rows. Pass one prediction for each target."
        case .notFinite(let value, let row):
            "row \(row) holds \(value), which is not a finite number. A model that gives such numbers has diverged: lower the learning "
                + "rate or use float32."
        case .notProbabilities(let sum, let row):
            "the numbers of row \(row) are not probabilities: each must be at least 0 and their sum, here \(sum), must be 1. "
                + "Apply softmax to logits first."
        case .different(let what): "\(what) differ, so the numbers cannot be put together. Compare models on the same rows and labels."
        case .notAvailable(let metric, let kind, let available):
            "`\(metric.rawValue)` cannot be computed from \(kind). Choose one of "
                + available.map { "`\($0.rawValue)`" }.joined(separator: ", ") + "."
        case .undefined(let metric, let reason):
            "`\(metric.rawValue)` has no value here: \(reason). Use more rows, or another metric."
        case .tag(let tag, let row):
            "row \(row) has the tag `\(tag)`; expected `O`, or `B-`, `I-`, `E-` or `S-` and a type, such as `B-PER`."
        case .setting(let name, let value, let expected): "`\(name)` is \(value); expected \(expected)."
        }
    }

    /// The same message, for code that asks through Foundation.
    public var errorDescription: String? { description }
}
