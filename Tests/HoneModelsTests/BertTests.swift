import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneModels

@Suite("BERT against Transformers")
struct BertTests {
    private let reference: TensorFixture
    static let layouts = FlatBatch.Layout.all(3)

    init() throws { reference = try fixtures.tensors("tiny-bert/expected.safetensors") }

    @Test("uses every key, fills every parameter, and gives Transformers' logits packed, padded and alone")
    func family() throws {
        let model = try tinyBert()
        let keys = try Checkpoint(folder: fixtures("tiny-bert")).keys
        let expected = try reference("logits")
        try checkFamily(
            model, keys: keys, reference: reference, expected: { try expected.selecting(Tensor($0.rows, shape: [$0.rows.count])) },
            output: { try logits(model, $0) })
    }

    @Test("gives every layer's output at every real token", arguments: layouts)
    func hiddenStates(_ layout: FlatBatch.Layout) throws {
        let model = try tinyBert()
        let batch = try FlatBatch(reference, layout: layout)
        let real = try batch.realPositions()
        func compare(_ states: Tensor, _ name: String) throws {
            let expected = try reference("hidden.\(name)").reshaped([-1, 30]).selecting(Tensor(batch.slots, shape: [batch.slots.count]))
            try requireClose(states.selecting(real), expected, .float32Sum, name)
        }
        try withGradients(false) {
            var x = try model.bert.embeddings(batch.input)
            try compare(x, "embeddings")
            for (index, layer) in model.bert.layers.enumerated() {
                x = try layer(x, batch.context(), BertDropout(hidden: 0, attention: 0), keeping: nil)
                try compare(x, "layer.\(index)")
            }
            try compare(model.hiddenStates(batch.input, batch.context()), "layer.2")
        }
    }

    @Test("averages real tokens only, and scales to length 1 if asked", arguments: layouts)
    func embeddings(_ layout: FlatBatch.Layout) throws {
        let model = try tinyBert()
        let batch = try FlatBatch(reference, layout: layout)
        for (name, normalized) in [("mean_pooled", false), ("mean_pooled_normalized", true)] {
            let found = try withGradients(false) { try model.sentenceEmbeddings(batch.input, batch.context(), normalized: normalized) }
            try requireClose(found, reference(name).selecting(Tensor(batch.rows, shape: [batch.rows.count])), .float32Sum, name)
        }
    }

    /// Loss as Transformers' mean over the three rows, and every parameter's gradient.
    private func gradients(_ model: ClassifierModel, _ layouts: [FlatBatch.Layout], compute: DType) throws -> Double {
        let labels = try reference("labels")
        var loss = 0.0
        for layout in layouts {
            let batch = try FlatBatch(reference, layout: layout)
            let context = batch.context(compute: compute)
            let sum = try model.logits(batch.input, context).crossEntropy(labels.selecting(Tensor(batch.rows, shape: [batch.rows.count])))
            try (sum / 3).backward()
            loss += try sum.item() / 3
        }
        return loss
    }

    @Test(
        "loss and every gradient are Transformers', packed, padded and one row at a time",
        arguments: [[FlatBatch.Layout.packed], [.padded], [.alone(0), .alone(1), .alone(2)]])
    func gradients(_ layouts: [FlatBatch.Layout]) throws {
        let model = try tinyBert(trainable: true)
        try requireClose(gradients(model, layouts, compute: .float32), reference("loss").item(), .float32Sum, "loss")
        let expected = try reference.all("grad.")
        #expect(expected.count == model.namedParameters().count)
        for named in model.namedParameters() {
            let gradient = try #require(try named.parameter.value.gradient(), "\(named.key) has no gradient")
            try requireClose(gradient, try #require(expected[named.key]), .float32Sum, "gradient of \(named.key)")
        }
    }

    @Test(
        "bfloat16 products stay within the bound of narrow models: logits, loss and gradients",
        arguments: [[FlatBatch.Layout.packed], [.padded]])
    func bfloat16(_ layouts: [FlatBatch.Layout]) throws {
        let model = try tinyBert(trainable: true, compute: .bfloat16)
        let batch = try FlatBatch(reference, layout: layouts[0])
        let found = try logits(model, batch, compute: .bfloat16)
        #expect(found.dtype == .bfloat16)
        try requireCloseInScale(found, reference("logits"), .bfloat16Model, "logits")
        try requireClose(gradients(model, layouts, compute: .bfloat16), reference("loss").item(), .bfloat16Model, "loss")
        let expected = try reference.all("grad.")
        for named in model.namedParameters() where !named.key.hasSuffix("self.key.bias") {
            // A key's bias adds the same score everywhere: its gradient is 0, and what rounding leaves has no scale.
            let gradient = try #require(try named.parameter.value.gradient(), "\(named.key) has no gradient")
            #expect(gradient.dtype == (named.parameter.staysFloat32 ? .float32 : .bfloat16))
            try requireCloseInScale(gradient, try #require(expected[named.key]), .bfloat16Gradient, "gradient of \(named.key)")
        }
    }

    @Test("computes the other activations that checkpoints name", arguments: ["gelu_new", "gelu_pytorch_tanh", "relu", "silu"])
    func activations(_ name: String) throws {
        let folder = try EditableFolder("tiny-bert")
        try folder.configure(["hidden_act": name])
        let model = try tinyBert(folder: folder.url)
        try requireClose(logits(model, FlatBatch(reference, layout: .packed)), reference("logits.\(name)"), .float32Sum, name)
    }

    @Test("names the parts that methods and recipes speak of")
    func names() throws {
        let model = try tinyBert()
        let paths = model.slotsByPath().map(\.path)
        for target in model.defaultLoRATargets { #expect(paths.contains { $0.hasSuffix(".\(target)") }) }
        #expect(model.headPaths.allSatisfy(paths.contains))
        #expect(model.namedParameters().contains { $0.key.hasPrefix("\(model.blockPrefix).2.") })
        #expect(model.namedParameters().filter { $0.key.hasPrefix(model.embeddingPrefix) }.count == 5)
        #expect(model.labelCount == 7)
        #expect(
            model.sizes
                == ModelSizes(vocabulary: 97, width: 30, layers: 3, heads: 5, inner: 41, maximumPositions: 37, typeVocabulary: 2))
        #expect(paths.count == 3 * 6 + 2)
    }

    @Test("dropout acts only while training, follows its seeds, and can be switched off")
    func dropout() throws {
        let model = try tinyBert()
        let batch = try FlatBatch(reference, layout: .packed)
        func trained(_ seed: UInt64) throws -> [Float] {
            try exclusively {
                try Library.seed(seed)
                return try withGradients(false) { try model.logits(batch.input, batch.context(training: true, seed: seed)).floats() }
            }
        }
        let still = try logits(model, batch).floats()
        #expect(try trained(1) == trained(1) && trained(1) != trained(2) && trained(1) != still)
        model.setDropout(0)
        #expect(try trained(1) == still)
    }

    @Test("ids, segments and positions outside their tables are errors", arguments: ["ids", "segments", "positions"])
    func outside(_ which: String) throws {
        let model = try tinyBert()
        let batch = try FlatBatch(reference, layout: .alone(1))
        var input = batch.input
        let bad = try Tensor([0, 0, 99, 0, 0], shape: [5])
        switch which {
        case "ids": input.ids = bad
        case "segments": input.typeIDs = bad
        default: input.positions = bad
        }
        let error = try #require(throws: TensorError.self) { try model.logits(input, batch.context()) }
        #expect(error.operation == "embedding")
    }
}
