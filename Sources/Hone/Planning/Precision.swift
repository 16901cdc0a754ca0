// Tested by PlanTests.swift.
internal import HoneTensors

/// The type in which products run, and why.
public struct PrecisionChoice: Sendable, Equatable, Codable {
    /// The type: `float32` or `bfloat16`.
    public var name: String
    /// Why this type, in words for the record.
    public var reason: String
    var dtype: DType { name == "bfloat16" ? .bfloat16 : .float32 }

    /// Resolves the recipe's wish on this machine.
    ///
    /// - Throws: ``HoneError/precision(wanted:available:device:)`` for bfloat16 on a processor without it: it would be slower than float32.
    static func resolve(_ wanted: Recipe.Precision, device: Device) throws(HoneError) -> PrecisionChoice {
        let hasHalf = device == .cpu ? Library.hasBFloat16Products : true
        switch wanted {
        case .float32: return PrecisionChoice(name: "float32", reason: "asked for")
        case .bfloat16:
            guard hasHalf else { throw .precision(wanted: "bfloat16", available: ["float32"], device: "this processor") }
            return PrecisionChoice(name: "bfloat16", reason: "asked for")
        case .auto:
            return hasHalf
                ? PrecisionChoice(
                    name: "bfloat16", reason: "\(device) multiplies bfloat16 in hardware; weights and statistics stay float32")
                : PrecisionChoice(name: "float32", reason: "\(device) has no bfloat16 products")
        }
    }
}
