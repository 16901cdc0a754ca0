import Foundation
import HoneData
import HoneEvaluation
import HoneModels
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import Hone

@Suite("Questions about contexts, from file to answer", .alone)
struct QuestionRunTests {
    private let people = ["bob", "ann", "eve"], places = ["rome", "oslo", "lima"]

    /// Questions about who was born where and who lives where; and when, which has no answer, if asked for.
    private func writeQuestions(
        _ tiny: TinyEncoder, _ name: String, contexts: Int, seed: UInt64, isNested: Bool, hasNone: Bool, filler: Int = 0
    ) throws {
        var draw = TinyEncoder.Draw(state: seed)
        var (paragraphs, rows): ([String], [String]) = ([], [])
        for number in 0..<contexts {
            let person = draw(3)
            let (born, lives) = (places[draw(3)], places[draw(3)])
            let words = (0..<(filler > 0 ? draw(filler) : 0)).map { _ in TinyEncoder.words[draw(10)] }
            let context =
                (words + ["\(people[person]) was born in \(born) \(people[person]) lives in \(lives)"]).joined(separator: " ")
                + " \(number)"
            func place(_ after: String, _ text: String) -> Int {
                guard let range = context.range(of: after + text) else { return -1 }
                return context.unicodeScalars.distance(from: context.startIndex, to: range.lowerBound) + after.unicodeScalars.count
            }
            var asked: [(String, String, [(String, Int)])] = [
                ("where was \(people[person]) born", "\(number)a", [(born, place("born in ", born))]),
                ("where did \(people[person]) go", "\(number)b", [(lives, place("lives in ", lives))]),
            ]
            if hasNone { asked.append(("when was \(people[person]) born", "\(number)c", [])) }
            let qas = asked.map { question, id, answers in
                let list = answers.map { #"{"text": "\#($0.0)", "answer_start": \#($0.1)}"# }.joined(separator: ", ")
                return #"{"id": "\#(id)", "question": "\#(question)", "answers": [\#(list)], "is_impossible": \#(answers.isEmpty)}"#
            }
            paragraphs.append(#"{"context": "\#(context)", "qas": [\#(qas.joined(separator: ", "))]}"#)
            rows += asked.map { question, id, answers in
                let texts = answers.map { "\"\($0.0)\"" }.joined(separator: ","), starts = answers.map { "\($0.1)" }.joined(separator: ",")
                return
                    #"{"id": "\#(id)", "context": "\#(context)", "question": "\#(question)", "answers": {"text": [\#(texts)], "answer_start": [\#(starts)]}}"#
            }
        }
        let nested = #"{"version": "v2.0", "data": [{"title": "t", "paragraphs": [\#(paragraphs.joined(separator: ",\n"))]}]}"#
        try tiny.write(name, isNested ? nested + "\n" : rows.joined(separator: "\n") + "\n")
    }

    private func run(_ recipe: URL) async throws -> RunResult { try await Runner.start(Plan(RecipeDocument(contentsOf: recipe))) }

    private var asked: [(question: String, context: String)] {
        [
            ("where was ann born", "ann was born in oslo ann lives in rome 7"),
            ("where did bob go", "bob was born in lima bob lives in oslo 9"),
        ]
    }

    @Test(
        "answers are found in every family, from a nested file of the first version to text, places and scores",
        arguments: TinyEncoder.families)
    func story(_ family: String) async throws {
        let tiny = try TinyEncoder(family)
        defer { tiny.remove() }
        try writeQuestions(tiny, "train.json", contexts: 120, seed: 1, isNested: true, hasNone: false)
        try writeQuestions(tiny, "test.json", contexts: 20, seed: 2, isNested: true, hasNone: false)
        let recipe = try tiny.recipe(
            "questionAnswering", data: "train: train.json, test: test.json, validationFraction: 0.1",
            "epochs: 14, learningRate: 0.005, dropout: 0",
            extra: "evaluation: {resamples: 100, maximumAnswerTokens: 4}")
        let plan = try Plan(RecipeDocument(contentsOf: recipe))
        #expect(plan.exampleFacts?.files.map(\.format) == [.squad, .squad])
        #expect(plan.exampleFacts?.examples == [.train: 216, .validation: 24, .test: 40] && plan.facts.maximumTokens <= 40)
        #expect(plan.exampleFacts?.windows[.train]?.windows == 216 && plan.exampleFacts?.windows[.train]?.withoutAnswer == 0)
        let run = try await Runner.start(plan)
        let f1 = try #require(run.after?["tokenF1"])
        #expect(f1.value > 0.9 && (f1.low ?? 1) <= f1.value && run.after?["noAnswerAccuracy"] == nil, "\(run.after?.metrics ?? [])")
        #expect(run.after?["exactMatch"] != nil && run.after?["loss"] != nil && run.record.metric("tokenF1") != nil)
        for name in ["config.json", "model.safetensors", "probe.json", "hone.json"] {
            #expect(FileManager.default.fileExists(atPath: run.model.appending(path: name).path))
        }
        let html = try String(contentsOf: run.folder.report, encoding: .utf8)
        #expect(html.lowercased().contains("token f1"))

        let answerer = try await Answerer(run.model, precision: .float32, threads: 1)
        #expect(try #require(try await answerer.probeDrift) < 1e-4)
        let facts = answerer.artifact.facts
        #expect(facts.questions?.mayHaveNoAnswer == false && facts.task == .questionAnswering)
        let answers = try await answerer.answers(to: asked)
        #expect(answers.map(\.text) == ["oslo", "oslo"], "\(answers)")
        #expect(answers.map(\.start) == [16, 34] && answers.map(\.end) == [20, 38])
        #expect(answers.allSatisfy { (0...1).contains($0.probability) && $0.place == nil && $0.expected.isEmpty })
        let file = tiny.root.appending(path: "test.json")
        let read = try await answerer.answers(to: ExampleReader().read(file).examples)
        #expect(read.count == 40 && read[0].id == "0a" && read[0].expected.count == 1 && read[3].place?.line == 2)
        let again = try await answerer.evaluate(EvaluationRows(file: file, recipe: plan.recipe))
        #expect(again["tokenF1"]?.value == f1.value && again["loss"] != nil)
        let same = try await answerer.evaluate(EvaluationRows(testRowsOf: run.record))
        #expect(same.metrics == again.metrics)
    }

    @Test("questions without an answer: the second version's rows, windows shorter than the context, none is found and counted")
    func absent() async throws {
        let tiny = try TinyEncoder("roberta")
        defer { tiny.remove() }
        for (name, contexts, seed) in [("train.jsonl", 160, UInt64(3)), ("test.jsonl", 24, 4)] {
            try writeQuestions(tiny, name, contexts: contexts, seed: seed, isNested: false, hasNone: true, filler: 24)
        }
        let recipe = try tiny.recipe(
            "questionAnswering",
            data: "train: train.jsonl, test: test.jsonl, validationFraction: 0.1, maximumTokens: 32, stride: 12",
            "epochs: 14, learningRate: 0.005, dropout: 0", extra: "evaluation: {resamples: 100, maximumAnswerTokens: 4}")
        let plan = try Plan(RecipeDocument(contentsOf: recipe))
        let report = try #require(plan.exampleFacts?.windows[.train])
        #expect(report.windows > report.questions && report.longContexts > 20 && report.stride == 12 && report.withoutAnswer == 144)
        #expect(plan.train.count == report.windows && report.answersOutside > 10 && plan.warnings.contains { $0.contains("windows") })
        #expect(plan.train.allSatisfy { $0.ids.count <= 32 })
        // Questions about one context stay together.
        let held = try ExampleSet(plan.recipe)
        func contexts(_ split: SplitName) -> Set<String> {
            Set(held[split].compactMap { if case .question(let question, _) = $0 { question.context } else { nil } })
        }
        #expect(contexts(.train).isDisjoint(with: contexts(.validation)) && !contexts(.validation).isEmpty)
        let run = try await Runner.start(plan)
        let after = try #require(run.after)
        #expect(try #require(after["noAnswerAccuracy"]).value > 0.7 && #require(after["hasAnswerF1"]).value > 0.7, "\(after.metrics)")
        let answerer = try await Answerer(run.model, precision: .float32, threads: 1)
        #expect(answerer.artifact.facts.questions == QuestionFacts(stride: 12, maximumAnswerTokens: 4, mayHaveNoAnswer: true))
        let wrong = [("when was ann born", "ann was born in oslo ann lives in rome 7")]
        let none = try await answerer.answers(to: wrong)
        #expect(none[0].text.isEmpty && none[0].start == nil && none[0].end == nil, "\(none)")
        #expect(try await !answerer.answers(to: wrong, threshold: 1000)[0].text.isEmpty)
        let sure = try await Answerer(run.model, mayHaveNoAnswer: false, precision: .float32, threads: 1)
        #expect(try await !sure.answers(to: wrong)[0].text.isEmpty)
    }

    @Test("an adapter on BERT answers, can be merged, and its head is saved whole")
    func adapter() async throws {
        let tiny = try TinyEncoder("bert")
        defer { tiny.remove() }
        try writeQuestions(tiny, "train.jsonl", contexts: 60, seed: 5, isNested: false, hasNone: false)
        let run = try await run(
            tiny.recipe(
                "questionAnswering", data: "train: train.jsonl, testFraction: 0.2", tuning: "lora, rank: 4, dropout: 0",
                "epochs: 4, learningRate: 0.02, dropout: 0", extra: "evaluation: {resamples: 100}"))
        let config = try String(contentsOf: run.model.appending(path: "adapter_config.json"), encoding: .utf8)
        #expect(config.contains("QUESTION_ANS") && config.contains("qa_outputs"))
        let adapted = try await Answerer(run.model, precision: .float32, threads: 1)
        let folder = tiny.root.appending(path: "merged")
        #expect(try await Merger.merge(Artifact(run.model), into: folder).drift < 1e-4)
        let merged = try await Answerer(folder, precision: .float32, threads: 1)
        #expect(try await adapted.answers(to: asked).map(\.text) == merged.answers(to: asked).map(\.text))
        let measured = try await adapted.evaluate(EvaluationRows(testRowsOf: run.record))
        #expect(measured["tokenF1"]?.value == run.after?["tokenF1"]?.value && measured.rows == 24)
        // Without Hone's own file it is a Hugging Face folder like any other.
        try FileManager.default.removeItem(at: folder.appending(path: "hone.json"))
        try FileManager.default.removeItem(at: folder.appending(path: "probe.json"))
        let foreign = try await Answerer(folder, precision: .float32, threads: 1)
        #expect(try await foreign.answers(to: asked).map(\.text) == merged.answers(to: asked).map(\.text))
        await #expect(throws: HoneError.self) { try await Answerer(tiny.model, precision: .float32, threads: 1) }
        await #expect(throws: HoneError.self) { try await Classifier(run.model) }
    }

    @Test("data and settings that cannot be are refused before training")
    func refused() throws {
        let tiny = try TinyEncoder("distilbert")
        defer { tiny.remove() }
        try writeQuestions(tiny, "train.jsonl", contexts: 30, seed: 6, isNested: false, hasNone: false, filler: 30)
        func plan(_ data: String) throws -> Plan {
            try Plan(RecipeDocument(contentsOf: tiny.recipe("questionAnswering", data: "train: train.jsonl" + data, "steps: 2")))
        }
        // The usual stride is wider than what this little model reads.
        let error = try #require(throws: DataError.self) { try plan("") }
        guard case .noWindow = error else { throw error }
        #expect(try plan(", stride: 4").train.count > 48)
        try tiny.write("train.jsonl", #"{"context": "bob", "question": "who", "answers": {"text": ["ann"], "answer_start": [0]}}"# + "\n")
        let text = "\(try #require(throws: DataError.self) { try plan("") })"
        #expect(text.contains("train.jsonl:1") && text.contains("“ann”") && text.contains("“bob”"))
        try tiny.write("train.jsonl", String(repeating: #"{"context": "bob", "question": "who"}"# + "\n", count: 30))
        #expect(throws: MaskError.self) { try plan(", validationFraction: 0, testFraction: 0") }
        #expect("\(try #require(throws: DataError.self) { try plan("") })".contains("one context"))
    }

    @Test(
        "exact match and F1, over all questions and those with and without an answer, are the official scripts'",
        arguments: ["v1", "v2", "flat"])
    func metrics(_ name: String) throws {
        struct Expected: Decodable {
            struct Version: Decodable {
                var scores: [String: Double]
                var predictions: [Prediction]
            }
            struct Prediction: Decodable {
                var id: String, start: Int?, length: Int
                init(from decoder: any Decoder) throws {
                    var row = try decoder.unkeyedContainer()
                    id = try row.decode(String.self)
                    start = try row.decodeNil() ? nil : row.decode(Int.self)
                    length = try row.decode(Int.self)
                }
            }
            var v1: Version, v2: Version
        }
        let folder = FixtureFolder("Hone")
        let expected: Expected = try folder.json("squad/expected.json")
        let version = name == "v1" ? expected.v1 : expected.v2
        let file = name == "flat" ? "flat-v2.jsonl" : "squad-\(name).json"
        let questions = try ExampleReader().read(folder("squad/\(file)")).examples.compactMap { example -> ContextQuestion? in
            if case .question(let question, _) = example { question } else { nil }
        }
        #expect(questions.map(\.id) == version.predictions.map(\.id))
        let found = version.predictions.map { row in
            FoundAnswer(range: row.start.map { $0..<($0 + row.length) }, score: 0, probability: 0.5)
        }
        let measures = try QuestionMeasures(questions, found)
        #expect(Set(measures.sums.values.keys) == Set(version.scores.keys))
        for (metric, value) in version.scores { #expect(abs(try #require(measures.sums.values[metric]) - value) < 1e-12, "\(metric)") }
        let result = try measures.result(
            Measuring(compute: .float32, device: .cpu, padID: 0, evaluation: Recipe.EvaluationSpec(resamples: 200), seed: 1))
        #expect(
            result.rows == questions.count && result.metrics.allSatisfy { $0.low != nil }
                && result.mistakes.count == measures.mistakes.count)
    }
}
