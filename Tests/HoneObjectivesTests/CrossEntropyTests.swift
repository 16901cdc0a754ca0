import HoneData
import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneObjectives

@Suite("Cross-entropy")
struct CrossEntropyTests {
    @Test("value, gradient and divisor are PyTorch's, also for extreme logits, weights and smoothing", arguments: Losses.all.crossEntropy)
    func reference(_ subject: Losses.Case) throws {
        let loss = CrossEntropy(smoothing: subject.labelSmoothing ?? 0, classWeights: subject.classWeights)
        try check(.classification(loss), subject, subject.targets.map { .classIndex(Int32($0)) })
    }

    @Test("a class that the model has no output for is an error that names the row", arguments: [3, -1, -100])
    func outside(_ index: Int32) throws {
        let loss = CrossEntropy(smoothing: 0, classWeights: [1, 2, 3])
        #expect(loss.weight(of: [.classIndex(2), .classIndex(index)]) == 3)
        let error = try #require(throws: ObjectiveError.self) { try loss(.zeros([2, 3]), [.classIndex(2), .classIndex(index)]) }
        #expect(error == .classOutside(index: Int(index), outputs: 3, row: 1))
        #expect(error.description.contains("class \(index); the model's classes are 0 ..< 3"))
    }
}
