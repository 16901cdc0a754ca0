import Foundation
import HoneTensors
import Testing

@testable import HoneWeights

@Suite("Checkpoints")
struct CheckpointTests {
    private func problem(_ body: () throws -> Void) throws -> WeightError? {
        do {
            try body()
            return nil
        } catch let error as WeightError {
            return error.at("f")
        }
    }

    /// A folder with shards `a.safetensors` (x, y) and `b.safetensors` (z) and this index.
    private func sharded(_ index: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try SafetensorsWriter().write([floats("x", [2]), floats("y", [3])], to: folder.file("a.safetensors"))
        try SafetensorsWriter().write([floats("z", [1])], to: folder.file("b.safetensors"))
        _ = try folder.write(Array(index.utf8), as: "model.safetensors.index.json")
        return folder
    }

    @Test("shards of the reference library are one checkpoint")
    func reference() throws {
        let fixture = try TensorFixture.load("sharded.json")
        let checkpoint = try Checkpoint(folder: TensorFixture.folder.appending(path: "sharded"))
        #expect(checkpoint.keys == fixture.tensors.keys.sorted())
        #expect(checkpoint.files.count == 3)
        #expect(checkpoint.byteCount == 304)
        for (key, facts) in fixture.tensors { expectEqual(try checkpoint.entry(key), facts) }
    }

    @Test("a single file is a checkpoint, by folder and by name")
    func single() throws {
        let folder = try TemporaryFolder()
        try SafetensorsWriter().write([floats("x", [2])], to: folder.file("adapter_model.safetensors"))
        #expect(try Checkpoint(folder: folder.url, name: "adapter_model").keys == ["x"])
        #expect(try Checkpoint(file: folder.file("adapter_model.safetensors")).contains("x"))
    }

