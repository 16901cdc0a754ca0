import Foundation
import Hone
import HoneRuns
import Synchronization
import Testing

@Suite("Runs, from file to result", .alone)
struct RunTests {
    @Test("full tuning learns, measures, saves and reports")
    func story() async throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        let recipe = try tiny.recipe(extra: "evaluation: {baseline: centroid, resamples: 200}")
        let plan = try Plan(RecipeDocument(contentsOf: recipe))
        #expect(plan.facts.steps == 144)
        #expect(plan.facts.rows == ["train": 96, "validation": 24, "test": 30])
        let events = Mutex<[RunEvent]>([])
        let run = try await Runner.start(plan) { event in
            events.withLock { $0.append(event.event) }
            return .proceed
        }
        #expect(run.isFinished)
        let after = try #require(run.after)
        #expect(try #require(after["accuracy"]).value > 0.9, "a class follows from one word")
        #expect(run.before != nil)
        let accuracy = try #require(run.record.metric("accuracy"))
        #expect(try #require(accuracy.low) <= accuracy.value && accuracy.value <= #require(accuracy.high))
        for path in [
            "record.json", "events.jsonl", "recipe.yaml", "report.html", "model/config.json", "model/model.safetensors", "model/probe.json",
        ] {
            #expect(FileManager.default.fileExists(atPath: run.folder.url.appending(path: path).path), "\(path)")
        }
        #expect(run.record.data.map(\.role) == ["train", "validation", "test"])
        #expect(run.record.base?.sha256.count == 64)
        #expect(events.withLock { $0.count { if case .step = $0 { true } else { false } } } == 144)
        let html = try String(contentsOf: run.folder.report, encoding: .utf8)
        #expect(html.contains("Confusion") && !html.contains("http://") || html.contains("w3.org"))
        let classifier = try await Classifier(run.model, precision: .float32)
        #expect(try await classifier.predict(["the battery is empty"])[0].answer == "battery")
        let again = try await classifier.evaluate(
            EvaluationRows(file: tiny.root.appending(path: "test.csv"), recipe: plan.recipe))
        #expect(again["accuracy"]?.value == after["accuracy"]?.value)
        let verdict = try again.compared(with: after)
        guard case .undecided = verdict.verdict else {
            Issue.record("a model against itself: \(verdict.summary)")
            return
        }
    }

    @Test("a run that is stopped and resumed ends with the same bytes as one that was not", arguments: ["full", "lora, rank: 2"])
    func resume(tuning: String) async throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        let recipe = try tiny.recipe(tuning, "epochs: 3, learningRate: 0.002")
        let whole = try await Runner.start(Plan(RecipeDocument(contentsOf: recipe)))
        let stopped = try await Runner.start(Plan(RecipeDocument(contentsOf: recipe))) { event in
            if case .step(17, _, _, _, _, _, _, _) = event.event { .stop(reason: "test") } else { .proceed }
        }
        #expect(stopped.record.status == .interrupted)
        #expect(stopped.after == nil)
        let resumed = try await Runner.resume(stopped.folder)
        #expect(resumed.isFinished)
        let name = tuning == "full" ? "model.safetensors" : "adapter_model.safetensors"
        #expect(try Data(contentsOf: whole.model.appending(path: name)) == Data(contentsOf: resumed.model.appending(path: name)))
        await #expect(throws: HoneError.self, "a finished run is not resumed") { try await Runner.resume(resumed.folder) }
    }

    @Test("an adapter merges into a plain checkpoint that answers the same")
    func merge() async throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        let recipe = try tiny.recipe("lora, rank: 4, targets: [query, value, intermediate.dense]", "epochs: 4, learningRate: 0.01")
        let run = try await Runner.start(Plan(RecipeDocument(contentsOf: recipe)))
        let adapted = try await Classifier(run.model, precision: .float32)
        let folder = tiny.root.appending(path: "merged")
        let report = try await Merger.merge(Artifact(run.model), into: folder)
        #expect(report.drift < 1e-4 && report.merged == 6 && report.probes == 8)
        let merged = try await Classifier(folder, precision: .float32)
        let texts = ["where is my parcel", "money back please", "charge the bike"]
        let (a, b) = (try await adapted.predict(texts), try await merged.predict(texts))
        #expect(a.map(\.answer) == b.map(\.answer))
        for (left, right) in zip(a, b) { #expect(abs(left.scores[0].probability - right.scores[0].probability) < 1e-4) }
    }

    @Test("two trainings on one run folder: the second is refused")
    func locked() async throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        let run = try await Runner.start(Plan(RecipeDocument(contentsOf: tiny.recipe("full", "steps: 4")))) { event in
            if case .step(2, _, _, _, _, _, _, _) = event.event { .stop(reason: "test") } else { .proceed }
        }
        let lock = try RunLock.acquire(run.folder)
        await #expect(throws: RunsError.self) { try await Runner.resume(run.folder) }
        withExtendedLifetime(lock) {}
    }

    @Test("a diverging run is marked failed and says why")
    func diverges() async throws {
        let tiny = try TinyModel(deviation: 1e38)
        defer { tiny.remove() }
        let recipe = try tiny.recipe("full", "epochs: 3")
        await #expect(throws: (any Error).self) { try await Runner.start(Plan(RecipeDocument(contentsOf: recipe))) }
        let (runs, _) = try RunIndex(tiny.runs).list()
        #expect(runs.map(\.status) == [.failed])
        let record = try RunIndex(tiny.runs).show("latest")
        #expect(try #require(record.reason).contains("diverged"))
        #expect(!FileManager.default.fileExists(atPath: tiny.runs.appending(path: "\(record.id)/model").path))
    }

    @Test("an output folder that cannot be written is an error before training")
    func unwritable() async throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        try Data().write(to: tiny.runs)
        let plan = try Plan(RecipeDocument(contentsOf: tiny.recipe()))
        await #expect(throws: RunsError.self) { try await Runner.start(plan) }
    }

    @Test("test rows that were split off a file are found again, unless the file has changed")
    func splitRows() async throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        let recipe = try tiny.recipe("full", "steps: 6")
        let text = try String(contentsOf: recipe, encoding: .utf8).replacing(
            "validation: validation.csv, test: test.csv", with: "testFraction: 0.25")
        try text.write(to: recipe, atomically: true, encoding: .utf8)
        let run = try await Runner.start(Plan(RecipeDocument(contentsOf: recipe)))
        let classifier = try await Classifier(run.model)
        let again = try await classifier.evaluate(EvaluationRows(testRowsOf: run.record))
        #expect(again.rows == run.after?.rows && again["accuracy"]?.value == run.after?["accuracy"]?.value)
        let train = tiny.root.appending(path: "train.csv")
        try (String(contentsOf: train, encoding: .utf8) + "my bike is late,delivery\n").write(to: train, atomically: true, encoding: .utf8)
        await #expect(throws: HoneError.self) { try await classifier.evaluate(EvaluationRows(testRowsOf: run.record)) }
    }
}
