import Foundation
import HoneData
import HoneModels
import HoneTensors
import HoneTraining
import Testing

@testable import Hone

@Suite("Predicted memory")
struct CostModelTests {
    private func plan(_ training: String = "epochs: 1") throws -> (TinyModel, Plan) {
        let tiny = try TinyModel()
        return (tiny, try Plan(RecipeDocument(contentsOf: tiny.recipe("full", training))))
    }

    /// A model of 24 layers with rows of 2000 tokens, whose activations are most of the memory.
    private func model() throws -> (CostModel, PlannedLoad) {
        let (tiny, plan) = try plan()
        defer { tiny.remove() }
        let folder = try ModelFolder(tiny.model)
        let shape = try ModelShape(plan.recipe, folder, labels: ["a", "b", "c"])
        var load = PlannedLoad(plan.train, [], batches: plan.batches, epochs: 1, plan.recipe)
        (load.slots, load.longestRow) = (4_000_000, 1000)
        return (CostModel(shape: shape, compute: .float32, state: 8), load)
    }

    @Test("parts add up, and computing again takes less")
    func parts() throws {
        let (cost, load) = try model()
        let kept = cost.memory(load, checkpointsBlocks: false), again = cost.memory(load, checkpointsBlocks: true)
        #expect(kept.total == kept.program + kept.weights + kept.training + kept.activations + kept.data)
        #expect(again.activations < kept.activations && again.weights == kept.weights)
    }

    @Test("a plan keeps everything if it fits, then computes again, then splits batches, and says so")
    func choices() throws {
        let (cost, load) = try model()
        let training = Recipe.TrainingSpec()
        let kept = cost.memory(load, checkpointsBlocks: false).total, again = cost.memory(load, checkpointsBlocks: true).total
        let free = cost.choice(load, training, available: kept)
        #expect(!free.checkpointsBlocks && free.slotsAtOnce == nil && free.memory.total == kept)
        let tight = cost.choice(load, training, available: kept - 1)
        #expect(tight.checkpointsBlocks && tight.slotsAtOnce == nil && tight.memory.total == again)
        let short = cost.choice(load, training, available: again / 2)
        let slots = try #require(short.slotsAtOnce)
        #expect(short.checkpointsBlocks && slots < load.slots && slots >= load.longestRow && short.memory.total <= again / 2)
        // Where nothing fits the estimate is above what is there, and the plan refuses.
        #expect(cost.choice(load, training, available: 1000).memory.total > 1000)
    }

    @Test("what the recipe says is what is done")
    func wishes() throws {
        let (cost, load) = try model()
        var training = Recipe.TrainingSpec()
        training.activationCheckpointing = .always
        #expect(cost.choice(load, training, available: .max).checkpointsBlocks)
        training.activationCheckpointing = .never
        let short = cost.choice(load, training, available: cost.memory(load, checkpointsBlocks: false).total / 2)
        #expect(!short.checkpointsBlocks && short.slotsAtOnce != nil)
        training.slotsAtOnce = 5000
        #expect(cost.choice(load, training, available: .max).slotsAtOnce == 5000)
    }

    @Test("the choice stands in the plan's recipe, so that a resumed run adds in the same order")
    func recorded() throws {
        let (tiny, plan) = try plan("epochs: 1, activationCheckpointing: always, slotsAtOnce: 30")
        defer { tiny.remove() }
        #expect(plan.recipe.training.activationCheckpointing == .always && plan.recipe.training.slotsAtOnce == 30)
        #expect(plan.trainingPlan.checkpointsBlocks && plan.trainingPlan.slotsAtOnce == 30)
        let (other, usual) = try self.plan()
        defer { other.remove() }
        #expect(usual.recipe.training.activationCheckpointing == .never && usual.recipe.training.slotsAtOnce == nil)
    }

    @Test("training in parts and with computed activations gives the model of plain training but for the last bits")
    func sameModel() async throws {
        var losses: [Double] = []
        for training in ["epochs: 2", "epochs: 2, activationCheckpointing: always, slotsAtOnce: 12"] {
            let tiny = try TinyModel()
            defer { tiny.remove() }
            let recipe = try tiny.recipe("lora, rank: 2", training + ", dropout: 0")
            let result = try await Runner.start(Plan(RecipeDocument(contentsOf: recipe)))
            losses.append(try #require(result.after?["loss"]?.value))
        }
        #expect(abs(losses[0] - losses[1]) < 1e-5, "\(losses)")
    }
}
