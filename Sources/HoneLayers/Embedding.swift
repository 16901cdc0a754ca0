// Tested by LayerTests.swift.
public import HoneTensors

/// Looks up rows of a table `[V, D]`: ids `[N]` → `[N, D]`.
///
/// Gradients of large tables that nothing else reads are collected as rows.
public final class Embedding: Module {
    /// The table, `[V, D]`.
    public let weight: Parameter

    /// Makes a table of zeros to be loaded or initialised.
    ///
    /// - Parameters:
    ///   - isTable: collect the gradient as rows; for tables with many more rows than a batch has tokens.
    ///   - staysFloat32: compute in float32 whatever the compute type is; false for tables that are also the output matrix.
    public init(_ count: Int, _ width: Int, isTable: Bool, staysFloat32: Bool = true) throws(TensorError) {
        weight = Parameter("weight", try .lazyZeros([count, width]), decays: true, isTable: isTable, staysFloat32: staysFloat32)
    }

    /// The table.
    public var parameters: [Parameter] { [weight] }

    /// Returns the rows of integer ids, `[N]` → `[N, D]`.
    public func callAsFunction(_ ids: Tensor) throws -> Tensor {
        try weight.value.embedding(ids, sparseGradient: weight.isTable && weight.isTrainable && weight.value.device == .cpu)
    }
}
