import Foundation
import HoneData
import HoneEvaluation
import Testing

@testable import Hone

@Suite("Recipe")
struct RecipeTests {
    @Test("missing keys take the defaults of the Swift values")
    func defaults() throws {
        let read = try Recipe(yaml: "model: minilm\ndata: {train: train.csv}")
        #expect(read == Recipe(model: "minilm", train: "train.csv"))
    }

    @Test("every key reaches its place")
    func everyKey() throws {
        let read = try Recipe(
            yaml: """
                version: 1
                model: {path: ./minilm, head: checkpoint}
                task: {kind: classification, labels: [refund, "yes", delivery]}
                data: {train: train.csv, validation: validation.csv, test: test.csv, text: utterance, pair: null, label: intent, labelSeparator: "/",
                       tooLong: truncate, duplicates: drop, leakage: error, maximumTokens: 64}
                tuning: {method: lora, rank: 4, alpha: 8, dropout: 0, rankStabilized: true, targets: [query, value],
                         initialAdapter: earlier, saveHead: false}
                training:
                  steps: 200
                  epochs: null
                  batchSize: 16
                  accumulation: 2
                  learningRate: 1e-3
                  optimizer: {kind: sgd, momentum: 0.8, nesterov: true}
                  schedule: cosine
                  warmupSteps: 10
                  weightDecay: 0
                  maximumGradientNorm: null
                  labelSmoothing: 0.1
                  classWeights: {refund: 2, delivery: 0.5}
                  precision: bfloat16
                  batching: bucketed
                  tokenBudget: 4096
                  shuffle: false
                  seed: 3
                  evaluateEvery: 50
                  saveEvery: never
                  earlyStopping: {metric: accuracy, patience: 2, minimumImprovement: 0.001}
                  keepCheckpoints: 4
                  threads: 2
                evaluation: {confidence: 0.9, resamples: 200}
                output: {folder: out, name: first}
                """)
        #expect(read == everything)
    }

    private var everything: Recipe {
        var data = Recipe.DataSpec(
            train: "train.csv", validation: .file("validation.csv"), test: .file("test.csv"), text: "utterance", label: "intent",
            labelSeparator: "/",
            tooLong: .truncate, maximumTokens: 64)
        data.duplicates = .drop
        data.leakage = .error
        var training = Recipe.TrainingSpec(
            budget: .steps(200), batchSize: 16, learningRate: 1e-3, optimizer: .sgd(.init(momentum: 0.8, nesterov: true)),
            schedule: .cosine, warmup: .steps(10), precision: .bfloat16, batching: .bucketed, seed: 3,
            earlyStopping: .init(metric: .accuracy, patience: 2, minimumImprovement: 0.001))
        training.accumulation = 2
        training.weightDecay = 0
        training.maximumGradientNorm = nil
        training.labelSmoothing = 0.1
        training.classWeights = .weights(["refund": 2, "delivery": 0.5])
        training.tokenBudget = 4096
        training.shuffle = false
        training.evaluateEvery = .steps(50)
        training.saveEvery = .never
        training.keepCheckpoints = 4
        training.threads = 2
        return Recipe(
            model: .init(path: "./minilm", head: .checkpoint), task: .init(labels: ["refund", "yes", "delivery"]), data: data,
            tuning: .lora(
                .init(
                    rank: 4, alpha: 8, dropout: 0, rankStabilized: true, targets: ["query", "value"], initialAdapter: "earlier",
                    saveHead: false)),
            training: training, evaluation: .init(confidence: 0.9, resamples: 200), output: .init(folder: "out", name: "first"))
    }

    @Test(
        "a plain string stands for the main key of its section",
        arguments: [
            ("model: a\ntask: regression\ndata: {train: t}\ntuning: lora\ntraining: {optimizer: sgd}"),
            ("model: {path: a}\ntask: {kind: regression}\ndata: {train: t}\ntuning: {method: lora}\ntraining: {optimizer: {kind: sgd}}"),
        ])
    func shorthands(_ yaml: String) throws {
        let recipe = Recipe(
            model: "a", train: "t", task: .regression, tuning: .lora(.init()), training: .init(optimizer: .sgd(.init())))
        #expect(try Recipe(yaml: yaml) == recipe)
    }

    @Test("an empty section is one with every default")
    func emptySection() throws {
        #expect(try Recipe(yaml: "model: a\ndata: {train: t}\ntraining:\ntuning:\n") == Recipe(model: "a", train: "t"))
    }

    @Test("a file of held-out rows takes the place of the share, and 0 may stand beside it")
    func heldOut() throws {
        let read = try Recipe(yaml: "model: a\ndata: {train: t, validation: v.csv, validationFraction: 0, testFraction: 0}")
        #expect(read.data.validation == .file("v.csv"))
        #expect(read.data.test == .fraction(0))
    }

    @Test("the best checkpoint is chosen by early stopping's metric, else by the task's own")
    func selection() {
        var recipe = Recipe(model: "a", train: "t")
        #expect(recipe.selectionMetric == .accuracy)
        recipe.task.kind = .regression
        #expect(recipe.selectionMetric == .pearson)
        recipe.training.earlyStopping = .init(metric: .loss)
        #expect(recipe.selectionMetric == .loss)
    }

    @Test("a recipe made in code is checked by the same rules")
    func validation() throws {
        var recipe = Recipe(model: "a", train: "t")
        try recipe.validate()
        recipe.training.learningRate = .nan
        let expected = "a number, above 0 and below 10"
        #expect(throws: RecipeError.outOfRange(.init(key: "training.learningRate"), found: "nan", expected: expected)) {
            try recipe.validate()
        }
        recipe.training.learningRate = 1e-3
        recipe.task.kind = .regression
        recipe.training.classWeights = .balanced
        #expect(throws: RecipeError.self) { try recipe.validate() }
        recipe.training.classWeights = .none
        recipe.training.seed = .max
        #expect(throws: RecipeError.self) { try recipe.validate() }
        #expect(throws: RecipeError.self) { try Recipe(model: "", train: "t").validate() }
    }
}
