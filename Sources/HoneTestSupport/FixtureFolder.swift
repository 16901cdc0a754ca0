public import Foundation
public import HoneTensors
internal import HoneWeights

/// The reference data of one test target, `Tests/<Target>Tests/Fixtures`, written by the scripts in `Fixtures/make`.
public struct FixtureFolder: Sendable {
    /// Where the folder is.
    public let url: URL

    /// Finds the fixtures of a module's tests.
    public init(_ module: String, file: String = #filePath) {
        let root = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        url = root.appending(path: "Tests/\(module)Tests/Fixtures")
    }

    /// The place of a file or folder inside.
    public func callAsFunction(_ path: String) -> URL { url.appending(path: path) }

    /// Reads a JSON fixture.
    public func json<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(contentsOf: self(path)))
    }

    /// Reads a safetensors fixture.
    public func tensors(_ path: String) throws -> TensorFixture { try TensorFixture(self(path)) }

    /// Where the repository stands, for data that it does not hold itself.
    public var root: URL { url.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent() }
}

/// The named tensors of one safetensors file.
public struct TensorFixture {
    /// Every name, in the order of its UTF-8 bytes.
    public let keys: [String]
    private let checkpoint: Checkpoint

    /// Opens a file.
    public init(_ file: URL) throws {
        checkpoint = try Checkpoint(file: file)
        keys = checkpoint.keys
    }

    /// A tensor by name, copied, so that a test may write to it.
    public func callAsFunction(_ name: String) throws -> Tensor { try checkpoint.entry(name).tensor().cloned() }

    /// Every tensor whose name begins with a prefix, under the rest of its name.
    public func all(_ prefix: String) throws -> [String: Tensor] {
        let names = keys.filter { $0.hasPrefix(prefix) }
        return Dictionary(uniqueKeysWithValues: try names.map { (String($0.dropFirst(prefix.count)), try self($0)) })
    }
}
