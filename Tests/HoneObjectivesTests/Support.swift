import HoneData
import HoneTestSupport

@testable import HoneObjectives

/// What PyTorch's losses give, from `Fixtures/make/losses.py`.
struct Losses: Decodable {
    struct Case: Decodable, Sendable, CustomStringConvertible {
        var name: String
        var shape: [Int]
        var labelSmoothing: Double?
        var classWeights: [Float]?
        var positiveWeights: [Float]?
        var targets: [Float]
        var logits: [Float]
        var sum: Float
        var denominator: Double
        var gradient: [Float]

        var description: String {
            "\(name) \(shape)\(labelSmoothing.map { " smoothing \($0)" } ?? "")\(classWeights == nil && positiveWeights == nil ? "" : " weighted")"
        }

        var reference: ObjectiveReference {
            ObjectiveReference(shape: shape, logits: logits, sum: sum, denominator: denominator, gradient: gradient)
        }
    }

    var crossEntropy: [Case]
    var binaryCrossEntropy: [Case]
    var meanSquared: [Case]

    /// All cases; none if the fixture cannot be read, which a test of its own reports.
    static let all: Losses = (try? load()) ?? Losses(crossEntropy: [], binaryCrossEntropy: [], meanSquared: [])

    static func load() throws -> Losses { try FixtureFolder("HoneObjectives").json("losses.json") }
}

/// Checks a loss on a case of the fixtures, on all rows and on some.
func check(_ spec: ObjectiveSpec, _ subject: Losses.Case, _ targets: [EncodedTarget]) throws {
    try checkObjective(subject.reference) { logits, rows in
        let terms = try spec(logits, Array(targets[rows]))
        try require(spec.weight(of: Array(targets[rows])) == terms.weight, "the divisor known before differs from the one with the loss")
        return (terms.sum, terms.weight)
    }
}