    @Test("a folder without weights names what it wanted and what it found")
    func noWeights() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write([1], as: "pytorch_model.bin")
        let error = try #require(try problem { _ = try Checkpoint(folder: folder.url) })
        guard case .noCheckpoint(_, let wanted, let found) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(wanted == ["model.safetensors", "model.safetensors.index.json"])
        #expect(found == ["pytorch_model.bin"])
    }

    @Test("a folder with a single file and an index is ambiguous")
    func ambiguous() throws {
        let folder = try sharded(#"{"weight_map":{"z":"b.safetensors"}}"#)
        try SafetensorsWriter().write([floats("x", [2])], to: folder.file("model.safetensors"))
        guard case .ambiguousCheckpoint(_, let files)? = try problem({ _ = try Checkpoint(folder: folder.url) }) else {
            Issue.record("was read")
            return
        }
        #expect(files == ["model.safetensors", "model.safetensors.index.json"])
    }

    @Test("an index that agrees with its shards is read, whatever else it says")
    func goodIndex() throws {
        let folder = try sharded(
            #"{"metadata":{"total_size":24.0,"x":[null]},"weight_map":{"x":"a.safetensors","y":"a.safetensors","z":"b.safetensors"}}"#)
        #expect(try Checkpoint(folder: folder.url).keys == ["x", "y", "z"])
    }

    @Test(
        "an index that disagrees is refused",
        arguments: [
            ("[]", .index(file: "f", .structure(reason: "it is a list"))),
            ("{}", .index(file: "f", .structure(reason: "`weight_map` must be an object from tensor names to file names"))),
            (#"{"weight_map":{}}"#, .index(file: "f", .structure(reason: "`weight_map` is empty"))),
            (
                #"{"weight_map":{"x":1}}"#,
                .index(file: "f", .structure(reason: "`weight_map` gives a number for `x`; expected a file name"))
            ),
            (#"{"weight_map":{"x":"../a.safetensors"}}"#, .index(file: "f", .shardName("../a.safetensors"))),
            (#"{"weight_map":{"x":"a.bin"}}"#, .index(file: "f", .shardName("a.bin"))),
            (#"{"weight_map":{"x":"c.safetensors"}}"#, .index(file: "f", .missingShard(shard: "c.safetensors", key: "x"))),
            (#"{"weight_map":{"x":"a.safetensors","x":"b.safetensors"}}"#, .index(file: "f", .duplicateKey("x"))),
            (
                #"{"weight_map":{"x":"a.safetensors","y":"a.safetensors","z":"a.safetensors"}}"#,
                .index(file: "f", .notInShard(key: "z", shard: "a.safetensors"))
            ),
            (#"{"weight_map":{"x":"#, .index(file: "f", .syntax(byte: 19, reason: "the text ends where a value should stand"))),
        ] as [(String, WeightError)])
    func badIndex(_ index: String, _ expected: WeightError) throws {
        let folder = try sharded(index)
        #expect(try problem { _ = try Checkpoint(folder: folder.url) } == expected)
    }

    @Test("a tensor that the index does not name is refused")
    func unlisted() throws {
        let folder = try sharded(#"{"weight_map":{"x":"a.safetensors","z":"b.safetensors"}}"#)
        guard case .unexpectedKeys(_, let keys)? = try problem({ _ = try Checkpoint(folder: folder.url) }) else {
            Issue.record("was read")
            return
        }
        #expect(keys == ["y"])
    }

    @Test("a tensor in two shards is refused")
    func twice() throws {
        let folder = try sharded(#"{"weight_map":{"x":"a.safetensors","y":"a.safetensors","z":"b.safetensors"}}"#)
        try SafetensorsWriter().write([floats("z", [1]), floats("x", [2])], to: folder.file("b.safetensors"))
        let error = try problem { _ = try Checkpoint(folder: folder.url) }
        #expect(error == .index(file: "f", .twice(key: "x", first: "a.safetensors", second: "b.safetensors")))
    }

    @Test("a damaged shard is named")
    func damagedShard() throws {
        let folder = try sharded(#"{"weight_map":{"x":"a.safetensors","y":"a.safetensors","z":"b.safetensors"}}"#)
        _ = try folder.write([1, 2], as: "b.safetensors")
        let error = #expect(throws: WeightError.self) { try Checkpoint(folder: folder.url) }
        #expect(error?.description.contains("b.safetensors") == true)
    }

    @Test("shape and element type are checked on request")
    func requests() throws {
        let folder = try TemporaryFolder()
        let file = folder.file("model.safetensors")
        try SafetensorsWriter().write([floats("x", [2, 3])], to: file)
        let checkpoint = try Checkpoint(file: file)
        #expect(try checkpoint.entry("x", shape: [2, 3], dtypes: [.float16, .float32]).name == "x")
        #expect(throws: WeightError.shape(file: file.plainPath, key: "x", found: [2, 3], expected: [3, 2])) {
            try checkpoint.entry("x", shape: [3, 2])
        }
        #expect(throws: WeightError.dtype(file: file.plainPath, key: "x", found: .float32, expected: [.bfloat16])) {
            try checkpoint.entry("x", shape: [2, 3], dtypes: [.bfloat16])
        }
    }

    @Test("keys that nothing used are refused")
    func leftovers() throws {
        let folder = try TemporaryFolder()
        let file = folder.file("model.safetensors")
        try SafetensorsWriter().write([floats("x", [1]), floats("y", [1])], to: file)
        let checkpoint = try Checkpoint(file: file)
        try checkpoint.refuseKeys(beyond: ["x", "y", "z"])
        #expect(throws: WeightError.unexpectedKeys(file: file.plainPath, keys: ["y"])) { try checkpoint.refuseKeys(beyond: ["x"]) }
    }

    @Test(
        "a missing key brings the nearest names",
        arguments: [
            ("encoder.layer.0.attention.query.weight", ["bert.encoder.layer.0.attention.query.weight"]),
            ("model.bert.pooler.bias", ["bert.pooler.bias"]),
            ("bert.pooler.bais", ["bert.pooler.bias"]),
            ("classifier.out_proj.weight", []),
        ] as [(String, [String])])
    func suggestions(_ key: String, _ expected: [String]) throws {
        let names = ["bert.encoder.layer.0.attention.query.weight", "bert.encoder.layer.1.attention.query.weight", "bert.pooler.bias"]
        #expect(nearestNames(to: key, among: names) == expected)
    }
}
