import HoneData
import HoneLayers
import HoneTensors
import Testing

@testable import Hone
@testable import HoneModels

/// An encoder whose hidden state of a token is a row of a table, so that every number can be found by hand.
private final class TableEncoder: SequenceClassifier {
    let table: Tensor

    init() throws { table = try Tensor([2, 0, 0, 3, -1, 0, 4, 0, 0, 3] as [Float], shape: [5, 2]) }

    let sizes = ModelSizes(vocabulary: 5, width: 2, layers: 0, heads: 1, inner: 1, maximumPositions: 8, typeVocabulary: 1)
    let labelCount = 3
    let defaultLoRATargets: [String] = []
    let headPaths: [String] = []
    let blockPrefix = ""
    let embeddingPrefix = ""
    func setDropout(_ probability: Double) {}
    func logits(_ input: ModelInput, _ context: Context) throws -> Tensor { try hiddenStates(input, context) }
    func hiddenStates(_ input: ModelInput, _ context: Context) throws -> Tensor { try table.embedding(input.ids, sparseGradient: false) }
}

@Suite("The centroid baseline")
struct CentroidBaselineTests {
    private func row(_ ids: [Int32], _ label: Int32) -> EncodedRow {
        EncodedRow(ids: ids, typeIDs: ids.map { _ in 0 }, target: .classIndex(label), source: 0)
    }

    @Test("scores are cosines with the mean of each class's directions")
    func cosines() throws {
        // Directions of class 0: (1, 0) and (0, 1), whatever their lengths; of class 1: (-1, 0); class 2 has no rows.
        let train = [row([0], 0), row([1], 0), row([2], 1)]
        // The second row's tokens (4, 0) and (0, 3) have the mean (2, 1.5), direction (0.8, 0.6).
        let scores = try CentroidBaseline.scores(
            TableEncoder(), train: train, rows: [row([0], 1), row([3, 4], 0)], classes: 3, compute: .float32, device: .cpu, budget: 64,
            paddingID: 0)
        let expected: [[Float]] = [[0.70710678, -1, 0], [0.98994949, -0.8, 0]]
        #expect(scores.map(\.count) == [3, 3])
        for (found, expected) in zip(scores.joined(), expected.joined()) { #expect(abs(found - expected) < 1e-6) }
    }
}
