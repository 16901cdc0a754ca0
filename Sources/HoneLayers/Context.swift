// Tested by LayerTests.swift.
public import HoneTensors

/// What one forward pass needs besides weights: where documents lie, whether dropout is on, and in which type products run.
public final class Context {
    /// Where the documents of the flat batch lie.
    public let documents: Documents
    /// Whether dropout is on.
    public let isTraining: Bool
    /// The type in which matrix products run; norms and tables stay float32.
    public let compute: DType
    private var seed: UInt64

    /// Makes the context of one forward pass.
    ///
    /// - Parameter seed: decides the dropout patterns that kernels draw themselves; equal seeds give equal patterns.
    public init(documents: Documents, isTraining: Bool, compute: DType, seed: UInt64 = 0) {
        (self.documents, self.isTraining, self.compute, self.seed) = (documents, isTraining, compute, seed)
    }

    /// Drops elements while training; returns `x` itself otherwise.
    public func dropout(_ x: Tensor, _ p: Double) throws(TensorError) -> Tensor {
        isTraining && p > 0 ? try x.dropout(p, seed: nextSeed()) : x
    }

    /// Returns `residual + dropout(x)`, in one pass while training.
    public func dropout(_ x: Tensor, _ p: Double, addedTo residual: Tensor) throws(TensorError) -> Tensor {
        isTraining && p > 0 ? try x.dropout(p, seed: nextSeed(), addedTo: residual) : try residual + x
    }

    /// A new seed for each kernel that draws its own numbers.
    public func nextSeed() -> UInt64 {
        seed &+= 0x9E37_79B9_7F4A_7C15
        return seed
    }
}
