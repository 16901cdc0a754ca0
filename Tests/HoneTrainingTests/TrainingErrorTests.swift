import Foundation
import HoneTraining
import Testing

@Suite("TrainingError")
struct TrainingErrorTests {
    @Test(
        "says what, where and what to do",
        arguments: [
            (TrainingError.nonFinite(step: 7, loss: .nan, norm: 2, rate: 0.1), ["step 7", "nan", "0.1", "training.learningRate"]),
            (.nonFiniteWeights(step: 7, keys: ["a"]), ["step 7", "“a”", "No checkpoint"]),
            (.nothingTrains, ["tuning.method"]),
            (.noGradient(keys: ["a", "b", "c", "d", "e", "f"]), ["6 trainable", "“a”", "“d” and 2 more", "freeze"]),
            (.notMoving(keys: ["a"], steps: 3), ["“a”", "3 steps", "training.learningRate"]),
            (.noTargets(step: 7), ["Step 7", "training.classWeights"]),
            (.metricMissing(metric: "m", found: ["loss"]), ["“m”", "“loss”"]),
            (.metricMissing(metric: "m", found: []), ["“m”", "nothing"]),
            (.checkpointMissing(folder: "runs/x"), ["runs/x", "anew"]),
            (.checkpointBroken(folder: "runs/x", reason: "why"), ["runs/x", "why", "older"]),
            (.checkpointUnwritable(folder: "runs/x", reason: "why"), ["runs/x", "why", "resume"]),
        ])
    func text(error: TrainingError, parts: [String]) {
        for part in parts { #expect(error.description.contains(part), "\(error)") }
        #expect(error.localizedDescription == error.description)
    }
}
