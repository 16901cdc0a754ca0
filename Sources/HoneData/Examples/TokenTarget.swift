// Tested by TokenBatchTests.swift

/// Names the number that stands where no token is learned.
public enum TokenTarget {
    /// The target of a position that is not learned, as in PyTorch's and Transformers' cross-entropy.
    public static let ignored: Int32 = -100
}
