import HoneLayers
import HoneTensors
import HoneTestSupport
import Testing

@Suite("Parameters")
struct ParameterTests {
    private func parameter(staysFloat32: Bool = false) throws -> Parameter {
        Parameter("weight", try Tensor([1.001, -2, 3] as [Float], shape: [3]), decays: true, staysFloat32: staysFloat32)
    }

    @Test("frozen in float32: computes with the stored values themselves")
    func frozen() throws {
        let parameter = try parameter()
        let address = parameter.stored.storageAddress
        try parameter.prepare(trainable: false, compute: .float32)
        #expect(parameter.stored.storageAddress == address && parameter.value.storageAddress == address)
        #expect(!parameter.isTrainable && parameter.shadow == nil && !parameter.value.requiresGradient)
    }

    @Test("frozen in bfloat16: keeps the exact values beside the rounded ones")
    func frozenNarrow() throws {
        let parameter = try parameter()
        try parameter.prepare(trainable: false, compute: .bfloat16)
        #expect(parameter.value.dtype == .bfloat16 && parameter.stored.dtype == .float32)
        #expect(try parameter.stored.floats() == [1.001, -2, 3] && parameter.value.floats() == [1, -2, 3])
    }

    @Test("left narrow: a frozen 16-bit weight stays as it is, and layers widen it for each product; norms are wide in any case")
    func leftNarrow() throws {
        let wide = try Tensor([1.001, -2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        let linear = try Linear(3, 2)
        try linear.weight.load(wide.to(.bfloat16))
        try linear.weight.prepare(trainable: false, compute: .float32, leavesNarrow: true)
        #expect(linear.weight.value.dtype == .bfloat16 && linear.weight.value === linear.weight.stored)
        try linear.bias?.prepare(trainable: false, compute: .float32, leavesNarrow: true)
        let x = try Tensor([1, 10, 100] as [Float], shape: [1, 3])
        #expect(try linear(x).dtype == .float32 && linear(x).floats() == [281, 654])
        let norm = try parameter(staysFloat32: true)
        try norm.load(norm.stored.to(.bfloat16))
        try norm.prepare(trainable: false, compute: .bfloat16, leavesNarrow: true)
        #expect(norm.value.dtype == .float32)
        try linear.weight.prepare(trainable: true, compute: .float32, leavesNarrow: true)
        #expect(linear.weight.value.dtype == .float32)
    }

    @Test("trained: owns its values, so that a mapped file is never written")
    func trained() throws {
        let tensor = try Tensor([1.001, -2, 3] as [Float], shape: [3])
        let parameter = Parameter("weight", tensor, decays: true)
        try parameter.prepare(trainable: true, compute: .float32)
        #expect(parameter.isTrainable && parameter.value === parameter.stored && parameter.shadow == nil)
        #expect(parameter.stored.storageAddress != tensor.storageAddress && parameter.value.requiresGradient)
        try parameter.stored.detached().fill(7)
        #expect(try tensor.floats() == [1.001, -2, 3])
    }

    @Test("trained in bfloat16: the leaf is narrow, the master is float32, and restoring refreshes both")
    func trainedNarrow() throws {
        let parameter = try parameter()
        try parameter.prepare(trainable: true, compute: .bfloat16)
        #expect(parameter.shadow === parameter.value && parameter.value.dtype == .bfloat16 && parameter.value.requiresGradient)
        #expect(parameter.stored.dtype == .float32 && !parameter.stored.requiresGradient)
        try parameter.restore(Tensor([0.5, 1.001, 9] as [Float], shape: [3]))
        #expect(try parameter.stored.floats() == [0.5, 1.001, 9] && parameter.value.floats() == [0.5, 1, 9])
        #expect(throws: TensorError.self) { try parameter.restore(.ones([2])) }
    }

    @Test("norms and tables stay in float32 whatever products run in")
    func float32() throws {
        let parameter = try parameter(staysFloat32: true)
        try parameter.prepare(trainable: true, compute: .bfloat16)
        #expect(parameter.value.dtype == .float32 && parameter.shadow == nil)
    }

    @Test("a narrow checkpoint is trained in float32")
    func halfCheckpoint() throws {
        let parameter = Parameter("weight", try Tensor([1, 2] as [Float], shape: [2]).to(.float16), decays: true)
        try parameter.prepare(trainable: true, compute: .float32)
        #expect(parameter.stored.dtype == .float32)
        #expect(try parameter.stored.floats() == [1, 2])
    }

    @Test("a weight that was trained can be frozen again", arguments: [DType.float32, .bfloat16])
    func refrozen(_ compute: DType) throws {
        let parameter = try parameter()
        try parameter.prepare(trainable: true, compute: compute)
        try parameter.prepare(trainable: false, compute: compute)
        #expect(!parameter.value.requiresGradient && !parameter.isTrainable)
        #expect(try !(parameter.value * 2).hasGraph)
    }

    @Test("loading checks the shape and starts frozen")
    func load() throws {
        let parameter = try parameter()
        try parameter.prepare(trainable: true, compute: .float32)
        try parameter.load(.zeros([3]))
        #expect(!parameter.isTrainable)
        #expect(try parameter.value.floats() == [0, 0, 0])
        let error = try #require(throws: TensorError.self) { try parameter.load(.zeros([4])) }
        #expect(error.description.contains("“weight” has shape [3]") && error.shapes == "[4]")
    }
}
