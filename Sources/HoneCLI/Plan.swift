import ArgumentParser
import Foundation
import Hone
import HoneData
import HoneRuns

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Check a recipe and its data, and say what training would cost.",
        discussion: "Reads and checks everything that training would, and changes nothing.")

    @Argument(help: ArgumentHelp("The recipe, YAML or JSON.", valueName: "recipe"))
    var recipe: String

    @OptionGroup var overrides: OverrideOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try Self.show(try Plan(try overrides.document(URL(filePath: recipe), runs: nil)), output.console)
    }

    static func show(_ plan: Plan, _ console: Console) throws {
        console.say(PlanText(plan: plan).lines(console))
        let warnings = plan.warnings.map { JSONValue.string($0) }
        try console.emit(
            "result", plan.facts,
            [
                "data": plan.data.map { try JSONValue($0) } ?? JSONValue(plan.exampleFacts), "warnings": .array(warnings),
                "recipe": JSONValue(plan.recipe),
            ])
    }
}
