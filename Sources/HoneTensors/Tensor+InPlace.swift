// Tested by TensorOperationTests.swift.
internal import CTorch

// Changes in place are not recorded for gradients.
extension Tensor {
    /// Overwrites the elements with those of a tensor of the same shape, converting them.
    public func copy(from source: Tensor) throws(TensorError) { try check(ct_copy_into(handle, source.handle), "copy") }

    /// Adds `scale · source` to the elements; `source` is broadcast to this shape.
    public func add(_ source: Tensor, scaledBy scale: Double = 1) throws(TensorError) {
        try check(ct_add_scaled(handle, source.handle, scale), "add")
    }

    /// Multiplies the elements by `factor`.
    public func scale(by factor: Double) throws(TensorError) { try check(ct_scale(handle, factor), "scale") }

    /// Overwrites every element with `value`.
    public func fill(_ value: Double) throws(TensorError) { try check(ct_fill(handle, value), "fill") }
}
