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

// MARK: Activation checkpointing

/// A segment of a network, and the error that its first run ended with.
private final class Segment {
    let body: ([Tensor]) throws -> Tensor
    var failure: (any Error)?

    init(_ body: @escaping ([Tensor]) throws -> Tensor) { self.body = body }

    func run(_ inputs: [Tensor], _ out: UnsafeMutablePointer<ct_tensor?>) -> ct_status {
        do {
            let result = try body(inputs)
            // The caller gets a handle of its own.
            return ct_retain_alias(result.handle, out)
        } catch {
            failure = error
            return ct_fail("\(error)")
        }
    }
}

/// Computes a segment of a network and keeps only its inputs; the rest is computed again when gradients are wanted.
///
/// Costs one more forward pass of the segment, saves everything that its operations would keep. Without a graph to record, or if nothing
/// would be recorded, the segment just runs. Source: arXiv:1604.06174.
///
/// - Parameters:
///   - inputs: every tensor with a graph that the segment reads; others it may capture.
///   - trains: whether weights inside the segment collect gradients.
///   - body: gives the same result for the same inputs each time, random patterns included.
/// - Throws: what `body` throws in its first run; its failure in the second is a `TensorError` of the backward pass.
public func checkpointed(_ inputs: [Tensor], trains: Bool, _ body: @escaping ([Tensor]) throws -> Tensor) throws -> Tensor {
    guard ct_grad_mode(), trains || inputs.contains(where: \.requiresGradient) else { return try body(inputs) }
    let segment = Segment(body)
    var out: ct_tensor?
    let handles = inputs.map { Optional($0.handle) }
    let status = withExtendedLifetime(inputs) {
        ct_checkpoint(
            handles, Int32(handles.count),
            { context, given, count, out in
                guard let context, let given, let out else { return CT_FAILED }
                let tensors = (0..<Int(count)).compactMap { given[$0].map { Tensor(handle: $0) } }
                return Unmanaged<Segment>.fromOpaque(context).takeUnretainedValue().run(tensors, out)
            },
            { context in context.map { Unmanaged<Segment>.fromOpaque($0).release() } },
            Unmanaged.passRetained(segment).toOpaque(), &out)
    }
    if status != CT_OK, let failure = segment.failure { throw failure }
    try check(status, "checkpointed")
    return try Tensor(owning: out, "checkpointed")
}
