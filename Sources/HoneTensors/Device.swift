internal import CTorch

/// Names where a tensor's memory lives.
public enum Device: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The processor and the machine's own memory.
    case cpu
    /// An NVIDIA GPU by its number, from 0.
    case cuda(Int)
    /// The GPU of an Apple machine, by Metal Performance Shaders.
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

    /// The name as ``init(_:)`` reads it, such as `cuda:0`.
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

    /// Returns the bytes held, and the most ever held, by tensors on this device.
    ///
    /// On the CPU, tensors of 64 KiB and more since the last ``Library/releaseCachedMemory()``; mapped files and everything else that a
    /// process holds are in ``Library/peakResidentBytes()``.
    public func memory() throws(TensorError) -> (allocated: Int, peak: Int) {
        var allocated: Int64 = 0
        var peak: Int64 = 0
        if self == .cpu {
            ct_cpu_memory(&allocated, &peak)
            return (Int(allocated), Int(peak))
        }
        try check(ct_device_memory(type, index, &allocated, &peak), "memory")
        return (Int(allocated), Int(peak))
    }
}
