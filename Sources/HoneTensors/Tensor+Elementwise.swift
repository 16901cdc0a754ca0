// Tested by TensorOperationTests.swift.
internal import CTorch

extension Tensor {
    func apply(_ op: ct_unary, _ name: String) throws(TensorError) -> Tensor { try Tensor.make(name) { ct_apply(op, handle, $0) } }

    func combined(_ op: ct_binary, _ other: Tensor, _ name: String) throws(TensorError) -> Tensor {
        try Tensor.make(name) { ct_combine(op, handle, other.handle, $0) }
    }

    func combined(_ op: ct_binary, _ number: Double, _ name: String) throws(TensorError) -> Tensor {
        try Tensor.make(name) { ct_combine_scalar(op, handle, number, $0) }
    }

    /// Returns `eˣ` of each element.
    public func exp() throws(TensorError) -> Tensor { try apply(CT_EXP, "exp") }

    /// Returns the natural logarithm of each element; NaN below 0, `-∞` at 0.
    public func log() throws(TensorError) -> Tensor { try apply(CT_LOG, "log") }

    /// Returns `√x` of each element; NaN below 0.
    public func squareRoot() throws(TensorError) -> Tensor { try apply(CT_SQRT, "squareRoot") }

    /// Returns `1 / √x` of each element, in one pass.
    public func reciprocalSquareRoot() throws(TensorError) -> Tensor { try apply(CT_RSQRT, "reciprocalSquareRoot") }

    /// Returns `x²` of each element.
    public func squared() throws(TensorError) -> Tensor { try apply(CT_SQUARE, "squared") }

    /// Returns `1 / x` of each element; infinite at 0.
    public func reciprocal() throws(TensorError) -> Tensor { try apply(CT_RECIPROCAL, "reciprocal") }

    /// Returns `|x|` of each element.
    public func absolute() throws(TensorError) -> Tensor { try apply(CT_ABS, "absolute") }

    /// Returns -1, 0 or 1 by the sign of each element.
    public func sign() throws(TensorError) -> Tensor { try apply(CT_SIGN, "sign") }

    /// Returns the nearest whole number of each element, ties to the even one.
    public func rounded() throws(TensorError) -> Tensor { try apply(CT_ROUND, "rounded") }

    /// Returns the largest whole number not above each element.
    public func floored() throws(TensorError) -> Tensor { try apply(CT_FLOOR, "floored") }

    /// Returns the sine of each element, an angle in radians.
    public func sin() throws(TensorError) -> Tensor { try apply(CT_SIN, "sin") }

    /// Returns the cosine of each element, an angle in radians.
    public func cos() throws(TensorError) -> Tensor { try apply(CT_COS, "cos") }

    /// Returns the hyperbolic tangent of each element, in `-1 ... 1`.
    public func tanh() throws(TensorError) -> Tensor { try apply(CT_TANH, "tanh") }

    /// Returns the error function `2/√π ∫₀ˣ exp(−t²) dt` of each element.
    public func erf() throws(TensorError) -> Tensor { try apply(CT_ERF, "erf") }

    /// Returns `σ(x) = 1 / (1 + e⁻ˣ)` of each element.
    public func sigmoid() throws(TensorError) -> Tensor { try apply(CT_SIGMOID, "sigmoid") }

    /// Returns `log σ(x)` of each element, without overflow where ``sigmoid()`` rounds to 0.
    public func logSigmoid() throws(TensorError) -> Tensor { try apply(CT_LOG_SIGMOID, "logSigmoid") }

    /// Returns `max(x, 0)` of each element.
    public func relu() throws(TensorError) -> Tensor { try apply(CT_RELU, "relu") }

    /// Returns `x Φ(x)` of each element, with the exact normal distribution function `Φ`.
    ///
    /// Source: arXiv:1606.08415; PyTorch `gelu(approximate="none")`.
    public func gelu() throws(TensorError) -> Tensor { try apply(CT_GELU, "gelu") }

