import Foundation
import HoneEvaluation
import Testing

@testable import Hone

/// A recipe that must be refused, and the whole message of the refusal.
struct BadRecipe: Sendable, CustomTestStringConvertible {
    var yaml: String
    var message: String
    var testDescription: String { message }

    /// `yaml` follows a good `model` line and is itself on line 2 and below.
    init(_ yaml: String, _ message: String) {
        self.yaml = yaml
        self.message = message
    }
}

private let kinds = TaskName.allCases.map(\.rawValue).joined(separator: ", ")
private let evaluationKeys =
    "confidence, resamples, generatedRows, generatesInTraining, samples, samplePrompt, maximumNewTokens, beams, maximumAnswerTokens, "
    + "baseline"

@Suite("Recipes that are refused")
struct RecipeErrorTests {
    private func message(_ yaml: String) -> String? {
        do {
            _ = try RecipeDocument(text: yaml, name: "recipe.yaml")
            return nil
        } catch { return error.description }
    }

    @Test("a wrong setting is refused with file, line, key, value and what to write", arguments: unknownKeys + wrongTypes + outOfRange)
    func setting(_ bad: BadRecipe) {
        let yaml = "model: minilm\n" + bad.yaml + (bad.yaml.hasPrefix("data:") ? "" : "\ndata: {train: train.csv}")
        #expect(message(yaml) == bad.message)
    }

    @Test("settings that contradict each other are refused", arguments: contradictions)
    func contradiction(_ bad: BadRecipe) {
        let yaml = "model: minilm\n" + bad.yaml + (bad.yaml.hasPrefix("data:") ? "" : "\ndata: {train: train.csv}")
        #expect(message(yaml) == bad.message)
    }

    @Test("a model from nothing is refused where it lacks something or has too much", arguments: fromNothing)
    func nothing(_ bad: BadRecipe) {
        #expect(message("task: text\ndata: {train: t}\n" + bad.yaml) == bad.message)
    }

    @Test("a text that is no recipe is refused", arguments: notRecipes)
    func text(_ bad: BadRecipe) {
        #expect(message(bad.yaml) == bad.message)
    }

    @Test("an error shows its description to Foundation as well")
    func localized() {
        let error = RecipeError.unreadable(file: "a.yaml", reason: "no such file; check the path")
        #expect(error.localizedDescription == "a.yaml: no such file; check the path")
    }

    @Test("a refusal carries its facts, not just a sentence")
    func facts() {
        #expect(
            throws: RecipeError.unknownKey(
                .init(line: 3, key: "evaluation.confidense"), nearest: "confidence", elsewhere: [],
                allowed: [
                    "confidence", "resamples", "generatedRows", "generatesInTraining", "samples", "samplePrompt", "maximumNewTokens",
                    "beams", "maximumAnswerTokens", "baseline",
                ])
        ) { try Recipe(yaml: "model: m\ndata: {train: t}\nevaluation: {confidense: 0.9}") }
    }
}

private let unknownKeys: [BadRecipe] = [
    .init("training: {lerningRate: 1e-3}", "recipe.yaml:2: training.lerningRate: unknown key; did you mean learningRate?"),
    .init(
        "training:\n  epochs: 2\n  learning_rate: 1e-3", "recipe.yaml:4: training.learning_rate: unknown key; did you mean learningRate?"),
    .init("data: {train: t.csv, batchSize: 8}", "recipe.yaml:2: data.batchSize: unknown key; it belongs to training.batchSize"),
    .init("epochs: 3", "recipe.yaml:2: epochs: unknown key; it belongs to training.epochs"),
    .init("batch_size: 3", "recipe.yaml:2: batch_size: unknown key; it belongs to training.batchSize"),
    .init("Training: {}", "recipe.yaml:2: Training: unknown key; did you mean training?"),
    .init("rank: 3", "recipe.yaml:2: rank: unknown key; it belongs to tuning.rank"),
    .init("evaluation: {kind: x}", "recipe.yaml:2: evaluation.kind: unknown key; it belongs to task.kind or training.optimizer.kind"),
    .init("evaluation: {zebra: x}", "recipe.yaml:2: evaluation.zebra: unknown key; allowed here: \(evaluationKeys)"),
    .init("trainning: {}", "recipe.yaml:2: trainning: unknown key; did you mean training?"),
    .init("tuning: {method: lora, rnak: 4}", "recipe.yaml:2: tuning.rnak: unknown key; did you mean rank?"),
    .init("tuning: {method: full, zebra: 4}", "recipe.yaml:2: tuning.zebra: unknown key; allowed here: method"),
    .init(
        "training:\n  optimizer:\n    kind: adamW\n    beta3: 0.9",
        "recipe.yaml:5: training.optimizer.beta3: unknown key; did you mean beta1?"),
    .init(
        "training: {earlyStopping: {patiense: 2}}", "recipe.yaml:2: training.earlyStopping.patiense: unknown key; did you mean patience?"),
    .init(
        "task: {kind: regression, '': 1}",
        "recipe.yaml:2: task.: unknown key; allowed here: kind, labels, learns, template, promptsAreChats, date"),
]

