// Tested by TensorOperationTests.swift.
internal import CTorch

extension Tensor {
    /// Gives the same elements another shape; one size may be -1 and follows from the rest.
    public func reshaped(_ shape: [Int]) throws(TensorError) -> Tensor {
        try Tensor.make("reshaped") { ct_reshape(handle, shape.map(Int64.init), Int32(shape.count), $0) }
    }

    /// Repeats axes of size 1 up to `shape` without copying; -1 keeps a size.
    public func expanded(_ shape: [Int]) throws(TensorError) -> Tensor {
        try Tensor.make("expanded") { ct_expand(handle, shape.map(Int64.init), Int32(shape.count), $0) }
    }

    /// Reorders the axes without copying: axis `i` of the result is axis `axes[i]` of this tensor.
    public func permuted(_ axes: [Int]) throws(TensorError) -> Tensor {
        try Tensor.make("permuted") { ct_permute(handle, axes.map(Int64.init), Int32(axes.count), $0) }
    }

    /// Swaps two axes without copying, the last two unless named.
    public func transposed(_ a: Int = -2, _ b: Int = -1) throws(TensorError) -> Tensor {
        try Tensor.make("transposed") { ct_transpose(handle, Int64(a), Int64(b), $0) }
    }

    /// Adds an axis of size 1.
    public func unsqueezed(_ axis: Int) throws(TensorError) -> Tensor {
        try Tensor.make("unsqueezed") { ct_unsqueeze(handle, Int64(axis), $0) }
    }

    /// Removes an axis of size 1; any other size is an error.
    public func squeezed(_ axis: Int) throws(TensorError) -> Tensor { try Tensor.make("squeezed") { ct_squeeze(handle, Int64(axis), $0) } }

    /// Returns the part `range` of an axis, every `step`-th element, without copying.
    ///
    /// - Throws: `TensorError` for a range outside the axis, which libtorch would clip silently.
    public func slice(_ axis: Int, _ range: Range<Int>, step: Int = 1) throws(TensorError) -> Tensor {
        try Tensor.make("slice") { ct_slice(handle, Int64(axis), Int64(range.lowerBound), Int64(range.upperBound), Int64(step), $0) }
    }

    /// Copies the parts of an axis that the integer `indices` `[K]` name, in that order; the axis gets size `K`.
    public func selecting(_ indices: Tensor, axis: Int = 0) throws(TensorError) -> Tensor {
        try Tensor.make("selecting") { ct_index_select(handle, Int64(axis), indices.handle, $0) }
    }

    /// Picks one element per place of `indices`, int64: for axis 0 `out[i, j] = self[indices[i, j], j]`, in the shape of `indices`.
    public func gathered(_ indices: Tensor, axis: Int) throws(TensorError) -> Tensor {
        try Tensor.make("gathered") { ct_gather(handle, Int64(axis), indices.handle, $0) }
    }

    /// Returns a copy with the parts of `source` added to the parts of an axis that `indices` names; repeated indices add up.
    public func adding(_ source: Tensor, at indices: Tensor, axis: Int = 0) throws(TensorError) -> Tensor {
        try Tensor.make("adding") { ct_index_add(handle, Int64(axis), indices.handle, source.handle, $0) }
    }

    /// Joins tensors along an axis that they have; all other sizes must agree.
    public static func concatenated(_ tensors: [Tensor], axis: Int = 0) throws(TensorError) -> Tensor {
        try withExtendedLifetime(tensors) { () throws(TensorError) in
            try make("concatenated") { ct_concat(tensors.map { Optional($0.handle) }, Int32(tensors.count), Int64(axis), $0) }
        }
    }

    /// Joins tensors of one shape along a new axis, `K` times `[..] → [K, ..]` for axis 0.
    public static func stacked(_ tensors: [Tensor], axis: Int = 0) throws(TensorError) -> Tensor {
        try withExtendedLifetime(tensors) { () throws(TensorError) in
            try make("stacked") { ct_stack(tensors.map { Optional($0.handle) }, Int32(tensors.count), Int64(axis), $0) }
        }
    }

    /// Returns a copy with zeros above a diagonal of the last two axes; 0 is the main one, positive numbers lie above it.
    public func lowerTriangle(_ diagonal: Int = 0) throws(TensorError) -> Tensor {
        try Tensor.make("lowerTriangle") { ct_triangle(handle, Int64(diagonal), false, $0) }
    }

    /// Returns a copy with zeros below a diagonal of the last two axes; 0 is the main one, positive numbers lie above it.
    public func upperTriangle(_ diagonal: Int = 0) throws(TensorError) -> Tensor {
        try Tensor.make("upperTriangle") { ct_triangle(handle, Int64(diagonal), true, $0) }
    }

    /// Returns a copy with the elements along an axis in reverse order.
    public func flipped(_ axis: Int) throws(TensorError) -> Tensor { try Tensor.make("flipped") { ct_flip(handle, Int64(axis), $0) } }

    /// Returns the elements in row-major memory without gaps: a copy, or the same memory where they already are.
    public func contiguous() throws(TensorError) -> Tensor { try apply(CT_CONTIGUOUS, "contiguous") }

    /// Copies the elements into memory of its own.
    public func cloned() throws(TensorError) -> Tensor { try apply(CT_CLONE, "cloned") }
}
