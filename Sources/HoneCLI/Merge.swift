import ArgumentParser
import Foundation
import Hone
import HoneRuns

struct MergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Fold an adapter into its base model.",
        discussion: "Writes a plain checkpoint that Transformers loads, and says how far its answers moved.")

    @Argument(help: ArgumentHelp("A run, its folder, or a model folder that Hone wrote.", valueName: "run-or-folder"))
    var model: String

    @Option(name: .long, help: ArgumentHelp("The folder to write; new or empty.", valueName: "folder"))
    var output: String

    @OptionGroup var runs: RunsOption
    @OptionGroup var format: OutputOptions

    func run() async throws {
        let console = format.console
        let place = try ModelLocation(model, in: runs.folder)
        let folder = URL(filePath: output)
        if let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path), !names.isEmpty {  // nil: not there yet
            throw CommandError.notEmpty(folder: output)
        }
        let drift = try await Classifier(place.model).merge(into: folder)
        console.say("Wrote \(Program.path(folder)).")
        console.say("The largest difference of a logit on the probe texts is \(Format.number(drift)).")
        console.emit(["type": "result", "folder": .string(folder.path), "drift": .number(drift)])
    }
}
