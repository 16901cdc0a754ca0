import Foundation
import HoneGeneration
import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneModels

/// One side of the reference's pairs, laid out flat.
private struct Side {
    let input: ModelInput
    let documents: Documents
    let lengths: [Int]
    /// Where each real token lies in the reference's block, and in this batch.
    let slots: [Int], real: [Int]

    init(_ reference: TensorFixture, ids: String, mask: String, _ layout: FlatBatch.Layout) throws {
        let (ids, mask) = (try reference(ids), try reference(mask))
        let (count, width) = (ids.shape[0], ids.shape[1])
        let all = try mask.sum(1).integers()
        let rows = if case .alone(let row) = layout { [row] } else { Array(0..<count) }
        lengths = rows.map { all[$0] }
        let strides = lengths.map { [.padded, .leftPadded].contains(layout) ? width : $0 }
        let before = lengths.map { layout == .leftPadded ? width - $0 : 0 }  // padding in front of each row
        let starts = strides.indices.map { strides[..<$0].reduce(0, +) + before[$0] }
        slots = zip(rows, lengths).flatMap { row, length in (0..<length).map { row * width + $0 } }
        real = zip(starts, lengths).flatMap { start, length in start..<(start + length) }
        let places = rows.indices.flatMap { index in
            (0..<strides[index]).map { rows[index] * width + ($0 + width - before[index]) % width }
        }
        input = try Side.input(
            try ids.reshaped([-1]).selecting(Tensor(places, shape: [places.count])).integers(), places.map { $0 % width })
        documents = try Documents(starts: starts.map(Int32.init), lengths: lengths.map(Int32.init))
    }

    static func input(_ ids: [Int], _ positions: [Int]) throws -> ModelInput {
        ModelInput(
            ids: try Tensor(ids, shape: [ids.count]), typeIDs: try .zeros([ids.count], dtype: .int64),
            positions: try Tensor(positions, shape: [ids.count]))
    }

    func context(training: Bool = false, compute: DType = .float32, seed: UInt64 = 0) -> Context {
        Context(documents: documents, isTraining: training, compute: compute, seed: seed)
    }

    /// The rows of a reference tensor `[3, T, ..]` that are in this batch.
    func rows(_ tensor: Tensor) throws -> Tensor {
        try tensor.reshaped([-1, tensor.size(-1)]).selecting(Tensor(slots, shape: [slots.count]))
    }

    func realRows(_ tensor: Tensor) throws -> Tensor { try tensor.selecting(Tensor(real, shape: [real.count])) }
}

private struct Subject {
    let reference: TensorFixture
    let folder: URL
    private let name: String

    init(_ name: String) throws {
        (self.name, folder) = (name, fixtures(name))
        reference = try fixtures.tensors("\(name)/expected.safetensors")
    }

    func model(trainable: Bool = false, compute: DType = .float32, config: String = "config.json") throws -> T5Model {
        guard config != "config.json" else { return try Self.model(folder, trainable, compute) }
        let copy = try EditableFolder(older: name)
        return try Self.model(copy.url, trainable, compute)
    }

    static func model(_ folder: URL, _ trainable: Bool = false, _ compute: DType = .float32) throws -> T5Model {
        let (model, report) = try exclusively { try ModelFolder(folder).sequenceToSequence() }
        try require(report.new.isEmpty, "new weights: \(report.new)")
        for named in model.namedParameters() { try named.parameter.prepare(trainable: trainable, compute: compute) }
        guard let t5 = model as? T5Model else { throw CheckFailure("\(type(of: model)) is no T5Model") }
        return t5
    }

    func sides(_ layout: FlatBatch.Layout) throws -> (source: Side, answer: Side) {
        (
            try Side(reference, ids: "input_ids", mask: "attention_mask", layout),
            try Side(reference, ids: "decoder_input_ids", mask: "decoder_attention_mask", layout)
        )
    }

    func logits(_ model: T5Model, _ layout: FlatBatch.Layout, compute: DType = .float32) throws -> Tensor {
        let (source, answer) = try sides(layout)
        return try withGradients(false) {
            let states = try model.encode(source.input, source.context(compute: compute))
            let out = try model.decode(
                answer.input, states: states, sources: source.documents, answer.context(compute: compute), keeping: nil)
            return try answer.realRows(model.vocabularyHead.logits(out))
        }
    }
}

/// The model as generation sees it: prompts are the encoder's, sequences begin with the decoder's start.
private final class Scorer: TokenScorer {
    private let model: T5Model
    private var cache = KeyValueCache(sequences: 0, capacity: 0)
    private var states: Tensor?
    private var spans: [(start: Int32, length: Int32)] = []

