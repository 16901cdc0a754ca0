import Foundation
import Hone
import HoneData
import Testing

@Suite("Scoring")
struct ScoringTests {
    @Test("probabilities are a softmax, and finite for extreme logits")
    func softmax() {
        let scoring = Scoring(task: .classification, labels: ["a", "b", "c"])
        let values = scoring.probabilities([1000, 998, -1000])
        #expect(abs(values[0] - 0.880797) < 1e-5 && abs(values[1] - 0.119203) < 1e-5 && values[2] == 0)
    }

    @Test("the loss is the mean negative log-likelihood of the truth")
    func loss() {
        let scoring = Scoring(task: .classification, labels: ["a", "b"])
        let expected = (Foundation.log(1 + Foundation.exp(-2.0)) + Foundation.log(1 + Foundation.exp(1.0))) / 2
        #expect(abs(scoring.loss([[2, 0], [1, 0]], [.classIndex(0), .classIndex(1)]) - expected) < 1e-6)
    }

    @Test("labels that may hold together are cut at one half")
    func multiLabel() throws {
        let scoring = Scoring(task: .multiLabel, labels: ["a", "b"])
        let metrics = try scoring.metrics([[3, -2], [-1, 4]], [.multiHot([1, 0]), .multiHot([1, 1])])
        #expect(metrics["subsetAccuracy"] == 0.5)
        #expect(abs(try #require(metrics["microF1"]) - 0.8) < 1e-9)
    }

    @Test("regression is measured in squared units; an undefined correlation is left out")
    func regression() throws {
        let scoring = Scoring(task: .regression, labels: [])
        let metrics = try scoring.metrics([[1], [1], [1]], [.value(0), .value(1), .value(3)])
        #expect(abs(try #require(metrics["meanSquaredError"]) - 5.0 / 3) < 1e-9)
        #expect(metrics["pearson"] == nil)
    }
}
