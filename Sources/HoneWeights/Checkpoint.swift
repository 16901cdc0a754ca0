public import Foundation
public import HoneTensors

/// The tensors of one model on disk: a single safetensors file, or shards with their index.
///
/// Opening maps every file and checks every header, so that a missing shard is found before any work starts; no element is read.
/// Immutable and safe to share between threads.
///
/// ```swift
/// let checkpoint = try Checkpoint(folder: folder)
/// let weight = try checkpoint.entry("encoder.layer.0.output.dense.weight", shape: [384, 1536])
/// try checkpoint.refuseKeys(beyond: usedKeys)
/// ```
public struct Checkpoint: Sendable {
    /// The path of the single file, or of the index.
    public let source: String
    /// Every tensor's name, in the order of its UTF-8 bytes.
    public let keys: [String]
    /// The opened files, in the order of their names.
    public let files: [SafetensorsFile]
    private let entries: [String: WeightEntry]

    /// Opens the checkpoint in a folder: `<name>.safetensors`, or `<name>.safetensors.index.json` and its shards.
    ///
    /// - Parameters:
    ///   - folder: a folder in Hugging Face's layout.
    ///   - name: the file name before `.safetensors`, such as `model` or `adapter_model`.
    /// - Throws: `WeightError.noCheckpoint` where neither is there, `.ambiguousCheckpoint` where both are, and what `init(file:)` throws.
    public init(folder: URL, name: String = "model") throws(WeightError) {
        let single = folder.appending(path: "\(name).safetensors")
        let index = folder.appending(path: "\(name).safetensors.index.json")
        let present = [single, index].filter { FileManager.default.fileExists(atPath: $0.path(percentEncoded: false)) }
        switch present.count {
        case 1: try self.init(file: present[0])
        case 0:
            let wanted = [single, index].map(\.lastPathComponent)
            throw .noCheckpoint(folder: folder.path(percentEncoded: false), wanted: wanted, found: Self.weightLikeFiles(in: folder))
        default:
            throw .ambiguousCheckpoint(folder: folder.path(percentEncoded: false), files: present.map(\.lastPathComponent))
        }
    }

    /// Opens a `.safetensors` file, or an index whose name ends in `.json` together with the shards beside it.
    ///
    /// - Throws: `WeightError`: a file cannot be read or is malformed; the index names a shard that is missing or a tensor that is not
    ///   there; a shard holds a tensor that the index does not name or that another shard holds too.
    public init(file: URL) throws(WeightError) {
        let path = file.path(percentEncoded: false)
        if file.pathExtension == "json" {
            let index = try ShardIndex(file: file)
            let opened = try index.open()
            self.init(source: path, files: opened.files, entries: opened.entries)
        } else {
            let single = try SafetensorsFile(path: path)
            let entries = Dictionary(single.entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
            self.init(source: path, files: [single], entries: entries)
        }
    }

    private init(source: String, files: [SafetensorsFile], entries: [String: WeightEntry]) {
        (self.source, self.files, self.entries) = (source, files, entries)
        keys = entries.keys.sorted(by: bytewise)
    }

    /// The bytes of all tensors together, headers not counted.
    public var byteCount: Int { entries.values.reduce(0) { $0 + $1.range.count } }

    /// Whether the checkpoint holds a tensor of this name.
    public func contains(_ key: String) -> Bool { entries[key] != nil }

    /// Finds one tensor.
    ///
    /// - Throws: `WeightError.missingKey` with the nearest names that are there.
    public func entry(_ key: String) throws(WeightError) -> WeightEntry {
        guard let entry = entries[key] else {
            throw .missingKey(file: source, key: key, suggestions: nearestNames(to: key, among: keys))
        }
        return entry
    }

    /// Finds one tensor and checks its shape, and its element type where `dtypes` names some.
    ///
    /// - Throws: `WeightError.missingKey`, `.shape` or `.dtype`.
    public func entry(_ key: String, shape: [Int], dtypes: [DType] = []) throws(WeightError) -> WeightEntry {
        let entry = try entry(key)
        guard entry.shape == shape else { throw .shape(file: source, key: key, found: entry.shape, expected: shape) }
        guard dtypes.isEmpty || dtypes.contains(entry.dtype) else {
            throw .dtype(file: source, key: key, found: entry.dtype, expected: dtypes)
        }
        return entry
    }

    /// Refuses tensors that nothing used: a sign that the checkpoint belongs to another model.
    ///
    /// - Throws: `WeightError.unexpectedKeys` with every such name.
    public func refuseKeys(beyond used: some Sequence<String>) throws(WeightError) {
        let used = Set(used)
        let extra = keys.filter { !used.contains($0) }
        guard extra.isEmpty else { throw .unexpectedKeys(file: source, keys: extra) }
    }

    private static func weightLikeFiles(in folder: URL) -> [String] {
        // A folder that cannot be listed has nothing to suggest; the error names the folder either way.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
        let endings = ["safetensors", "bin", "pt", "pth", "ckpt", "gguf", "h5", "msgpack", "onnx"]
        return names.filter { endings.contains(($0 as NSString).pathExtension) }.sorted()
    }
}

/// Orders text by its UTF-8 bytes, as the reference implementation of safetensors does, whatever the locale.
func bytewise(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}
