// Tested by LanguageRunTests.swift.
internal import Foundation
internal import HoneData
internal import HoneModels
internal import HoneTraining

/// What differs between kinds of task once a plan stands: model, loss, measurements, deliverable.
///
/// Lives on the torch thread.
protocol TaskWork: AnyObject {
    /// The model that trains.
    var model: any TextModel { get }
    /// What happened while its checkpoint was read.
    var load: LoadReport { get }
    /// What is learned from a batch.
    func trainingTask() throws -> TrainingTask
    /// Measures the validation rows, by metric name.
    func validate() throws -> [String: Double]
    /// Texts that were written while the validation rows were measured, to be read by a person; each is given once.
    func takeSamples() -> [WrittenSample]
    /// Measures the test rows with something simpler than the model; nil where there is nothing.
    func baseline() throws -> EvaluationResult?
    /// Measures the test rows; nil if there are none.
    func evaluateTest() throws -> EvaluationResult?
    /// Writes the weights of a deliverable that is no adapter.
    func writeWeights(to folder: URL) throws
    /// Writes what a deliverable needs besides weights or adapter, and its proof.
    func finishModel(_ folder: URL, facts: ArtifactFacts) throws
}

/// A text that the model wrote, with what it went on with.
struct WrittenSample: Sendable, Equatable {
    var prompt: String
    var text: String
}

extension TaskWork {
    func takeSamples() -> [WrittenSample] { [] }
    func baseline() throws -> EvaluationResult? { nil }
}
