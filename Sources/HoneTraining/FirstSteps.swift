// Tested by TrainerTests.swift.
internal import HoneLayers
internal import HoneTensors

/// Watches the first steps: every trainable tensor must be reached by a gradient, and must move if its gradient is not zero.
struct FirstSteps {
    static let watched = 3

    private let leaves: [NamedParameter]
    private let before: [Double]
    private var hadGradient: [Bool]
    private var rates = 0.0

    init(_ leaves: [NamedParameter]) throws {
        self.leaves = leaves
        before = try leaves.map { try $0.parameter.stored.detached().sumOfSquares() }
        hadGradient = Array(repeating: false, count: leaves.count)
    }

    /// - Throws: ``TrainingError/noGradient(keys:)`` at once if a tensor is not reached.
    mutating func check(_ gradients: [Tensor?], rate: Double) throws {
        let missing = zip(leaves, gradients).filter { $1 == nil }.map(\.0.key)
        guard missing.isEmpty else { throw TrainingError.noGradient(keys: missing) }
        rates += rate
        for (index, gradient) in gradients.enumerated() where !hadGradient[index] {
            hadGradient[index] = try (gradient?.sumOfSquares() ?? 0) > 0
        }
    }

    /// - Returns: keys whose gradient was zero throughout.
    /// - Throws: ``TrainingError/notMoving(keys:steps:)`` if a tensor with a gradient is where it was.
    func verdict() throws -> [String] {
        guard rates > 0 else { return [] }
        var still: [String] = []
        for (index, leaf) in leaves.enumerated() where hadGradient[index] {
            if try leaf.parameter.stored.detached().sumOfSquares() == before[index] { still.append(leaf.key) }
        }
        guard still.isEmpty else { throw TrainingError.notMoving(keys: still, steps: Self.watched) }
        return zip(leaves, hadGradient).filter { !$1 }.map(\.0.key)
    }
}
