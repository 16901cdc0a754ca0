import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport
import Testing

/// One linear layer.
private final class Model: Module {
    let slot: Slot
    var slots: [Slot] { [slot] }

    init() throws {
        var generator = SeededGenerator(seed: 8)
        let linear = try Linear(3, 2, bias: false)
        try linear.weight.load(generator.tensor([2, 3]))
        slot = Slot("dense", linear)
    }
}

/// `W x + Δ x` with a whole matrix `Δ`; each break is one way of being wrong.
private final class Delta: MergeableLayer {
    enum Break: CaseIterable, Sendable {
        case startsElsewhere
        case trainsTheBase
        case mergesWrongly
        case ignoresItself
        case forgetsOnLoading
        case changesTheBase
    }

    let base: any Layer
    let linear: Linear
    let delta: Parameter
    let broken: Break?

    init(_ linear: Linear, _ broken: Break?) throws {
        (base, self.linear, self.broken) = (linear, linear, broken)
        delta = Parameter("delta", try .full([2, 3], broken == .startsElsewhere ? 0.1 : 0), decays: true)
    }

    var parameters: [Parameter] { [delta] }
    var mergedParameter: String { "weight" }

    func callAsFunction(_ x: Tensor) throws -> Tensor {
        if broken == .changesTheBase { try linear.weight.stored.detached().scale(by: 1.0001) }
        let change = try x.linear(delta.value, bias: nil)
        return try linear(x) + (broken == .ignoresItself ? change * 0 : change)
    }

    func merged() throws -> MergedWeight {
        MergedWeight { [self] in try linear.weight.stored + delta.stored.detached() * (broken == .mergesWrongly ? 2 : 1) }
    }
}

@Suite("The adapter checker")
struct AdapterCheckTests {
    private func subject(_ broken: Delta.Break?) -> AdapterSubject {
        AdapterSubject(
            make: { try Model() },
            forward: { module in
                guard let model = module as? Model else { throw CheckFailure("no model") }
                return try model.slot(Tensor([1, 2, 3, -1, 0.5, 2] as [Float], shape: [2, 3]))
            },
            attach: { module in
                guard let model = module as? Model, let linear = model.slot.layer as? Linear else { throw CheckFailure("no layer") }
                model.slot.layer = try Delta(linear, broken)
                try linear.weight.prepare(trainable: broken == .trainsTheBase, compute: .float32)
                for named in model.wrapperParameters() { try named.parameter.prepare(trainable: true, compute: .float32) }
                return ["dense.delta"]
            },
            save: { module, folder in
                let values = try module.wrapperParameters().flatMap { try $0.parameter.stored.detached().floats() }
                try JSONEncoder().encode(values).write(to: folder.appending(path: "delta.json"))
            },
            load: { module, folder in
                if broken == .forgetsOnLoading { return }
                let values = try JSONDecoder().decode([Float].self, from: Data(contentsOf: folder.appending(path: "delta.json")))
                for named in module.wrapperParameters() { try named.parameter.restore(Tensor(values, shape: [2, 3])) }
            })
    }

    @Test("accepts an adapter that is right")
    func accepts() throws { try checkAdapter(subject(nil)) }

    @Test(
        "rejects one that starts elsewhere, trains or changes the base, merges or loads wrongly, or does nothing",
        arguments: Delta.Break.allCases)
    private func rejects(_ broken: Delta.Break) {
        #expect(throws: CheckFailure.self) { try checkAdapter(subject(broken)) }
    }
}
