import Foundation
import HoneRuns
import Testing

@testable import Hone

/// What the program does with models that write, from outside.
@Suite("The program", .alone)
struct ProgramTests {
    struct Result {
        var status: Int32
        var output: String
        var errors: String
        var lines: [[String: JSONValue]] {
            output.split(separator: "\n").compactMap { line in
                guard case .object(let members)? = try? JSONDecoder().decode(JSONValue.self, from: Data(line.utf8)) else { return nil }
                return members
            }
        }
    }

    @Test("lines piped into a chat are turns of one conversation; each answer is one object")
    func pipe() throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let found = try hone(
            ["chat", tiny.llama.path, "--json", "--max-tokens", "5", "--precision", "float32"], input: "Hello\n\n/set max-tokens 3\nAgain\n"
        )
        #expect(found.status == 0, "\(found.errors)")
        let answers = found.lines.filter { $0["type"] == "answer" }
        #expect(answers.map { $0["turn"] } == [1, 2] && answers.map { $0["message"] } == ["Hello", "Again"])
        for answer in answers {
            for key in ["text", "finish", "promptTokens", "reusedTokens", "tokens", "readSeconds", "seconds", "voice", "dropped"] {
                #expect(answer[key] != nil, "\(key)")
            }
        }
        try #require(answers.count == 2)
        #expect(answers[0]["tokens"] == 5 && answers[1]["tokens"] == 3)
        guard case .integer(let reused)? = answers[1]["reusedTokens"] else {
            Issue.record("no count")
            return
        }
        #expect(reused > 0)
        #expect(found.lines.last?["type"] == "result" && found.lines.last?["answers"] == 2)
        #expect(found.errors.contains("1 blank line") && found.errors.contains("Hone did not write this folder"))
        #expect(found.output.split(separator: "\n").count == found.lines.count, "nothing but objects")
    }

    @Test("without --json standard output holds the answers only, and wrong commands end with 2")
    func plainPipe() throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let found = try hone(["chat", tiny.llama.path, "--max-tokens", "4", "--stats"], input: "Hello\n/help\n/raw\n")
        #expect(found.status == 0 && !found.output.contains("/help") && found.errors.contains("tokens/s") && found.errors.contains("<s>"))
        let wrong = try hone(["chat", tiny.llama.path, "--max-tokens", "4"], input: "Hello\n/nope\nAgain\n")
        #expect(wrong.status == 2 && wrong.errors.contains("standard input, line 2"))
        let none = try hone(["chat", tiny.root.appending(path: "nothing").path])
        #expect(none.status == 2)
        let system = try hone(["chat", tiny.t5.path, "--system", "Be brief."], input: "x\n")
        #expect(system.status == 2 && system.errors.contains("--system"))
        let compare = try hone(["chat", tiny.llama.path, "--compare"], input: "x\n")
        #expect(compare.status == 2 && compare.errors.contains("--with"))
    }

    @Test("base and tuned model answer side by side, an adapter without loading twice, a full model from its record")
    func comparing() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        for lora in [true, false] {
            let run = try await tiny.run(.instruction, lora: lora, steps: 20)
            let found = try hone(
                ["chat", run.folder.url.path, "--compare", "--json", "--max-tokens", "6", "--precision", "float32"], input: "Pet 3?\nAnd?\n"
            )
            #expect(found.status == 0, "\(found.errors)")
            let answers = found.lines.filter { $0["type"] == "answer" }
            try #require(answers.map { $0["voice"] } == ["base", "tuned", "base", "tuned"])
            #expect(answers[0]["text"] != answers[1]["text"])
            let alone = try hone(
                ["chat", run.model.path, "--json", "--max-tokens", "6", "--precision", "float32"], input: "Pet 3?\n/adapter off\n/retry\n")
            #expect(alone.lines.first?["text"] == answers[1]["text"])
        }
    }

    @Test("predict keeps answers row by row in a file, and goes on where it was")
    func output() throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let rows = try tiny.file("rows.jsonl", (0..<5).map { #"{"prompt":"row \#($0)"}"# })
        let file = tiny.root.appending(path: "out.jsonl").path
        func predict(_ more: [String]) throws -> Result {
            try hone(
                ["predict", tiny.llama.path, "--file", rows.path, "--output", file, "--max-tokens", "4", "--precision", "float32"] + more)
        }
        let whole = try predict([])
        #expect(whole.status == 0, "\(whole.errors)")
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 5)
        let again = try predict([])
        #expect(again.status == 2 && again.errors.contains("--append --skip 5"))
        try (lines.prefix(2).joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        let rest = try predict(["--append", "--skip", "2", "--json"])
        #expect(rest.status == 0 && rest.lines.last?["rows"] == 3 && rest.lines.last?["isWhole"] == true)
        #expect(try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") == lines)
        #expect(try predict(["--append", "--skip", "5"]).status == 2)
        #expect(try hone(["predict", tiny.llama.path, "x", "--output", "out.csv"]).status == 2)
    }

    @Test("a prompt that leaves no room is an error before the first answer, or a row without one")
    func tooLong() throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let texts = ["short", String(repeating: "long ", count: 60)]
        let refused = try hone(["predict", tiny.llama.path] + texts)
        #expect(refused.status == 2 && refused.output.isEmpty && refused.errors.contains("--skip-too-long"))
        let skipped = try hone(["predict", tiny.llama.path, "--skip-too-long", "--json", "--max-tokens", "3"] + texts)
        let rows = skipped.lines.filter { $0["type"] == "prediction" }
        try #require(rows.count == 2)
        #expect(skipped.status == 0 && rows[0]["answer"] != nil && rows[1]["answer"] == nil && rows[1]["problem"] != nil)
    }

    @Test("predict, evaluate and merge know every kind of model, and refuse options that would do nothing")
    func kinds() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        for (kind, text, key) in [
            (TaskName.sequenceToSequence, "my dog", "answer"), (.tagging, "my dog 3", "entities"), (.text, "The dog", "answer"),
        ] {
            let run = try await tiny.run(kind, steps: 4)
            let found = try hone(["predict", run.folder.url.path, text, "--json"])
            #expect(found.status == 0 && found.lines.first?[key] != nil, "\(kind) \(found.errors)")
            #expect(try hone(["predict", run.folder.url.path, text, "--top", "2"]).status == 2)
            let measured = try hone(["evaluate", run.folder.url.path, "--json"])
            #expect(measured.status == 0 && measured.lines.last?["metrics"]?["loss"] != nil, "\(measured.errors)")
            let merged = try hone(["merge", run.folder.url.path, "--output", tiny.root.appending(path: "\(kind)").path, "--json"])
            #expect(merged.status == 0 && merged.lines.last?["drift"] != nil, "\(merged.errors)")
        }
        #expect(try hone(["predict", tiny.t5.path, "x", "--beams", "2", "--max-tokens", "4", "--json"]).status == 0)
        #expect(try hone(["predict", tiny.llama.path, "x", "--beams", "2"]).status == 2)
        #expect(try hone(["evaluate", tiny.llama.path]).status == 2, "no rows are known")
    }

    @Test("a predict that is stopped keeps what it has, says where it stopped, and ends with 130")
    func interrupted() throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let rows = try tiny.file("rows.jsonl", (0..<2000).map { #"{"prompt":"row \#($0)"}"# })
        let file = tiny.root.appending(path: "out.jsonl")
        let process = Process()
        (process.executableURL, process.arguments) = (
            KillTests.hone,
            ["predict", tiny.llama.path, "--file", rows.path, "--output", file.path, "--max-tokens", "40", "--precision", "float32"]
        )
        let errors = Pipe()
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, errors)
        try process.run()
        // The first answers say that it is at work; absence of the file is normal before.
        while process.isRunning, (try? Data(contentsOf: file))?.isEmpty ?? true { usleep(2000) }
        process.interrupt()
        let complaints = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 130)
        let kept = try String(contentsOf: file, encoding: .utf8)
        let count = kept.split(separator: "\n").count
        #expect(kept.hasSuffix("\n") && count > 0 && count < 2000)
        #expect(
            complaints.contains("Stopped after row \(count) of 2,000.") && complaints.contains("--append --skip \(count)"), "\(complaints)")
    }
}

/// Runs `hone` to its end.
func hone(_ arguments: [String], input: String = "") throws -> ProgramTests.Result {
    let process = Process()
    (process.executableURL, process.arguments) = (KillTests.hone, arguments)
    let (given, output, errors) = (Pipe(), Pipe(), Pipe())
    (process.standardInput, process.standardOutput, process.standardError) = (given, output, errors)
    try process.run()
    try given.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try given.fileHandleForWriting.close()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    let complaints = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    return ProgramTests.Result(status: process.terminationStatus, output: text, errors: complaints)
}
