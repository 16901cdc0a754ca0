/// Names the element type of a tensor.
///
/// The raw value is libtorch's `ScalarType` number, so it crosses the C boundary unchanged.
public enum DType: Int32, Sendable, Codable, CaseIterable {
    /// Whole numbers `0 ... 255`.
    case uint8 = 0
    /// Whole numbers of 8 bits with sign.
    case int8 = 1
    /// Whole numbers of 16 bits with sign.
    case int16 = 2
    /// Whole numbers of 32 bits with sign, for places in a batch.
    case int32 = 3
    /// Whole numbers of 64 bits with sign, the type that libtorch indexes with.
    case int64 = 4
    /// IEEE 754 half precision: 11 bits of precision, largest number 65,504.
    case float16 = 5
    /// IEEE 754 single precision: 24 bits of precision, the type of weights and statistics.
    case float32 = 6
    /// IEEE 754 double precision: 53 bits of precision.
    case float64 = 7
    /// Truth values, one byte each.
    case bool = 11
    /// The upper half of a float32: its range, with 8 bits of precision.
    case bfloat16 = 15

    /// Size of one element, in bytes.
    public var byteSize: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .int16, .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64, .float64: 8
        }
    }

    /// Whether values are real numbers that gradients can flow through.
    public var isFloatingPoint: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        case .uint8, .int8, .int16, .int32, .int64, .bool: false
        }
    }

    /// The name in a safetensors header.
    ///
    /// Source: the safetensors format page, `Dtype`.
    public var safetensorsName: String {
        switch self {
        case .uint8: "U8"
        case .int8: "I8"
        case .int16: "I16"
        case .int32: "I32"
        case .int64: "I64"
        case .float16: "F16"
        case .float32: "F32"
        case .float64: "F64"
        case .bool: "BOOL"
        case .bfloat16: "BF16"
        }
    }

    /// Finds the element type with a safetensors name; nil for one Hone does not hold.
    public init?(safetensorsName name: String) {
        guard let found = DType.allCases.first(where: { $0.safetensorsName == name }) else { return nil }
        self = found
    }
}
