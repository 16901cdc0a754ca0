import ArgumentParser
import Foundation
import Hone
import HoneData
import HoneRuns

struct EmbedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed", abstract: "Turn texts into vectors, close for texts that mean the same.",
        discussion: """
            Takes texts as arguments, a file of rows, or lines piped into standard input, and a folder of sentence-transformers, which says \
            how vectors are made, or any other encoder or decoder. A text that is longer than the model reads is an error before anything is \
            computed, unless --truncate is given; then it is cut and counted.

            --output writes a .npy file (float32, one row a text, for numpy.load) or a .jsonl file (row, text and embedding, one object a \
            line); it has its name once it is whole. Without it the vectors go to standard output, one JSON object a line; a terminal gets a \
            summary, with the similarities of a few texts.
            """)

    @Argument(help: ArgumentHelp("A model folder, a run or its folder.", valueName: "run-or-folder"))
    var model: String

    @Argument(help: ArgumentHelp("Texts to turn into vectors.", valueName: "text"))
    var texts: [String] = []

    @Option(name: .long, help: ArgumentHelp("A file of rows: CSV, TSV, JSONL, text lines.", valueName: "file"))
    var file: String?

    @Option(name: .long, help: ArgumentHelp("Write the vectors to this .npy or .jsonl file.", valueName: "file"))
    var output: String?

    @Option(name: .long, help: ArgumentHelp("The model's prompt to put before each text (default: the folder's wish).", valueName: "name"))
    var prompt: String?

    @Option(name: .long, help: ArgumentHelp("Put this before each text; '' for nothing.", valueName: "text"))
    var promptText: String?

    @Flag(name: .long, help: "Cut texts that are longer than the model reads, and say how many.")
    var truncate = false

    @Option(name: .long, help: ArgumentHelp("Leave out so many rows at the beginning.", valueName: "count"))
    var skip = 0

    @Option(name: .long, help: ArgumentHelp("The column of the text (default: found by its name).", valueName: "name"))
    var textColumn: String?

    @OptionGroup var computing: ComputingOptions
    @OptionGroup var runs: RunsOption
    @OptionGroup var format: OutputOptions

    func validate() throws {
        guard texts.isEmpty || file == nil else { throw ValidationError("Give texts or --file, not both.") }
        guard prompt == nil || promptText == nil else { throw ValidationError("Give --prompt or --prompt-text, not both.") }
        guard skip >= 0 else { throw ValidationError("--skip must be 0 or more.") }
        if textColumn != nil, file == nil { throw ValidationError("--text-column is for --file; name the file.") }
    }

    func run() async throws {
        let console = format.console
        let place = try ModelLocation(model, in: runs.folder)
        let given = try rows(console)
        guard skip < given.count else { throw CommandError.pastEnd(skip: skip, rows: given.count) }
        let file = try output.map { try VectorFile($0) }
        let embedder = try await Embedder(place.model, precision: computing.precision, threads: computing.threads)
        let facts = try await embedder.facts
        if let assumption = facts.assumption { console.complain("note: " + assumption) }
        let encoded = try await embedder.encode(given, prompt: chosenPrompt, truncates: truncate)
        try await EmbeddingRun(
            console: console, embedder: embedder, model: place.model, facts: facts, texts: given, encoded: encoded, file: file, skip: skip
        ).run()
    }

    private var chosenPrompt: EmbeddingPrompt {
        if let prompt { return .named(prompt) }
        return promptText.map { .text($0) } ?? .standard
    }

    /// The texts of the file, of the command line or of standard input.
    private func rows(_ console: Console) throws -> [(text: String, place: RowPlace)] {
        guard let file else {
            return try InputLines.all(or: texts, console).enumerated().map { ($1, RowPlace(file: "input", line: $0 + 1)) }
        }
        let url = URL(filePath: file)
        guard (try? DataFormat(file: url.lastPathComponent)) != nil else {
            // No rows with columns: lines of text, or the reader of examples says which files there are.
            return try Recipe.DataSpec(train: file).unanswered(file).map { example in
                guard case .text(let text, let place) = example else { throw MaskError.wrongKind(at: example.place, expected: "a text") }
                return (text, place)
            }
        }
        let read = try RowReader(columns: ColumnMapping(text: textColumn), task: nil).read(url)
        if let pair = read.report.columns.pair { throw CommandError.pairs(file: file, columns: [read.report.columns.text, pair]) }
        return read.rows.map { ($0.text, $0.place) }
    }
}
