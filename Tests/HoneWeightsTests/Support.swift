import Foundation
import HoneTensors
import Testing

@testable import HoneWeights

/// A folder of the test's own, removed with everything in it when the test ends.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "HoneWeights-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func file(_ name: String) -> URL { url.appending(path: name) }

    func write(_ bytes: [UInt8], as name: String = "model.safetensors") throws -> URL {
        try Data(bytes).write(to: file(name))
        return file(name)
    }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path(percentEncoded: false)).sorted() }
    }
}

extension URL {
    var plainPath: String { path(percentEncoded: false) }
    var bytes: [UInt8] { get throws { Array(try Data(contentsOf: self)) } }
}

/// The bytes of a safetensors file with this header text, whatever it says.
func safetensors(_ header: String, data: [UInt8] = []) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + data
}

/// A source of `count` float32 numbers 0, 1, 2 ...
func floats(_ name: String, _ shape: [Int], count: Int? = nil) -> WeightSource {
    let values = (0..<(count ?? shape.reduce(1, *))).map { Float($0) }
    return WeightSource(name: name, dtype: .float32, shape: shape) { put in try values.withUnsafeBytes(put) }
}

/// A source with the bytes of a fixture's tensor.
func source(_ name: String, _ tensor: TensorFacts) -> WeightSource {
    WeightSource(name: name, dtype: tensor.dtype, shape: tensor.shape) { put in
        // In two pieces, as a device copy might come.
        try tensor.bytes.prefix(3).withUnsafeBytes(put)
        try tensor.bytes.dropFirst(3).withUnsafeBytes(put)
    }
}

/// The header of a fixture: what wrote it.
struct FixtureOrigin: Decodable {
    var command: String
    var seed: Int
    var versions: [String: String]
}

/// What the reference library says about one tensor.
struct TensorFacts: Decodable {
    var dtype: DType
    var shape: [Int]
    var bytes: [UInt8]

    enum Field: String, CodingKey {
        case dtype
        case shape
        case bytes
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Field.self)
        let name = try fields.decode(String.self, forKey: .dtype)
        dtype = try #require(DType.allCases.first { "\($0)" == name })
        shape = try fields.decode([Int].self, forKey: .shape)
        let digits = Array(try fields.decode(String.self, forKey: .bytes))
        bytes = try stride(from: 0, to: digits.count, by: 2).map { try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16)) }
    }
}

struct TensorFixture: Decodable {
    var header: FixtureOrigin
    var tensors: [String: TensorFacts]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    static func load(_ name: String) throws -> TensorFixture {
        try JSONDecoder().decode(TensorFixture.self, from: Data(contentsOf: folder.appending(path: name)))
    }
}

/// Compares an entry with the reference, element type, shape and every byte.
func expectEqual(_ entry: WeightEntry, _ facts: TensorFacts) {
    #expect(entry.dtype == facts.dtype, "\(entry.name)")
    #expect(entry.shape == facts.shape, "\(entry.name)")
    #expect(entry.withBytes { Array($0) } == facts.bytes, "\(entry.name)")
}
