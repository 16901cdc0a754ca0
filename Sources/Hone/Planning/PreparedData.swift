// Tested by DataInspectorTests.swift.
internal import Foundation
internal import HoneData
internal import HoneModels
internal import HoneText

/// The data of a recipe, read, split and encoded for its model; nothing is refused yet for what it would teach.
struct PreparedData: Sendable {
    /// The recipe with absolute paths.
    let recipe: Recipe
    /// The model folder that training starts from.
    let start: StartFolder
    let tokenizer: Tokenizer
    let shape: ModelShape
    /// The most tokens of a row.
    let maximum: Int
    let rows: [SplitName: [EncodedRow]]
    let source: PlanSource
    /// What was found in rows with one target each; nil for other tasks.
    let data: DataReport?
    /// What was found in examples of other tasks.
    let exampleFacts: ExampleFacts?
    /// Whether prompts and completions go through the chat template.
    let promptsAreChats: Bool
    private let encoded: ExampleRows?
    /// How examples became rows; nil for rows of one target.
    var encoding: ExampleEncoding? { encoded?.encoding }

    /// - Parameter kept: the start folder that a run has kept.
    init(_ given: Recipe, start kept: URL? = nil) throws {
        var recipe = given
        try recipe.data.openFolder()
        if let kind = recipe.task.kind.rows {
            start = try StartFolder(recipe, kept: kept) { [] }
            let folder = try ModelFolder(start.url)
            tokenizer = try Tokenizer(folder: folder.url)
            let dataSet = try recipe.dataLoader(kind).load()
            shape = try ModelShape(recipe, folder, labels: dataSet.labels?.names)
            maximum = min(recipe.data.maximumTokens ?? .max, shape.sizes.maximumPositions)
            var report = dataSet.report
            rows = try Self.rows(of: dataSet, recipe, maximum, tokenizer, &report)
            (data, exampleFacts, source, promptsAreChats, encoded) = (report, nil, .rows(dataSet), false, nil)
            self.recipe = recipe
            return
        }
        var examples = try ExampleSet(recipe)
        start = try StartFolder(recipe, kept: kept) { examples.trainingTexts }
        examples.note(start.learned)
        let folder = try ModelFolder(start.url)
        tokenizer = try Tokenizer(folder: folder.url)
        if recipe.task.kind == .instruction, recipe.task.date == nil {
            // Today is written down once: a run that goes on tomorrow has the same rows.
            let chat = try ChatSetup(folder, tokenizer, template: recipe.task.template)
            if chat.writesDate {
                recipe.task.date = chat.date.dayText
                examples.facts.warnings.append("The chat template writes the date: \(chat.date.dayText); set task.date for another day.")
            }
        }
        // Everything but taggers has the same shape whatever the data is.
        shape = try ModelShape(recipe, folder, labels: recipe.task.kind == .tagging ? try examples.labelNames(recipe) : nil)
        maximum = recipe.maximumTokens(positions: shape.sizes.maximumPositions)
        let encoded = try ExampleRows(recipe, examples, folder, tokenizer, maximum: maximum)
        (rows, data, exampleFacts, source) = (encoded.rows, nil, encoded.examples.facts, .examples(encoded.examples))
        (promptsAreChats, self.encoded, self.recipe) = (encoded.promptsAreChats, encoded, recipe)
    }

    /// Prepares data as far as there is something to look at: where a policy of the recipe stops it, faults are counted instead.
    ///
    /// - Returns: the data, and what training would throw.
    /// - Throws: what stops the reading itself.
    static func leniently(_ recipe: Recipe) throws -> (data: PreparedData, fault: (any Error)?) {
        do {
            let prepared = try PreparedData(recipe)
            do { try prepared.refuse() } catch { return (prepared, error) }
            return (prepared, nil)
        } catch {
            guard let prepared = try? PreparedData(recipe.lenient) else { throw error }
            return (prepared, error)
        }
    }

