import Foundation
import HoneData
import HoneLayers
import HoneObjectives
import HoneTensors
import HoneTestSupport
import HoneWeights

@testable import HoneModels

let fixtures = FixtureFolder("HoneModels")

extension FlatBatch {
    var input: ModelInput { ModelInput(ids: ids, typeIDs: typeIDs, positions: positions) }

    func context(training: Bool = false, compute: DType = .float32, seed: UInt64 = 0) -> Context {
        Context(documents: documents, isTraining: training, compute: compute, seed: seed)
    }
}

/// The tiny classifier of the fixtures, with every weight prepared.
func tinyBert(trainable: Bool = false, compute: DType = .float32, folder: URL = fixtures("tiny-bert")) throws -> ClassifierModel {
    let model = try ModelFolder(folder).classifier(labels: 7, head: .checkpoint, seed: 0).model
    for named in model.namedParameters() { try named.parameter.prepare(trainable: trainable, compute: compute) }
    guard let bert = model as? ClassifierModel else { throw CheckFailure("\(type(of: model)) is no ClassifierModel") }
    return bert
}

func logits(_ model: any SequenceClassifier, _ batch: FlatBatch, compute: DType = .float32) throws -> Tensor {
    try withGradients(false) { try model.logits(batch.input, batch.context(compute: compute)) }
}

/// A copy of a fixture folder whose `config.json` and weights a test may change.
struct EditableFolder {
    private let home: TemporaryFolder
    let url: URL

    init(_ name: String) throws {
        home = try TemporaryFolder()
        url = try home.copy(fixtures(name), as: "model")
    }

    /// The same folder with the configuration as Transformers 4 spells it.
    init(older name: String) throws {
        try self.init(name)
        try FileManager.default.removeItem(at: config)
        try FileManager.default.moveItem(at: url.appending(path: "config-v4.json"), to: config)
    }

    var config: URL { url.appending(path: "config.json") }

    /// Sets keys of `config.json`; nil removes one.
    func configure(_ changes: [String: Any?]) throws {
        var json = try JSONSerialization.jsonObject(with: Data(contentsOf: config)) as? [String: Any] ?? [:]
        for (key, value) in changes { json[key] = value }
        try ModelFolder.configText(json).write(to: config)
    }

    /// Writes the weights again, each under the name and with the values that `change` gives; nil leaves one out.
    func rewrite(adding extra: [String: Tensor] = [:], _ change: (String, Tensor) throws -> (String, Tensor)?) throws {
        let fixture = try TensorFixture(url.appending(path: "model.safetensors"))
        let tensors = try fixture.keys.compactMap { try change($0, fixture($0)) } + extra.map { ($0, $1) }
        try FileManager.default.removeItem(at: url.appending(path: "model.safetensors"))
        try SafetensorsWriter().write(
            tensors.map { WeightSource(name: $0.0, tensor: $0.1) }, to: url.appending(path: "model.safetensors"))
    }

    func load(labels: Int = 7, head: ModelFolder.Head = .checkpoint, seed: UInt64 = 0) throws -> (
        model: any SequenceClassifier, report: LoadReport
    ) {
        try exclusively { try ModelFolder(url).classifier(labels: labels, head: head, seed: seed) }
    }
}

extension ClassifierModel {
    /// The body, where it is BERT's.
    var bert: BertModel {
        guard let bert = backbone as? BertModel else { preconditionFailure("\(type(of: backbone)) is no BertModel") }
        return bert
    }
}

