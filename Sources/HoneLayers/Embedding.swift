// Tested by LayerTests.swift.
public import HoneTensors

/// Looks up rows of a table `[V, D]`: ids `[N]` → `[N, D]`.
///
/// Computes in float32; gradients of large tables are collected as rows.
public final class Embedding: Module {
    /// The table, `[V, D]`, float32.
    public let weight: Parameter

    /// Makes a table of zeros to be loaded or initialised.
    ///
    /// - Parameter isTable: collect the gradient as rows; for tables with many more rows than a batch has tokens.
    public init(_ count: Int, _ width: Int, isTable: Bool) throws(TensorError) {
        weight = Parameter("weight", try .lazyZeros([count, width]), decays: true, isTable: isTable, staysFloat32: true)
    }

    /// The table.
    public var parameters: [Parameter] { [weight] }

    /// Returns the rows of integer ids, `[N]` → `[N, D]`, as float32.
    public func callAsFunction(_ ids: Tensor) throws -> Tensor {
        try weight.value.embedding(ids, sparseGradient: weight.isTable && weight.isTrainable && weight.value.device == .cpu)
    }
}
