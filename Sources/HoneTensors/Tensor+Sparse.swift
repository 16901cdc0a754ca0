// Tested by NetworkOperationTests.swift.
internal import CTorch

// Gradients of tables that are collected as rows.
extension Tensor {
    /// Sums repeated rows of a sparse tensor.
    public func coalesced() throws(TensorError) -> Tensor { try apply(CT_COALESCED, "coalesced") }

    /// Returns the row numbers of a sparse table's gradient, int64 `[1, R]`.
    ///
    /// - Throws: `TensorError` unless the tensor is sparse and ``coalesced()``.
    public func sparseIndices() throws(TensorError) -> Tensor { try apply(CT_SPARSE_INDICES, "sparseIndices") }

    /// Returns the stored rows of a sparse table's gradient, `[R, D]`, in the order of ``sparseIndices()``.
    ///
    /// - Throws: `TensorError` unless the tensor is sparse and ``coalesced()``.
    public func sparseValues() throws(TensorError) -> Tensor { try apply(CT_SPARSE_VALUES, "sparseValues") }

    /// Returns the tensor with all its zeros written out; itself if it is not sparse.
    public func dense() throws(TensorError) -> Tensor { isSparse ? try apply(CT_DENSE, "dense") : self }
}
