import Foundation
import Testing

@testable import Hone

@Suite("Sequence to sequence, from file to answer", .alone)
struct SequenceRunTests {
    @Test("a tiny T5 learns to copy a word: the loss falls, answers are scored, the model is written with its proof")
    func story() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(.sequenceToSequence, lora: false, steps: 200) { $0.evaluation.generatesInTraining = true }
        let after = try #require(run.after)
        let loss = try #require(after["loss"]).value
        #expect(loss < 2, "loss \(loss)")
        #expect(after["exactMatch"] != nil && after["bleu"] != nil && after["rougeL"] != nil && after.answered == 5)
        let writer = try await Writer(run.model, precision: .float32)
        #expect(try #require(try await writer.probeDrift) < 1e-4)
        #expect(run.record.metrics.contains { $0.name == "chrF" })
    }
}
