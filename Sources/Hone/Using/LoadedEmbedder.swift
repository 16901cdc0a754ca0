// Tested by EmbedderTests.swift.
internal import Foundation
internal import HoneData
internal import HoneModels
internal import HoneTensors
internal import HoneText
internal import HoneTraining

/// A model that gives each text a vector, in memory.
///
/// Lives on the torch thread.
final class LoadedEmbedder {
    let facts: EmbedderFacts
    let similarity: EmbeddingSettings.Similarity
    private let tokenizer: Tokenizer
    private let predictor: Predictor

    init(_ url: URL, compute: DType) throws {
        let isAdapter = FileManager.default.fileExists(atPath: url.appending(path: "adapter_config.json").path)
        guard !isAdapter else { throw HoneError.adapterCannotEmbed(folder: url.path) }
        let (model, _) = try ModelFolder(url).embedder()
        tokenizer = try Tokenizer(folder: url)
        guard tokenizer.vocabularySize <= model.sizes.vocabulary else {
            throw HoneError.vocabulary(tokenizer: tokenizer.vocabularySize, model: model.sizes.vocabulary, folder: url.path)
        }
        try model.prepare(compute)
        (facts, similarity) = (EmbedderFacts(model), model.settings.similarity)
        predictor = Predictor(
            forward: model.forward, compute: compute, device: .cpu, budget: PlanFacts.evaluationBudget, paddingID: tokenizer.padID ?? 0)
    }

    /// Token ids of texts behind a prompt.
    func encode(_ texts: [(text: String, place: RowPlace)], prompt: String, truncates: Bool) throws -> EncodedTexts {
        let rows = texts.map { TextRow(file: $0.place.file, line: $0.place.line, text: prompt + $0.text) }
        let encoder = RowEncoder(labels: nil, maximum: facts.maximumTokens, tooLong: .truncate, allMayBeTooLong: true)
        let (encoded, lengths) = try encoder.encode(rows, split: .test, with: tokenizer)
        if lengths.truncated > 0, !truncates {
            let isLong = { (row: TextRow) in self.tokenizer.encodeIDs(row.text, pair: nil).count > lengths.maximum }
            let first = zip(texts, rows).first { isLong($0.1) }?.0
            throw HoneError.tooLongToEmbed(
                texts: lengths.truncated, of: texts.count, longest: lengths.longest, maximum: lengths.maximum,
                first: first.map { "\($0.place)" } ?? "", beginning: String(first?.text.prefix(40) ?? ""))
        }
        if let empty = encoded.firstIndex(where: { $0.ids.isEmpty }) { throw HoneError.noTokens(place: "\(texts[empty].place)") }
        return EncodedTexts(rows: encoded, places: texts.map(\.place), lengths: lengths)
    }

    /// The vectors of encoded texts; a batch is packed, so which texts share it changes no more than the last bits.
    func vectors(of rows: ArraySlice<EncodedRow>) throws -> [[Float]] { try predictor.logits(of: Array(rows)) }
}

extension EmbedderFacts {
    fileprivate init(_ model: EmbeddingModel) {
        let settings = model.settings
        self.init(
            dimension: model.width, pooling: settings.pooling.map(\.rawValue), isNormalized: settings.isNormalized,
            maximumTokens: min(settings.maximumTokens ?? .max, model.sizes.maximumPositions), prompts: settings.prompts,
            defaultPrompt: settings.defaultPrompt, similarity: settings.similarity.rawValue, isDeclared: settings.isDeclared)
    }
}
