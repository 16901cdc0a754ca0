// Tested by TensorOperationTests.swift.
internal import CTorch

extension Tensor {
    /// Tells where `a = b`, as Booleans broadcast to a common shape; NaN equals nothing.
    public func equal(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_EQ, other, "equal") }

    /// Tells where `a = number`, as Booleans of the same shape.
    public func equal(_ number: Double) throws(TensorError) -> Tensor { try combined(CT_EQ, number, "equal") }

    /// Tells where `a ≠ number`, as Booleans of the same shape; true for NaN.
    public func notEqual(_ number: Double) throws(TensorError) -> Tensor { try combined(CT_NE, number, "notEqual") }

    /// Tells where `a < b`, as Booleans broadcast to a common shape; false for NaN.
    public func less(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_LT, other, "less") }

    /// Tells where `a < number`, as Booleans of the same shape; false for NaN.
    public func less(_ number: Double) throws(TensorError) -> Tensor { try combined(CT_LT, number, "less") }

    /// Tells where `a ≤ b`, as Booleans broadcast to a common shape; false for NaN.
    public func lessOrEqual(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_LE, other, "lessOrEqual") }

    /// Tells where `a > b`, as Booleans broadcast to a common shape; false for NaN.
    public func greater(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_GT, other, "greater") }

    /// Tells where `a > number`, as Booleans of the same shape; false for NaN.
    public func greater(_ number: Double) throws(TensorError) -> Tensor { try combined(CT_GT, number, "greater") }

    /// Tells where `a ≥ b`, as Booleans broadcast to a common shape; false for NaN.
    public func greaterOrEqual(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_GE, other, "greaterOrEqual") }

    /// Tells where both are true or other than 0, as Booleans broadcast to a common shape.
    public func and(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_AND, other, "and") }

    /// Tells where at least one is true or other than 0, as Booleans broadcast to a common shape.
    public func or(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_OR, other, "or") }

    /// Takes `self` where `condition` is true, `other` elsewhere.
    public func taken(where condition: Tensor, else other: Tensor) throws(TensorError) -> Tensor {
        try Tensor.make("taken") { ct_where(condition.handle, handle, other.handle, $0) }
    }

    /// Returns a copy with `value` in the places where the Boolean `mask` is true.
    public func filled(where mask: Tensor, with value: Double) throws(TensorError) -> Tensor {
        try Tensor.make("filled") { ct_masked_fill(handle, mask.handle, value, $0) }
    }
}