    init(_ model: T5Model) { self.model = model }

    var vocabulary: Int { model.config.vocabulary }
    var maximumLength: Int? { nil }

    func begin(_ prompts: [[Int32]], capacity: Int) throws -> Logits {
        cache = KeyValueCache(sequences: prompts.count, capacity: capacity)
        spans = prompts.indices.map { (Int32(prompts[..<$0].reduce(0) { $0 + $1.count }), Int32(prompts[$0].count)) }
        let input = try Side.input(prompts.flatMap { $0.map(Int.init) }, prompts.flatMap { Array(0..<$0.count) })
        let documents = try Documents(starts: spans.map(\.start), lengths: spans.map(\.length))
        states = try withGradients(false) {
            try model.encode(input, Context(documents: documents, isTraining: false, compute: .float32))
        }
        return try advance(prompts.map { _ in model.decoderStart }, live: Array(prompts.indices))
    }

    func advance(_ tokens: [Int32], live: [Int]) throws -> Logits {
        guard let states else { throw CheckFailure("advance before begin") }
        let positions = try cache.begin(live: live, counts: live.map { _ in 1 })
        defer { cache.commit() }
        let documents = try Documents(starts: live.indices.map(Int32.init), lengths: live.map { _ in 1 })
        let sources = try Documents(starts: live.map { spans[$0].start }, lengths: live.map { spans[$0].length })
        let context = Context(documents: documents, isTraining: false, compute: .float32, cache: cache)
        let logits = try withGradients(false) {
            try model.vocabularyHead.logits(
                model.decode(
                    Side.input(tokens.map(Int.init), positions.map(Int.init)), states: states, sources: sources, context, keeping: nil))
        }
        return Logits(values: try logits.floats(), rows: live.count, vocabulary: vocabulary)
    }

    func reorder(_ sources: [Int]) throws { try cache.reorder(sources) }
}

@Suite("T5 against Transformers")
struct T5Tests {
    static let names = ["t5", "t5-v1.1"]

    @Test(
        "every key is used, every parameter filled, states and logits are float64's, packed, padded on either side and alone",
        arguments: names, ["config.json", "config-v4.json"])
    func logits(_ name: String, _ config: String) throws {
        let subject = try Subject(name)
        let model = try subject.model(config: config)
        try checkFamily(
            model, keys: Checkpoint(folder: subject.folder).keys, reference: subject.reference,
            expected: { try subject.sides($0.layout).answer.rows(subject.reference("exact.logits")) },
            output: { try subject.logits(model, $0.layout) })
        for layout in FlatBatch.Layout.all(3) {
            let (source, _) = try subject.sides(layout)
            let states = try source.realRows(withGradients(false) { try model.encode(source.input, source.context()) })
            let expected = try source.rows(subject.reference("exact.encoder.last_hidden_state"))
            try requireCloseInScale(states, expected, .float32Model, "states, \(layout)")
        }
    }

