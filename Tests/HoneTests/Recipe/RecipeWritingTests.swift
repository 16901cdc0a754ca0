import Foundation
import HoneData
import HoneEvaluation
import Testing

@testable import Hone

@Suite("Writing recipes")
struct RecipeWritingTests {
    @Test("any valid recipe survives YAML, JSON and Codable")
    func roundTrip() throws {
        for seed in 0..<200 {
            var random = RecipeRandom(seed: UInt64(seed))
            let recipe = random.recipe()
            #expect(throws: Never.self, "seed \(seed)") { try recipe.validate() }
            #expect(try Recipe(yaml: recipe.yaml()) == recipe, "seed \(seed)")
            #expect(try Recipe(json: recipe.json()) == recipe, "seed \(seed)")
            #expect(try JSONDecoder().decode(Recipe.self, from: JSONEncoder().encode(recipe)) == recipe, "seed \(seed)")
            #expect(try Recipe(json: recipe.json()).json() == recipe.json(), "seed \(seed)")
        }
    }

    @Test("an extra key anywhere is refused by its path")
    func extraKey() throws {
        for seed in 0..<200 { try extraKey(seed: seed) }
    }

    private func extraKey(seed: Int) throws {
        var random = RecipeRandom(seed: UInt64(seed))
        let tree = random.recipe().written()
        let paths = Self.mappings(in: tree, "").filter { $0 != "training.classWeights" }
        let path = try #require(paths.randomElement(using: &random))
        let key = "x" + String(UInt32.random(in: 0 ... .max, using: &random), radix: 36)
        let changed = Self.adding(key, to: tree, at: path.split(separator: ".").map(String.init)[...])
        let full = path.isEmpty ? key : "\(path).\(key)"
        let json = changed.compact
        let error = #expect(throws: RecipeError.self) { try Recipe(json: json) }
        guard case .unknownKey(let location, _, _, _) = error else {
            return #expect(Bool(false), "seed \(seed): \(String(describing: error)) in \(json)")
        }
        #expect(location == RecipeLocation(line: 1, key: full), "seed \(seed)")
        #expect(throws: RecipeError.self) { try JSONDecoder().decode(Recipe.self, from: Data(json.utf8)) }
    }

    private static func mappings(in tree: RecipeTree, _ path: String) -> [String] {
        guard let entries = tree.entries else { return [] }
        return [path] + entries.flatMap { mappings(in: $0.value, path.isEmpty ? $0.key : "\(path).\($0.key)") }
    }

    private static func adding(_ key: String, to tree: RecipeTree, at path: ArraySlice<String>) -> RecipeTree {
        var entries = tree.entries ?? []
        if let next = path.first {
            for index in entries.indices where entries[index].key == next {
                entries[index].value = adding(key, to: entries[index].value, at: path.dropFirst())
            }
        } else {
            entries.append(.init(key: key, place: .init(), value: RecipeTree(.integer(1))))
        }
        return RecipeTree(.mapping(entries))
    }

    @Test("JSON is canonical: sorted keys, every default, shortest numbers")
    func canonical() throws {
        let json = Recipe(model: "m", train: "t").json()
        #expect(json.hasPrefix("{\n  \"data\": {\n    \"alpaca\": \"conversation\",\n"))
        #expect(json.contains("    \"learningRate\": 0.0001,\n"))
        #expect(json.contains("    \"epochs\": 3,\n"))
        #expect(json.contains("      \"epsilon\": 1e-08,\n"))
        #expect(json.hasSuffix("  \"version\": 1\n}\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object.keys.sorted() == ["data", "evaluation", "model", "output", "task", "training", "tuning", "version"])
    }

    @Test("YAML keeps the order of the reference")
    func order() {
        let yaml = Recipe(model: "m", train: "t").yaml()
        let head = """
            version: 1
            model:
              path: m
              config: null
              size: null
              weights: checkpoint
              tokenizer: null
              vocabulary: null
              head: new
            task:
              kind: classification
              labels: null
              learns: all
              template: null
              promptsAreChats: null
              date: null
            data:
              train: t

            """
        #expect(yaml.hasPrefix(head))
    }

    @Test(
        "text survives whatever it is",
        arguments: [
            "no", "Null", "3", "1e-4", "", "a: b", "# c", "- d", " e ", "f\ng", "\t", "\"", "\\", "é", "\u{1F600}", "\u{0}", "\u{7F}",
            "\u{85}",
            "\u{2028}", "a\u{FEFF}", "*a", "&a", "!a", "%a", "@a", "`a", "{a}", "[a]", "a,b", "~", "-", "?", ":", "=", "<<", ".5", "0x1f",
            "\u{FFFE}", "\u{10FFFF}", "\r\n", "y", "on",
        ])
    func text(_ text: String) throws {
        var recipe = Recipe(model: "m", train: "t")
        recipe.task.labels = ["other", "x1" + text, text + "x2"]
        recipe.training.classWeights = .weights([text: 2])
        #expect(try Recipe(yaml: recipe.yaml()) == recipe)
        #expect(try Recipe(json: recipe.json()) == recipe)
    }

    @Test("Codable refuses as strictly as a file")
    func strictCodable() {
        let json = Data("{\"model\": \"m\", \"data\": {\"train\": \"t\"}, \"training\": {\"lerningRate\": 1}}".utf8)
        let error = #expect(throws: RecipeError.self) { try JSONDecoder().decode(Recipe.self, from: json) }
        #expect(error?.description == "training.lerningRate: unknown key; did you mean learningRate?")
    }
}

