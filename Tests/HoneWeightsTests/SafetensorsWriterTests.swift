import Foundation
import HoneTensors
import Testing

@testable import HoneWeights

@Suite("Writing safetensors")
struct SafetensorsWriterTests {
    struct SourceFailure: Error, Equatable {}

    @Test("a file is byte for byte what the reference library writes, whatever the order of the tensors", arguments: [1, 2, 3] as [UInt64])
    func reference(_ seed: UInt64) throws {
        let fixture = try TensorFixture.load("everyType.json")
        var random = SafetensorsFuzzTests.Random(state: seed)
        let folder = try TemporaryFolder()
        let sources = fixture.tensors.map { source($0.key, $0.value) }.sorted { $0.name < $1.name }.shuffled(using: &random)
        try SafetensorsWriter().write(sources, to: folder.file("x.safetensors"))
        #expect(try folder.file("x.safetensors").bytes == TensorFixture.folder.appending(path: "everyType.safetensors").bytes)
    }

    @Test("a file without tensors is byte for byte what the reference library writes")
    func noTensors() throws {
        let folder = try TemporaryFolder()
        var writer = SafetensorsWriter()
        writer.metadata = [:]
        try writer.write([], to: folder.file("x.safetensors"))
        #expect(try folder.file("x.safetensors").bytes == TensorFixture.folder.appending(path: "noTensors.safetensors").bytes)
    }

    @Test("what is written is read back, metadata and strange names included")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        var writer = SafetensorsWriter()
        writer.metadata = ["format": "pt", "note\n": "\"quoted\" \\ \u{1} é"]
        try writer.write([floats("", []), floats("a\u{7F}b/..", [0, 4]), floats("z", [3, 1])], to: folder.file("x.safetensors"))
        let file = try SafetensorsFile(path: folder.file("x.safetensors").plainPath)
        #expect(file.metadata == writer.metadata)
        #expect(file.entries.map(\.name) == ["", "a\u{7F}b/..", "z"])
        #expect(file.entries.map(\.shape) == [[], [0, 4], [3, 1]])
        #expect(file.entries.last?.withBytes { $0.load(fromByteOffset: 8, as: Float.self) } == 2)
    }

    @Test("a tensor of one file is copied into another under a new name")
    func copies() throws {
        let folder = try TemporaryFolder()
        let from = try SafetensorsFile(path: TensorFixture.folder.appending(path: "everyType.safetensors").plainPath)
        let entry = try #require(from.entries.first { $0.dtype == .bfloat16 })
        try SafetensorsWriter().write([WeightSource(entry, name: "renamed")], to: folder.file("x.safetensors"))
        let copy = try Checkpoint(file: folder.file("x.safetensors")).entry("renamed", shape: entry.shape, dtypes: [.bfloat16])
        #expect(copy.withBytes { Array($0) } == entry.withBytes { Array($0) })
    }

    @Test("a checkpoint below the limit is one file")
    func oneShard() throws {
        let folder = try TemporaryFolder()
        let files = try SafetensorsWriter().write([floats("a", [3])], folder: folder.url, shardBytes: 12)
        #expect(files.map(\.lastPathComponent) == ["model.safetensors"])
        #expect(try folder.names == ["model.safetensors"])
    }

    @Test("a checkpoint above the limit is shards with an index, none above the limit unless one tensor is")
    func shards() throws {
        let folder = try TemporaryFolder()
        let sources = [floats("e", [1]), floats("d", [2]), floats("c", [9]), floats("b", [2]), floats("a", [1])]
        let files = try SafetensorsWriter().write(sources, folder: folder.url, shardBytes: 12)
        let expected = (1...3).map { "model-0000\($0)-of-00003.safetensors" } + ["model.safetensors.index.json"]
        #expect(files.map(\.lastPathComponent) == expected)
        #expect(try folder.names == expected)
        let checkpoint = try Checkpoint(folder: folder.url)
        #expect(checkpoint.files.map { $0.entries.map(\.name) } == [["a", "b"], ["c"], ["d", "e"]])
        #expect(checkpoint.files.allSatisfy { $0.metadata == ["format": "pt"] })
        let index = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: files[3])) as? [String: Any])
        #expect((index["metadata"] as? [String: Int]) == ["total_size": 60])
        #expect((index["weight_map"] as? [String: String])?["d"] == expected[2])
    }

    @Test("the other form of a checkpoint in the folder is refused before anything is written")
    func stale() throws {
        let folder = try TemporaryFolder()
        _ = try SafetensorsWriter().write([floats("a", [3])], folder: folder.url)
        let larger = [floats("a", [3]), floats("b", [3])]
        #expect(throws: WeightError.self) { try SafetensorsWriter().write(larger, folder: folder.url, shardBytes: 12) }
        #expect(try folder.names == ["model.safetensors"])
    }

    @Test(
        "a source that is not well formed is refused and leaves the old file as it was",
        arguments: [
            (["a", "a"], [1], 1, .duplicateName),
            (["__metadata__"], [1], 1, .reservedName),
            (["a"], [-1], 0, .shape([-1])),
            (["a"], [1 << 32, 1 << 32], 0, .shape([1 << 32, 1 << 32])),
            (["a"], [3], 2, .byteCount(given: 8, needed: 12)),
            (["a"], [3], 4, .byteCount(given: 16, needed: 12)),
        ] as [([String], [Int], Int, WeightError.SourceProblem)])
    func badSources(_ names: [String], _ shape: [Int], _ count: Int, _ expected: WeightError.SourceProblem) throws {
        let sources = names.map { floats($0, shape, count: count) }
        let folder = try TemporaryFolder()
        let file = try folder.write([1, 2, 3])
        #expect(throws: WeightError.source(file: file.plainPath, name: names[0], expected)) {
            try SafetensorsWriter().write(sources, to: file)
        }
        #expect(try file.bytes == [1, 2, 3])
        #expect(try folder.names == ["model.safetensors"])
    }

    @Test("an error of a source passes through and leaves the old file as it was")
    func sourceFails() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write([1, 2, 3])
        let failing = WeightSource(name: "b", dtype: .float32, shape: [1]) { _ in throw SourceFailure() }
        #expect(throws: SourceFailure()) { try SafetensorsWriter().write([floats("a", [1]), failing], to: file) }
        #expect(try file.bytes == [1, 2, 3])
        #expect(try folder.names == ["model.safetensors"])
    }
}
