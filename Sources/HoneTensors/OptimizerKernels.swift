internal import CTorch

/// One AdamW step's numbers; the formula stands at `AdamW` in HoneOptimizers.
public struct AdamWStep: Sendable, Equatable {
    /// The learning rate `η`, `β₁`, `β₂` and `ε`, and the weight decay `λ`.
    public var rate, beta1, beta2, epsilon, decay: Double
    /// `1 − β₁ᵗ` and `1 − β₂ᵗ`.
    public var correction1, correction2: Double
    /// Factor on the gradient: clipping and averaging without a pass of their own.
    public var gradientScale: Double

    /// Makes the numbers of step `t`; the corrections are the caller's to compute.
    public init(
        rate: Double, beta1: Double, beta2: Double, epsilon: Double, decay: Double, correction1: Double, correction2: Double,
        gradientScale: Double
    ) {
        (self.rate, self.beta1, self.beta2, self.epsilon, self.decay) = (rate, beta1, beta2, epsilon, decay)
        (self.correction1, self.correction2, self.gradientScale) = (correction1, correction2, gradientScale)
    }

    private var settings: ct_adamw_settings {
        ct_adamw_settings(
            rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, decay: decay, correction1: correction1, correction2: correction2,
            gradient_scale: gradientScale)
    }

    /// Updates float32 `weight` and both moments in place from a float32 or bfloat16 gradient; `shadow` receives the bfloat16 weights.
    public func update(_ weight: Tensor, gradient: Tensor, first: Tensor, second: Tensor, shadow: Tensor?) throws(TensorError) {
        try check(ct_adamw(weight.handle, gradient.handle, first.handle, second.handle, shadow?.handle, settings), "AdamW")
    }

    /// Updates weight and moments in place from a row-sparse gradient.
    ///
    /// Rows that never had a gradient are only decayed, which is what the dense formula gives them.
    ///
    /// - Parameter touched: uint8 `[V]`, 1 for rows that ever had a gradient; updated here.
    public func update(_ weight: Tensor, sparseGradient gradient: Tensor, first: Tensor, second: Tensor, touched: Tensor)
        throws(TensorError)
    {
        let rows = try gradient.sparseIndices()
        let values = try gradient.sparseValues()
        try check(
            ct_adamw_rows(weight.handle, rows.handle, values.handle, first.handle, second.handle, touched.handle, settings), "AdamW rows")
    }
}

/// One SGD step's numbers; the formula stands at `SGD` in HoneOptimizers.
public struct SGDStep: Sendable, Equatable {
    /// The learning rate `η`, the momentum `μ`, the weight decay `λ`, and a factor on the gradient.
    public var rate, momentum, decay, gradientScale: Double
    /// Whether Nesterov's variant is used, and whether this is the first step, which fills the momentum with the gradient.
    public var nesterov, isFirst: Bool

    /// Makes the numbers of one step.
    public init(rate: Double, momentum: Double, nesterov: Bool, decay: Double, gradientScale: Double, isFirst: Bool) {
        (self.rate, self.momentum, self.nesterov, self.decay) = (rate, momentum, nesterov, decay)
        (self.gradientScale, self.isFirst) = (gradientScale, isFirst)
    }

    /// Updates float32 `weight` and its momentum in place from a float32 or bfloat16 gradient; `shadow` receives the bfloat16 weights.
    ///
    /// - Parameter momentumBuffer: float32 in the weight's shape; nil only if the momentum is 0.
    public func update(_ weight: Tensor, gradient: Tensor, momentumBuffer: Tensor?, shadow: Tensor?) throws(TensorError) {
        try check(
            ct_sgd(
                weight.handle, gradient.handle, momentumBuffer?.handle, shadow?.handle, rate, momentum, nesterov, decay, gradientScale,
                isFirst),
            "SGD")
    }
}
