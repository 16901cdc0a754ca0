import Foundation
import HoneTensors
import Testing

@testable import HoneWeights

@Suite("Weight errors")
struct WeightErrorTests {
    static let all: [WeightError] = [
        .unreadable(file: "f", reason: "No such file or directory"), .notAFile(file: "f"), .emptyFile(file: "f"),
        .header(file: "f", .tooShort(bytes: 3)), .header(file: "f", .lengthBeyondFile(length: 9, available: 1)),
        .header(file: "f", .tooLong(length: 9, limit: 1)), .header(file: "f", .notAnObject(firstByte: 1)),
        .header(file: "f", .looksLike("a web page")), .header(file: "f", .notUTF8), .header(file: "f", .syntax(byte: 1, reason: "r")),
        .header(file: "f", .duplicateKey("k")), .header(file: "f", .metadata(reason: "r")), .header(file: "f", .hole(from: 1, to: 2)),
        .tensor(file: "f", name: "t", .field(reason: "r")), .tensor(file: "f", name: "t", .unknownDType("F8")),
        .tensor(file: "f", name: "t", .shapeOverflow(shape: [1])),
        .tensor(file: "f", name: "t", .sizeMismatch(shape: [1], dtype: .int8, needed: 1, given: 2)),
        .tensor(file: "f", name: "t", .reversedOffsets(begin: 1, end: 0)),
        .tensor(file: "f", name: "t", .outsideFile(begin: 0, end: 1, available: 0)), .tensor(file: "f", name: "t", .overlap(with: "u")),
        .index(file: "f", .syntax(byte: 0, reason: "r")), .index(file: "f", .notUTF8), .index(file: "f", .duplicateKey("k")),
        .index(file: "f", .structure(reason: "r")), .index(file: "f", .shardName("../x")),
        .index(file: "f", .missingShard(shard: "s", key: "k")), .index(file: "f", .notInShard(key: "k", shard: "s")),
        .index(file: "f", .twice(key: "k", first: "a", second: "b")), .noCheckpoint(folder: "f", wanted: ["w"], found: []),
        .noCheckpoint(folder: "f", wanted: ["w"], found: ["pytorch_model.bin"]), .ambiguousCheckpoint(folder: "f", files: ["a", "b"]),
        .missingKey(file: "f", key: "k", suggestions: []), .missingKey(file: "f", key: "k", suggestions: ["l"]),
        .unexpectedKeys(file: "f", keys: ["a"]), .unexpectedKeys(file: "f", keys: ["a", "b", "c", "d", "e", "g", "h"]),
        .shape(file: "f", key: "k", found: [1], expected: [2]), .dtype(file: "f", key: "k", found: .int8, expected: [.float32, .float16]),
        .source(file: "f", name: "t", .duplicateName), .source(file: "f", name: "t", .reservedName),
        .source(file: "f", name: "t", .shape([-1])), .source(file: "f", name: "t", .byteCount(given: 1, needed: 2)),
        .unwritable(file: "f", bytesNeeded: 7, reason: "r"), .diskFull(file: "f", bytesNeeded: 7),
    ]

    @Test("every message names its file, and Foundation sees the same text", arguments: all)
    func messages(_ error: WeightError) {
        #expect(error.description.contains("f"))
        #expect(error.description.count > 25)
        #expect(!error.description.contains("WeightError"))
        #expect(error.localizedDescription == error.description)
    }

    @Test("messages say the facts and what to do")
    func wording() {
        #expect(
            "\(WeightError.missingKey(file: "m.safetensors", key: "a.bais", suggestions: ["a.bias"]))"
                == "m.safetensors has no tensor `a.bais`. Did you mean `a.bias`?")
        #expect("\(WeightError.unexpectedKeys(file: "f", keys: ["a", "b", "c", "d", "e", "g", "h"]))".contains("`e` and 2 more"))
        #expect("\(WeightError.diskFull(file: "f", bytesNeeded: 7))".contains("needs 7 bytes"))
    }
}
