internal import Foundation
public import HoneData
internal import HoneModels

extension Recipe {
    /// Makes a recipe that trains a model from nothing on a file of text; the settings that suit pre-training stand here and nowhere else.
    ///
    /// AdamW with β₂ 0.95 and weight decay 0.1, 5 % of warm-up, then a cosine to a tenth of the peak (arXiv:2005.14165, appendix B;
    /// arXiv:2302.13971, section 2.3); micro-batches of 8,192 tokens without padding; four passes, about as good as fresh text
    /// (arXiv:2305.16264); 5 % of the text held out for validation and as much for the test.
    ///
    /// - Parameters:
    ///   - data: a text file, or JSONL with `text`.
    ///   - source: the shape; a configuration of a masked model makes the task `maskedText`.
    ///   - vocabulary: the tokenizer; `.own` learns one of the size's own number of tokens.
    /// - Throws: `ModelError` for a configuration that cannot be read.
    public static func pretraining(
        data: String, from source: ModelSpec.Source, vocabulary: ModelSpec.Vocabulary = .own, documents: ExampleOptions.Documents? = nil,
        separator: String? = nil
    ) throws -> Recipe {
        var recipe = Recipe(
            model: ModelSpec(random: source, vocabulary: vocabulary), task: TaskSpec(kind: .text),
            data: DataSpec(train: data, validation: .fraction(0.05), test: .fraction(0.05)))
        recipe.data.exampleOptions.documents = documents ?? recipe.data.exampleOptions.documents
        recipe.data.exampleOptions.separator = separator
        recipe.training.budget = .epochs(4)
        (recipe.training.batchSize, recipe.training.tokenBudget) = (256, 8192)
        recipe.training.learningRate = 6e-4
        if case .size(let size) = source { recipe.training.learningRate = size.learningRate }
        recipe.training.optimizer = .adamW(AdamWSpec(beta2: 0.95))
        recipe.training.weightDecay = 0.1
        (recipe.training.schedule, recipe.training.learningRateFloor, recipe.training.warmup) = (.cosine, 0.1, .fraction(0.05))
        (recipe.training.evaluateEvery, recipe.training.saveEvery) = (.steps(100), .steps(100))
        (recipe.evaluation.samples, recipe.evaluation.maximumNewTokens) = (1, 100)
        if try isMasked(source) { (recipe.task.kind, recipe.evaluation.samples) = (.maskedText, 0) }
        return recipe
    }

    private static func isMasked(_ source: ModelSpec.Source) throws -> Bool {
        switch source {
        case .size: false
        case .folder(let path): try !ModelFolder(URL(filePath: path)).emptyLanguageModel().isCausal
        case .config(let path): try !ModelFolder(configuration: URL(filePath: path)).emptyLanguageModel().isCausal
        }
    }
}
