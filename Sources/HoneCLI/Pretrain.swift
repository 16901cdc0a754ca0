import ArgumentParser
import Foundation
import Hone
import HoneData
import HoneRuns

struct PretrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain", abstract: "Train a language model from nothing on a file of text.",
        discussion: """
            Learns a tokenizer from the text unless one is given, starts a model of a named size, or of any configuration that Hone knows, \
            with random weights, and leaves a run as `hone train` does. The run's recipe.yaml says everything, so that `hone train` on it \
            does the same again; `hone train --resume` goes on with a run that was stopped.

            The data is a text file, or JSONL with one document in each “text”.
            """)

    @Option(name: .long, help: ArgumentHelp("A text file, or JSONL with “text”.", valueName: "file"))
    var data: String

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The shape by its name: \(PretrainingSize.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "size"),
        transform: choice)
    var size: PretrainingSize?

    @Option(name: .long, help: ArgumentHelp("The shape as a config.json, causal or masked, instead of --size.", valueName: "file"))
    var config: String?

    @Option(name: .long, help: ArgumentHelp("A folder with a tokenizer, instead of learning one.", valueName: "folder"))
    var tokenizer: String?

    @Option(name: .long, help: ArgumentHelp("How many tokens to learn (default: as suits the size).", valueName: "count"))
    var vocabulary: Int?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "What a document of a text file is: \(ExampleOptions.Documents.allCases.map(\.rawValue).joined(separator: ", ")) (default: \(ExampleOptions().documents.rawValue)).",
            valueName: "choice"), transform: choice)
    var documents: ExampleOptions.Documents?

    @Option(name: .long, help: ArgumentHelp("What stands between documents of a text file, such as \"<|endoftext|>\".", valueName: "text"))
    var separator: String?

    @OptionGroup var overrides: OverrideOptions

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp("The folder that holds the runs (default: \(RunsOption.standard)).", valueName: "folder"))
    var runs: String?

    @Flag(name: .long, help: "Stop after the plan; nothing is trained or written.")
    var dryRun = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        switch (size, config) {
        case (nil, nil):
            throw ValidationError("Say what to train: --size \(PretrainingSize.nano.rawValue), or --config with a config.json.")
        case (.some, .some): throw ValidationError("--size and --config both give a shape; keep one.")
        default: break
        }
        if tokenizer != nil, vocabulary != nil { throw ValidationError("--tokenizer is given and --vocabulary is learned; keep one.") }
        if config != nil, tokenizer == nil, vocabulary == nil {
            throw ValidationError("A config.json brings no tokenizer: add --tokenizer, or --vocabulary to learn one.")
        }
    }

    func run() async throws {
        let console = output.console
        let plan = try Plan(try document())
        if dryRun { return try PlanCommand.show(plan, console) }
        console.say(PlanText(plan: plan).lines(console))
        console.say()
        let session = TrainingSession(console: console, runs: URL(filePath: plan.recipe.output.folder))
        let outcome = try await session.run { try await Runner.start(plan, observe: $0) }
        try session.emit(outcome.result, savedSeconds: outcome.savedSeconds)
        try session.endIfInterrupted(outcome.result)
        try TrainCommand.show(outcome.result, console)
    }

    /// The recipe that these options mean, with every path absolute, so that it can be trained again from where it is kept.
    func document() throws -> RecipeDocument {
        let vocabulary: Recipe.ModelSpec.Vocabulary =
            if let tokenizer { .folder(tokenizer) } else if let vocabulary { .learned(vocabulary) } else { .own }
        let source: Recipe.ModelSpec.Source = if let size { .size(size) } else { .config(config ?? "") }
        var recipe = try Recipe.pretraining(
            data: data, from: source, vocabulary: vocabulary, documents: documents, separator: separator)
        recipe.output.folder = runs ?? RunsOption.standard
        let changed = try RecipeDocument(text: recipe.yaml(), name: "hone pretrain", overrides: overrides.overrides())
        return try RecipeDocument(changed.resolved)
    }
}
