// Tested by LayerTests.swift.
public import HoneTensors

/// A table of rows, `[V, D]`: ids `[N]` → `[N, D]`. Computes in float32; gradients of large tables are collected as rows.
public final class Embedding: Module {
    public let weight: Parameter

    /// - Parameter isTable: collect the gradient as rows; for tables with many more rows than a batch has tokens.
    public init(_ count: Int, _ width: Int, isTable: Bool) throws(TensorError) {
        weight = Parameter("weight", try .lazyZeros([count, width]), decays: true, isTable: isTable, staysFloat32: true)
    }

    public var parameters: [Parameter] { [weight] }

    public func callAsFunction(_ ids: Tensor) throws -> Tensor {
        try weight.value.embedding(ids, sparseGradient: weight.isTable && weight.isTrainable && weight.value.device == .cpu)
    }
}
