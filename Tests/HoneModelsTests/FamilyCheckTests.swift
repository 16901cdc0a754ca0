import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneModels

/// A family whose parts can be broken one at a time.
private final class Broken: Module {
    let classifier: ClassifierModel
    var children: [Child]
    var parameters: [Parameter] = []

    init(_ classifier: ClassifierModel) {
        self.classifier = classifier
        children = [Child("", classifier)]
    }
}

@Suite("The family checker")
struct FamilyCheckTests {
    private func check(
        _ model: any Module, keys: [String]? = nil, output: (FlatBatch) throws -> Tensor
    ) throws {
        let reference = try fixtures.tensors("tiny-bert/expected.safetensors")
        try checkFamily(
            model, keys: try keys ?? Checkpoint(folder: fixtures("tiny-bert")).keys, reference: reference, bound: .float32Model,
            expected: { try reference("logits").selecting(Tensor($0.rows, shape: [$0.rows.count])) }, output: output)
    }

    private func message(_ body: () throws -> Void) throws -> String {
        try #require(throws: CheckFailure.self, performing: body).description
    }

    @Test("accepts the whole model behind another module")
    func accepts() throws {
        let model = Broken(try tinyBert())
        try check(model) { try logits(model.classifier, $0) }
    }

    @Test("rejects a parameter without a key, a key without a parameter, and a weight that was not filled")
    func keys() throws {
        let model = Broken(try tinyBert())
        let more = try message {
            try check(model, keys: model.namedParameters().map(\.key) + ["extra"]) { try logits(model.classifier, $0) }
        }
        #expect(more.contains("keys without a parameter: [\"extra\"]"))
        model.parameters = [Parameter("stray", try .ones([1]), decays: false)]
        #expect(try message { try check(model) { try logits(model.classifier, $0) } }.contains("without a key: [\"stray\"]"))
        model.parameters = []
        try model.namedParameters()[3].parameter.load(.zeros(model.namedParameters()[3].parameter.shape))
        #expect(try message { try check(model) { try logits(model.classifier, $0) } }.contains("was not filled"))
    }

    @Test("rejects a model whose padding leaks into its rows")
    func padding() throws {
        let model = Broken(try tinyBert())
        let text = try message {
            try check(model) { batch in
                guard batch.ids.count == 33 else { return try logits(model.classifier, batch) }
                // As if every slot of the block were a token.
                let documents = try Documents(starts: [0, 11, 22], lengths: [11, 11, 11])
                let context = Context(documents: documents, isTraining: false, compute: .float32)
                return try model.classifier.logits(batch.input, context)
            }
        }
        #expect(text.contains("output, padded"))
    }

    @Test("a flat batch lies as its layout says")
    func layouts() throws {
        let reference = try fixtures.tensors("tiny-bert/expected.safetensors")
        let packed = try FlatBatch(reference, layout: .packed)
        #expect(packed.ids.count == 24)
        #expect(try packed.documents.starts.integers() == [0, 11, 16] && packed.documents.lengths.integers() == [11, 5, 8])
        #expect(try packed.realPositions().integers() == Array(0..<24))
        let padded = try FlatBatch(reference, layout: .padded)
        #expect(padded.ids.count == 33 && padded.slots == packed.slots)
        #expect(try padded.documents.starts.integers() == [0, 11, 22])
        let left = try FlatBatch(reference, layout: .leftPadded)
        #expect(left.ids.count == 33 && left.slots == packed.slots)
        #expect(try left.documents.starts.integers() == [0, 17, 25] && left.documents.lengths.integers() == [11, 5, 8])
        #expect(try left.ids.selecting(left.realPositions()).integers() == packed.ids.integers())
        #expect(try left.positions.integers()[11..<22] == [0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])
        let alone = try FlatBatch(reference, layout: .alone(2))
        #expect(alone.rows == [2] && alone.slots == Array(22..<30))
        #expect(try alone.positions.integers() == Array(0..<8))
    }
}