    /// Refuses data that would teach nothing, or the wrong thing.
    func refuse() throws {
        try encoded?.refuse(recipe)
        guard tokenizer.vocabularySize <= shape.sizes.vocabulary else {
            throw HoneError.vocabulary(tokenizer: tokenizer.vocabularySize, model: shape.sizes.vocabulary, folder: start.url.path)
        }
        try refuseSegments()
    }

    /// Refuses segments that the model has no row for, before a lookup fails in the middle of a step.
    private func refuseSegments() throws(HoneError) {
        let largest = rows.values.joined().lazy.compactMap { $0.typeIDs.max() }.max() ?? 0
        // A model without a table of segments does not read them.
        guard shape.sizes.typeVocabulary > 0, largest >= shape.sizes.typeVocabulary else { return }
        throw .segments(found: Int(largest), model: shape.sizes.typeVocabulary, folder: start.url.path)
    }

    private static func rows(
        of dataSet: DataSet, _ recipe: Recipe, _ maximum: Int, _ tokenizer: Tokenizer, _ report: inout DataReport
    ) throws -> [SplitName: [EncodedRow]] {
        let encoder = RowEncoder(labels: dataSet.labels, maximum: maximum, tooLong: recipe.data.tooLong)
        var result: [SplitName: [EncodedRow]] = [:]
        for split in SplitName.allCases {
            let (rows, lengths) = try encoder.encode(dataSet[split], split: split, with: tokenizer)
            if !dataSet[split].isEmpty { report.lengths[split] = lengths }
            result[split] = rows
        }
        return result
    }

    /// The length reports by split, whatever the task.
    var lengths: [SplitName: LengthReport] { data?.lengths ?? exampleFacts?.lengths ?? [:] }

    /// Findings in the data, in sentences.
    var warnings: [String] { data?.warnings.map(\.description) ?? exampleFacts?.warnings ?? [] }
}

extension Recipe.DataSpec {
    /// Puts the files of a folder in place of it: its validation and test files, where it has them, instead of shares of the training file.
    mutating func openFolder() throws(DataError) {
        guard let folder = try DataFolder(URL(filePath: train), name: train) else { return }
        train = folder.train.path
        if let file = folder.validation, case .fraction = validation { validation = .file(file.path) }
        if let file = folder.test, case .fraction = test { test = .file(file.path) }
    }
}

extension Recipe {
    /// The same with policies that count faults instead of stopping.
    fileprivate var lenient: Recipe {
        var recipe = self
        if recipe.data.tooLong == .error || recipe.data.tooLong == .drop { recipe.data.tooLong = .truncate }
        (recipe.data.duplicates, recipe.data.leakage) = (.report, .report)
        return recipe
    }
}

/// Where a plan's rows come from.
enum PlanSource: Sendable {
    /// Rows with one target each.
    case rows(DataSet)
    /// Examples of a task that learns tokens or tags.
    case examples(ExampleSet)
}

extension ExampleSet {
    /// The names of a tagging task's outputs.
    fileprivate func labelNames(_ recipe: Recipe) throws -> [String] {
        try recipe.task.labels ?? TaggedEncoder.tags(of: self[.train]).names
    }

    /// The texts that a tokenizer is learned from.
    fileprivate var trainingTexts: [String] {
        self[.train].flatMap { example -> [String] in
            switch example {
            case .text(let text, _): [text]
            case .pair(let pair, _): [pair.source, pair.target]
            case .conversation, .promptCompletion, .tagged, .preference, .question: []
            }
        }
    }

    /// Notes what was learned for the tokenizer.
    fileprivate mutating func note(_ learned: LearnedVocabulary?) {
        guard let learned else { return }
        facts.vocabulary = learned
        if learned.tokens < learned.wanted {
            facts.warnings.append(
                "The training texts have pairs for only \(learned.tokens) of \(learned.wanted) tokens; the vocabulary is that small.")
        }
    }
}
