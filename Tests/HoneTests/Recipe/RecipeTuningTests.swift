import Testing

@testable import Hone

@Suite("Tuning")
struct RecipeTuningTests {
    private func tuning(_ yaml: String) throws -> Recipe.TuningSpec {
        try Recipe(yaml: "model: a\ndata: {train: t}\ntuning: \(yaml)").tuning
    }

    @Test(
        "each method takes exactly its own keys",
        arguments: [
            ("full", Recipe.TuningSpec.full), ("{}", .full), ("{method: full}", .full),
            ("partial", .partial(.init())),
            ("{method: partial, lastLayers: 0, freezeEmbeddings: false}", .partial(.init(lastLayers: 0, freezeEmbeddings: false))),
            ("{method: partial, patterns: ['*.bias']}", .partial(.init(patterns: ["*.bias"]))),
            ("lora", .lora(.init())), ("{method: lora, alpha: 32}", .lora(.init(alpha: 32))),
            ("{method: lora, rank: 2, targets: [query, key]}", .lora(.init(rank: 2, targets: ["query", "key"]))),
        ])
    func methods(yaml: String, expected: Recipe.TuningSpec) throws {
        #expect(try tuning(yaml) == expected)
    }

    @Test("the name of a method is the one it is written with", arguments: [Recipe.TuningSpec.full, .partial(.init()), .lora(.init())])
    func names(_ spec: Recipe.TuningSpec) throws {
        #expect(try tuning(spec.method) == spec)
    }

    @Test("the name of an optimizer is the one it is written with", arguments: [Recipe.OptimizerSpec.adamW(.init()), .sgd(.init())])
    func optimizers(_ spec: Recipe.OptimizerSpec) throws {
        let recipe = try Recipe(yaml: "model: a\ndata: {train: t}\ntraining: {optimizer: \(spec.kind)}")
        #expect(recipe.training.optimizer == spec)
    }
}
