// Tested by CheckpointTests.swift
internal import Foundation

/// The index of a sharded checkpoint: which tensor lies in which file.
///
/// Source: Hugging Face's `*.safetensors.index.json`.
struct ShardIndex {
    let file: URL
    private let path: String
    private let shardByKey: [(key: String, shard: String)]

    init(file: URL) throws(WeightError) {
        let path = file.path(percentEncoded: false)
        (self.file, self.path) = (file, path)
        let root = try Self.parse(try MappedFile(path: path))
        guard case .object(let members) = root else { throw .index(file: path, .structure(reason: "it is \(root.kind)")) }
        guard let map = members.first(where: { $0.key == "weight_map" })?.value, case .object(let pairs) = map else {
            throw .index(file: path, .structure(reason: "`weight_map` must be an object from tensor names to file names"))
        }
        var shardByKey: [(key: String, shard: String)] = []
        for (key, value) in pairs {
            guard case .string(let shard) = value else {
                throw .index(file: path, .structure(reason: "`weight_map` gives \(value.kind) for `\(key)`; expected a file name"))
            }
            guard shard.hasSuffix(".safetensors"), !shard.contains("/"), !shard.contains("\\"), !shard.utf8.contains(0) else {
                throw .index(file: path, .shardName(shard))
            }
            shardByKey.append((key, shard))
        }
        guard !shardByKey.isEmpty else { throw .index(file: path, .structure(reason: "`weight_map` is empty")) }
        self.shardByKey = shardByKey
    }

    private static func parse(_ file: MappedFile) throws(WeightError) -> JSONNode {
        do {
            return try file.withBytes { bytes throws(StrictJSON.Failure) in try StrictJSON.parse(bytes) }
        } catch {
            switch error {
            case .notUTF8: throw .index(file: file.path, .notUTF8)
            case .syntax(let byte, let reason): throw .index(file: file.path, .syntax(byte: byte, reason: reason))
            case .duplicateKey(let key): throw .index(file: file.path, .duplicateKey(key))
            }
        }
    }

    /// Opens every shard and checks that index and shards agree in both directions.
    func open() throws(WeightError) -> (files: [SafetensorsFile], entries: [String: WeightEntry]) {
        var shardOf: [String: String] = [:]
        var firstKey: [String: String] = [:]
        for (key, shard) in shardByKey {
            shardOf[key] = shard
            if firstKey[shard] == nil { firstKey[shard] = key }
        }
        var files: [SafetensorsFile] = []
        var entries: [String: WeightEntry] = [:]
        var unlisted: [String] = []
        for (shard, key) in firstKey.sorted(by: { bytewise($0.key, $1.key) }) {
            let opened = try openShard(shard, neededBy: key)
            files.append(opened)
            for entry in opened.entries {
                if let other = entries.updateValue(entry, forKey: entry.name) {
                    throw .index(file: path, .twice(key: entry.name, first: name(of: other.file), second: shard))
                }
                if shardOf[entry.name] == nil { unlisted.append(entry.name) }
            }
        }
        for (key, shard) in shardByKey {
            guard let entry = entries[key], name(of: entry.file) == shard else {
                throw .index(file: path, .notInShard(key: key, shard: shard))
            }
        }
        guard unlisted.isEmpty else { throw .unexpectedKeys(file: path, keys: unlisted.sorted(by: bytewise)) }
        return (files, entries)
    }

    private func openShard(_ shard: String, neededBy key: String) throws(WeightError) -> SafetensorsFile {
        let location = file.deletingLastPathComponent().appending(path: shard).path(percentEncoded: false)
        guard FileManager.default.fileExists(atPath: location) else { throw .index(file: path, .missingShard(shard: shard, key: key)) }
        return try SafetensorsFile(path: location)
    }

    private func name(of file: MappedFile) -> String { (file.path as NSString).lastPathComponent }
}
