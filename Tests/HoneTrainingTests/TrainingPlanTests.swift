import Foundation
import HoneData
import HoneOptimizers
import HoneTestSupport
import Testing

@testable import HoneTraining

@Suite("TrainingPlan")
struct TrainingPlanTests {
    @Test(
        "an interval is due when it says",
        arguments: [(Interval.epoch, [false, false, true]), (.steps(2), [false, true, false]), (.never, [false, false, false])])
    func intervals(interval: Interval, expected: [Bool]) {
        let due = [(1, false), (4, false), (7, true)].map { interval.isDue(step: $0.0, endsEpoch: $0.1) }
        #expect(due == expected)
    }

    @Test("an interval of zero steps is never due")
    func zero() { #expect(!Interval.steps(0).isDue(step: 3, endsEpoch: true)) }

    @Test("whole epochs, fractions and accumulation are counted exactly")
    func counts() throws {
        let plan = try BatchPlan(lengths: Array(repeating: 3, count: 38), batching: .packed, batchSize: 4, seed: 1)  // 10 batches
        for (epochs, accumulation, expected) in [
            (1.0, 1, 10), (3, 1, 30), (0.5, 1, 5), (0.01, 1, 1), (1.1, 1, 11), (2.3, 1, 23), (1.3, 1, 13), (1.25, 1, 13), (1, 3, 4),
            (2.5, 3, 10),
            (0, 1, 0), (1, 20, 1),
        ] {
            #expect(stepCount(epochs: epochs, batches: plan, accumulation: accumulation) == expected, "\(epochs) epochs, \(accumulation)")
        }
    }

    @Test("the loop ends where the count says, with token budgets, accumulation and fractions")
    func countsTheLoop() throws {
        try checkCases(200, seed: 41) { generator in
            let lengths = (0..<generator.integer(1...60)).map { _ in generator.integer(1...20) }
            let plan = try BatchPlan(
                lengths: lengths, batching: Batching.allCases[generator.integer(0...2)], batchSize: generator.integer(1...9),
                tokenBudget: generator.integer(0...1) == 0 ? nil : generator.integer(20...60), seed: generator.next())
            let accumulation = generator.integer(1...5)
            let quarters = generator.integer(1...12)
            // Walk as the loop does, until so many quarters of each epoch's steps are behind.
            var steps = 0
            for epoch in 0..<(quarters + 3) / 4 {
                var (batch, inEpoch) = (0, 0)
                let list = plan.batches(epoch: epoch)
                while batch < list.count { (batch, inEpoch) = (min(batch + accumulation, list.count), inEpoch + 1) }
                let part = min(4, quarters - 4 * epoch)
                steps += (inEpoch * part + 3) / 4
            }
            let counted = stepCount(epochs: Double(quarters) / 4, batches: plan, accumulation: accumulation)
            try require(counted == steps, "\(quarters) quarters are \(steps) steps, counted \(counted)")
        }
    }

    @Test("the trainer ends epochs where the count says", arguments: [1, 2, 3])
    func trainerAgrees(_ accumulation: Int) throws {
        try exclusively {
            var bench = TrainingBench()
            bench.plan.accumulation = accumulation
            bench.plan.totalSteps = stepCount(epochs: 2, batches: try bench.batches(), accumulation: accumulation)
            let folder = try TemporaryFolder()
            let recorder = EventRecorder()
            let trainer = try bench.trainer(bench.model(), in: folder.url, observe: recorder.callAsFunction)
            _ = try trainer.run()
            #expect(trainer.state.epoch == 2 && trainer.state.batch == 0)
            #expect(recorder.epochs.last == 2)
            #expect(trainer.state.rowsSeen == 2 * bench.rowCount)
        }
    }

    @Test("better means better by more than the minimum, and finite")
    func better() {
        let higher = Selection(metric: "a", higherIsBetter: true, patience: nil, minimumImprovement: 0.1)
        #expect(higher.isBetter(0.5, than: nil) && higher.isBetter(0.7, than: 0.5) && !higher.isBetter(0.55, than: 0.5))
        #expect(!higher.isBetter(.nan, than: nil) && !higher.isBetter(.infinity, than: 1))
        let lower = Selection(metric: "a", higherIsBetter: false, patience: nil, minimumImprovement: 0)
        #expect(lower.isBetter(0.4, than: 0.5) && !lower.isBetter(0.5, than: 0.5) && !lower.isBetter(-.infinity, than: 1))
    }
}
