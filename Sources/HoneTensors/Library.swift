internal import CTorch
internal import Foundation

/// Facts about, and process-wide settings of, the loaded libtorch.
public enum Library {
    /// The version of libtorch that Hone was compiled against, such as `2.13.0`.
    public static var version: String { String(cString: ct_version()) }

    /// libtorch's own description of how it was built: BLAS, oneDNN, OpenMP and compiler flags.
    public static var buildSummary: String { String(cString: ct_build_summary()) }

    /// The instruction set that libtorch's kernels use, such as `AVX512`.
    public static var cpuCapability: String { String(cString: ct_cpu_capability()) }

    /// Whether this processor multiplies bfloat16 matrices in hardware.
    public static var hasBFloat16Products: Bool { ct_has_bfloat16_products() }

    /// How many threads one operation uses on the CPU.
    public static var threads: Int {
        get { Int(ct_threads()) }
        set { ct_set_threads(Int32(newValue)) }
    }

    /// Tensor handles that are alive in this process.
    public static var liveTensors: Int { Int(ct_live_handles()) }

    /// Gives memory that dropped tensors have left, and that waits for the next ones, back to the system.
    ///
    /// Worth a call where one phase of work ends and another with other shapes begins.
    public static func releaseCachedMemory() { ct_release_cached_memory() }

    private static let turn = NSRecursiveLock()

    /// Runs `body` while nobody else does who asks in the same way.
    ///
    /// libtorch has one generator per device and process: who seeds it and draws from it must not be interrupted by another who draws, or
    /// two models made at the same time would not be those that their seeds say.
    public static func exclusively<R>(_ body: () throws -> R) rethrows -> R { try turn.withLock(body) }

    /// Seeds libtorch's generators on every device: dropout and random tensors follow from it.
    ///
    /// Waits while another thread is inside of ``exclusively(_:)``.
    public static func seed(_ seed: UInt64) throws(TensorError) {
        turn.lock()
        defer { turn.unlock() }
        try check(ct_seed(seed), "seed")
    }

    /// Returns the state of a device's generator as bytes.
    public static func randomState(of device: Device = .cpu) throws(TensorError) -> [UInt8] {
        var out: ct_tensor?
        try check(ct_random_state(device.type, device.index, &out), "randomState")
        return try Tensor(owning: out, "randomState").values(as: UInt8.self)
    }

    /// Restores a state returned by ``randomState(of:)``; the numbers that follow are the same again.
    public static func setRandomState(_ state: [UInt8], of device: Device = .cpu) throws(TensorError) {
        let tensor = try Tensor(state, shape: [state.count], dtype: .uint8)
        try check(ct_set_random_state(device.type, device.index, tensor.handle), "setRandomState")
    }

    /// The most memory this process has held, in bytes; 0 where the system does not say.
    public static func peakResidentBytes() -> Int { statusBytes("VmHWM:") ?? usagePeak() }

    /// The memory this process holds now, in bytes; 0 where the system does not say.
    public static func residentBytes() -> Int { statusBytes("VmRSS:") ?? 0 }

    private static func statusBytes(_ key: String) -> Int? {
        // Absent on systems without /proc, where getrusage answers instead.
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(key) {
            return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        return nil
    }

    private static func usagePeak() -> Int {
        var usage = rusage()
        #if os(Linux)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return Int(usage.ru_maxrss) * 1024
        #else
            getrusage(RUSAGE_SELF, &usage)
            return Int(usage.ru_maxrss)
        #endif
    }
}