private let wrongTypes: [BadRecipe] = [
    .init("training: {epochs: three}", "recipe.yaml:2: training.epochs: found text \"three\"; expected a number, above 0"),
    .init(
        "training: {learningRate: \"1e-4\"}",
        "recipe.yaml:2: training.learningRate: found text \"1e-4\"; expected a number, above 0 and below 10; write it without quotes"),
    .init("training: {batchSize: 1.5}", "recipe.yaml:2: training.batchSize: found 1.5; expected a whole number, at least 1"),
    .init("training: {batchSize: 1e2}", "recipe.yaml:2: training.batchSize: found 1e2; expected a whole number, at least 1"),
    .init("training: {batchSize: 1_000}", "recipe.yaml:2: training.batchSize: found text \"1_000\"; expected a whole number, at least 1"),
    .init("training: {batchSize: null}", "recipe.yaml:2: training.batchSize: found null; expected a whole number, at least 1"),
    .init("training: {batchSize: [1]}", "recipe.yaml:2: training.batchSize: found a list; expected a whole number, at least 1"),
    .init("training: {batchSize: {a: 1}}", "recipe.yaml:2: training.batchSize: found a mapping; expected a whole number, at least 1"),
    .init(
        "training: {seed: 99999999999999999999}",
        "recipe.yaml:2: training.seed: found 99999999999999999999; expected a whole number, at least 0"),
    .init("training: {shuffle: yes}", "recipe.yaml:2: training.shuffle: found text \"yes\"; expected true or false; write true"),
    .init("training: {shuffle: 1}", "recipe.yaml:2: training.shuffle: found 1; expected true or false"),
    .init("data: {train: t.csv, label: 3}", "recipe.yaml:2: data.label: found 3; expected text; write \"3\", with the quotes"),
    .init("data: {train: t.csv, label: ''}", "recipe.yaml:2: data.label: found empty text; expected text"),
    .init("data: {train: true}", "recipe.yaml:2: data.train: found true; expected a path; write \"true\", with the quotes"),
    .init("data: {train: [a, b]}", "recipe.yaml:2: data.train: found a list; expected a path"),
    .init("task: {labels: [1, 2]}", "recipe.yaml:2: task.labels[0]: found 1; expected text; write \"1\", with the quotes"),
    .init("task: {labels: spam}", "recipe.yaml:2: task.labels: found text \"spam\"; expected a list of labels; write [\"spam\"]"),
    .init("task: 3", "recipe.yaml:2: task: found 3; expected kind, or a mapping of kind, labels, learns, template, promptsAreChats, date"),
    .init("evaluation: strict", "recipe.yaml:2: evaluation: found text \"strict\"; expected a mapping of \(evaluationKeys)"),
    .init("tuning: [lora]", "recipe.yaml:2: tuning: found a list; expected one of full, partial, lora, or a mapping with method"),
    .init("tuning: {method: 1}", "recipe.yaml:2: tuning.method: found 1; expected one of full, partial, lora"),
    .init("tuning: lorra", "recipe.yaml:2: tuning.method: \"lorra\" is not one of full, partial, lora; did you mean lora?"),
    .init("tuning: {method: qlora}", "recipe.yaml:2: tuning.method: \"qlora\" is not one of full, partial, lora; did you mean lora?"),
    .init(
        "task: {kind: clasification}",
        "recipe.yaml:2: task.kind: \"clasification\" is not one of \(kinds); did you mean classification?"),
    .init("task: translation", "recipe.yaml:2: task.kind: \"translation\" is not one of \(kinds)"),
    .init(
        "training: {optimizer: adamw}",
        "recipe.yaml:2: training.optimizer.kind: \"adamw\" is not one of adamW, sgd; did you mean adamW?"),
    .init("training: {schedule: 1}", "recipe.yaml:2: training.schedule: found 1; expected one of linear, cosine, constant"),
    .init("training: {precision: bf16}", "recipe.yaml:2: training.precision: \"bf16\" is not one of auto, float32, bfloat16"),
    .init(
        "training: {evaluateEvery: epochs}",
        "recipe.yaml:2: training.evaluateEvery: \"epochs\" is not one of epoch, never, a number of steps; did you mean epoch?"),
    .init(
        "training: {saveEvery: null}",
        "recipe.yaml:2: training.saveEvery: found null; expected epoch, never, or a number of optimizer steps, at least 1"),
    .init(
        "training: {classWeights: balance}",
        "recipe.yaml:2: training.classWeights: \"balance\" is not one of none, balanced, a mapping of weights; did you mean balanced?"),
    .init(
        "training: {classWeights: 2}",
        "recipe.yaml:2: training.classWeights: found 2; expected none, balanced, or a mapping from label to a number above 0"),
    .init(
        "training: {classWeights: {spam: two}}", "recipe.yaml:2: training.classWeights.spam: found text \"two\"; expected a number, above 0"
    ),
    .init(
        "training: {earlyStopping: true}",
        "recipe.yaml:2: training.earlyStopping: found true; expected a mapping of metric, patience, minimumImprovement"),
    .init(
        "training: {earlyStopping: {metric: f1}}",
        "recipe.yaml:2: training.earlyStopping.metric: \"f1\" is not one of \(MetricName.allCases.map(\.rawValue).joined(separator: ", "))"),
]

