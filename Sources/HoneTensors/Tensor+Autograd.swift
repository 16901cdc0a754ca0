// Tested by AutogradTests.swift.
internal import CTorch

/// Runs `body` with or without recording a graph for gradients, and restores the mode afterwards.
public func withGradients<R, E: Error>(_ enabled: Bool, _ body: () throws(E) -> R) throws(E) -> R {
    let before = ct_grad_mode()
    ct_set_grad_mode(enabled)
    defer { ct_set_grad_mode(before) }
    return try body()
}

extension Tensor {
    /// Whether gradients flow to this tensor.
    public var requiresGradient: Bool { ct_requires_grad(handle) }
    /// Whether this tensor came out of recorded operations.
    public var hasGraph: Bool { ct_has_graph(handle) }

    /// Starts or stops collecting gradients for a tensor that no recorded operation made.
    public func setRequiresGradient(_ value: Bool) throws(TensorError) {
        try check(ct_set_requires_grad(handle, value), "setRequiresGradient")
    }

    /// The gradient collected so far; nil before the first backward pass.
    public func gradient() throws(TensorError) -> Tensor? {
        var out: ct_tensor?
        try check(ct_grad(handle, &out), "gradient")
        return out.map { Tensor(handle: $0) }
    }

    /// Replaces the collected gradient; nil forgets it.
    public func setGradient(_ gradient: Tensor?) throws(TensorError) { try check(ct_set_grad(handle, gradient?.handle), "setGradient") }

    /// Adds the gradient of this tensor's value to every leaf it depends on, times `seed` (1 for a single element).
    public func backward(_ seed: Tensor? = nil) throws(TensorError) { try check(ct_backward(handle, seed?.handle), "backward") }

    /// The same elements outside the graph.
    public func detached() throws(TensorError) -> Tensor { try apply(CT_DETACH, "detached") }
}
