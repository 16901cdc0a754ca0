// Tested by TensorOperationTests.swift.
internal import CTorch

extension Tensor {
    func reduced(_ op: ct_reduction, _ axis: Int, _ keep: Bool, _ name: String) throws(TensorError) -> Tensor {
        try Tensor.make(name) { ct_reduce(op, handle, Int64(axis), keep, $0) }
    }

    /// Multiplies matrices, `[.., M, K] · [.., K, N] → [.., M, N]`; leading axes are broadcast.
    public func matmul(_ other: Tensor) throws(TensorError) -> Tensor { try combined(CT_MATMUL, other, "matmul") }

    /// Adds up all elements, `[..] → []`; integers and Booleans add up in int64.
    public func sum() throws(TensorError) -> Tensor { try apply(CT_SUM_ALL, "sum") }

    /// Averages all elements, `[..] → []`; NaN if there are none.
    public func mean() throws(TensorError) -> Tensor { try apply(CT_MEAN_ALL, "mean") }

    /// Returns the largest of all elements, `[..] → []`; NaN if any is, an error if there are none.
    public func largest() throws(TensorError) -> Tensor { try apply(CT_MAX_ALL, "largest") }

    /// Returns the smallest of all elements, `[..] → []`; NaN if any is, an error if there are none.
    public func smallest() throws(TensorError) -> Tensor { try apply(CT_MIN_ALL, "smallest") }

    /// Tells whether any element is true or other than 0, as one Boolean `[]`; false if there are none.
    public func any() throws(TensorError) -> Tensor { try apply(CT_ANY, "any") }

    /// Tells whether every element is true or other than 0, as one Boolean `[]`; true if there are none.
    public func all() throws(TensorError) -> Tensor { try apply(CT_ALL, "all") }

    /// Adds up along an axis, which goes away or stays with size 1.
    public func sum(_ axis: Int, keepingAxis: Bool = false) throws(TensorError) -> Tensor { try reduced(CT_SUM, axis, keepingAxis, "sum") }

    /// Averages along an axis, which goes away or stays with size 1.
    public func mean(_ axis: Int, keepingAxis: Bool = false) throws(TensorError) -> Tensor {
        try reduced(CT_MEAN, axis, keepingAxis, "mean")
    }

    /// Returns the largest element along an axis, which goes away or stays with size 1; NaN if any is.
    public func largest(_ axis: Int, keepingAxis: Bool = false) throws(TensorError) -> Tensor {
        try reduced(CT_MAX, axis, keepingAxis, "largest")
    }

    /// Returns the smallest element along an axis, which goes away or stays with size 1; NaN if any is.
    public func smallest(_ axis: Int, keepingAxis: Bool = false) throws(TensorError) -> Tensor {
        try reduced(CT_MIN, axis, keepingAxis, "smallest")
    }

    /// Returns the int64 index of the largest element along an axis, which goes away; the first one among equals.
    public func argmax(_ axis: Int) throws(TensorError) -> Tensor { try reduced(CT_ARGMAX, axis, false, "argmax") }

    /// Returns the int64 index of the smallest element along an axis, which goes away; the first one among equals.
    public func argmin(_ axis: Int) throws(TensorError) -> Tensor { try reduced(CT_ARGMIN, axis, false, "argmin") }

    /// Returns `log Σ eˣ` along an axis, which goes away, without overflow for large elements.
    public func logSumExp(_ axis: Int) throws(TensorError) -> Tensor { try reduced(CT_LOG_SUM_EXP, axis, false, "logSumExp") }

    /// Returns the Euclidean length `√Σ x²` along an axis, which goes away or stays with size 1.
    public func norm(_ axis: Int, keepingAxis: Bool = false) throws(TensorError) -> Tensor {
        try reduced(CT_NORM, axis, keepingAxis, "norm")
    }

    /// Returns the population variance `Σ (x − mean)² / n` along an axis, which goes away or stays with size 1.
    public func variance(_ axis: Int, keepingAxis: Bool = false) throws(TensorError) -> Tensor {
        try reduced(CT_VARIANCE, axis, keepingAxis, "variance")
    }

    /// Returns running sums along an axis, in the same shape: element `i` is the sum of elements `0 ... i`.
    public func cumulativeSum(_ axis: Int) throws(TensorError) -> Tensor { try reduced(CT_CUMULATIVE_SUM, axis, false, "cumulativeSum") }

    /// Returns `eˣ / Σ eˣ` along an axis, in the same shape: positive numbers that add up to 1.
    public func softmax(_ axis: Int) throws(TensorError) -> Tensor { try reduced(CT_SOFTMAX, axis, false, "softmax") }

    /// Returns the logarithm of ``softmax(_:)`` along an axis, in nats, exact where the softmax itself would round to 0.
    public func logSoftmax(_ axis: Int) throws(TensorError) -> Tensor { try reduced(CT_LOG_SOFTMAX, axis, false, "logSoftmax") }

    /// Returns the `count` largest elements along an axis, largest first, and their int64 indices.
    public func top(_ count: Int, axis: Int = -1) throws(TensorError) -> (values: Tensor, indices: Tensor) {
        var values: ct_tensor?
        var indices: ct_tensor?
        try check(ct_top(handle, Int64(count), Int64(axis), &values, &indices), "top")
        return (try Tensor(owning: values, "top"), try Tensor(owning: indices, "top"))
    }

    /// Sorts along an axis, and gives the int64 indices that elements had; equal elements keep their order.
    public func sorted(_ axis: Int = -1, descending: Bool = false) throws(TensorError) -> (values: Tensor, indices: Tensor) {
        var values: ct_tensor?
        var indices: ct_tensor?
        try check(ct_sort(handle, Int64(axis), descending, &values, &indices), "sorted")
        return (try Tensor(owning: values, "sorted"), try Tensor(owning: indices, "sorted"))
    }
}
