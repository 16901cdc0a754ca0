import ArgumentParser
import Foundation
import Testing

@testable import HoneCLI

@Suite("Help texts")
struct HelpTests {
    static let verbs: [(name: String, type: any ParsableCommand.Type)] = [
        ("hone", HoneCommand.self), ("hone-quickstart", QuickstartCommand.self), ("hone-train", TrainCommand.self),
        ("hone-pretrain", PretrainCommand.self), ("hone-data", DataCommand.self), ("hone-data-show", DataShowCommand.self),
        ("hone-data-check", DataCheckCommand.self), ("hone-plan", PlanCommand.self), ("hone-chat", ChatCommand.self),
        ("hone-evaluate", EvaluateCommand.self), ("hone-predict", PredictCommand.self), ("hone-embed", EmbedCommand.self),
        ("hone-merge", MergeCommand.self),
        ("hone-runs", RunsCommand.self), ("hone-runs-list", RunsListCommand.self), ("hone-runs-show", RunsShowCommand.self),
        ("hone-runs-compare", RunsCompareCommand.self), ("hone-runs-delete", RunsDeleteCommand.self),
        ("hone-runs-rebuild", RunsRebuildCommand.self),
        ("hone-recipe", RecipeCommand.self), ("hone-recipe-new", RecipeNewCommand.self), ("hone-doctor", DoctorCommand.self),
    ]

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/help")

    @Test("the help of every verb is the saved one; Fixtures/make/cli_help.py saves a new one", arguments: verbs.map(\.name))
    func text(name: String) throws {
        let verb = try #require(Self.verbs.first { $0.name == name })
        let saved = try String(contentsOf: Self.folder.appending(path: "\(name).txt"), encoding: .utf8)
        let found = HoneCommand.helpMessage(for: verb.type, columns: 80)
        #expect(found.trimmingCharacters(in: .newlines) == saved.trimmingCharacters(in: .newlines))
    }

    @Test("every verb that can be typed has a saved text, and no other text is saved")
    func complete() throws {
        func names(_ type: any ParsableCommand.Type, _ path: String) -> [String] {
            [path] + type.configuration.subcommands.flatMap { names($0, path + "-" + ($0.configuration.commandName ?? "?")) }
        }
        let saved = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).map { String($0.dropLast(4)) }
        #expect(Set(saved) == Set(names(HoneCommand.self, "hone")))
    }

    @Test("every verb takes --json")
    func json() throws {
        for (name, type) in Self.verbs where type.configuration.subcommands.isEmpty {
            #expect(HoneCommand.helpMessage(for: type, columns: 80).contains("--json"), "\(name)")
        }
    }

    @Test("the exit codes stand in the help text")
    func exitCodes() {
        let help = HoneCommand.helpMessage(columns: 200)
        for status in ExitReason.allCases { #expect(help.contains(status.meaning)) }
    }
}
