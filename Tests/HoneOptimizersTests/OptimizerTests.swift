import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneOptimizers

@Suite("Choosing an optimizer")
struct OptimizerTests {
    private let adamW = OptimizerSpec.adamW(AdamW.Config(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01))

    @Test("makes what was asked for, and says how much state it holds")
    func make() throws {
        let weights = optimized([try .ones([5])])
        #expect(try adamW.make(for: weights) is AdamW)
        #expect(try OptimizerSpec.sgd(SGD.Config(momentum: 0, nesterov: false, decay: 0)).make(for: weights) is SGD)
        for (spec, bytes) in [
            (adamW, 8), (.sgd(SGD.Config(momentum: 0, nesterov: false, decay: 0)), 0),
            (.sgd(SGD.Config(momentum: 0.9, nesterov: false, decay: 0)), 4),
        ] {
            #expect(spec.stateBytesPerParameter == bytes)
            #expect(try spec.make(for: weights).state().reduce(0) { $0 + $1.tensor.byteCount } == bytes * 5)
        }
    }

    @Test("errors tell what is missing and pass the tensor library's words on")
    func errors() {
        #expect("\(OptimizerError.missing(name: "w.exp_avg"))".hasSuffix("Was it written with another optimizer or tuning method?"))
        let inner = TensorError(kind: .invalid, operation: "copy", shapes: "", message: "no")
        #expect("\(OptimizerError.tensor(inner))" == inner.description)
    }
}
