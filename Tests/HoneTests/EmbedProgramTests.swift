import Foundation
import HoneRuns
import HoneTestSupport
import Testing

@testable import Hone

/// What `hone embed` does, from outside.
@Suite("The program makes vectors", .alone)
struct EmbedProgramTests {
    private let model = EmbedderTests.fixtures("embedder/mean").path
    private let home: TemporaryFolder

    init() throws { home = try TemporaryFolder() }

    private func embed(_ arguments: [String], input: String = "") throws -> ProgramTests.Result {
        try hone(["embed", model, "--precision", "float32"] + arguments, input: input)
    }

    private func vectors(_ lines: [[String: JSONValue]]) -> [[Float]] {
        lines.map { line in
            guard case .array(let numbers)? = line["embedding"] else { return [] }
            return numbers.map { number in
                switch number {
                case .number(let value): Float(value)
                case .integer(let value): Float(value)
                default: .nan
                }
            }
        }
    }

    private func lines(_ url: URL) throws -> [[String: JSONValue]] {
        try ProgramTests.Result(status: 0, output: String(contentsOf: url, encoding: .utf8), errors: "").lines
    }

    /// The rows of a `.npy` file, by the format's own description.
    private func numpy(_ url: URL) throws -> [[Float]] {
        let data = try Data(contentsOf: url)
        try #require(data.prefix(8) == Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0]))
        let length = Int(data[8]) + Int(data[9]) << 8
        let header = String(decoding: data[10..<(10 + length)], as: UTF8.self)
        #expect((10 + length).isMultiple(of: 64) && header.hasSuffix("\n"))
        let shape = try #require(header.firstMatch(of: /^\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n$/))
        let (rows, columns) = (try #require(Int(shape.1)), try #require(Int(shape.2)))
        try #require(data.count == 10 + length + 4 * rows * columns)
        return (0..<rows).map { row in
            (0..<columns).map { column in
                let start = 10 + length + 4 * (row * columns + column)
                return Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(data[start + $1]) << (8 * UInt32($1)) })
            }
        }
    }

    @Test("both files hold the vectors of every text, bit for bit the same, and what a pipe gets is the same too")
    func files() throws {
        let expected = try EmbedderTests.expected("mean")
        // A row without a text is refused when the file is read.
        let given = expected.texts.indices.filter { !expected.texts[$0].isEmpty }
        let (texts, plain) = (given.map { expected.texts[$0] }, given.map { expected.plain[$0] })
        let place = try #require(texts.firstIndex(of: expected.texts[expected.cut[0]])) + 1
        let rows = home("rows.jsonl")
        try Data(
            (try texts.map { "{\"text\":\(String(decoding: try JSONEncoder().encode($0), as: UTF8.self))}" }
                .joined(separator: "\n") + "\n").utf8
        ).write(to: rows)
        let (array, lines) = (home("x.npy"), home("x.jsonl"))
        let refused = try embed(["--file", rows.path, "--output", array.path])
        #expect(refused.status == 2 && refused.errors.contains("rows.jsonl:\(place)") && refused.errors.contains("--truncate"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.url.path) == ["rows.jsonl"], "nothing is left behind")

        let first = try embed(["--file", rows.path, "--truncate", "--output", array.path])
        #expect(first.status == 0 && first.errors.contains("1 text of \(texts.count) cut to 24 tokens"))
        #expect(first.output.contains("\(texts.count) vectors of 20 numbers"))
        let second = try embed(["--file", rows.path, "--truncate", "--output", lines.path, "--json"])
        #expect(second.status == 0 && second.lines.count == 1 && second.lines[0]["truncated"] == 1 && second.lines[0]["dimension"] == 20)
        let found = try numpy(array)
        #expect(EmbedderTests.agree(found, plain))
        let saved = try self.lines(lines)
        #expect(vectors(saved) == found)
        #expect(
            saved.map { $0["text"] } == texts.map { .string($0) }
                && saved.map { $0["row"] } == (1...texts.count).map { .integer(Int64($0)) })
        let piped = try embed(["--file", rows.path, "--truncate"])
        #expect(piped.status == 0 && piped.lines == saved && piped.output.hasSuffix("}\n"))
        // What stands there is not lost.
        let again = try embed(["--file", rows.path, "--truncate", "--output", array.path])
        #expect(again.status == 2 && again.errors.contains("exists already"))
        #expect(try numpy(array) == found)
        let rest = try embed(["--file", rows.path, "--truncate", "--skip", "8", "--output", home("rest.npy").path])
        #expect(try rest.status == 0 && numpy(home("rest.npy")) == Array(found[8...]))
        #expect(try embed(["--file", rows.path, "--skip", "\(texts.count)"]).status == 2)
    }

    @Test("texts come as arguments, lines, text files and tables; prompts by name or as they are")
    func ways() throws {
        let expected = try EmbedderTests.expected("mean")
        let texts = ["where is my parcel", "The battery is empty."]
        try Data("where is my parcel\n\nThe battery is empty.\n".utf8).write(to: home("t.txt"))
        try Data("id,words,label\n1,where is my parcel,a\n2,The battery is empty.,b\n".utf8).write(to: home("t.csv"))
        for result in [
            try embed(texts), try embed([], input: texts.joined(separator: "\n\n")), try embed(["--file", home("t.txt").path]),
            try embed(["--file", home("t.csv").path, "--text-column", "words"]),
        ] {
            #expect(result.status == 0, "\(result.errors)")
            #expect(EmbedderTests.agree(vectors(result.lines), Array(expected.plain.prefix(2))))
        }
        let named = try embed(texts + ["--prompt", "query", "--json"])
        #expect(named.lines.map { $0["type"] } == ["embedding", "embedding", "result"])
        #expect(EmbedderTests.agree(vectors(Array(named.lines.prefix(2))), Array(expected.query.prefix(2))))
        let literal = try embed(texts + ["--prompt-text", "now: "])
        #expect(EmbedderTests.agree(vectors(literal.lines), Array(expected.literal.prefix(2))))
    }

    @Test("wrong commands end with 2, and a full disk with 1")
    func refusals() throws {
        try Data("premise,hypothesis\na,b\n".utf8).write(to: home("pairs.csv"))
        let wrong: [([String], String)] = [
            (["a", "--prompt", "nope"], "document, query"), (["a", "--output", "x.csv"], ".npy"),
            (["a", "--output", home("none/x.npy").path], "cannot be written"), ([], "no text"),
            (["--file", home("pairs.csv").path], "--text-column"),
        ]
        for (arguments, words) in wrong {
            let result = try embed(arguments)
            #expect(result.status == 2 && result.errors.contains(words) && result.output.isEmpty, "\(arguments): \(result.errors)")
        }
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        let process = Process()
        (process.executableURL, process.arguments) = (KillTests.hone, ["embed", model, "a"])
        (process.standardOutput, process.standardError) = (FileHandle(forWritingAtPath: "/dev/full"), FileHandle.nullDevice)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
    }

    @Test("what is stopped keeps the vectors it has, says where it stopped, and ends with 130")
    func interrupted() throws {
        let tiny = try TinyModel(width: 192, layers: 8)
        defer { tiny.remove() }
        let file = tiny.root.appending(path: "rows.txt"), output = tiny.root.appending(path: "x.npy")
        try Data(String(repeating: "my bike is late and my battery is empty where is my money\n", count: 60_000).utf8).write(to: file)
        let process = Process()
        (process.executableURL, process.arguments) = (
            KillTests.hone, ["embed", tiny.model.path, "--file", file.path, "--output", output.path, "--precision", "float32"]
        )
        let errors = Pipe()
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, errors)
        try process.run()
        /// The bytes of the file that is being written.
        func written() -> Int {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: tiny.root.path)) ?? []
            let draft = names.first { $0.hasSuffix(".partial") }.map { tiny.root.appending(path: $0).path }
            return draft.flatMap { try? FileManager.default.attributesOfItem(atPath: $0)[.size] as? Int } ?? 0
        }
        while process.isRunning, written() <= 128 { usleep(2000) }
        process.interrupt()
        let complaints = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 130)
        let found = try numpy(output)
        #expect(!found.isEmpty && found.count < 60_000 && found.allSatisfy { $0.contains { $0 != 0 } })
        #expect(complaints.contains("--skip \(found.count)") && complaints.contains("so far"), "\(complaints)")
        #expect(written() == 0, "no draft is left")
    }
}