private let outOfRange: [BadRecipe] = [
    .init("version: 2", "recipe.yaml:2: version: 2 is out of range; expected 1, the version this Hone reads"),
    .init("training: {epochs: 0}", "recipe.yaml:2: training.epochs: 0 is out of range; expected a number, above 0"),
    .init("training: {epochs: .inf}", "recipe.yaml:2: training.epochs: .inf is out of range; expected a number, above 0"),
    .init("training: {steps: 0}", "recipe.yaml:2: training.steps: 0 is out of range; expected a whole number, at least 1"),
    .init(
        "training: {learningRate: -1e-4}",
        "recipe.yaml:2: training.learningRate: -1e-4 is out of range; expected a number, above 0 and below 10"),
    .init(
        "training: {learningRate: 10}", "recipe.yaml:2: training.learningRate: 10 is out of range; expected a number, above 0 and below 10"),
    .init(
        "training: {learningRate: .nan}",
        "recipe.yaml:2: training.learningRate: .nan is out of range; expected a number, above 0 and below 10"),
    .init("training: {batchSize: 0}", "recipe.yaml:2: training.batchSize: 0 is out of range; expected a whole number, at least 1"),
    .init("training: {accumulation: 0}", "recipe.yaml:2: training.accumulation: 0 is out of range; expected a whole number, at least 1"),
    .init(
        "training: {labelSmoothing: 1}",
        "recipe.yaml:2: training.labelSmoothing: 1 is out of range; expected a number, at least 0 and below 1"),
    .init(
        "training: {warmupFraction: 1.0}",
        "recipe.yaml:2: training.warmupFraction: 1.0 is out of range; expected a number, at least 0 and below 1"),
    .init("training: {warmupSteps: -1}", "recipe.yaml:2: training.warmupSteps: -1 is out of range; expected a whole number, at least 0"),
    .init("training: {weightDecay: -0.1}", "recipe.yaml:2: training.weightDecay: -0.1 is out of range; expected a number, at least 0"),
    .init(
        "training: {maximumGradientNorm: 0}", "recipe.yaml:2: training.maximumGradientNorm: 0 is out of range; expected a number, above 0"),
    .init("training: {seed: -1}", "recipe.yaml:2: training.seed: -1 is out of range; expected a whole number, at least 0"),
    .init("training: {tokenBudget: 0}", "recipe.yaml:2: training.tokenBudget: 0 is out of range; expected a whole number, at least 1"),
    .init("training: {threads: 0}", "recipe.yaml:2: training.threads: 0 is out of range; expected a whole number, at least 1"),
    .init(
        "training: {keepCheckpoints: 0}", "recipe.yaml:2: training.keepCheckpoints: 0 is out of range; expected a whole number, at least 1"),
    .init("training: {evaluateEvery: 0}", "recipe.yaml:2: training.evaluateEvery: 0 is out of range; expected a whole number, at least 1"),
    .init(
        "training: {classWeights: {spam: 0}}", "recipe.yaml:2: training.classWeights.spam: 0 is out of range; expected a number, above 0"),
    .init(
        "training: {classWeights: {}}",
        "recipe.yaml:2: training.classWeights: an empty mapping is out of range; expected none, balanced, or a mapping from label to a number above 0"
    ),
    .init(
        "training: {earlyStopping: {patience: 0}}",
        "recipe.yaml:2: training.earlyStopping.patience: 0 is out of range; expected a whole number, at least 1"),
    .init(
        "training: {earlyStopping: {minimumImprovement: -1}}",
        "recipe.yaml:2: training.earlyStopping.minimumImprovement: -1 is out of range; expected a number, at least 0"),
    .init(
        "training: {optimizer: {beta1: 1}}",
        "recipe.yaml:2: training.optimizer.beta1: 1 is out of range; expected a number, at least 0 and below 1"),
    .init(
        "training: {optimizer: {epsilon: 0}}", "recipe.yaml:2: training.optimizer.epsilon: 0 is out of range; expected a number, above 0"),
    .init(
        "training: {optimizer: {kind: sgd, momentum: 1}}",
        "recipe.yaml:2: training.optimizer.momentum: 1 is out of range; expected a number, at least 0 and below 1"),
    .init("tuning: {method: lora, rank: 0}", "recipe.yaml:2: tuning.rank: 0 is out of range; expected a whole number, at least 1"),
    .init("tuning: {method: lora, alpha: 0}", "recipe.yaml:2: tuning.alpha: 0 is out of range; expected a number, above 0"),
    .init(
        "tuning: {method: lora, dropout: 1}", "recipe.yaml:2: tuning.dropout: 1 is out of range; expected a number, at least 0 and below 1"),
    .init(
        "tuning: {method: partial, lastLayers: -1}",
        "recipe.yaml:2: tuning.lastLayers: -1 is out of range; expected a whole number, at least 0"),
    .init(
        "evaluation: {confidence: 0.4}",
        "recipe.yaml:2: evaluation.confidence: 0.4 is out of range; expected a number, at least 0.5 and below 1"),
    .init(
        "evaluation: {confidence: 1}",
        "recipe.yaml:2: evaluation.confidence: 1 is out of range; expected a number, at least 0.5 and below 1"),
    .init("evaluation: {resamples: 0}", "recipe.yaml:2: evaluation.resamples: 0 is out of range; expected a whole number, at least 100"),
    .init(
        "data: {train: t.csv, validationFraction: 1}",
        "recipe.yaml:2: data.validationFraction: 1 is out of range; expected a number, at least 0 and below 1"),
    .init(
        "data: {train: t.csv, maximumTokens: 0}",
        "recipe.yaml:2: data.maximumTokens: 0 is out of range; expected a whole number, at least 1"),
    .init(
        "output: {name: a/b}",
        "recipe.yaml:2: output.name: \"a/b\" is out of range; expected the name of one folder, without / or leading dot"),
    .init(
        "output: {name: ..}",
        "recipe.yaml:2: output.name: \"..\" is out of range; expected the name of one folder, without / or leading dot"),
    .init(
        "task: {date: 26 July}",
        "recipe.yaml:2: task.date: \"26 July\" is out of range; expected a day such as \"2026-11-28\", in quotes"),
    .init("task: {labels: [only]}", "recipe.yaml:2: task.labels: 1 is out of range; expected at least 2 labels, or null"),
]

