import Foundation
import HoneTensors
import Testing

@testable import HoneWeights

@Suite("Safetensors files")
struct SafetensorsFileTests {
    private static let line = #"{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#

    private func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
        let folder = try TemporaryFolder()
        return try SafetensorsFile(path: folder.write(bytes).plainPath)
    }

    /// The problem of a file, whatever its path was.
    private func problem(_ bytes: [UInt8]) throws -> WeightError? {
        do {
            _ = try open(bytes)
            return nil
        } catch let error as WeightError {
            return error.at("f")
        }
    }

    @Test("a file of the reference library is read exactly, every element type, byte by byte")
    func reference() throws {
        let fixture = try TensorFixture.load("everyType.json")
        let file = try SafetensorsFile(path: TensorFixture.folder.appending(path: "everyType.safetensors").plainPath)
        #expect(Set(file.entries.map(\.name)) == Set(fixture.tensors.keys))
        #expect(file.metadata == ["format": "pt"])
        for entry in file.entries {
            expectEqual(entry, try #require(fixture.tensors[entry.name]))
            #expect(entry.isAligned)
            #expect(entry.elementCount == entry.shape.reduce(1, *))
        }
        #expect(Set(file.entries.map(\.dtype)) == Set(DType.allCases))
    }

    @Test("a file without tensors is a file")
    func noTensors() throws {
        let file = try SafetensorsFile(path: TensorFixture.folder.appending(path: "noTensors.safetensors").plainPath)
        #expect(file.entries.isEmpty && file.metadata.isEmpty)
    }

    @Test("an entry keeps the map alive when the file value is gone")
    func lifetime() throws {
        let entry = try #require(try open(safetensors(#"{"a":\#(Self.line)}"#, data: Array(1...8))).entries.first)
        #expect(entry.withBytes { Array($0) } == Array(1...8))
    }

    @Test("a tensor at an odd address is read and says so")
    func unaligned() throws {
        let entry = try #require(try open(safetensors(#"{"a":\#(Self.line)} "#, data: Array(1...8))).entries.first)
        #expect(!entry.isAligned)
        #expect(entry.withBytes { $0.loadUnaligned(as: UInt32.self) } == 0x0403_0201)
    }

    @Test(
        "a broken frame is named",
        arguments: [
            ([1, 2, 3], .header(file: "f", .tooShort(bytes: 3))),
            (safetensors("{"), .header(file: "f", .tooShort(bytes: 9))),
            (safetensors("") + [0, 0, 0], .header(file: "f", .tooShort(bytes: 8))),
            (Array(safetensors("{} ").dropLast()), .header(file: "f", .lengthBeyondFile(length: 3, available: 2))),
            (Array(repeating: 0xFF, count: 20), .header(file: "f", .tooLong(length: .max, limit: 100_000_000))),
            (safetensors(" {}"), .header(file: "f", .notAnObject(firstByte: 0x20))),
            (safetensors("[]"), .header(file: "f", .notAnObject(firstByte: 0x5B))),
            (safetensors("{}x"), .header(file: "f", .syntax(byte: 2, reason: "text after the end of the value"))),
            (safetensors("{}", data: [0]), .header(file: "f", .hole(from: 0, to: 1))),
            (safetensors(#"{"a":\#(line),"a":\#(line)}"#, data: [0]), .header(file: "f", .duplicateKey("a"))),
            (safetensors(#"{"__metadata__":{"a":1}}"#), .header(file: "f", .metadata(reason: "`a` is a number"))),
            (safetensors(#"{"__metadata__":null}"#), .header(file: "f", .metadata(reason: "it is null"))),
        ] as [([UInt8], WeightError)])
    func frame(_ bytes: [UInt8], _ expected: WeightError) throws {
        #expect(try problem(bytes) == expected)
    }

    @Test("a header that is not UTF-8 is named")
    func encoding() throws {
        let bytes = withUnsafeBytes(of: UInt64(5).littleEndian) { Array($0) } + [0x7B, 0x22, 0xFF, 0x22, 0x7D]
        #expect(try problem(bytes) == .header(file: "f", .notUTF8))
    }

    @Test(
        "files of other kinds are recognised",
        arguments: ["version https://git-lfs.github.com/spec/v1", "PK\u{3}\u{4}....", "GGUF....", "<!DOCTYPE html>"])
    func otherFormats(_ start: String) throws {
        guard case .header(_, .looksLike(let kind))? = try problem(Array(start.utf8)) else {
            Issue.record("\(start) was not recognised")
            return
        }
        #expect(!kind.isEmpty)
    }

    @Test(
        "a broken tensor line is named with its tensor",
        arguments: [
            (#"{"a":1}"#, .field(reason: "expected an object, found a number")),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}"#, .field(reason: "unknown field `x`")),
            (#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, .field(reason: "`dtype` must be a string")),
            (#"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#, .unknownDType("F8_E4M3")),
            (
                #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
                .field(reason: "`shape` must be a list of whole numbers that are not negative")
            ),
            (
                #"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#,
                .field(reason: "`shape` must be a list of whole numbers that are not negative")
            ),
            (
                #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}"#,
                .field(reason: "`data_offsets` must be two whole numbers that are not negative")
            ),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, .reversedOffsets(begin: 8, end: 0)),
            (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#, .outsideFile(begin: 0, end: 12, available: 8)),
            (
                #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#,
                .shapeOverflow(shape: [4_294_967_296, 4_294_967_296])
            ),
            (#"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}}"#, .sizeMismatch(shape: [2], dtype: .float16, needed: 4, given: 8)),
            (
                #"{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
                .overlap(with: "b")
            ),
        ] as [(String, WeightError.TensorProblem)])
    func lines(_ header: String, _ expected: WeightError.TensorProblem) throws {
        #expect(try problem(safetensors(header, data: Array(1...8))) == .tensor(file: "f", name: "a", expected))
    }

    @Test("a hole between two tensors is found")
    func hole() throws {
        let header = #"{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}"#
        #expect(try problem(safetensors(header, data: [1, 2, 3, 4])) == .header(file: "f", .hole(from: 1, to: 3)))
    }
}

extension WeightError {
    /// The same error about a file of another name, so that expectations need no path.
    func at(_ name: String) -> WeightError {
        switch self {
        case .header(_, let problem): .header(file: name, problem)
        case .tensor(_, let tensor, let problem): .tensor(file: name, name: tensor, problem)
        case .index(_, let problem): .index(file: name, problem)
        default: self
        }
    }
}