    /// Returns the tanh approximation of ``gelu()``.
    ///
    /// `x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))`. Source: arXiv:1606.08415; PyTorch `gelu(approximate="tanh")`.
    public func geluTanh() throws(TensorError) -> Tensor { try apply(CT_GELU_TANH, "geluTanh") }

    /// Returns `x σ(x)` of each element.
    ///
    /// Source: arXiv:1702.03118; PyTorch `silu`.
    public func silu() throws(TensorError) -> Tensor { try apply(CT_SILU, "silu") }

    /// Returns `log(1 + eˣ)` of each element, without overflow.
    ///
    /// Source: PyTorch `softplus`, which gives `x` itself above 20.
    public func softplus() throws(TensorError) -> Tensor { try apply(CT_SOFTPLUS, "softplus") }

    /// Tells for each element whether it is neither infinite nor NaN, as Booleans of the same shape.
    public func isFinite() throws(TensorError) -> Tensor { try apply(CT_IS_FINITE, "isFinite") }

    /// Tells for each element whether it is NaN, as Booleans of the same shape.
    public func isNaN() throws(TensorError) -> Tensor { try apply(CT_IS_NAN, "isNaN") }

    /// Tells for each element whether it is 0 or false, as Booleans of the same shape.
    public func logicalNot() throws(TensorError) -> Tensor { try apply(CT_NOT, "logicalNot") }

    /// Returns each element, or the bound it lies beyond: `min(max(x, low), high)`.
    public func clamped(_ low: Double, _ high: Double) throws(TensorError) -> Tensor {
        try Tensor.make("clamped") { ct_clamp(handle, low, high, $0) }
    }

    /// Returns `xᵖ` of each element for one exponent `p`; NaN for a negative base with a fraction as exponent.
    public func power(_ exponent: Double) throws(TensorError) -> Tensor { try combined(CT_POW, exponent, "power") }

    /// Returns the larger of two elements, broadcast to a common shape; NaN if either is.
    public func maximum(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_MAXIMUM, other, "maximum") }

    /// Returns the smaller of two elements, broadcast to a common shape; NaN if either is.
    public func minimum(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_MINIMUM, other, "minimum") }
}

extension Tensor {
    /// Adds element by element, broadcasting to a common shape.
    public static func + (a: Tensor, b: Tensor) throws(TensorError) -> Tensor { try a.combined(CT_ADD, b, "+") }

    /// Subtracts element by element, broadcasting to a common shape.
    public static func - (a: Tensor, b: Tensor) throws(TensorError) -> Tensor { try a.combined(CT_SUB, b, "-") }

    /// Multiplies element by element, broadcasting to a common shape; see ``matmul(_:)`` for matrices.
    public static func * (a: Tensor, b: Tensor) throws(TensorError) -> Tensor { try a.combined(CT_MUL, b, "*") }

    /// Divides element by element, broadcasting to a common shape; integers give float32.
    public static func / (a: Tensor, b: Tensor) throws(TensorError) -> Tensor { try a.combined(CT_DIV, b, "/") }

    /// Adds a number to each element; an integer tensor gives float32.
    public static func + (a: Tensor, b: Double) throws(TensorError) -> Tensor { try a.combined(CT_ADD, b, "+") }

    /// Subtracts a number from each element; an integer tensor gives float32.
    public static func - (a: Tensor, b: Double) throws(TensorError) -> Tensor { try a.combined(CT_SUB, b, "-") }

    /// Multiplies each element by a number; an integer tensor gives float32.
    public static func * (a: Tensor, b: Double) throws(TensorError) -> Tensor { try a.combined(CT_MUL, b, "*") }

    /// Divides each element by a number; an integer tensor gives float32.
    public static func / (a: Tensor, b: Double) throws(TensorError) -> Tensor { try a.combined(CT_DIV, b, "/") }

    /// Returns the negative of each element.
    public static prefix func - (a: Tensor) throws(TensorError) -> Tensor { try a.apply(CT_NEG, "-") }
}
