import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneModels

func allLogits(_ model: any LanguageModel, _ batch: FlatBatch, compute: DType = .float32) throws -> Tensor {
    let real = try batch.realPositions()
    return try withGradients(false) {
        try model.vocabularyHead.logits(model.outputStates(batch.input, batch.context(compute: compute), keeping: nil)).selecting(real)
    }
}

/// Logits, gradients, bfloat16 and writing are checked with all families in FamilyTests.
@Suite("Decoders against Transformers")
struct DecoderTests {
    static let scaled = [
        "llama-linear", "llama-dynamic", "llama-llama3", "llama-yarn", "llama-yarn-mscale", "llama-yarn-options", "phi3-longrope",
    ]

    @Test("padding on the left changes nothing: ids, positions and logits are Transformers'", arguments: FamilyCase.decoders)
    func leftPadding(_ name: String) throws {
        let subject = try FamilyCase(name)
        let batch = try FlatBatch(subject.reference, layout: .leftPadded)
        #expect(try batch.ids.integers() == subject.reference("left.input_ids").integers())
        #expect(try batch.positions.integers() == subject.reference("left.position_ids").integers())
        let mask = try subject.reference("left.attention_mask").integers(), real = try batch.realPositions().integers()
        #expect(mask.indices.filter { mask[$0] == 1 } == real)
        let all = try subject.reference("left.logits")
        let expected = try all.reshaped([-1, all.size(-1)]).selecting(batch.realPositions())
        // Both are roundings of one number.
        try requireCloseInScale(allLogits(subject.languageModel(), batch), expected, .float32Sum, "logits")
    }

    @Test("writes Transformers' continuations, token by token with a cache, all rows in one batch", arguments: FamilyCase.decoders)
    func greedy(_ name: String) throws {
        let subject = try FamilyCase(name)
        let model = try subject.languageModel()
        let rows = try (0..<3).map { try FlatBatch(subject.reference, layout: .alone($0)).ids.integers() }
        let new = try continuations(of: rows, tokens: 12, model)
        for row in 0..<3 { #expect(try new[row] == subject.reference("greedy.\(row)").integers(), "row \(row)") }
    }

    @Test("decoding with a cache, in one piece, in two and token by token, gives the whole pass's logits", arguments: FamilyCase.decoders)
    func cached(_ name: String) throws {
        let subject = try FamilyCase(name)
        let model = try subject.languageModel()
        let batch = try FlatBatch(subject.reference, layout: .packed)
        let expected = try subject.expected(batch, "exact."), ids = try batch.ids.integers()
        let lengths = try batch.documents.lengths.integers(), starts = try batch.documents.starts.integers()
        for piece in [1, 4, 100] {
            let cache = KeyValueCache(sequences: 3, capacity: 16)
            var found = [Tensor?](repeating: nil, count: expected.shape[0])
            for first in stride(from: 0, to: lengths.max() ?? 0, by: piece) {
                let live = (0..<3).filter { lengths[$0] > first }
                let counts = live.map { min(piece, lengths[$0] - first) }
                let slots = zip(live, counts).flatMap { row, count in (0..<count).map { starts[row] + first + $0 } }
                let logits = try nextLogits(model, cache, live: live, counts: counts, ids: slots.map { ids[$0] })
                for (place, slot) in slots.enumerated() { found[slot] = try logits.slice(0, place..<(place + 1)) }
            }
            try requireCloseInScale(.concatenated(found.compactMap { $0 }), expected, .float32Model, "\(name) in pieces of \(piece)")
        }
    }

    @Test(
        "other kinds of rotary scaling, also where texts are longer than the model was trained on",
        arguments: scaled)
    func rotary(_ name: String) throws {
        let subject = try FamilyCase(name)
        let model = try subject.languageModel()
        for row in 0..<3 {
            let batch = try FlatBatch(subject.reference, layout: .alone(row))
            try requireClose(allLogits(model, batch), subject.reference("alone.\(row).logits"), .float32Sum, "row \(row) alone")
        }
        // Packed, a row's angles must not depend on its neighbours: the reference for each row is the row alone.
        let packed = try allLogits(model, FlatBatch(subject.reference, layout: .packed))
        let alone = try Tensor.concatenated((0..<3).map { try subject.reference("alone.\($0).logits") })
        try requireClose(packed, alone, .float32Sum, "packed")
    }

    @Test("models with scaled angles are written as they were read", arguments: scaled)
    func writes(_ name: String) throws {
        let subject = try FamilyCase(name)
        try subject.checkWriting(subject.languageModel(), as: name, layout: .alone(0))
    }

    @Test(
        "the output matrix may be the table or one of its own in every family",
        arguments: FamilyCase.decoders)
    func ties(_ name: String) throws {
        let subject = try FamilyCase(name)
        let folder = try EditableFolder(name)
        let old = try TensorFixture(subject.folder.appending(path: "model.safetensors"))
        let table = try #require(old.keys.first { $0.hasSuffix("embed_tokens.weight") || $0.hasSuffix("wte.weight") })
        let wasTied = !old.keys.contains("lm_head.weight")
        try folder.configure(["tie_word_embeddings": !wasTied])
        try folder.rewrite(adding: wasTied ? ["lm_head.weight": old(table) * 2] : [:]) { $0 == "lm_head.weight" ? nil : ($0, $1) }
        let model = try subject.languageModel(folder: folder.url)
        #expect(model.namedParameters().contains { $0.key == "lm_head.weight" } == wasTied)
        let batch = try FlatBatch(subject.reference, layout: .packed)
        let states = try withGradients(false) { try model.outputStates(batch.input, batch.context(), keeping: nil) }
        // The body is the same; only what multiplies its states is another matrix.
        try requireCloseInScale(states, subject.rows(subject.reference("last_hidden_state"), batch), .float32Model, "states")
        #expect(try largestDifference(allLogits(model, batch), subject.expected(batch)) > 0.1)
        try subject.checkWriting(model, from: folder.url, as: "\(name)-\(wasTied ? "untied" : "tied")")
    }

    @Test("tasks for which Transformers has no class are refused, and what is known of the family is named")
    func absentHeads() throws {
        for name in ["gemma", "gemma2", "gemma3", "phi3"] {
            let folder = try ModelFolder(fixtures(name))
            let error = try #require(throws: ModelError.self) { try folder.answerer(head: .new, seed: 0) }
            #expect("\(error)".contains("sequenceClassification") && !folder.tasks.contains(.questionAnswering), "\(error)")
        }
        #expect(throws: ModelError.self) { try ModelFolder(fixtures("gemma3")).tagger(labels: 2, head: .new, seed: 0) }
    }

    @Test("a narrow output matrix is widened a part at a time, and gives what it gives whole", arguments: [true, false])
    func narrowHead(_ hasBias: Bool) throws {
        // 48 MB in float32 are more than one part.
        let (count, width) = (48_000, 250)
        var g = SeededGenerator(seed: 11)
        let table = Parameter("weight", try g.tensor([count, width]).to(.bfloat16), decays: true)
        let bias = hasBias ? Parameter("bias", try g.tensor([count]).to(.bfloat16), decays: false) : nil
        let states = try g.tensor([3, width])
        let whole = try states.linear(table.value.to(.float32), bias: bias?.value.to(.float32))
        let found = try withGradients(false) { try VocabularyHead(table: table, bias: bias).logits(states) }
        #expect(found.dtype == .float32 && found.shape == [3, count])
        try requireCloseInScale(found, whole, .float32Sum, "logits")
    }
}
