import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneModels

@Suite("Activation checkpointing of families")
struct CheckpointingTests {
    /// The gradients of all weights after a pass in training mode with dropout everywhere.
    private func gradients(_ name: String, checkpoints: Bool, compute: DType) throws -> (loss: Float, gradients: [String: [Float]]) {
        let folder = try ModelFolder(fixtures(name))
        let reference = try fixtures.tensors("\(name)/expected.safetensors")
        let model: any TextModel
        let loss: Tensor
        if name.hasPrefix("t5") {
            let sequence = try folder.sequenceToSequence().model
            for named in sequence.namedParameters() { try named.parameter.prepare(trainable: true, compute: compute) }
            sequence.setDropout(0.2)
            let (source, answer) = (try FlatIDs([5, 7, 11, 13, 2]), try FlatIDs([0, 21, 22, 23]))
            let (first, second) = (source.context(compute, checkpoints), answer.context(compute, checkpoints))
            let states = try sequence.encode(source.input, first)
            let read = try Tensor([1, 2, 3], shape: [3])
            let hidden = try sequence.decode(answer.input, states: states, sources: first.documents, second, keeping: read)
            loss = try sequence.vocabularyHead.crossEntropy(hidden, Tensor([22, 23, 1], shape: [3])).sum
            model = sequence
        } else if name == "tiny-bert" {
            let bert = try tinyBert(trainable: true, compute: compute)
            bert.setDropout(0.2)
            let batch = try FlatBatch(reference, layout: .packed)
            let context = batch.context(training: true, compute: compute, seed: 3)
            context.checkpointsBlocks = checkpoints
            loss = try bert.logits(batch.input, context).crossEntropy(Tensor([1, 4, 6], shape: [3]))
            model = bert
        } else {
            let language = try folder.languageModel(seed: 0).model
            for named in language.namedParameters() { try named.parameter.prepare(trainable: true, compute: compute) }
            language.setDropout(0.2)
            let batch = try FlatIDs([3, 9, 27, 4, 12, 36, 11])
            let context = batch.context(compute, checkpoints)
            let rows = try Tensor([0, 2, 3, 5], shape: [4])
            let states = try language.outputStates(batch.input, context, keeping: rows)
            loss = try language.vocabularyHead.crossEntropy(states, Tensor([9, 4, 12, 11], shape: [4])).sum
            model = language
        }
        try loss.backward()
        var result: [String: [Float]] = [:]
        for named in model.namedParameters() {
            result[named.key] = try named.parameter.value.gradient().map { try $0.isSparse ? $0.coalesced().dense() : $0 }?.floats()
        }
        return (try loss.detached().floats()[0], result)
    }

    /// One document of token ids.
    private struct FlatIDs {
        let input: ModelInput
        let documents: Documents

        init(_ ids: [Int]) throws {
            input = ModelInput(
                ids: try Tensor(ids, shape: [ids.count]), typeIDs: try .zeros([ids.count], dtype: .int64),
                positions: try Tensor(Array(ids.indices), shape: [ids.count]))
            documents = try Documents(starts: [0], lengths: [Int32(ids.count)])
        }

        func context(_ compute: DType, _ checkpoints: Bool) -> Context {
            let context = Context(documents: documents, isTraining: true, compute: compute, seed: 5)
            context.checkpointsBlocks = checkpoints
            return context
        }
    }

    @Test(
        "blocks that are computed again give the same loss bit by bit, and every gradient, dropout included",
        arguments: FamilyCase.decoders + FamilyCase.masked + ["t5", "t5-v1.1", "tiny-bert"],
        [DType.float32, .bfloat16])
    func same(_ name: String, _ compute: DType) throws {
        let plain = try gradients(name, checkpoints: false, compute: compute)
        let again = try gradients(name, checkpoints: true, compute: compute)
        #expect(plain.loss == again.loss)
        #expect(plain.gradients.keys == again.gradients.keys && plain.gradients.count > 5)
        for (key, gradient) in plain.gradients {
            // At a block's border the gradients of the residual stream are added, and rounded, in another order.
            let found = try #require(again.gradients[key])
            let size = [gradient.count]
            try requireCloseInScale(
                Tensor(found, shape: size), Tensor(gradient, shape: size), compute == .float32 ? .float32Sum : .bfloat16Gradient, key)
        }
    }
}