private let contradictions: [BadRecipe] = [
    .init(
        "task: tagging\nevaluation: {baseline: untuned}",
        "recipe.yaml:3: evaluation.baseline: untuned measures the model as it was, and a new head knows nothing; remove it, or set model.head"
    ),
    .init(
        "task: classification\nevaluation: {baseline: untuned}",
        "recipe.yaml:3: evaluation.baseline: untuned measures the model as it was, and a new head knows nothing; use centroid, "
            + "or set model.head"),
    .init(
        "training:\n  epochs: 3\n  steps: 100", "recipe.yaml:4: training.steps: given together with training.epochs; keep one of the two"),
    .init(
        "training: {warmupSteps: 5, warmupFraction: 0.1}",
        "recipe.yaml:2: training.warmupSteps: given together with training.warmupFraction; keep one of the two"),
    .init(
        "training: {steps: 10, warmupSteps: 11}",
        "recipe.yaml:2: training.warmupSteps: 11 steps of warm-up do not fit into 10 steps of training; give fewer"),
    .init(
        "data: {train: t, validation: v, validationFraction: 0.2}",
        "recipe.yaml:2: data.validationFraction: given together with data.validation; keep one of the two"),
    .init(
        "data: {train: t, test: v, testFraction: 0.2}",
        "recipe.yaml:2: data.testFraction: given together with data.test; keep one of the two"),
    .init(
        "data: {train: t, validationFraction: 0.5, testFraction: 0.5}",
        "recipe.yaml:2: data.validationFraction: validationFraction and testFraction together are 1; they must leave rows to train on"),
    .init(
        "tuning: {method: full, rank: 8}",
        "recipe.yaml:2: tuning.rank: is a key of method lora, but tuning.method is full; remove the key or set method: lora"),
    .init(
        "tuning: {rank: 8}",
        "recipe.yaml:2: tuning.rank: is a key of method lora, but tuning.method is full, the default; remove the key or set method: lora"),
    .init(
        "tuning: {method: lora, lastLayers: 2}",
        "recipe.yaml:2: tuning.lastLayers: is a key of method partial, but tuning.method is lora; remove the key or set method: partial"),
    .init(
        "training: {optimizer: {kind: sgd, beta1: 0.9}}",
        "recipe.yaml:2: training.optimizer.beta1: is a key of kind adamW, but training.optimizer.kind is sgd; remove the key or set kind: adamW"
    ),
    .init(
        "training: {optimizer: {kind: sgd, momentum: 0, nesterov: true}}",
        "recipe.yaml:2: training.optimizer.nesterov: needs momentum, but training.optimizer.momentum is 0; set it to 0.9 or so"),
    .init(
        "training: {evaluateEvery: never, earlyStopping: {}}",
        "recipe.yaml:2: training.earlyStopping: needs evaluations, but training.evaluateEvery is never; set it to epoch"),
    .init(
        "task: regression\ntraining: {classWeights: balanced}",
        "recipe.yaml:3: training.classWeights: regression has no classes to weigh; remove it, or set it to none"),
    .init(
        "task: multiLabel\ntraining: {labelSmoothing: 0.1}",
        "recipe.yaml:3: training.labelSmoothing: works with task.kind classification only, not multiLabel; set it to 0"),
    .init(
        "task: regression\ntraining: {earlyStopping: {metric: macroF1}}",
        "recipe.yaml:3: training.earlyStopping.metric: macroF1 is not measured for regression; choose one of pearson, spearman, meanSquaredError, meanAbsoluteError, rSquared, loss"
    ),
    .init("task: {kind: regression, labels: [a, b]}", "recipe.yaml:2: task.labels: regression has no labels; remove the key"),
    .init(
        "data: {train: t, documents: lines, separator: x}",
        "recipe.yaml:2: data.separator: documents stand between separators, or between line ends; set documents: whole"),
    .init(
        "task: instruction\nevaluation: {samples: 2}",
        "recipe.yaml:3: evaluation.samples: are for task.kind text, not instruction; set generatesInTraining for answers"),
    .init("task: {labels: [a, b, a]}", "recipe.yaml:2: task.labels[2]: \"a\" is listed twice; remove one"),
]

