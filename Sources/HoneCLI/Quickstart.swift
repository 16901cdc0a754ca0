import ArgumentParser
import Foundation
import Hone
import HoneRuns

struct QuickstartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quickstart", abstract: "Fine-tune a small encoder on the support data set that ships with Hone.",
        discussion: "A minute or so on a laptop: 22M parameters, about 1,000 rows, and test numbers from before and after.")

    @Option(name: .long, help: ArgumentHelp("The folder of the recipe (default: Recipes/support of the checkout).", valueName: "folder"))
    var folder: String?

    @OptionGroup var overrides: OverrideOptions
    @OptionGroup var runs: RunsOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        let recipe = try Self.recipe(in: folder)
        let document = try overrides.document(recipe, runs: runs.runs)
        if let model = document.resolved.model.path, !FileManager.default.fileExists(atPath: model) {
            throw CommandError.noEncoder(path: Program.path(URL(filePath: model)))
        }
        console.say(console.bold("Fine-tuning by \(Program.path(recipe))"))
        let plan = try Plan(document)
        console.say(PlanText(plan: plan).lines(console))
        console.say()
        let session = TrainingSession(console: console, runs: URL(filePath: plan.recipe.output.folder))
        let (result, savedSeconds) = try await session.run { try await Runner.start(plan, observe: $0) }
        try session.emit(result, savedSeconds: savedSeconds)
        try session.endIfInterrupted(result)
        try show(result, console)
    }

    private func show(_ result: RunResult, _ console: Console) throws {
        console.say()
        if let after = result.after {
            let text = ResultText(result: after, before: result.before)
            console.say(console.bold("Test rows") + " before (frozen encoder, nearest class centroid) and after")
            console.say(text.table(console, names: ["accuracy", "macroF1"]))
            if let verdict = try text.verdict() { console.say("  " + console.good(verdict)) }
            console.say()
            console.say(text.weakest(console))
            console.say()
        }
        console.say(RunFooter(result).lines(console))
        console.say()
        console.say("Next")
        for command in Self.next(result) { console.say("  " + command) }
    }

    /// Three commands that work when copied.
    static func next(_ result: RunResult) -> [String] {
        let run = Program.name(of: result.folder)
        let runs = Program.path(result.folder.runs)
        let listing = runs == RunsOption.standard ? "" : " --runs \(runs.shellWord)"
        return [
            "\(Program.name) predict \(run) \"my bike will not switch on\"", "\(Program.name) evaluate \(run)",
            "\(Program.name) runs\(listing)",
        ]
    }

    /// Finds the recipe: in the folder given, else below the current folder, else below the checkout that the program was built in.
    static func recipe(in folder: String?) throws -> URL {
        if let folder { return URL(filePath: folder).appending(path: "recipe.yaml") }
        let here = URL(filePath: FileManager.default.currentDirectoryPath)
        let places = [here] + (Checkout.root.map { [$0] } ?? [])
        let found = places.map { $0.appending(path: "Recipes/support/recipe.yaml") }.first {
            FileManager.default.fileExists(atPath: $0.path)
        }
        guard let found else { throw CommandError.noQuickstart(searched: places.map { Program.path($0) }) }
        return found
    }
}

/// The checkout of Hone that the program was built in.
enum Checkout {
    /// The nearest folder above the program that holds `Package.swift`; nil for an installed copy.
    static var root: URL? {
        guard var folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent() else { return nil }
        while folder.path != "/" {
            if FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path) { return folder }
            folder.deleteLastPathComponent()
        }
        return nil
    }
}
