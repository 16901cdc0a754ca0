import HoneLayers
import HoneTensors
import HoneTestSupport
import Testing

/// Doubles its base's output and adds a parameter of its own.
private final class Doubling: MergeableLayer {
    let base: any Layer
    let extra: Parameter

    init(_ base: any Layer) throws {
        self.base = base
        extra = Parameter("extra", try .ones([1]), decays: false)
    }

    var parameters: [Parameter] { [extra] }
    var mergedParameter: String { "weight" }
    func callAsFunction(_ x: Tensor) throws -> Tensor { try base(x) * 2 }
    func merged() throws -> MergedWeight { MergedWeight { [base] in try base.parameters[0].stored * 2 } }
}

private final class Block: Module {
    let own: Parameter
    let first: Slot
    let norm: LayerNorm
    let inner: Inner

    init() throws {
        own = Parameter("scale", try .ones([1]), decays: false)
        first = Slot("self.query", try Linear(2, 3))
        norm = try LayerNorm(3, epsilon: 1e-5)
        inner = try Inner()
    }

    var parameters: [Parameter] { [own] }
    var slots: [Slot] { [first] }
    var children: [Child] { [Child("norm", norm), Child("inner", inner)] }

    final class Inner: Module {
        let dense: Slot
        init() throws { dense = Slot("dense", try Linear(3, 3, bias: false)) }
        var slots: [Slot] { [dense] }
    }
}

@Suite("Modules")
struct ModuleTests {
    private let keys = ["scale", "self.query.weight", "self.query.bias", "norm.weight", "norm.bias", "inner.dense.weight"]

    @Test("keys are paths in definition order, below a prefix or none")
    func keysAndPaths() throws {
        let block = try Block()
        #expect(block.namedParameters().map(\.key) == keys)
        #expect(block.namedParameters("layer.0").map(\.key) == keys.map { "layer.0.\($0)" })
        #expect(block.slotsByPath().map(\.path) == ["self.query", "inner.dense"])
        #expect(block.slotsByPath("a.b").map(\.path) == ["a.b.self.query", "a.b.inner.dense"])
        #expect(block.wrapperParameters().isEmpty)
    }

    @Test("wrappers are looked through, however deep; the outermost one's parameters have the slot's path")
    func wrappers() throws {
        let block = try Block()
        let linear = block.first.layer
        block.first.layer = try Doubling(Doubling(linear))
        #expect(block.namedParameters().map(\.key) == keys)
        #expect(block.wrapperParameters().map(\.key) == ["self.query.extra"])
        try (linear as? Linear)?.weight.load(Tensor.ones([3, 2]))
        #expect(try block.first(Tensor.ones([1, 2])).floats() == [8, 8, 8])
    }

    @Test("what trains comes in a fixed order: the model's own, then the wrappers'")
    func trainable() throws {
        let block = try Block()
        block.inner.dense.layer = try Doubling(block.inner.dense.layer)
        for named in block.namedParameters() + block.wrapperParameters() {
            try named.parameter.prepare(trainable: ["norm.bias", "scale", "inner.dense.extra"].contains(named.key), compute: .float32)
        }
        #expect(block.trainableParameters().map(\.key) == ["scale", "norm.bias", "inner.dense.extra"])
    }

    @Test("merged weights stand under the base's key")
    func merged() throws {
        let block = try Block()
        try (block.inner.dense.layer as? Linear)?.weight.load(Tensor.range(0, 9, dtype: .float32).reshaped([3, 3]))
        #expect(try block.mergedWeights().isEmpty)
        block.inner.dense.layer = try Doubling(block.inner.dense.layer)
        let merged = try block.mergedWeights()
        #expect(merged.keys.sorted() == ["inner.dense.weight"])
        #expect(try merged["inner.dense.weight"]?.make().floats() == [0, 2, 4, 6, 8, 10, 12, 14, 16])
    }
}
