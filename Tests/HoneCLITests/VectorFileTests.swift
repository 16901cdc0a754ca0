import Foundation
import Testing

@testable import Hone
@testable import HoneCLI

@Suite("Files of vectors")
struct VectorFileTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "hone-vectors-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path) } }

    @Test("the header has one length whatever the shape, a multiple of 64")
    func header() {
        for (rows, columns) in [(0, 0), (3, 5), (1_000_000_000_000, 1_000_000)] {
            let header = VectorFile.header(rows: rows, columns: columns)
            #expect(header.count == 128 && header.last == 0x0A && header[8] == 118 && header[9] == 0)
            #expect(String(decoding: header[10...], as: UTF8.self).contains("'shape': (\(rows), \(columns)), }"))
        }
    }

    @Test("a file has its name once it is whole; one that is given up leaves nothing, one that stands is kept")
    func whole() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "x.npy").path
        do {
            let file = try VectorFile(path)
            try file.append([(1, "a", [1, -2.5, 3])])
            #expect(try names.count == 1 && !FileManager.default.fileExists(atPath: path))
        }
        #expect(try names.isEmpty)
        let file = try VectorFile(path)
        try file.append([(1, "a", [1, -2.5, 3])])
        try file.append([(2, "b", [4, 5, 6])])
        try file.finish(columns: 3)
        let data = try Data(contentsOf: URL(filePath: path))
        #expect(try names == ["x.npy"] && data.count == 128 + 24)
        #expect(
            data.prefix(128) == VectorFile.header(rows: 2, columns: 3) && data[128..<136] == Data([0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0]))
        #expect(throws: CommandError.vectorsExist(path: path)) { try VectorFile(path) }
        #expect(throws: CommandError.notVectorFile("x.csv")) { try VectorFile("x.csv") }
        #expect(throws: CommandError.self) { try VectorFile(folder.appending(path: "none/x.npy").path) }
    }

    @Test("a line is one object whose numbers give the same float32 again")
    func line() throws {
        let vector: [Float] = [0.1, -1e-20, 3, .leastNonzeroMagnitude, -.greatestFiniteMagnitude]
        let line = VectorFile.line(row: 7, text: "a \"b\"\n/ é", vector)
        struct Object: Decodable, Equatable {
            var row: Int
            var text: String
            var embedding: [Float]
        }
        #expect(line.last == 0x0A && line.count { $0 == 0x0A } == 1)
        #expect(try JSONDecoder().decode(Object.self, from: line) == Object(row: 7, text: "a \"b\"\n/ é", embedding: vector))
    }

    @Test("a summary shows how vectors were made, the beginning of each, and how alike a few are")
    func summary() {
        let facts = EmbedderFacts(
            dimension: 5, pooling: ["cls", "mean"], isNormalized: true, maximumTokens: 9, prompts: [:], defaultPrompt: nil,
            similarity: "euclidean", isDeclared: true)
        let console = Console(isJSON: false, isTerminal: false, hasColour: false, width: 60)
        let text = EmbeddingText(
            facts: facts, texts: ["one\ntwo", "three"], first: 4, vectors: [[0.6, 0, 0, 0.8, 0], [0, 0, 0, 0, -1]],
            similarities: [[0, -1.5], [-1.5, 0]])
        #expect(
            text.lines(console) == [
                "5 numbers each, pooled by cls and mean, of length 1", "   vector                             length  text",
                "4   0.6000  0.0000  0.0000  0.8000 …   1.000  one two", "5   0.0000  0.0000  0.0000  0.0000 …   1.000  three", "",
                "similarity: euclidean distance, negative", "        4       5", "4   0.000  -1.500", "5  -1.500   0.000",
            ])
    }
}