/// A seeded source of numbers and of valid recipes.
struct RecipeRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private mutating func maybe<Value>(_ make: (inout Self) -> Value) -> Value? { Bool.random(using: &self) ? make(&self) : nil }
    private mutating func whole(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
    private mutating func share() -> Double { Double.random(in: 0..<1, using: &self) }
    private mutating func one<Value>(_ values: [Value]) -> Value { values[whole(0...values.count - 1)] }

    private mutating func word() -> String {
        let letters = Array("abcxyzABC019 _-./:#'\"\\éß漢😀\u{301}\t")
        return "w" + String((0..<whole(0...8)).map { _ in one(letters) })
    }

    private mutating func words(_ count: Int) -> [String] {
        (0..<count).map { "\($0)" + word() }
    }

    mutating func recipe() -> Recipe {
        let kind = one(TaskName.allCases)
        let labels = kind == .regression ? nil : maybe { $0.words($0.whole(2...5)) }
        var recipe = Recipe(
            model: .init(path: word(), head: one(Recipe.ModelSpec.Head.allCases)), task: .init(kind: kind, labels: labels), data: data(),
            tuning: tuning(), training: training(kind), evaluation: .init(confidence: 0.5 + share() / 2, resamples: whole(100...5000)),
            output: .init(folder: word()))
        recipe.output.name = maybe { "run\($0.whole(0...99))" }
        if kind == .text || kind == .maskedText, Bool.random(using: &self) { start(&recipe) }
        return recipe
    }

    /// Makes the recipe start from nothing.
    private mutating func start(_ recipe: inout Recipe) {
        let learned = Recipe.ModelSpec.Vocabulary.learned(whole(300...100_000))
        recipe.model = .init(random: .config(word()), vocabulary: Bool.random(using: &self) ? .folder(word()) : learned)
        if recipe.task.kind == .text, Bool.random(using: &self) {
            recipe.model = .init(random: .size(one(PretrainingSize.allCases)), vocabulary: one([.own, learned]))
            (recipe.evaluation.samples, recipe.evaluation.samplePrompt) = (whole(0...4), maybe { $0.word() })
        }
        recipe.tuning = .full
        recipe.data.exampleOptions.separator = maybe { $0.word() }
        if recipe.training.schedule != .constant { recipe.training.learningRateFloor = share() }
    }

    private mutating func heldOut() -> Recipe.DataSpec.HeldOut {
        Bool.random(using: &self) ? .file(word()) : .fraction(share() / 2)
    }

    private mutating func data() -> Recipe.DataSpec {
        var data = Recipe.DataSpec(
            train: word(), validation: heldOut(), test: heldOut(), text: maybe { $0.word() }, pair: maybe { $0.word() },
            label: maybe { $0.word() },
            tooLong: one(TooLongPolicy.allCases), maximumTokens: maybe { $0.whole(1...512) })
        data.duplicates = one(FindingPolicy.allCases)
        data.leakage = one(FindingPolicy.allCases)
        return data
    }

    private mutating func tuning() -> Recipe.TuningSpec {
        switch whole(0...2) {
        case 0: .full
        case 1: .partial(.init(lastLayers: whole(0...9), patterns: words(whole(0...3)), freezeEmbeddings: Bool.random(using: &self)))
        default:
            .lora(
                .init(
                    rank: whole(1...64), alpha: share() * 64 + 1e-9, dropout: share(), rankStabilized: Bool.random(using: &self),
                    targets: words(whole(0...3)), initialAdapter: maybe { $0.word() }, saveHead: Bool.random(using: &self)))
        }
    }

    private mutating func optimizer() -> Recipe.OptimizerSpec {
        Bool.random(using: &self)
            ? .adamW(.init(beta1: share(), beta2: share(), epsilon: share() + 1e-12))
            : .sgd(.init(momentum: share() / 2 + 0.1, nesterov: Bool.random(using: &self)))
    }

    private mutating func training(_ kind: TaskName) -> Recipe.TrainingSpec {
        var training = Recipe.TrainingSpec(
            budget: Bool.random(using: &self) ? .epochs(share() * 9 + 1e-3) : .steps(whole(20...100_000)), batchSize: whole(1...512),
            learningRate: share() + 1e-12, optimizer: optimizer(), schedule: one(Recipe.ScheduleName.allCases),
            warmup: Bool.random(using: &self) ? .fraction(share()) : .steps(whole(0...20)), precision: one(Recipe.Precision.allCases),
            batching: one(Batching.allCases), seed: UInt64(whole(0 ... .max)),
            earlyStopping: maybe { random in
                .init(
                    metric: random.maybe { $0.one(kind.metrics) }, patience: random.whole(1...9),
                    minimumImprovement: random.share())
            })
        training.accumulation = whole(1...8)
        training.weightDecay = share()
        training.maximumGradientNorm = maybe { $0.share() + 0.1 }
        training.labelSmoothing = kind == .classification ? share() : 0
        training.tokenBudget = maybe { $0.whole(1...9999) }
        training.shuffle = Bool.random(using: &self)
        training.saveEvery = one([.epoch, .never, .steps(whole(1...99))])
        training.evaluateEvery = training.earlyStopping == nil ? one([.epoch, .never]) : one([.epoch, .steps(whole(1...99))])
        training.keepCheckpoints = whole(1...9)
        training.threads = maybe { $0.whole(1...64) }
        if kind.rows != nil, kind != .regression {
            let table = Dictionary(uniqueKeysWithValues: words(whole(1...4)).map { ($0, share() + 0.01) })
            training.classWeights = one([.none, .balanced, .weights(table)])
        }
        return training
    }
}
