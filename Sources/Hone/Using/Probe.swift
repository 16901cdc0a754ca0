// Tested by ClassifierTests.swift.
internal import Foundation

/// Inputs with their token ids and float32 logits, written with a model and checked whenever it is loaded: `probe.json`.
public struct Probe: Sendable, Equatable, Codable {
    static let file = "probe.json"
    /// How many training rows become probes.
    static let rowCount = 8
    /// Largest difference of a logit that loading may show: float32 products in another order on another machine.
    static let limit = 1e-3

    /// One input with what the model made of it.
    public struct Row: Sendable, Equatable, Codable {
        /// The text, as it stood in the training rows.
        public var text: String
        /// The second text; nil if rows have one text.
        public var pair: String?
        /// The token ids, special ones included.
        public var ids: [Int32]
        /// The model's outputs in float32: one per label, those of ``columns``, or start and end of the first and the last token.
        public var logits: [Float]
        /// Which outputs of the last token are recorded, where there is one per token of the vocabulary; nil for all.
        public var columns: [Int]?
    }

    /// The recorded inputs, taken from the first training rows.
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
