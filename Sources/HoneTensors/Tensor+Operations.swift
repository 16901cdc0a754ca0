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
    func reduced(_ op: ct_reduction, _ axis: Int, _ keep: Bool, _ name: String) throws(TensorError) -> Tensor {
        try Tensor.make(name) { ct_reduce(op, handle, Int64(axis), keep, $0) }
    }

    // MARK: Element by element

    public func exp() throws(TensorError) -> Tensor { try apply(CT_EXP, "exp") }
    public func log() throws(TensorError) -> Tensor { try apply(CT_LOG, "log") }
    public func squareRoot() throws(TensorError) -> Tensor { try apply(CT_SQRT, "squareRoot") }
    public func reciprocalSquareRoot() throws(TensorError) -> Tensor { try apply(CT_RSQRT, "reciprocalSquareRoot") }
    public func squared() throws(TensorError) -> Tensor { try apply(CT_SQUARE, "squared") }
    public func reciprocal() throws(TensorError) -> Tensor { try apply(CT_RECIPROCAL, "reciprocal") }
    public func absolute() throws(TensorError) -> Tensor { try apply(CT_ABS, "absolute") }
    public func sign() throws(TensorError) -> Tensor { try apply(CT_SIGN, "sign") }
    public func rounded() throws(TensorError) -> Tensor { try apply(CT_ROUND, "rounded") }
    public func floored() throws(TensorError) -> Tensor { try apply(CT_FLOOR, "floored") }
    public func sin() throws(TensorError) -> Tensor { try apply(CT_SIN, "sin") }
    public func cos() throws(TensorError) -> Tensor { try apply(CT_COS, "cos") }
    public func tanh() throws(TensorError) -> Tensor { try apply(CT_TANH, "tanh") }
    public func erf() throws(TensorError) -> Tensor { try apply(CT_ERF, "erf") }
    public func sigmoid() throws(TensorError) -> Tensor { try apply(CT_SIGMOID, "sigmoid") }
    public func logSigmoid() throws(TensorError) -> Tensor { try apply(CT_LOG_SIGMOID, "logSigmoid") }
    public func relu() throws(TensorError) -> Tensor { try apply(CT_RELU, "relu") }
    /// `x Φ(x)` with the exact normal distribution function. Source: PyTorch `gelu(approximate="none")`.
    public func gelu() throws(TensorError) -> Tensor { try apply(CT_GELU, "gelu") }
    /// The tanh approximation of ``gelu()``. Source: PyTorch `gelu(approximate="tanh")`.
    public func geluTanh() throws(TensorError) -> Tensor { try apply(CT_GELU_TANH, "geluTanh") }
    public func silu() throws(TensorError) -> Tensor { try apply(CT_SILU, "silu") }
    public func softplus() throws(TensorError) -> Tensor { try apply(CT_SOFTPLUS, "softplus") }
    public func isFinite() throws(TensorError) -> Tensor { try apply(CT_IS_FINITE, "isFinite") }
    public func isNaN() throws(TensorError) -> Tensor { try apply(CT_IS_NAN, "isNaN") }
    public func logicalNot() throws(TensorError) -> Tensor { try apply(CT_NOT, "logicalNot") }
    public func clamped(_ low: Double, _ high: Double) throws(TensorError) -> Tensor {
        try Tensor.make("clamped") { ct_clamp(handle, low, high, $0) }
    }
    public func power(_ exponent: Double) throws(TensorError) -> Tensor { try combined(CT_POW, exponent, "power") }
    public func maximum(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_MAXIMUM, other, "maximum") }
    public func minimum(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_MINIMUM, other, "minimum") }
    public func equal(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_EQ, other, "equal") }
    public func equal(_ number: Double) throws(TensorError) -> Tensor { try combined(CT_EQ, number, "equal") }
    public func notEqual(_ number: Double) throws(TensorError) -> Tensor { try combined(CT_NE, number, "notEqual") }
    public func less(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_LT, other, "less") }
    public func less(_ number: Double) throws(TensorError) -> Tensor { try combined(CT_LT, number, "less") }
    public func lessOrEqual(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_LE, other, "lessOrEqual") }
    public func greater(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_GT, other, "greater") }
    public func greater(_ number: Double) throws(TensorError) -> Tensor { try combined(CT_GT, number, "greater") }
    public func greaterOrEqual(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_GE, other, "greaterOrEqual") }
    public func and(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_AND, other, "and") }
    public func or(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_OR, other, "or") }
    /// Takes `self` where `condition` is true, `other` elsewhere.
    public func taken(where condition: Tensor, else other: Tensor) throws(TensorError) -> Tensor {
        try Tensor.make("taken") { ct_where(condition.handle, handle, other.handle, $0) }
    }
    public func filled(where mask: Tensor, with value: Double) throws(TensorError) -> Tensor {
        try Tensor.make("filled") { ct_masked_fill(handle, mask.handle, value, $0) }
    }

    // MARK: Products and reductions

    /// `[.., M, K] · [.., K, N] → [.., M, N]`
    public func matmul(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_MATMUL, other, "matmul") }
    public func sum() throws(TensorError) -> Tensor { try apply(CT_SUM_ALL, "sum") }
    public func mean() throws(TensorError) -> Tensor { try apply(CT_MEAN_ALL, "mean") }
    public func largest() throws(TensorError) -> Tensor { try apply(CT_MAX_ALL, "largest") }
    public func smallest() throws(TensorError) -> Tensor { try apply(CT_MIN_ALL, "smallest") }
    public func any() throws(TensorError) -> Tensor { try apply(CT_ANY, "any") }
    public func all() throws(TensorError) -> Tensor { try apply(CT_ALL, "all") }
    public func sum(_ axis: Int, keepingAxis: Bool = false) throws(TensorError) -> Tensor { try reduced(CT_SUM, axis, keepingAxis, "sum") }
    public func mean(_ axis: Int, keepingAxis: Bool = false) throws(TensorError) -> Tensor {
        try reduced(CT_MEAN, axis, keepingAxis, "mean")
    }
    public func largest(_ axis: Int, keepingAxis: Bool = false) throws(TensorError) -> Tensor {
        try reduced(CT_MAX, axis, keepingAxis, "largest")
    }
    public func smallest(_ axis: Int, keepingAxis: Bool = false) throws(TensorError) -> Tensor {
        try reduced(CT_MIN, axis, keepingAxis, "smallest")
    }
    /// Index of the largest element along an axis; the first one among equals.
    public func argmax(_ axis: Int) throws(TensorError) -> Tensor { try reduced(CT_ARGMAX, axis, false, "argmax") }
    public func argmin(_ axis: Int) throws(TensorError) -> Tensor { try reduced(CT_ARGMIN, axis, false, "argmin") }
    public func logSumExp(_ axis: Int) throws(TensorError) -> Tensor { try reduced(CT_LOG_SUM_EXP, axis, false, "logSumExp") }
    /// Euclidean length along an axis.
    public func norm(_ axis: Int, keepingAxis: Bool = false) throws(TensorError) -> Tensor {
        try reduced(CT_NORM, axis, keepingAxis, "norm")
    }
    /// Population variance along an axis (divides by the count).
    public func variance(_ axis: Int, keepingAxis: Bool = false) throws(TensorError) -> Tensor {
        try reduced(CT_VARIANCE, axis, keepingAxis, "variance")
    }
    public func cumulativeSum(_ axis: Int) throws(TensorError) -> Tensor { try reduced(CT_CUMULATIVE_SUM, axis, false, "cumulativeSum") }
    public func softmax(_ axis: Int) throws(TensorError) -> Tensor { try reduced(CT_SOFTMAX, axis, false, "softmax") }
    public func logSoftmax(_ axis: Int) throws(TensorError) -> Tensor { try reduced(CT_LOG_SOFTMAX, axis, false, "logSoftmax") }
    /// The `count` largest elements along an axis, largest first, and their indices.
    public func top(_ count: Int, axis: Int = -1) throws(TensorError) -> (values: Tensor, indices: Tensor) {
        var values: ct_tensor?
        var indices: ct_tensor?
        try check(ct_top(handle, Int64(count), Int64(axis), &values, &indices), "top")
        return (try Tensor(owning: values, "top"), try Tensor(owning: indices, "top"))
    }
    /// Sorts along an axis; equal elements keep their order.
    public func sorted(_ axis: Int = -1, descending: Bool = false) throws(TensorError) -> (values: Tensor, indices: Tensor) {
        var values: ct_tensor?
        var indices: ct_tensor?
        try check(ct_sort(handle, Int64(axis), descending, &values, &indices), "sorted")
        return (try Tensor(owning: values, "sorted"), try Tensor(owning: indices, "sorted"))
    }

    // MARK: Shape

    /// Gives the same elements another shape; one size may be -1 and follows from the rest.
    public func reshaped(_ shape: [Int]) throws(TensorError) -> Tensor {
        try Tensor.make("reshaped") { ct_reshape(handle, shape.map(Int64.init), Int32(shape.count), $0) }
    }
    public func expanded(_ shape: [Int]) throws(TensorError) -> Tensor {
        try Tensor.make("expanded") { ct_expand(handle, shape.map(Int64.init), Int32(shape.count), $0) }
    }
    public func permuted(_ axes: [Int]) throws(TensorError) -> Tensor {
        try Tensor.make("permuted") { ct_permute(handle, axes.map(Int64.init), Int32(axes.count), $0) }
    }
    public func transposed(_ a: Int = -2, _ b: Int = -1) throws(TensorError) -> Tensor {
        try Tensor.make("transposed") { ct_transpose(handle, Int64(a), Int64(b), $0) }
    }
    /// Adds an axis of size 1.
    public func unsqueezed(_ axis: Int) throws(TensorError) -> Tensor {
        try Tensor.make("unsqueezed") { ct_unsqueeze(handle, Int64(axis), $0) }
    }
    /// Removes an axis of size 1; any other size is an error.
    public func squeezed(_ axis: Int) throws(TensorError) -> Tensor { try Tensor.make("squeezed") { ct_squeeze(handle, Int64(axis), $0) } }
    /// The part `range` of an axis; a range outside the axis is an error (libtorch would clip it silently).
    public func slice(_ axis: Int, _ range: Range<Int>, step: Int = 1) throws(TensorError) -> Tensor {
        try Tensor.make("slice") { ct_slice(handle, Int64(axis), Int64(range.lowerBound), Int64(range.upperBound), Int64(step), $0) }
    }
    public func selecting(_ indices: Tensor, axis: Int = 0) throws(TensorError) -> Tensor {
        try Tensor.make("selecting") { ct_index_select(handle, Int64(axis), indices.handle, $0) }
    }
    public func gathered(_ indices: Tensor, axis: Int) throws(TensorError) -> Tensor {
        try Tensor.make("gathered") { ct_gather(handle, Int64(axis), indices.handle, $0) }
    }
    /// Adds the rows of `source` to the rows named by `indices`; repeated indices add up.
    public func adding(_ source: Tensor, at indices: Tensor, axis: Int = 0) throws(TensorError) -> Tensor {
        try Tensor.make("adding") { ct_index_add(handle, Int64(axis), indices.handle, source.handle, $0) }
    }
    public static func concatenated(_ tensors: [Tensor], axis: Int = 0) throws(TensorError) -> Tensor {
        try withExtendedLifetime(tensors) { () throws(TensorError) in
            try make("concatenated") { ct_concat(tensors.map { Optional($0.handle) }, Int32(tensors.count), Int64(axis), $0) }
        }
    }
    public static func stacked(_ tensors: [Tensor], axis: Int = 0) throws(TensorError) -> Tensor {
        try withExtendedLifetime(tensors) { () throws(TensorError) in
            try make("stacked") { ct_stack(tensors.map { Optional($0.handle) }, Int32(tensors.count), Int64(axis), $0) }
        }
    }
    public func lowerTriangle(_ diagonal: Int = 0) throws(TensorError) -> Tensor {
        try Tensor.make("lowerTriangle") { ct_triangle(handle, Int64(diagonal), false, $0) }
    }
    public func upperTriangle(_ diagonal: Int = 0) throws(TensorError) -> Tensor {
        try Tensor.make("upperTriangle") { ct_triangle(handle, Int64(diagonal), true, $0) }
    }
    public func flipped(_ axis: Int) throws(TensorError) -> Tensor { try Tensor.make("flipped") { ct_flip(handle, Int64(axis), $0) } }
    public func contiguous() throws(TensorError) -> Tensor { try apply(CT_CONTIGUOUS, "contiguous") }
    /// Copies the elements into memory of its own.
    public func cloned() throws(TensorError) -> Tensor { try apply(CT_CLONE, "cloned") }

    // MARK: In place, outside autograd

    /// Overwrites the elements with those of a tensor of the same shape, converting them.
    public func copy(from source: Tensor) throws(TensorError) { try check(ct_copy_into(handle, source.handle), "copy") }
    public func add(_ source: Tensor, scaledBy scale: Double = 1) throws(TensorError) {
        try check(ct_add_scaled(handle, source.handle, scale), "add")
    }
    public func scale(by factor: Double) throws(TensorError) { try check(ct_scale(handle, factor), "scale") }
    public func fill(_ value: Double) throws(TensorError) { try check(ct_fill(handle, value), "fill") }

    // MARK: Row-sparse gradients

    /// Sums repeated rows of a sparse tensor.
    public func coalesced() throws(TensorError) -> Tensor { try apply(CT_COALESCED, "coalesced") }
    public func sparseIndices() throws(TensorError) -> Tensor { try apply(CT_SPARSE_INDICES, "sparseIndices") }
    public func sparseValues() throws(TensorError) -> Tensor { try apply(CT_SPARSE_VALUES, "sparseValues") }
    public func dense() throws(TensorError) -> Tensor { isSparse ? try apply(CT_DENSE, "dense") : self }
}

extension Tensor {
    public static func + (a: Tensor, b: Tensor) throws(TensorError) -> Tensor { try a.combined(CT_ADD, b, "+") }
    public static func - (a: Tensor, b: Tensor) throws(TensorError) -> Tensor { try a.combined(CT_SUB, b, "-") }
    public static func * (a: Tensor, b: Tensor) throws(TensorError) -> Tensor { try a.combined(CT_MUL, b, "*") }
    public static func / (a: Tensor, b: Tensor) throws(TensorError) -> Tensor { try a.combined(CT_DIV, b, "/") }
    public static func + (a: Tensor, b: Double) throws(TensorError) -> Tensor { try a.combined(CT_ADD, b, "+") }
    public static func - (a: Tensor, b: Double) throws(TensorError) -> Tensor { try a.combined(CT_SUB, b, "-") }
    public static func * (a: Tensor, b: Double) throws(TensorError) -> Tensor { try a.combined(CT_MUL, b, "*") }
    public static func / (a: Tensor, b: Double) throws(TensorError) -> Tensor { try a.combined(CT_DIV, b, "/") }
    public static prefix func - (a: Tensor) throws(TensorError) -> Tensor { try a.apply(CT_NEG, "-") }
}
