import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneModels

/// What Transformers computed with a tiny language model, and the same model here.
struct LanguageCase {
    let name: String
    let reference: TensorFixture
    var folder: URL { fixtures(name) }

    init(_ name: String) throws {
        self.name = name
        reference = try fixtures.tensors("\(name)/expected.safetensors")
    }

    func model(trainable: Bool = false, compute: DType = .float32, config: String = "config.json") throws -> any LanguageModel {
        guard config != "config.json" else { return try prepared(ModelFolder(folder), trainable, compute) }
        let copy = try EditableFolder(name)
        try FileManager.default.removeItem(at: copy.config)
        try FileManager.default.moveItem(at: copy.url.appending(path: config), to: copy.config)
        return try prepared(ModelFolder(copy.url), trainable, compute)
    }

    private func prepared(_ folder: ModelFolder, _ trainable: Bool, _ compute: DType) throws -> any LanguageModel {
        let (model, report) = try exclusively { try folder.languageModel(seed: 0) }
        try require(report.new.isEmpty, "new weights: \(report.new)")
        for named in model.namedParameters() { try named.parameter.prepare(trainable: trainable, compute: compute) }
        return model
    }

    /// The rows of a reference tensor `[3, T, ..]` that are in a batch.
    func rows(_ tensor: Tensor, _ batch: FlatBatch) throws -> Tensor {
        try tensor.reshaped([-1, tensor.size(-1)]).selecting(Tensor(batch.slots, shape: [batch.slots.count]))
    }
}

func allLogits(_ model: any LanguageModel, _ batch: FlatBatch, compute: DType = .float32) throws -> Tensor {
    let real = try batch.realPositions()
    return try withGradients(false) {
        try model.vocabularyHead.logits(model.outputStates(batch.input, batch.context(compute: compute), keeping: nil)).selecting(real)
    }
}

@Suite("Decoders against Transformers")
struct DecoderTests {
    static let trained = [
        "llama", "llama-tied-3", "mistral", "qwen2", "qwen2-window", "qwen3", "gemma", "gemma2", "gemma3", "phi3", "gpt2",
    ]
    static let layouts: [FlatBatch.Layout] = [.packed, .padded, .alone(0), .alone(1), .alone(2)]

