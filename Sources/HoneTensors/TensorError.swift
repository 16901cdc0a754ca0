internal import CTorch

/// Describes a failed tensor operation: which one, on what shapes, and libtorch's own words.
public struct TensorError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Separates the failures that callers treat differently.
    public enum Kind: Sendable, Equatable {
        /// The device or the machine has no memory left.
        case outOfMemory
        /// Shapes, element types, indices or values that the operation does not take.
        case invalid
    }

    /// What callers can do about it.
    public var kind: Kind
    /// The Swift name of the operation.
    public var operation: String
    /// Element types and shapes of the operands, such as `Float[2, 3], Float[4]`.
    public var shapes: String
    /// libtorch's message, without its backtrace.
    public var message: String

    /// Describes a failure; the C boundary fills in all four.
    public init(kind: Kind, operation: String, shapes: String, message: String) {
        (self.kind, self.operation, self.shapes, self.message) = (kind, operation, shapes, message)
    }

    /// The failure in words, with advice where there is some.
    public var description: String {
        let operands = shapes.isEmpty ? "" : " on \(shapes)"
        switch kind {
        case .outOfMemory:
            return "Out of memory in \(operation)\(operands): \(message). Use a smaller training.batchSize or training.tokenBudget."
        case .invalid: return "\(operation)\(operands) failed: \(message)"
        }
    }
}

/// Turns a C status into a thrown error that names the operation.
func check(_ status: ct_status, _ operation: String) throws(TensorError) {
    guard status != CT_OK else { return }
    throw TensorError(
        kind: status == CT_OUT_OF_MEMORY ? .outOfMemory : .invalid, operation: operation,
        shapes: String(cString: ct_last_shapes()), message: String(cString: ct_last_error()))
}
