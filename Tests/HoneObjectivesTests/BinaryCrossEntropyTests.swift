import HoneData
import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneObjectives

@Suite("Binary cross-entropy")
struct BinaryCrossEntropyTests {
    @Test("value, gradient and divisor are PyTorch's, also for extreme logits and weights", arguments: Losses.all.binaryCrossEntropy)
    func reference(_ subject: Losses.Case) throws {
        let width = subject.shape[1]
        let rows = stride(from: 0, to: subject.targets.count, by: width).map {
            EncodedTarget.multiHot(Array(subject.targets[$0..<$0 + width]))
        }
        try check(.multiLabel(BinaryCrossEntropy(positiveWeights: subject.positiveWeights)), subject, rows)
    }

    @Test("rows with another number of labels are an error, even if the total fits")
    func ragged() throws {
        let loss = BinaryCrossEntropy(positiveWeights: nil)
        let error = try #require(throws: ObjectiveError.self) { try loss(.zeros([2, 2]), [.multiHot([1]), .multiHot([0, 1, 0])]) }
        #expect(error == .outputs(found: 2, needed: 1, row: 0))
    }
}