private let fromNothing: [BadRecipe] = [
    .init(
        "model: {size: nano}",
        "recipe.yaml:3: model.size: is for random weights, and a checkpoint brings its own; set model.weights: random"),
    .init(
        "model: {path: m, vocabulary: 400}",
        "recipe.yaml:3: model.vocabulary: is for random weights, and a checkpoint brings its own; set model.weights: random"),
    .init(
        "model: {weights: random, path: m, size: nano}", "recipe.yaml:3: model.size: given together with model.path; keep one of the two"),
    .init(
        "model: {weights: random, size: nano, tokenizer: t, vocabulary: 400}",
        "recipe.yaml:3: model.vocabulary: given together with model.tokenizer; keep one of the two"),
    .init(
        "model: {weights: random, config: c.json}",
        "recipe.yaml:3: model.config: needs a tokenizer; give model.tokenizer, or model.vocabulary to learn one from the data"),
    .init(
        "model: {weights: random, size: nano, vocabulary: 100}",
        "recipe.yaml:3: model.vocabulary: 100 is out of range; expected a whole number, at least 300"),
    .init("model: {weights: random, size: nan}", "recipe.yaml:3: model.size: \"nan\" is not one of nano, tiny, small; did you mean nano?"),
    .init(
        "model: {weights: random, size: nano}\ntuning: lora",
        "recipe.yaml:3: model.weights: random weights must all train; set tuning to full"),
    .init(
        "model: {weights: random, size: nano}\ntraining: {schedule: constant, learningRateFloor: 0.1}",
        "recipe.yaml:4: training.learningRateFloor: a constant rate does not fall; remove it, or set training.schedule: cosine"),
    .init(
        "model: {weights: random}", "recipe.yaml:3: model.path: missing; this key must be given. The model folder in Hugging Face's layout."
    ),
]

