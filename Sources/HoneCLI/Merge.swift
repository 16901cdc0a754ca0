import ArgumentParser
import Foundation
import Hone
import HoneRuns

struct MergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Fold an adapter into its base model.",
        discussion: "Writes a plain checkpoint that Transformers loads, and says how far its answers moved.")

    @Argument(help: ArgumentHelp("A run, its folder, or an adapter's folder.", valueName: "run-or-folder"))
    var model: String

    @Option(name: .long, help: ArgumentHelp("The folder to write; new or empty.", valueName: "folder"))
    var output: String

    @Option(name: .long, help: ArgumentHelp("Where the base model of an adapter is now (default: where it was).", valueName: "folder"))
    var base: String?

    @OptionGroup var runs: RunsOption
    @OptionGroup var format: OutputOptions

    func run() async throws {
        let console = format.console
        let artifact = try ModelLocation(model, in: runs.folder).artifact(base: base)
        let folder = URL(filePath: output)
        if let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path), !names.isEmpty {  // nil: not there yet
            throw CommandError.notEmpty(folder: output)
        }
        if let assumption = artifact.assumption { console.complain("note: " + assumption) }
        let report = try await Merger.merge(artifact, into: folder)
        console.say(
            "Wrote \(Program.path(folder)): \(Format.plural(report.merged, "matrix", "matrices")) with the change added, in \(report.dtype)."
        )
        if report.merged == 0 { console.say("There was no adapter to fold in; this is the model as it was.") }
        console.say(
            "The largest difference of a logit on \(Format.plural(report.probes, "probe text")) is \(Format.number(report.drift)).")
        try console.emit("result", report, ["folder": .string(folder.path)])
    }
}
