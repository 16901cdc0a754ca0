import Foundation
import HoneTraining
import Testing

@Suite("TrainingEvent")
struct TrainingEventTests {
    @Test(
        "survives encoding, with a name for every number",
        arguments: [
            (TrainingEvent.step(index: 3, epoch: 0.5, loss: 1.25, norm: 2, rate: 1e-4, tokens: 7, rows: 2), "index"),
            (.evaluation(step: 3, metrics: ["macroF1": 0.5], seconds: 0.1), "metrics"),
            (.checkpoint(step: 3, folder: URL(filePath: "/tmp/step-3"), isBest: true), "isBest"),
            (.warning(code: "zeroGradient", message: "…"), "code"),
            (.resumed(step: 3), "step"),
        ])
    func codable(event: TrainingEvent, label: String) throws {
        let data = try JSONEncoder().encode(event)
        #expect(try JSONDecoder().decode(TrainingEvent.self, from: data) == event)
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains("\"\(label)\"") && !text.contains("_0"))
    }

    @Test(
        "reasons survive encoding",
        arguments: [FinishReason.budgetSpent, .earlyStopping(metric: "loss", evaluations: 2), .interrupted(reason: "SIGINT")])
    func reasons(_ reason: FinishReason) throws {
        #expect(try JSONDecoder().decode(FinishReason.self, from: JSONEncoder().encode(reason)) == reason)
    }
}
