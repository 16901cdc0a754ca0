import Foundation
import Hone
import HoneRuns
import Testing

@testable import HoneCLI

@Suite("Progress line")
struct ProgressTests {
    private func progress(steps: Int) -> TrainingProgress {
        var progress = TrainingProgress()
        progress.take(
            .plan(rows: 320, tokens: 9, steps: 100, trainableParameters: 1, totalParameters: 1, predictedBytes: nil, predictedSeconds: nil))
        for index in 1...max(1, steps) {
            progress.take(
                .step(
                    index: index, epoch: 0.1, loss: 2, gradientNorm: 1, learningRate: 1.8e-4, tokens: 9, rows: 32,
                    seconds: 10 + Double(index) * 0.5))
        }
        return progress
    }

    @Test("speed and time left follow from the steps")
    func speed() throws {
        let progress = progress(steps: 40)
        #expect(abs(try #require(progress.examplesPerSecond) - 64) < 1e-9)
        #expect(abs(try #require(progress.secondsLeft) - 30) < 1e-9)
        #expect(abs(try #require(progress.loss) - 2) < 1e-12)
    }

    @Test("the first step gives no speed yet")
    func first() {
        #expect(progress(steps: 1).examplesPerSecond == nil)
        #expect(progress(steps: 1).line(width: 200) == "step 1/100 · [                ] 1 % · loss 2.000 · rate 1.8e-04")
    }

    @Test("an evaluation does not count as training time")
    func evaluation() throws {
        var progress = progress(steps: 4)
        progress.take(.evaluation(step: 4, split: "validation", metrics: ["accuracy": 0.5, "loss": 1], seconds: 7))
        progress.take(.step(index: 5, epoch: 0.1, loss: 2, gradientNorm: 1, learningRate: 1e-4, tokens: 9, rows: 32, seconds: 19.5))
        #expect(abs(try #require(progress.examplesPerSecond) - 64) < 1e-9)
        #expect(progress.line(width: 200).hasSuffix("validation accuracy 50.0 %"))
    }

    @Test("a loss that is not finite does not spoil the mean")
    func notFinite() {
        var progress = progress(steps: 3)
        progress.take(.step(index: 4, epoch: 0.1, loss: .nan, gradientNorm: 1, learningRate: 1e-4, tokens: 9, rows: 32, seconds: 13))
        #expect(progress.loss.map { abs($0 - 2) < 1e-12 } == true)
    }

    @Test("the line fits every width, and the step is the last to go", arguments: [1, 8, 20, 40, 60, 79, 100, 119, 200])
    func widths(width: Int) {
        var progress = progress(steps: 40)
        progress.take(.evaluation(step: 40, split: "validation", metrics: ["accuracy": 0.5], seconds: 1))
        let line = progress.line(width: width)
        #expect(line.columns <= width)
        if width >= 12 { #expect(line.hasPrefix("step 40/100")) }
        if width >= 40 { #expect(line.contains("loss 2.000")) }
        if width >= 119 { #expect(line.contains("[======          ] 40 %") && line.contains("64 rows/s")) }
    }
}
