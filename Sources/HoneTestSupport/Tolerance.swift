/// Says how far a number may lie from its reference, and why: `|found − expected| ≤ absolute + relative · |expected|`.
///
/// Tests use these constants and never type a bound of their own, so that every bound has one reason in one place.
public struct Tolerance: Sendable, CustomStringConvertible {
    /// The constant's name, for reports.
    public let name: String
    /// The part of the bound that does not depend on the expected value.
    public let absolute: Double
    /// The part of the bound that grows with the expected value.
    public let relative: Double

    /// The name and the bound, for reports.
    public var description: String { "\(name): \(absolute) + \(relative) · |expected|" }

    /// Decides whether a number is close enough; two NaN are, and so are two equal infinities.
    public func accepts(_ found: Double, _ expected: Double) -> Bool {
        if found == expected || (found.isNaN && expected.isNaN) { return true }
        return abs(found - expected) <= absolute + relative * abs(expected)
    }

    /// The same bits: two runs of the same arithmetic, copies, files.
    public static let exact = Tolerance(name: "exact", absolute: 0, relative: 0)
    /// One float32 operation on each element: libraries round the last place of exp, tanh or a division differently (1 unit is 1.2e-7).
    public static let float32Element = Tolerance(name: "float32Element", absolute: 1e-7, relative: 5e-7)
    /// Sums and products of up to some hundred float32 terms of size about 1, added in another order.
    public static let float32Sum = Tolerance(name: "float32Sum", absolute: 1e-5, relative: 1e-5)
    /// A whole model in float32 next to float64, on the scale of the largest logit: Transformers' own float32 is up to 5.4e-6 away (T5 1.1).
    public static let float32Model = Tolerance(name: "float32Model", absolute: 1e-5, relative: 0)
    /// Gradients in float32 next to Transformers' in float32, on the scale of the largest: those are up to 7.8e-6 away from float64's, these
    /// up to 1.1e-5 (both ModernBERT's), to either side; twice the larger.
    public static let float32Gradient = Tolerance(name: "float32Gradient", absolute: 2.2e-5, relative: 0)
    /// Gradients in float32 where scores are not divided by the root of a head's width (T5), on the scale of the largest, next to float64:
    /// those of Transformers are up to 4.2e-5 away, with LoRA 3.3e-5; these 2.1e-5 and 3.5e-5.
    public static let float32Unscaled = Tolerance(name: "float32Unscaled", absolute: 4.2e-5, relative: 0)
    /// Ten optimizer steps: β and the bias corrections are rounded to float32 at other places than in PyTorch, and products are fused.
    public static let float32Update = Tolerance(name: "float32Update", absolute: 1e-7, relative: 2e-6)
    /// Numbers that are sums in float64, stored as float32 in the reference.
    public static let float64Sum = Tolerance(name: "float64Sum", absolute: 1e-12, relative: 2e-7)
    /// One product with bfloat16 operands: the result is rounded to 8 bits (half a unit is 2⁻⁹), operands of backward products once more.
    public static let bfloat16Product = Tolerance(name: "bfloat16Product", absolute: 1e-2, relative: 1e-2)
    /// A chain of about 20 bfloat16 products with normalisations between: roundings of 2⁻⁹ add up like a random walk.
    public static let bfloat16Model = Tolerance(name: "bfloat16Model", absolute: 4e-2, relative: 4e-2)
    /// Logits of narrow decoders whose whole residual stream is bfloat16.
    public static let bfloat16Decoder = Tolerance(name: "bfloat16Decoder", absolute: 6e-2, relative: 4e-2)
    /// The same of an encoder with a gate (ModernBERT): Transformers in bfloat16 is 0.058 of the largest logit away, as far in the mean.
    public static let bfloat16PreNorm = Tolerance(name: "bfloat16PreNorm", absolute: 9e-2, relative: 4e-2)
    /// The same where scores are not divided by the root of a head's width (T5): Transformers in bfloat16 is 0.108 of the largest logit away.
    public static let bfloat16Unscaled = Tolerance(name: "bfloat16Unscaled", absolute: 1.2e-1, relative: 4e-2)
    /// Gradients through such a chain, on the scale of the largest element: the backward pass rounds as often again.
    public static let bfloat16Gradient = Tolerance(name: "bfloat16Gradient", absolute: 8e-2, relative: 0)
    /// Numbers that were written down with four digits.
    public static let fourDigits = Tolerance(name: "fourDigits", absolute: 1e-4, relative: 0)
    /// Central differences of a float32 function at a step of 10⁻²: truncation 10⁻⁴, rounding of the function 10⁻⁷ / 10⁻².
    public static let finiteDifference = Tolerance(name: "finiteDifference", absolute: 2e-3, relative: 2e-2)
    /// A mean over some thousand seeded draws: four standard errors of a spread of about 1.
    public static let sampleMean = Tolerance(name: "sampleMean", absolute: 6e-2, relative: 0)
}
