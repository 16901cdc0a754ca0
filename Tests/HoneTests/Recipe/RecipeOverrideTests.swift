import Testing

@testable import Hone

@Suite("Overrides")
struct RecipeOverrideTests {
    private static let base =
        "model: {path: m, head: checkpoint}\ndata: {train: t, validation: v}\ntraining: {epochs: 3, classWeights: balanced}\n"

    private func read(_ overrides: [String], over yaml: String = base) throws(RecipeError) -> Recipe {
        var parsed: [RecipeOverride] = []
        for text in overrides { parsed.append(try RecipeOverride(text)) }
        return try Recipe(yaml: yaml, overrides: parsed)
    }

    @Test("an override replaces, adds, and the later one wins")
    func plain() throws {
        #expect(try read(["training.epochs=2"]).training.budget == .epochs(2))
        #expect(try read(["training.epochs=2", "training.epochs = 4"]).training.budget == .epochs(4))
        #expect(try read(["evaluation.confidence=0.9"]).evaluation.confidence == 0.9)
        #expect(try read(["output.name=a=b"]).output.name == "a=b")
        #expect(try read(["task.labels=[a, 'b c']"]).task.labels == ["a", "b c"])
        #expect(try read(["training.earlyStopping={patience: 1}"]).training.earlyStopping == .init(patience: 1))
        #expect(try read(["training.earlyStopping.patience=1", "training.earlyStopping=null"]).training.earlyStopping == nil)
    }

    @Test("an override below a plain string keeps what the string says")
    func shorthand() throws {
        let yaml = "model: m\ndata: {train: t}\ntuning: lora\n"
        #expect(try read(["tuning.rank=2"], over: yaml).tuning == .lora(.init(rank: 2)))
        #expect(try read(["model.head=checkpoint"], over: yaml).model == .init(path: "m", head: .checkpoint))
        #expect(try read(["tuning=full"], over: yaml).tuning == .full)
        #expect(
            try read(["training.optimizer.momentum=0.5", "training.optimizer.kind=sgd"]).training.optimizer == .sgd(.init(momentum: 0.5)))
    }

    @Test("an override takes the place of a key of the file that excludes it")
    func rivals() throws {
        #expect(try read(["training.steps=20"]).training.budget == .steps(20))
        #expect(try read(["data.validationFraction=0.2"]).data.validation == .fraction(0.2))
        #expect(try read(["training.steps=null"]).training.budget == .epochs(3))
        #expect(throws: RecipeError.self) { try read(["training.steps=20", "training.epochs=2"]) }
    }

    @Test("class weights may be set label by label")
    func open() throws {
        let weights = try read(["training.classWeights.spam=2", "training.classWeights.other=1.5"]).training.classWeights
        #expect(weights == .weights(["spam": 2, "other": 1.5]))
    }

    @Test(
        "a wrong override is refused by name",
        arguments: [
            ("training.lerningRate=1", "--set training.lerningRate=1: training.lerningRate: unknown key; did you mean learningRate?"),
            (
                "lerningRate=1",
                "--set lerningRate=1: lerningRate: unknown key; allowed here: version, model, task, data, tuning, training, evaluation, output"
            ),
            ("data.batchSize=1", "--set data.batchSize=1: data.batchSize: unknown key; it belongs to training.batchSize"),
            ("training.epochs.x=1", "--set training.epochs.x=1: training.epochs.x: unknown key; no keys are allowed here"),
            ("training.epochs=0", "--set training.epochs=0: training.epochs: 0 is out of range; expected a number, above 0"),
            ("training.epochs=two", "--set training.epochs=two: training.epochs: found text \"two\"; expected a number, above 0"),
            (
                "tuning.rank=4",
                "--set tuning.rank=4: tuning.rank: is a key of method lora, but tuning.method is full, the default; remove the key or set method: lora"
            ),
            ("training.epochs", "--set training.epochs: write it as key=value, such as training.epochs=2"),
            ("=3", "--set =3: the key before = must be a dotted path, such as training.epochs"),
            ("training..epochs=3", "--set training..epochs=3: the key before = must be a dotted path, such as training.epochs"),
            ("training.epochs= ", "--set training.epochs= : there is no value after =; write null to clear a key"),
            ("output.name=[a", "--set output.name=[a: not YAML: did not find expected ',' or ']' while parsing a flow sequence"),
            ("output.name=# a", "--set output.name=# a: there is no value after =; write null to clear a key"),
        ])
    func refused(text: String, message: String) {
        let error = #expect(throws: RecipeError.self) { try read([text]) }
        #expect(error?.description == message)
    }

    @Test("an override cannot hide a section of the wrong type")
    func hidden() {
        let error = #expect(throws: RecipeError.self) { try read(["training.epochs=2"], over: "model: m\ndata: {train: t}\ntraining: [1]") }
        #expect(error?.description.hasPrefix("line 3: training: found a list; expected a mapping of epochs, ") == true)
    }
}
