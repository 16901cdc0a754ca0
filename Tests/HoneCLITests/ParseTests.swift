import ArgumentParser
import Foundation
import Hone
import HoneRuns
import Testing

@testable import HoneCLI

@Suite("Command lines")
struct ParseTests {
    @Test("train takes a recipe with settings")
    func train() throws {
        let train = try #require(
            try HoneCommand.parseAsRoot([
                "train", "r.yaml", "--set", "training.epochs=2", "--set", "training.seed=3", "--dry-run", "--json",
            ])
                as? TrainCommand)
        #expect(train.recipe == "r.yaml")
        #expect(train.overrides.set == ["training.epochs=2", "training.seed=3"])
        #expect(train.dryRun && train.output.json && train.resume == nil)
    }

    @Test(
        "train refuses what makes no sense",
        arguments: [
            ["train"], ["train", "r.yaml", "--resume", "x"], ["train", "--resume", "x", "--set", "a=b"],
            ["train", "--resume", "x", "--dry-run"],
        ])
    func refusals(arguments: [String]) {
        #expect(throws: (any Error).self) { try HoneCommand.parseAsRoot(arguments) }
    }

    @Test("runs without a verb of its own lists them")
    func runs() throws {
        let list = try #require(
            try HoneCommand.parseAsRoot(["runs", "--status", "failed", "--sort", "test.loss", "--lowest"]) as? RunsListCommand)
        let query = try list.query()
        #expect(query.statuses == [.failed])
        #expect(query.order == .lowest(metric: "test.loss"))
        #expect(throws: (any Error).self) { try HoneCommand.parseAsRoot(["runs", "--status", "broken"]) }
    }

    @Test("a day narrows the list, and what is no day is refused")
    func since() throws {
        var list = try #require(try HoneCommand.parseAsRoot(["runs", "--since", "2026-11-23"]) as? RunsListCommand)
        #expect(try list.query().since == Date(timeIntervalSince1970: 1_795_392_000))
        list.since = "yesterday"
        #expect(throws: CommandError.badTime("yesterday")) { try list.query() }
    }

    @Test("embed takes texts or a file, and one prompt")
    func embed() throws {
        let arguments = ["embed", "m", "one", "--prompt", "query", "--truncate", "--precision", "float32", "--threads", "2"]
        let embed = try #require(try HoneCommand.parseAsRoot(arguments) as? EmbedCommand)
        #expect(embed.texts == ["one"] && embed.prompt == "query" && embed.truncate)
        #expect(embed.computing.precision == .float32 && embed.computing.threads == 2)
        for wrong in [
            ["embed"], ["embed", "m", "x", "--file", "f.csv"], ["embed", "m", "x", "--prompt", "a", "--prompt-text", "b"],
            ["embed", "m", "--skip", "-1"], ["embed", "m", "x", "--text-column", "c"], ["embed", "m", "x", "--threads", "0"],
            ["embed", "m", "x", "--base", "b"],
        ] {
            #expect(throws: (any Error).self, "\(wrong)") { try HoneCommand.parseAsRoot(wrong) }
        }
    }

    @Test("predict takes texts or a file, not both")
    func predict() throws {
        let predict = try #require(try HoneCommand.parseAsRoot(["predict", "latest", "one", "two", "--top", "3"]) as? PredictCommand)
        #expect(predict.texts == ["one", "two"] && predict.top == 3)
        #expect(throws: (any Error).self) { try HoneCommand.parseAsRoot(["predict", "latest", "one", "--file", "f.csv"]) }
        #expect(throws: (any Error).self) { try HoneCommand.parseAsRoot(["predict", "latest", "one", "--top", "0"]) }
        #expect(throws: (any Error).self) { try HoneCommand.parseAsRoot(["predict", "latest", "one", "--append"]) }
        #expect(throws: (any Error).self) { try HoneCommand.parseAsRoot(["predict", "latest", "--skip", "-1"]) }
        #expect(throws: (any Error).self) { try HoneCommand.parseAsRoot(["predict", "m", "x", "--beams", "3", "--top-p", "0.5"]) }
    }

    @Test("chat takes models, a system message and how answers are drawn")
    func chat() throws {
        let chat = try #require(
            try HoneCommand.parseAsRoot([
                "chat", "latest", "--with", "other", "--system", "Be brief.", "--top-p", "0.9", "--stop", "END", "--stop", "\\n", "--base",
                "b", "--precision", "float32", "--stats", "--json",
            ]) as? ChatCommand)
        #expect(chat.model == "latest" && chat.with == "other" && chat.system == "Be brief." && !chat.compare && chat.stats)
        #expect(chat.sampling.topP == 0.9 && chat.sampling.stop == ["END", "\\n"] && chat.loading.base == "b" && chat.output.json)
        #expect(chat.loading.precision == .float32)
        #expect(throws: (any Error).self) { try HoneCommand.parseAsRoot(["chat"]) }
        #expect(throws: (any Error).self) { try HoneCommand.parseAsRoot(["chat", "m", "--precision", "float8"]) }
        #expect(throws: (any Error).self) { try HoneCommand.parseAsRoot(["chat", "m", "--threads", "0"]) }
    }

    @Test("evaluate takes rows, a second model and how much is answered")
    func evaluate() throws {
        let evaluate = try #require(
            try HoneCommand.parseAsRoot(["evaluate", "m", "--data", "d", "--compare", "base", "--metric", "chrF", "--answers", "0"])
                as? EvaluateCommand)
        #expect(evaluate.compare == "base" && evaluate.answers == 0 && evaluate.tooLong == nil)
        for extra in [["--metric", "chrF"], ["--answers", "-1"], ["--max-tokens", "0"], ["--beams", "0"], ["--too-long", "shorten"]] {
            #expect(throws: (any Error).self) { try HoneCommand.parseAsRoot(["evaluate", "m"] + extra) }
        }
    }

    @Test("columns are named by their roles")
    func columns() throws {
        let options = try ExampleOptionsGroup.parse(["--column", "source=article", "--column", "target=a=b", "--format", "pair"])
        let data = try options.applied(to: Recipe.DataSpec(train: "t"))
        #expect(data.exampleColumns.source == "article" && data.exampleColumns.target == "a=b" && data.format == .pair)
        for text in ["source", "label=x", "=x"] {
            #expect(throws: ValidationError.self) {
                try ExampleOptionsGroup.parse(["--column", text]).applied(to: Recipe.DataSpec(train: "t"))
            }
        }
    }

    @Test("pretrain makes a recipe that says everything, with its settings on top and its paths absolute")
    func pretrain() throws {
        let arguments = [
            "pretrain", "--data", "corpus.txt", "--size", "nano", "--vocabulary", "512", "--documents", "blankLines", "--output",
            "elsewhere",
            "--set", "training.steps=7", "--set", "data.maximumTokens=64",
        ]
        let pretrain = try #require(try HoneCommand.parseAsRoot(arguments) as? PretrainCommand)
        let document = try pretrain.document()
        let recipe = document.recipe
        #expect(recipe.model.source == .size(.nano) && recipe.model.vocabulary == .learned(512) && recipe.model.weights == .random)
        #expect(recipe.training.budget == .steps(7) && recipe.data.maximumTokens == 64 && recipe.training.learningRateFloor == 0.1)
        #expect(recipe.data.train == URL(filePath: "corpus.txt").absoluteURL.path)
        #expect(recipe.output.folder == URL(filePath: "elsewhere").absoluteURL.path && recipe.data.exampleOptions.documents == .blankLines)
        #expect(try Recipe(yaml: document.text) == recipe)
    }

    @Test(
        "pretrain refuses what makes no sense",
        arguments: [
            [], ["--size", "nano", "--config", "c.json"], ["--config", "c.json"], ["--size", "huge"],
            ["--size", "nano", "--tokenizer", "t", "--vocabulary", "500"],
        ])
    func pretrainRefusals(arguments: [String]) {
        #expect(throws: (any Error).self) { try HoneCommand.parseAsRoot(["pretrain", "--data", "x.txt"] + arguments) }
    }

    @Test("data show and check take a recipe, or a file with a model")
    func data() throws {
        let show = try #require(
            try HoneCommand.parseAsRoot(["data", "show", "r.yaml", "--split", "test", "--row", "3", "--ids"]) as? DataShowCommand)
        #expect(show.split == .test && show.row == 3 && show.ids && show.data.isRecipe)
        let check = try #require(try HoneCommand.parseAsRoot(["data", "check", "rows.json", "--model", "m"]) as? DataCheckCommand)
        #expect(!check.data.isRecipe)
        for wrong in [["--row", "1", "--all"], ["--rows", "0"], ["--split", "trian"], ["--task", "text"]] {
            #expect(throws: (any Error).self) { try HoneCommand.parseAsRoot(["data", "show", "r.yaml"] + wrong) }
        }
        let file = try #require(try HoneCommand.parseAsRoot(["data", "show", "rows.csv"]) as? DataShowCommand)
        #expect(throws: CommandError.needsModel(file: "rows.csv")) { try file.data.document() }
    }

    @Test("a mistyped verb gets the nearest one")
    func nearestVerb() {
        #expect(throws: Never.self) { try HoneCommand.checkVerb("train") }
        #expect(throws: Never.self) { try HoneCommand.checkVerb("--version") }
        #expect(throws: Never.self) { try HoneCommand.checkVerb(nil) }
        let outcome = #expect(throws: CommandError.self) { try HoneCommand.checkVerb("trian") }
        #expect(outcome?.description == "There is no verb trian. Did you mean train?")
    }

    @Test("runs go where --runs says, else where the recipe says, else to the current folder")
    func runsFolder() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "r.yaml")
        func output(_ text: String, _ runs: String?) throws -> String {
            try Data(text.utf8).write(to: file)
            return try OverrideOptions.parse([]).document(file, runs: runs).resolved.output.folder
        }
        let here = URL(filePath: "runs").absoluteURL.path
        let plain = "model: m\ndata: {train: t.csv}\n"
        #expect(try output(plain, nil) == here)
        #expect(try output(plain, "/tmp/other runs") == "/tmp/other runs")
        #expect(try output(plain + "output: {folder: mine}\n", nil) == folder.appending(path: "mine").path)
    }

    @Test("the quickstart is looked for in the folder given")
    func quickstart() throws {
        #expect(try QuickstartCommand.recipe(in: "/somewhere").path == "/somewhere/recipe.yaml")
    }
}
