internal import CTorch

/// Names where a tensor's memory lives.
public enum Device: Sendable, Hashable, Codable, CustomStringConvertible {
    case cpu
    case cuda(Int)
    case mps

    var type: Int32 {
        switch self {
        case .cpu: 0
        case .cuda: 1
        case .mps: 13
        }
    }

    var index: Int32 {
        if case .cuda(let index) = self { return Int32(index) }
        return 0
    }

    init(type: Int32, index: Int32) {
        switch type {
        case 1: self = .cuda(Int(index))
        case 13: self = .mps
        default: self = .cpu
        }
    }

    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        case .mps: "mps"
        }
    }

    /// Reads `cpu`, `cuda`, `cuda:1` or `mps`; nil for anything else.
    public init?(_ text: String) {
        switch text {
        case "cpu": self = .cpu
        case "mps": self = .mps
        case "cuda": self = .cuda(0)
        default:
            guard text.hasPrefix("cuda:"), let index = Int(text.dropFirst(5)), index >= 0 else { return nil }
            self = .cuda(index)
        }
    }

    /// Lists the devices that the loaded libtorch can use, the CPU first.
    public static func available() throws(TensorError) -> [Device] {
        try check(ct_load_accelerators(), "Device.available")
        var devices: [Device] = [.cpu]
        for index in 0..<Int(ct_cuda_count()) { devices.append(.cuda(index)) }
        if ct_has_mps() { devices.append(.mps) }
        return devices
    }

    /// Waits until the device has finished all work given to it.
    public func synchronize() throws(TensorError) { try check(ct_synchronize(type, index), "synchronize") }

    /// Bytes held, and the most ever held, by libtorch's allocator on this device; zeros on the CPU (see ``Library/peakResidentBytes()``).
    public func memory() throws(TensorError) -> (allocated: Int, peak: Int) {
        var allocated: Int64 = 0
        var peak: Int64 = 0
        try check(ct_device_memory(type, index, &allocated, &peak), "memory")
        return (Int(allocated), Int(peak))
    }
}