private let notRecipes: [BadRecipe] = [
    .init("", "recipe.yaml: the recipe is empty; it needs at least model and data.train"),
    .init("# nothing yet\n", "recipe.yaml: the recipe is empty; it needs at least model and data.train"),
    .init("---\n", "recipe.yaml: the recipe is empty; it needs at least model and data.train"),
    .init("- model\n- data", "recipe.yaml:1: found a list; expected a mapping with the keys model, data and others"),
    .init("\nminilm", "recipe.yaml:2: found text \"minilm\"; expected a mapping with the keys model, data and others"),
    .init(
        "data: {train: t.csv}", "recipe.yaml:1: model: missing; this key must be given. The model that training starts from."),
    .init("model: m", "recipe.yaml:1: data: missing; this key must be given. The rows, and how they are checked and split."),
    .init(
        "model: {head: new}\ndata: {train: t}",
        "recipe.yaml:1: model.path: missing; this key must be given. The model folder in Hugging Face's layout."),
    .init(
        "model: m\ndata:\ntask: regression",
        "recipe.yaml:2: data.train: missing; this key must be given. The file of training rows, CSV or JSONL."),
    .init("model: m\ndata:\n  train: t\n  train: u", "recipe.yaml:3: train: given twice in one mapping; keep one of the two"),
    .init("model: m\nmodel: n\ndata: {train: t}", "recipe.yaml:1: model: given twice in one mapping; keep one of the two"),
    .init("model: m\ndata:\n\ttrain: t", "recipe.yaml:3: a tab in the indentation; use spaces"),
    .init("model: m\n---\nmodel: n", "recipe.yaml:2: a second document starts here; a recipe file holds one"),
    .init("model: [m\ndata: {train: t}", "recipe.yaml:2: not YAML: did not find expected ',' or ']' while parsing a flow sequence"),
    .init("model: *base\n", "recipe.yaml:1: not YAML: found undefined alias"),
    .init("model: !path m\ndata: {train: t}", "recipe.yaml:1: model: the tag !path is not used in recipes; remove it"),
    .init("? [a]\n: b", "recipe.yaml:1: a key must be text"),
]