    @Test("every key is used, every parameter filled, and logits are Transformers', packed, padded and alone", arguments: trained)
    func logits(_ name: String) throws {
        let subject = try LanguageCase(name)
        for config in ["config.json", "config-v4.json"] {
            let model = try subject.model(config: config)
            let keys = Set(try Checkpoint(folder: subject.folder).keys), own = Set(model.namedParameters().map(\.key))
            #expect(keys == own, "\(keys.symmetricDifference(own).sorted())")
            for named in model.namedParameters() { #expect(try named.parameter.stored.sumOfSquares() > 0, "\(named.key) was not filled") }
            for layout in Self.layouts {
                let batch = try FlatBatch(subject.reference, layout: layout)
                let expected = try subject.rows(subject.reference("logits"), batch)
                try requireClose(allLogits(model, batch), expected, .float32Model, "\(name), \(layout), \(config)")
            }
        }
    }

    @Test("loss and every gradient are Transformers', packed and row by row", arguments: trained, [true, false])
    func gradients(_ name: String, _ isPacked: Bool) throws {
        let subject = try LanguageCase(name)
        let model = try subject.model(trainable: true)
        var loss = 0.0
        for layout in isPacked ? [FlatBatch.Layout.packed] : [.alone(0), .alone(1), .alone(2)] {
            let batch = try FlatBatch(subject.reference, layout: layout)
            let (rows, targets) = try shifted(subject, batch)
            let states = try model.outputStates(batch.input, batch.context(), keeping: rows)
            let terms = try model.vocabularyHead.crossEntropy(states, targets)
            try terms.sum.backward()
            loss += try terms.sum.item()
        }
        try requireClose(loss, subject.reference("loss").item(), .float32Sum, "loss")
        let expected = try subject.reference.all("grad.")
        #expect(expected.count == model.namedParameters().count)
        for named in model.namedParameters() {
            let gradient = try #require(try named.parameter.value.gradient(), "\(named.key) has no gradient").dense()
            try requireCloseInScale(gradient, try #require(expected[named.key]), .float32Sum, "gradient of \(named.key)")
        }
    }

    /// The rows that predict a label, and the labels.
    private func shifted(_ subject: LanguageCase, _ batch: FlatBatch) throws -> (rows: Tensor, targets: Tensor) {
        let labels = try subject.reference("labels").integers()
        let width = try subject.reference("labels").shape[1]
        var (rows, targets): ([Int], [Int]) = ([], [])
        for (place, slot) in batch.slots.enumerated() where (slot + 1) % width != 0 && labels[slot + 1] != -100 {
            guard place + 1 < batch.slots.count, batch.slots[place + 1] == slot + 1 else { continue }
            rows.append(place)
            targets.append(labels[slot + 1])
        }
        return (try Tensor(rows, shape: [rows.count]), try Tensor(targets, shape: [targets.count]))
    }

    @Test("decoding with a cache, in one piece, in two and token by token, gives the whole pass's logits", arguments: trained)
    func cached(_ name: String) throws {
        let subject = try LanguageCase(name)
        let model = try subject.model()
        let batch = try FlatBatch(subject.reference, layout: .packed)
        let expected = try subject.rows(subject.reference("logits"), batch)
        let lengths = try batch.documents.lengths.integers(), starts = try batch.documents.starts.integers()
        for piece in [1, 4, 100] {
            let cache = KeyValueCache(sequences: 3, capacity: 16)
            var found = [Tensor?](repeating: nil, count: expected.shape[0])
            for first in stride(from: 0, to: lengths.max() ?? 0, by: piece) {
                let live = (0..<3).filter { lengths[$0] > first }
                let counts = live.map { min(piece, lengths[$0] - first) }
                let slots = zip(live, counts).flatMap { row, count in (0..<count).map { starts[row] + first + $0 } }
                let logits = try step(model, batch, cache, live: live, counts: counts, slots: slots)
                for (place, slot) in slots.enumerated() { found[slot] = try logits.slice(0, place..<(place + 1)) }
            }
            try requireClose(.concatenated(found.compactMap { $0 }), expected, .float32Model, "\(name) in pieces of \(piece)")
        }
    }

    private func step(
        _ model: any LanguageModel, _ batch: FlatBatch, _ cache: KeyValueCache, live: [Int], counts: [Int], slots: [Int]
    ) throws -> Tensor {
        let positions = try cache.begin(live: live, counts: counts)
        let starts = counts.indices.map { counts[..<$0].reduce(0, +) }
        let documents = try Documents(starts: starts.map(Int32.init), lengths: counts.map(Int32.init))
        let input = ModelInput(
            ids: try batch.ids.selecting(Tensor(slots, shape: [slots.count])), typeIDs: try .zeros([slots.count], dtype: .int64),
            positions: try Tensor(positions.map(Int.init), shape: [positions.count]))
        let context = Context(documents: documents, isTraining: false, compute: .float32, cache: cache)
        defer { cache.commit() }
        return try withGradients(false) { try model.vocabularyHead.logits(model.outputStates(input, context, keeping: nil)) }
    }

    @Test("bfloat16 products stay within the bound of narrow models", arguments: trained)
    func bfloat16(_ name: String) throws {
        let subject = try LanguageCase(name)
        let model = try subject.model(compute: .bfloat16)
        let batch = try FlatBatch(subject.reference, layout: .packed)
        let found = try allLogits(model, batch, compute: .bfloat16)
        #expect(found.dtype == .bfloat16)
        try requireCloseInScale(found, subject.rows(subject.reference("logits"), batch), .bfloat16Decoder, "logits")
    }

    @Test(
        "other kinds of rotary scaling, also where texts are longer than the model was trained on",
        arguments: [
            "llama-linear", "llama-dynamic", "llama-llama3", "llama-yarn", "llama-yarn-mscale", "llama-yarn-options", "phi3-longrope",
        ])
    func rotary(_ name: String) throws {
        let subject = try LanguageCase(name)
        let model = try subject.model()
        for row in 0..<3 {
            let batch = try FlatBatch(subject.reference, layout: .alone(row))
            try requireClose(allLogits(model, batch), subject.reference("alone.\(row).logits"), .float32Sum, "row \(row) alone")
        }
        // Packed, a row's angles must not depend on its neighbours: the reference for each row is the row alone.
        let packed = try allLogits(model, FlatBatch(subject.reference, layout: .packed))
        let alone = try Tensor.concatenated((0..<3).map { try subject.reference("alone.\($0).logits") })
        try requireClose(packed, alone, .float32Sum, "packed")
    }

    @Test("a folder that Hone writes holds the same weights and gives the same logits", arguments: ["llama", "gemma2", "phi3", "gpt2"])
    func writes(_ name: String) throws {
        let subject = try LanguageCase(name)
        let model = try subject.model()
        let target = try TemporaryFolder()
        // A person can have the folder checked by Transformers.
        let folder =
            ProcessInfo.processInfo.environment["HONE_VERIFY_FOLDER"].map { URL(filePath: $0).appending(path: name) }
            ?? target.url.appending(path: "out")
        try ModelFolder(subject.folder).write(model, .causalLanguageModelling, to: folder)
        let again = try exclusively { try ModelFolder(folder).languageModel(seed: 0).model }
        let batch = try FlatBatch(subject.reference, layout: .packed)
        try requireClose(allLogits(again, batch), allLogits(model, batch), .exact, "logits")
    }
}
