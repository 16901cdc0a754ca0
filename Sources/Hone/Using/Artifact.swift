// Tested by ClassifierTests.swift.
internal import Foundation
public import HoneData

/// What a model folder written by Hone says about itself, beside the ecosystem's own files: `hone.json`.
public struct ArtifactFacts: Sendable, Equatable, Codable {
    static let file = "hone.json"

    public var schema = 1
    public var hone = Host.version
    public var task: TaskKind
    public var labels: [String]
    public var method: String
    /// Longest input in tokens.
    public var maximumTokens: Int
    /// For adapters: where the base model was, and the SHA-256 over its weight files.
    public var basePath: String
    public var baseHash: String
    public var padID: Int32

    var isAdapter: Bool { method == "lora" }

    static func read(_ folder: URL) throws(HoneError) -> ArtifactFacts {
        guard let data = try? Data(contentsOf: folder.appending(path: file)),
            let facts = try? JSONDecoder().decode(ArtifactFacts.self, from: data)
        else { throw .notAModel(folder: folder.path) }
        return facts
    }

    func write(to folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: folder.appending(path: Self.file), options: .atomic)
    }
}

/// Inputs with their token ids and float32 logits, written with a model and checked whenever it is loaded: `probe.json`.
public struct Probe: Sendable, Equatable, Codable {
    static let file = "probe.json"
    /// How many training rows become probes.
    static let rowCount = 8
    /// Largest difference of a logit that loading may show: float32 products in another order on another machine.
    static let limit = 1e-3

    public struct Row: Sendable, Equatable, Codable {
        public var text: String
        public var pair: String?
        public var ids: [Int32]
        public var logits: [Float]
    }

    public var rows: [Row]

    static func read(_ folder: URL) throws -> Probe? {
        let url = folder.appending(path: file)
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        return try JSONDecoder().decode(Probe.self, from: Data(contentsOf: url))
    }

    func write(to folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: folder.appending(path: Self.file), options: .atomic)
    }

    /// The largest difference between the recorded logits and `found`.
    func drift(_ found: [[Float]]) -> Double {
        var worst = 0.0
        for (row, logits) in zip(rows, found) { for (a, b) in zip(row.logits, logits) { worst = max(worst, Double(abs(a - b))) } }
        return worst
    }
}
