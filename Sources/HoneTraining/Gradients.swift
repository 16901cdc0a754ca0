internal import HoneLayers
internal import HoneTensors

/// Collects the gradients of one optimizer step: taken as they are from one micro-batch, summed in float32 over several.
struct Gradients {
    private let leaves: [NamedParameter]
    private var sums: [Tensor?]

    init(_ leaves: [NamedParameter]) {
        self.leaves = leaves
        sums = Array(repeating: nil, count: leaves.count)
    }

    /// Takes the gradients that the last backward pass left on the leaves.
    /// - Parameter isOnly: the step has no other micro-batch, so nothing needs to be added.
    mutating func take(isOnly: Bool) throws {
        for (index, leaf) in leaves.enumerated() {
            guard let gradient = try leaf.parameter.value.gradient() else { continue }
            try leaf.parameter.value.setGradient(nil)
            if isOnly {
                sums[index] = gradient
            } else if let sum = sums[index] {
                if gradient.isSparse { sums[index] = try sum + gradient } else { try sum.add(gradient.to(.float32)) }
            } else {
                sums[index] = gradient.isSparse ? gradient : try gradient.to(.float32)
            }
        }
    }

    /// One gradient per leaf, sparse ones coalesced; nil where there is none.
    func finished() throws -> [Tensor?] { try sums.map { try $0.map { $0.isSparse ? try $0.coalesced() : $0 } } }
}
