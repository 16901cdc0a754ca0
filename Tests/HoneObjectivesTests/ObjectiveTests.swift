import HoneData
import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneObjectives

@Suite("Objectives")
struct ObjectiveTests {
    static let specs: [ObjectiveSpec] = [
        .classification(CrossEntropy(smoothing: 0, classWeights: nil)), .multiLabel(BinaryCrossEntropy(positiveWeights: nil)),
        .regression(MeanSquaredError()),
    ]
    static let targets: [EncodedTarget] = [.classIndex(0), .multiHot([1, 0]), .value(0.5), .none]

    @Test("the fixtures are there")
    func fixtures() throws {
        let losses = try Losses.load()
        #expect(losses.crossEntropy.count == 12 && losses.binaryCrossEntropy.count == 6 && losses.meanSquared.count == 3)
    }

    @Test("targets of another kind are an error that names the row", arguments: specs, targets)
    func wrongKind(_ spec: ObjectiveSpec, _ target: EncodedTarget) throws {
        let right: EncodedTarget
        switch spec {
        case .classification: right = .classIndex(1)
        case .multiLabel: right = .multiHot([0, 1])
        case .regression: right = .value(1)
        }
        let width = spec == .regression(MeanSquaredError()) ? 1 : 2
        let isRight =
            switch (right, target) {
            case (.classIndex, .classIndex), (.multiHot, .multiHot), (.value, .value): true
            default: false
            }
        if isRight {
            #expect(try spec(Tensor.zeros([2, width]), [right, target]).sum.item().isFinite)
        } else {
            let error = try #require(throws: ObjectiveError.self) { try spec(Tensor.zeros([2, width]), [right, target]) }
            guard case .wrongTarget(_, let row) = error else { throw CheckFailure("\(error)") }
            #expect(row == 1 && error.description.hasSuffix("Does task.kind fit the labels?"))
        }
    }

    @Test("as many targets as rows, or it is an error", arguments: zip(specs, targets))
    func count(_ spec: ObjectiveSpec, _ target: EncodedTarget) throws {
        let width = spec == .regression(MeanSquaredError()) ? 1 : 2
        let error = try #require(throws: ObjectiveError.self) { try spec(Tensor.zeros([2, width]), [target]) }
        #expect(error == .rows(logits: [2, width], targets: 1))
        #expect(throws: ObjectiveError.self) { try spec(Tensor.zeros([1]), [target]) }
    }

    @Test("the divisor of nothing is 0")
    func empty() {
        for spec in Self.specs { #expect(spec.weight(of: []) == 0) }
    }
}