/// Compares the gradients that a reference holds with those of a model, each on its own scale.
func requireGradients(_ model: any TextModel, _ reference: TensorFixture) throws {
    let own = Dictionary(uniqueKeysWithValues: model.namedParameters().map { ($0.key, $0.parameter) })
    let expected = try reference.all("grad.")
    try require(expected.count >= 8, "\(expected.count) gradients only")
    for (key, gradient) in expected {
        let parameter = try unwrapped(own[key], "no \(key)")
        let found = try unwrapped(parameter.value.gradient(), "\(key) has no gradient").dense()
        // The gradients of all scores of an answer add up to 0, so what is the same for every token has none but roundings.
        let isZero = try largestDifference(gradient, .zeros(gradient.shape)) < 1e-5
        if isZero {
            try requireClose(found, gradient, .float32Sum, "gradient of \(key)")
        } else {
            try requireCloseInScale(found, gradient, .float32Gradient, "gradient of \(key)")
        }
    }
}

private func unwrapped<Value>(_ value: Value?, _ what: String) throws -> Value {
    guard let value else { throw CheckFailure(what) }
    return value
}

/// The reference's scores of starts and ends at the batch's rows, `[N, 2]`.
///
/// - Parameters before, after: what stands around the reference's names.
func spanScores(_ reference: TensorFixture, _ batch: FlatBatch, _ before: String, _ after: String) throws -> Tensor {
    let slots = try Tensor(batch.slots, shape: [batch.slots.count])
    let columns = try ["start_logits", "end_logits"].map { try reference(before + $0 + after).reshaped([-1, 1]).selecting(slots) }
    return try .concatenated(columns, axis: 1)
}

/// The loss of starts and ends as Hone trains it: scores `[N, 2]`.
func spanLoss(_ scores: Tensor, _ batch: FlatBatch, _ reference: TensorFixture) throws -> Tensor {
    let lengths = try batch.documents.lengths.integers()
    let starts = try reference("start_positions").integers(), ends = try reference("end_positions").integers()
    let rows = zip(batch.rows, lengths).map { row, length in
        EncodedRow(
            ids: [Int32](repeating: 0, count: length), typeIDs: [Int32](repeating: 0, count: length),
            target: .span(start: Int32(starts[row]), end: Int32(ends[row])), source: row)
    }
    return try SpanCrossEntropy()(scores, TokenBatch(Array(rows.indices), of: rows, layout: .packed, paddingID: 0)).sum
}

/// The logits of the next ids of each live sequence, one sequence after another.
func nextLogits(
    _ model: any LanguageModel, _ cache: KeyValueCache, live: [Int], counts: [Int], ids: [Int]
) throws -> Tensor {
    let positions = try cache.begin(live: live, counts: counts)
    let starts = counts.indices.map { counts[..<$0].reduce(0, +) }
    let documents = try Documents(starts: starts.map(Int32.init), lengths: counts.map(Int32.init))
    let input = ModelInput(
        ids: try Tensor(ids, shape: [ids.count]), typeIDs: try .zeros([ids.count], dtype: .int64),
        positions: try Tensor(positions.map(Int.init), shape: [positions.count]))
    let context = Context(documents: documents, isTraining: false, compute: .float32, cache: cache)
    defer { cache.commit() }
    return try withGradients(false) { try model.vocabularyHead.logits(model.outputStates(input, context, keeping: nil)) }
}

/// The likeliest tokens after each text, all texts in one batch with a cache.
func continuations(of texts: [[Int]], tokens: Int, _ model: any LanguageModel) throws -> [[Int]] {
    let rows = Array(texts.indices)
    let cache = KeyValueCache(sequences: rows.count, capacity: tokens + (texts.map(\.count).max() ?? 0))
    var ids = texts.flatMap { $0 }, counts = texts.map(\.count)
    var new = [[Int]](repeating: [], count: rows.count)
    for _ in 0..<tokens {
        let logits = try nextLogits(model, cache, live: rows, counts: counts, ids: ids)
        let lasts = rows.map { counts[...$0].reduce(0, +) - 1 }
        ids = try logits.selecting(Tensor(lasts, shape: [rows.count])).argmax(-1).integers()
        for row in rows { new[row].append(ids[row]) }
        counts = rows.map { _ in 1 }
    }
    return new
}
