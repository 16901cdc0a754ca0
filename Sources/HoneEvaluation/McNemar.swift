internal import Foundation

/// Tests whether two models differ in accuracy on the same rows, from the rows where only one of them is right.
///
/// Exact two-sided binomial test: `p = min(1, 2 Σ_{i ≤ min(b, c)} C(b + c, i) / 2^(b + c))`. Source: doi:10.1007/BF02295996, exact form;
/// equal to SciPy's `binomtest(min(b, c), b + c)`.
public struct McNemar: Codable, Sendable, Equatable {
    /// Rows that only the first model gets right, `b`.
    public var onlyFirst: Int
    /// Rows that only the second model gets right, `c`.
    public var onlySecond: Int

    /// Makes a test from the two counts.
    ///
    /// - Precondition: neither is negative.
    public init(onlyFirst: Int, onlySecond: Int) {
        precondition(onlyFirst >= 0 && onlySecond >= 0, "counts are not negative")
        (self.onlyFirst, self.onlySecond) = (onlyFirst, onlySecond)
    }

    /// Counts the rows where only one of two models is right.
    init(first: [Bool], second: [Bool]) {
        let pairs = zip(first, second)
        self.init(onlyFirst: pairs.count { $0 && !$1 }, onlySecond: pairs.count { !$0 && $1 })
    }

    /// The chance of a split at least this uneven between two equally good models, `0 ... 1`.
    public var pValue: Double {
        let n = onlyFirst + onlySecond
        let smaller = min(onlyFirst, onlySecond)
        guard onlyFirst != onlySecond else { return 1 }
        // Terms relative to the last one, which is the largest: C(n, i−1) / C(n, i) = i / (n − i + 1).
        var (term, sum) = (1.0, 1.0)
        for i in stride(from: smaller, to: 0, by: -1) {
            term *= Double(i) / Double(n - i + 1)
            sum += term
            if term < sum * 0x1p-60 { break }
        }
        let last = logGamma(n + 1) - logGamma(smaller + 1) - logGamma(n - smaller + 1) - Double(n) * log(2)
        return min(1, 2 * exp(last) * sum)
    }
}

/// log((n − 1)!); the C library's `lgamma` writes a global, so factorials are summed for small n and Stirling's series serves the rest.
private func logGamma(_ n: Int) -> Double {
    if n < 32 { return n < 2 ? 0 : (2..<n).reduce(0.0) { $0 + log(Double($1)) } }
    let x = Double(n)
    let series = 1 / (12 * x) - 1 / (360 * x * x * x) + 1 / (1260 * x * x * x * x * x)
    return (x - 0.5) * log(x) - x + 0.5 * log(2 * Double.pi) + series
}