    @Test("loss and every gradient are those of Transformers in float64, packed and row by row", arguments: names, [true, false])
    func gradients(_ name: String, _ isPacked: Bool) throws {
        let subject = try Subject(name)
        let model = try subject.model(trainable: true)
        var loss = 0.0
        for layout in isPacked ? [FlatBatch.Layout.packed] : [.alone(0), .alone(1), .alone(2)] {
            let (source, answer) = try subject.sides(layout)
            let labels = try subject.reference("labels").reshaped([-1]).selecting(Tensor(answer.slots, shape: [answer.slots.count]))
            let read = try labels.integers().enumerated().filter { $0.element != -100 }.map(\.offset)
            let rows = try Tensor(read, shape: [read.count])
            let states = try model.encode(source.input, source.context())
            let out = try model.decode(
                answer.input, states: states, sources: source.documents, answer.context(), keeping: rows)
            #expect(out.shape == [read.count, 20])
            let sum = try model.vocabularyHead.crossEntropy(out, labels.selecting(rows)).sum
            try sum.backward()
            loss += try sum.item()
        }
        try requireClose(loss, subject.reference("loss").item(), .float32Sum, "loss")
        let expected = try subject.reference.all("exact.grad.")
        #expect(expected.count == model.namedParameters().count)
        for named in model.namedParameters() {
            let gradient = try #require(try named.parameter.value.gradient(), "\(named.key) has no gradient")
            #expect(!gradient.isSparse)
            try requireCloseInScale(gradient, try #require(expected[named.key]), .float32Unscaled, "gradient of \(named.key)")
        }
    }

    @Test("bfloat16 products stay within the bound of narrow models", arguments: names)
    func bfloat16(_ name: String) throws {
        let subject = try Subject(name)
        let found = try subject.logits(subject.model(compute: .bfloat16), .packed, compute: .bfloat16)
        #expect(found.dtype == .bfloat16)
        let (_, answer) = try subject.sides(.packed)
        let expected = try answer.rows(subject.reference("logits"))
        try requireCloseInScale(found, expected, .bfloat16Unscaled, "logits")
        try requireAsClose(found, answer.rows(subject.reference("logits.bfloat16")), to: expected, name)
    }

    @Test("decoding with a cache, in one piece, in two and token by token, gives the whole pass's logits", arguments: names)
    func cached(_ name: String) throws {
        let subject = try Subject(name)
        let model = try subject.model()
        let (source, answer) = try subject.sides(.packed)
        let expected = try answer.rows(subject.reference("exact.logits"))
        let states = try withGradients(false) { try model.encode(source.input, source.context()) }
        let starts = try answer.documents.starts.integers(), ids = try answer.input.ids.integers()
        let spans = try (source.documents.starts.integers(), source.documents.lengths.integers())
        for piece in [1, 4, 100] {
            let cache = KeyValueCache(sequences: 3, capacity: 12)
            var found = [Tensor?](repeating: nil, count: ids.count)
            for first in stride(from: 0, to: answer.lengths.max() ?? 0, by: piece) {
                // Sequences leave when they end, so that sources no longer lie one after another.
                let live = (0..<3).filter { answer.lengths[$0] > first }
                let counts = live.map { min(piece, answer.lengths[$0] - first) }
                let slots = zip(live, counts).flatMap { row, count in (0..<count).map { starts[row] + first + $0 } }
                let positions = try cache.begin(live: live, counts: counts)
                let documents = try Documents(
                    starts: counts.indices.map { Int32(counts[..<$0].reduce(0, +)) }, lengths: counts.map(Int32.init))
                let sources = try Documents(starts: live.map { Int32(spans.0[$0]) }, lengths: live.map { Int32(spans.1[$0]) })
                let logits = try withGradients(false) {
                    try model.vocabularyHead.logits(
                        model.decode(
                            Side.input(slots.map { ids[$0] }, positions.map(Int.init)), states: states, sources: sources,
                            Context(documents: documents, isTraining: false, compute: .float32, cache: cache), keeping: nil))
                }
                cache.commit()
                for (place, slot) in slots.enumerated() { found[slot] = try logits.slice(0, place..<(place + 1)) }
            }
            try requireCloseInScale(.concatenated(found.compactMap { $0 }), expected, .float32Model, "\(name) in pieces of \(piece)")
        }
    }

    @Test("writes Transformers' greedy answers, all rows in one batch", arguments: names)
    func greedy(_ name: String) throws {
        let subject = try Subject(name)
        let model = try subject.model()
        var settings = BeamSettings(beams: 1, maximumTokens: 12, stopIDs: [1])
        settings.earlyStopping = .whenFull
        let found = try BeamSearch(Scorer(model), settings: settings).generate(prompts(subject), starts: starts(model))
        for row in 0..<3 {
            let expected = try subject.reference("greedy.\(row)").integers().map(Int32.init)
            #expect([model.decoderStart] + found[row][0].tokens == expected, "row \(row)")
        }
    }

    @Test("finds Transformers' beams, in its order and with its scores", arguments: names, ["beam", "stopped"])
    func beams(_ name: String, _ kind: String) throws {
        let subject = try Subject(name)
        let model = try subject.model()
        for row in 0..<3 {
            let stop = kind == "beam" ? 1 : try subject.reference("stopped.\(row).eos").integers()[0]
            let settings = BeamSettings(beams: 3, sequences: 3, maximumTokens: 12, stopIDs: [Int32(stop)])
            let found = try BeamSearch(Scorer(model), settings: settings).generate([prompts(subject)[row]], starts: [[model.decoderStart]])[
                0]
            let expected = try subject.reference("\(kind).\(row)")
            let width = expected.shape[1], tokens = try expected.integers().map(Int32.init)
            for (place, hypothesis) in found.enumerated() {
                let whole = Array(tokens[place * width..<(place + 1) * width])
                // What stands after the token that ends a text is padding.
                let end = whole.dropFirst().firstIndex(of: Int32(stop)) ?? width - 1
                #expect([model.decoderStart] + hypothesis.tokens == Array(whole[...end]), "\(kind), row \(row), beam \(place)")
            }
            let scores = try subject.reference("\(kind).\(row).scores").floats().map(Double.init)
            try requireClose(found.map(\.score), scores, .float32Sum, "scores of row \(row)")
        }
    }

    @Test("beams of several texts in one batch, which end at different steps, are those of each text alone", arguments: names)
    func batchedBeams(_ name: String) throws {
        let subject = try Subject(name)
        let model = try subject.model()
        let stop = try Int32(subject.reference("stopped.1.eos").integers()[0])
        let settings = BeamSettings(beams: 3, sequences: 3, maximumTokens: 12, stopIDs: [stop])
        let prompts = try prompts(subject)
        let together = try BeamSearch(Scorer(model), settings: settings).generate(prompts, starts: starts(model))
        #expect(Set(together.map { $0.map(\.tokens.count).max() ?? 0 }).count > 1, "all end at one step")
        for row in 0..<3 {
            let alone = try BeamSearch(Scorer(model), settings: settings).generate([prompts[row]], starts: [[model.decoderStart]])[0]
            #expect(together[row].map(\.tokens) == alone.map(\.tokens), "row \(row)")
        }
    }

    private func prompts(_ subject: Subject) throws -> [[Int32]] {
        try (0..<3).map { try subject.sides(.alone($0)).source.input.ids.integers().map(Int32.init) }
    }

    private func starts(_ model: T5Model) -> [[Int32]] { Array(repeating: [model.decoderStart], count: 3) }

    @Test("a folder that Hone writes holds the same weights and gives the same logits", arguments: names)
    func writes(_ name: String) throws {
        let subject = try Subject(name)
        let home = try TemporaryFolder()
        // A person can have the folder checked by Transformers: Fixtures/make/verify_family.py.
        let folder =
            ProcessInfo.processInfo.environment["HONE_VERIFY_FOLDER"].map { URL(filePath: $0).appending(path: name) } ?? home("out")
        let model = try subject.model()
        try ModelFolder(subject.folder).write(model, .sequenceToSequence, to: folder)
        let again = try Subject.model(folder)
        try requireClose(subject.logits(again, .packed), subject.logits(model, .packed), .exact, "logits")
        for (old, new) in zip(model.namedParameters(), again.namedParameters()) {
            #expect(old.key == new.key)
            try requireClose(new.parameter.stored, old.parameter.stored, .exact, old.key)
        }
        let (_, answer) = try subject.sides(.padded)
        let block = try subject.reference("decoder_input_ids").shape
        let flat = try Tensor.zeros([block[0] * block[1], model.config.vocabulary])
        try flat.copyRows(from: subject.logits(model, .padded), at: Tensor(answer.slots, shape: [answer.slots.count]))
        let inputs = ["input_ids", "attention_mask", "decoder_input_ids", "decoder_attention_mask"]
        let tensors = try inputs.map { WeightSource(name: $0, tensor: try subject.reference($0)) }
        try SafetensorsWriter().write(
            tensors + [WeightSource(name: "logits", tensor: flat.reshaped(block + [model.config.vocabulary]))],
            to: folder.appending(path: "verify.safetensors"))
    }

    @Test("copies of the table that older files carry are reported and not used")
    func copies() throws {
        let folder = try EditableFolder("t5")
        let old = try TensorFixture(folder.url.appending(path: "model.safetensors"))
        try folder.rewrite(adding: [
            "encoder.embed_tokens.weight": old("shared.weight"), "decoder.embed_tokens.weight": old("shared.weight"),
            "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight": .ones([8, 3]),
        ]) { ($0, $1) }
        let (model, report) = try exclusively { try ModelFolder(folder.url).sequenceToSequence() }
        #expect(report.unused.count == 3 && report.new.isEmpty && !model.namedParameters().contains { $0.key.contains("embed_tokens") })
    }

    @Test("tells tuning where its blocks and embeddings are, and drops only while training")
    func facts() throws {
        let subject = try Subject("t5-v1.1")
        let model = try subject.model(trainable: true)
        let keys = model.namedParameters().map(\.key)
        #expect(keys.filter { $0.hasPrefix(model.embeddingPrefix) } == ["shared.weight"])
        #expect(model.sizes.layers == 3 && model.sizes.encoderLayers == 2 && model.sizes.isGated && model.sizes.queryWidth == 18)
        for layer in 0..<3 { #expect(keys.contains { $0.hasPrefix("\(model.blockPrefix).\(layer).") }) }
        let adapted = model.slotsByPath().map(\.path).filter { path in model.defaultLoRATargets.contains { path.hasSuffix("." + $0) } }
        #expect(adapted.count == 2 * (2 + 3 + 3) && adapted.contains("decoder.block.2.layer.1.EncDecAttention.q"))
        let (source, _) = try subject.sides(.packed)
        func states(_ training: Bool, _ seed: UInt64) throws -> Tensor {
            try withGradients(false) { try model.encode(source.input, source.context(training: training, seed: seed)) }
        }
        try requireClose(states(true, 1), states(false, 2), .exact, "without dropout")
        model.setDropout(0.2)
        #expect(try largestDifference(states(true, 1), states(true, 2)) > 0.01)
        try requireClose(states(true, 1), states(true, 1), .exact, "the same seed")
        try requireClose(states(false, 1), states(false, 2), .exact, "not training")
    }

    @Test("configurations of Transformers 4 and 5 mean the same; what T5 cannot be is refused by its key")
    func configuration() throws {
        func config(_ json: [String: Any], isTied: Bool = true) throws -> T5Config {
            try T5Config(ConfigReader(json: json, file: "f"), isTied: isTied)
        }
        #expect(try config([:]).scalesOutput && config([:]).feedForward == .plain(.relu) && config([:]).decoderStart == 0)
        #expect(try !config(["tie_word_embeddings": false]).scalesOutput)
        #expect(try !config(["tie_word_embeddings": true, "scale_decoder_outputs": false]).scalesOutput)
        #expect(try config(["feed_forward_proj": "gated-gelu"]).feedForward == .gated(.geluTanh))
        #expect(try config(["feed_forward_proj": "gated-silu"]).feedForward == .gated(.silu))
        #expect(try config(["num_layers": 4]).decoderLayers == 4 && config(["num_layers": 4, "num_decoder_layers": 2]).decoderLayers == 2)
        let refused: [[String: any Sendable]] = [
            ["feed_forward_proj": "gated-elu"], ["decoder_start_token_id": 40_000], ["relative_attention_num_buckets": 6],
        ]
        for json in refused { #expect(throws: ModelError.self) { try config(json) } }
        let folder = try ModelFolder(fixtures("t5"))
        #expect(folder.tasks == [.sequenceToSequence])
        #expect(throws: ModelError.self) { try folder.languageModel(seed: 0) }
        #expect(throws: ModelError.self) { try folder.classifier(labels: 2, head: .new, seed: 0) }
    }
}

@Suite("T5's relative positions")
struct T5PositionsTests {
    @Test("distances fall into Transformers' buckets, also at the edges")
    func buckets() throws {
        let config = try T5Config(ConfigReader(json: [:], file: "f"), isTied: true)
        let distances = [16, 17, 32, 33, 64, 65, 127, 128, 129, 1000]
        let before = try T5Positions(config, isBidirectional: true).bucketIDs(reach: 1001)
        let past = try T5Positions(config, isBidirectional: false).bucketIDs(reach: 1001)
        // Transformers 5.23, T5Attention._relative_position_bucket with 32 buckets and a distance of 128.
        #expect(distances.map { before[1000 - $0] } == [10, 10, 12, 12, 14, 14, 15, 15, 15, 15])
        #expect(distances.map { before[1000 + $0] } == [26, 26, 28, 28, 30, 30, 31, 31, 31, 31])
        #expect(distances.map { past[1000 - $0] } == [16, 16, 21, 21, 26, 26, 31, 31, 31, 31])
        #expect(past[1001...].allSatisfy { $0 == 0 } && before[1000] == 0 && past[1000] == 0)
        #expect((0..<8).map { before[1000 - $0] } == Array(0..<8) && (0..<16).map { past[1000 - $0] } == Array(0..<16))
    }

    @Test("a longer reach only adds columns at both ends")
    func reach() throws {
        let config = try T5Config(ConfigReader(json: ["num_heads": 2], file: "f"), isTied: true)
        for isBidirectional in [true, false] {
            let positions = try T5Positions(config, isBidirectional: isBidirectional)
            var generator = SeededGenerator(seed: 1)
            for named in positions.namedParameters() { try named.parameter.load(generator.tensor(named.parameter.shape)) }
            let (long, short) = (try positions(reach: 40), try positions(reach: 7))
            #expect(long.shape == [2, 79] && short.shape == [2, 13])
            try requireClose(short, long.slice(1, 33..<46), .exact, "the middle")
            #expect(try positions(reach: 1).shape == [2, 1])
        }
    }
}
