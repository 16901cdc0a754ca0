import ArgumentParser
import Foundation
import Hone
import HoneData
import HoneRuns

struct PredictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Let a trained model answer.",
        discussion: "Takes texts as arguments, a file of rows, or lines piped into standard input.")

    @Argument(help: ArgumentHelp("A run, its folder, or a model folder that Hone wrote.", valueName: "run-or-folder"))
    var model: String

    @Argument(help: ArgumentHelp("Texts to answer.", valueName: "text"))
    var texts: [String] = []

    @Option(name: .long, help: ArgumentHelp("A file of rows, CSV or JSONL.", valueName: "file"))
    var file: String?

    @OptionGroup var columns: ColumnOptions

    @Option(name: .long, help: ArgumentHelp("How many labels to show for each text.", valueName: "count"))
    var top = 1

    @OptionGroup var runs: RunsOption
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard texts.isEmpty || file == nil else { throw ValidationError("Give texts or --file, not both.") }
        guard top >= 1 else { throw ValidationError("--top must be at least 1.") }
    }

    func run() async throws {
        let console = output.console
        let place = try ModelLocation(model, in: runs.folder)
        let lines = file == nil && texts.isEmpty ? try Self.lines() : texts
        let classifier = try await Classifier(place.model)
        let answers =
            if let file {
                try await classifier.predict(file: URL(filePath: file), columns: mapping(try place.recipe()))
            } else {
                try await classifier.predict(lines)
            }
        for answer in answers { try emit(answer, console) }
        console.say(show(answers, console))
        console.emit(["type": "result", "rows": .integer(Int64(answers.count)), "model": .string(place.model.path)])
    }

    /// The run's columns help only if the file has them; a file to predict on often has others.
    private func mapping(_ recipe: Recipe?) -> ColumnMapping {
        var mapping = columns.mapping(nil)
        if mapping.text == nil, recipe?.columns.pair != nil { mapping = recipe?.columns ?? mapping }
        mapping.label = nil
        return mapping
    }

    /// Reads texts from standard input, one a line; blank lines hold no text and are counted on standard error.
    private static func lines() throws -> [String] {
        guard isatty(STDIN_FILENO) == 0 else { throw CommandError.noText }
        let data = try FileHandle.standardInput.readToEnd() ?? Data()
        guard let text = String(validating: data, as: UTF8.self) else {
            throw DataError.notUTF8(file: "standard input", line: 1, byte: 0, looksLike: nil)
        }
        let all = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        let lines = all.filter { $0.contains { !$0.isWhitespace } }
        let blank = (all.last == "" ? all.count - 1 : all.count) - lines.count
        if blank > 0 { Console(isJSON: true).complain("note: \(Format.plural(blank, "blank line")) passed over.") }
        guard !lines.isEmpty else { throw CommandError.noText }
        return lines
    }

    private func emit(_ answer: ClassifierAnswer, _ console: Console) throws {
        var answer = answer
        answer.scores = Array(answer.scores.prefix(max(top, 1)))
        try console.emit("prediction", answer)
    }

    private func show(_ answers: [ClassifierAnswer], _ console: Console) -> [String] {
        let room = console.width == .max ? 100 : console.width
        return answers.flatMap { answer -> [String] in
            let heads = top == 1 ? [headline(answer)] : []
            let list = top == 1 ? [] : answer.scores.prefix(top).map { "  \(percent($0.probability))  \($0.label)" }
            let text = (answer.text + (answer.pair.map { " | " + $0 } ?? "")).oneLine
            if answers.count == 1 { return heads.map { console.bold($0.trimmingCharacters(in: .whitespaces)) } + list }
            if top > 1 { return [text.clipped(to: room)] + list }
            let end = heads.first ?? ""
            return [console.bold(end.padded(to: width(answers))) + "  " + console.dim(text.clipped(to: max(20, room - width(answers) - 2)))]
        }
    }

    private func width(_ answers: [ClassifierAnswer]) -> Int { answers.prefix(1000).map { headline($0).columns }.max() ?? 0 }

    private func headline(_ answer: ClassifierAnswer) -> String {
        if let value = answer.value { return Format.number(value) }
        if answer.answer.isEmpty { return "(no label)" }
        guard let best = answer.scores.first, best.label == answer.answer else { return answer.answer }
        return "\(percent(best.probability))  \(answer.answer)"
    }

    private func percent(_ share: Double) -> String { Format.share(share).padded(to: 7, isRight: true) }
}
