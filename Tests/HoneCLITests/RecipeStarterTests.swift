import Foundation
import Hone
import Testing

@testable import HoneCLI

@Suite("Recipes to begin with")
struct RecipeStarterTests {
    @Test("each is a recipe of its task, and says what it was asked to say", arguments: TaskName.allCases)
    func recipe(task: TaskName) throws {
        let text = try RecipeStarter(task: task, model: "my \"model\"", train: "a: b.csv").text()
        let recipe = try Recipe(yaml: text)
        #expect(recipe.task.kind == task && recipe.model.path == "my \"model\"" && recipe.data.train == "a: b.csv")
        #expect(recipe.data.validation == .fraction(0.1) && recipe.data.test == .fraction(0.1) && recipe.data.tooLong == .error)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 140 })
    }

    @Test("every setting that is only shown can be switched on by taking its # away", arguments: TaskName.allCases)
    func comments(task: TaskName) throws {
        let lines = try RecipeStarter(task: task, model: "m", train: nil).text().split(separator: "\n").map(String.init)
        for (index, line) in lines.enumerated() where line.trimmingPrefix(while: \.isWhitespace).hasPrefix("# ") && index > 0 {
            var changed = lines
            changed[index] = line.replacingOccurrences(of: "# ", with: "", range: line.range(of: "# "))
            #expect(throws: Never.self, "\(line)") { try Recipe(yaml: changed.joined(separator: "\n")) }
        }
    }

    @Test("the one without a task trains as the defaults do")
    func defaults() throws {
        let recipe = try Recipe(yaml: RecipeStarter(task: .classification, model: "m", train: nil).text())
        #expect(recipe.training == Recipe(model: "m", train: "t").training && recipe.data.train == "train.csv")
    }
}
