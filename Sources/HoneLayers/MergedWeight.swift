// Tested by ModuleTests.swift.
public import HoneTensors

/// A weight with an adapter's change added in float32, computed when it is asked for.
public struct MergedWeight {
    /// Makes the merged values, float32, in the base weight's shape.
    public let make: () throws -> Tensor

    /// Keeps the computation until the values are asked for, so that only one merged weight is in memory at a time.
    public init(make: @escaping () throws -> Tensor) { self.make = make }
}

/// A wrapper whose change can be folded into its base layer's weight.
public protocol MergeableLayer: WrapperLayer {
    /// The name of the base's parameter that takes the change, such as `weight`.
    var mergedParameter: String { get }
    /// The base weight with the change, in float32, rounded once.
    func merged() throws -> MergedWeight
}

extension Module {
    /// Every merged weight by checkpoint key.
    public func mergedWeights() throws -> [String: MergedWeight] {
        var result: [String: MergedWeight] = [:]
        for (path, slot) in slotsByPath() {
            guard let layer = slot.layer as? any MergeableLayer else { continue }
            result["\(path).\(layer.mergedParameter)"] = try layer.merged()
        }
        return result
    }
}
