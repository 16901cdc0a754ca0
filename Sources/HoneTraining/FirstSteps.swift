internal import HoneLayers
internal import HoneTensors

/// Watches the first steps: every trainable tensor must be reached by a gradient, and must move if its gradient counts.
///
/// Movement is judged after ``watched`` steps at half the peak rate or more: during a long warm-up an update can be smaller than the last
/// bit of a weight. A gradient counts if its norm is above ``noise`` of the norm of all: a key bias, whose gradient is zero but for
/// rounding, may stay where it is.
struct FirstSteps {
    static let watched = 3
    static let noise = 1e-6

    private let leaves: [NamedParameter]
    private let before: [Double]
    private var isReached: [Bool]
    private var counts: [Bool]
    private(set) var fullSteps = 0

    init(_ leaves: [NamedParameter]) throws {
        self.leaves = leaves
        before = try leaves.map { try $0.parameter.stored.detached().sumOfSquares() }
        isReached = Array(repeating: false, count: leaves.count)
        counts = isReached
    }

    /// - Parameters:
    ///   - norm: of all gradients together.
    ///   - factor: of the schedule at this step; 1 is the peak rate.
    /// - Throws: ``TrainingError/noGradient(keys:)`` at once if a tensor is not reached.
    mutating func check(_ gradients: [Tensor?], norm: Double, factor: Double) throws {
        let missing = zip(leaves, gradients).filter { $1 == nil }.map(\.0.key)
        guard missing.isEmpty else { throw TrainingError.noGradient(keys: missing) }
        if factor >= 0.5 { fullSteps += 1 }
        for (index, gradient) in gradients.enumerated() where !counts[index] {
            let squares = try gradient?.sumOfSquares() ?? 0
            if squares > 0 { isReached[index] = true }
            if squares.squareRoot() > Self.noise * norm { counts[index] = true }
        }
    }

    /// Judges movement; to be asked once, before the watch ends.
    /// - Returns: keys whose gradient was zero throughout; none if fewer than ``watched`` steps were seen.
    /// - Throws: ``TrainingError/notMoving(keys:steps:)`` if a tensor whose gradient counts is where it was.
    func verdict() throws -> [String] {
        guard fullSteps > 0 else { return [] }
        var still: [String] = []
        for (index, leaf) in leaves.enumerated() where counts[index] {
            if try leaf.parameter.stored.detached().sumOfSquares() == before[index] { still.append(leaf.key) }
        }
        guard still.isEmpty else { throw TrainingError.notMoving(keys: still, steps: fullSteps) }
        return fullSteps < Self.watched ? [] : zip(leaves, isReached).filter { !$1 }.map(\.0.key)
    }
}
