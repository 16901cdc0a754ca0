import ArgumentParser
import Foundation
import Hone
import HoneData
import HoneRuns

struct PredictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Let a model answer: classes, tags, texts, hidden words.",
        discussion: """
            Takes texts as arguments, a file of rows, or lines piped into standard input. What a text is depends on the model: something \
            to classify; a sentence to tag, split into words at white space, with punctuation at a word's ends standing alone; a message \
            or the beginning of a text to answer; a source; a text with [MASK] or <mask> in it; a question about the text of --context.

            --output keeps each answer as soon as it is given, so a run that is stopped loses none and says how to go on.
            """)

    @Argument(help: ArgumentHelp("A run, its folder, a model folder, or an adapter's.", valueName: "run-or-folder"))
    var model: String

    @Argument(help: ArgumentHelp("Texts to answer.", valueName: "text"))
    var texts: [String] = []

    @Option(name: .long, help: ArgumentHelp("A file of rows: CSV, JSONL, text lines, CoNLL.", valueName: "file"))
    var file: String?

    @Option(name: .long, help: ArgumentHelp("Write the answers to this JSONL file, one a line.", valueName: "file"))
    var output: String?

    @Flag(name: .long, help: "Add to the file of --output.")
    var append = false

    @Option(name: .long, help: ArgumentHelp("Leave out so many rows at the beginning.", valueName: "count"))
    var skip = 0

    @Option(
        name: .long,
        help: ArgumentHelp("How many labels, or tokens for a hidden word, to give (default: 1 label, 5 tokens).", valueName: "count"))
    var top: Int?

    @Option(
        name: .long,
        help: ArgumentHelp("Beams to follow when one text is made of another (default: the folder's wish).", valueName: "count"))
    var beams: Int?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Give each token's log-probability, and so many of the likeliest in its place; needs --json or --output.", valueName: "count"))
    var logprobs: Int?

    @Option(name: .long, help: ArgumentHelp("The text in which answers to questions are found.", valueName: "text"))
    var context: String?

    @Flag(name: .long, help: "Give prompts as they are, without the chat template.")
    var noTemplate = false

    @Flag(name: .long, help: "Answer the other rows where a prompt leaves no room for an answer.")
    var skipTooLong = false

    @OptionGroup var columns: ColumnOptions
    @OptionGroup var examples: ExampleOptionsGroup
    @OptionGroup(title: "Answers of models that write") var sampling: SamplingOptions
    @OptionGroup var loading: LoadingOptions
    @OptionGroup var runs: RunsOption
    @OptionGroup var format: OutputOptions

    func validate() throws {
        guard texts.isEmpty || file == nil else { throw ValidationError("Give texts or --file, not both.") }
        if let top, top < 1 { throw ValidationError("--top must be at least 1.") }
        if let beams, beams < 1 { throw ValidationError("--beams must be at least 1.") }
        guard skip >= 0 else { throw ValidationError("--skip must be 0 or more.") }
        if context != nil, file != nil { throw ValidationError("--context is for questions given here; a file brings its own.") }
        if logprobs != nil {
            guard format.json || output != nil else { throw ValidationError("--logprobs are for --json or --output.") }
            guard (beams ?? 1) == 1 else { throw ValidationError("--logprobs are of drawn or likeliest tokens; beams have none.") }
        }
        if append, output == nil { throw ValidationError("--append is for --output; name the file.") }
        if let beams, beams > 1, !sampling.given.filter({ $0 != "--max-tokens" }).isEmpty {
            throw ValidationError("--beams finds the likeliest text and draws nothing: leave the options of drawing out.")
        }
    }

    func run() async throws {
        let console = format.console
        let place = try ModelLocation(model, in: runs.folder)
        let artifact = try place.artifact(base: loading.base)
        try check(artifact.facts.task)
        if let assumption = artifact.assumption { console.complain("note: " + assumption) }
        let run = try PredictionRun(console, artifact, output: output, appends: append, skip: skip)
        switch artifact.facts.task {
        case .classification, .multiLabel, .regression: try await run.run(try await classifier(artifact, place))
        case .tagging: try await run.run(try await tagger(artifact, place))
        case .maskedText: try await run.run(try await filler(artifact, place))
        case .questionAnswering: try await run.run(try await answerer(artifact, place))
        case .instruction, .text, .sequenceToSequence: try await run.run(try await writer(artifact, place, console))
        }
    }

    /// Refuses options that would do nothing.
    private func check(_ task: TaskName) throws {
        let isWriter = task.writes || task == .text
        var idle = isWriter ? [] : sampling.given + (noTemplate ? ["--no-template"] : []) + (skipTooLong ? ["--skip-too-long"] : [])
        if context != nil, task != .questionAnswering { idle.append("--context") }
        if logprobs != nil, !isWriter { idle.append("--logprobs") }
        if beams != nil, task != .sequenceToSequence { idle.append("--beams") }
        if top != nil, isWriter || [.tagging, .regression, .questionAnswering].contains(task) { idle.append("--top") }
        guard idle.isEmpty else { throw CommandError.notForTask(options: idle, task: task.words) }
    }

    private func classifier(_ artifact: Artifact, _ place: ModelLocation) async throws -> ClassifierPredictions {
        let rows =
            if let file {
                try RowReader(columns: mapping(try place.recipe()), task: nil).read(URL(filePath: file)).rows
            } else {
                try InputLines.all(or: texts, format.console).enumerated().map { TextRow(file: "input", line: $0 + 1, text: $1) }
            }
        let classifier = try await Classifier(artifact, precision: loading.precision, threads: loading.threads)
        return ClassifierPredictions(classifier: classifier, rows: rows, top: top ?? 1)
    }

    private func tagger(_ artifact: Artifact, _ place: ModelLocation) async throws -> TaggerPredictions {
        let given = try exampleRows(place)
        let tagger = try await Tagger(artifact, precision: loading.precision, threads: loading.threads)
        return TaggerPredictions(tagger: tagger, inputs: try tagger.inputs(given))
    }

    private func filler(_ artifact: Artifact, _ place: ModelLocation) async throws -> MaskPredictions {
        let texts = try exampleRows(place).map { example -> String in
            guard case .text(let text, _) = example else { throw MaskError.wrongKind(at: example.place, expected: "a text") }
            return text
        }
        let filler = try await MaskFiller(artifact, precision: loading.precision, threads: loading.threads)
        return MaskPredictions(filler: filler, texts: texts, top: top ?? 5)
    }

    private func answerer(_ artifact: Artifact, _ place: ModelLocation) async throws -> QuestionPredictions {
        guard file != nil || context != nil else { throw CommandError.noContext }
        let given = try exampleRows(place).map { example -> TaskExample in
            guard case .text(let question, let place) = example, let context else { return example }
            return .question(ContextQuestion(question: question, context: context), place)
        }
        let answerer = try await Answerer(artifact, precision: loading.precision, threads: loading.threads)
        return QuestionPredictions(answerer: answerer, questions: given)
    }

    private func writer(_ artifact: Artifact, _ place: ModelLocation, _ console: Console) async throws -> WriterPredictions {
        let given = try exampleRows(place)
        let writer = try await Writer(artifact, precision: loading.precision, threads: loading.threads)
        let ignored = try await writer.ignoredWishes
        if !ignored.isEmpty { console.complain("note: not followed of generation_config.json: \(ignored.joined(separator: ", ")).") }
        var settings = try sampling.given.isEmpty && logprobs == nil ? nil : sampling.applied(to: await writer.sampling)
        settings?.logprobs = logprobs
        try settings?.validate()
        return try await WriterPredictions(
            writer, writer.questions(given, promptsAreChats: noTemplate ? false : nil), settings: settings, beams: beams,
            skipsTooLong: skipTooLong)
    }

    /// The rows of the file, or the texts given.
    private func exampleRows(_ place: ModelLocation) throws -> [TaskExample] {
        guard let file else {
            return try InputLines.all(or: texts, format.console).enumerated().map { .text($1, RowPlace(file: "input", line: $0 + 1)) }
        }
        var data = try place.recipe()?.data ?? Recipe.DataSpec(train: file)
        // Columns named here replace those of the run; another file may well have another format.
        if !examples.column.isEmpty { (data.exampleColumns, data.text) = (ExampleColumns(), nil) }
        data.format = nil
        data = try examples.applied(to: data)
        if let column = columns.textColumn { (data.exampleColumns, data.text) = (ExampleColumns(), column) }
        return try data.unanswered(file)
    }

    /// The run's columns help only if the file has them; a file to predict on often has others.
    private func mapping(_ recipe: Recipe?) -> ColumnMapping {
        var mapping = columns.mapping(nil)
        if mapping.text == nil, recipe?.columns.pair != nil { mapping = recipe?.columns ?? mapping }
        mapping.label = nil
        return mapping
    }
}
