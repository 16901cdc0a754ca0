internal import Foundation
internal import HoneRuns
internal import HoneTensors

/// Facts about the machine and this process, for plans and records.
public enum Host {
    /// The version of Hone.
    public static let version = "0.1.0"

    /// Seconds since the system started this process; from the process table on Linux, from the first call elsewhere.
    public static func secondsSinceStart() -> Double { max(0, ProcessInfo.processInfo.systemUptime - processStart) }

    private static let processStart: Double = {
        // Field 22 of /proc/self/stat is the start in clock ticks since boot; absent on other systems.
        guard let text = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8), let name = text.lastIndex(of: ")") else {
            return ProcessInfo.processInfo.systemUptime
        }
        let fields = text[text.index(after: name)...].split(separator: " ")
        guard fields.count > 19, let ticks = Double(fields[19]) else { return ProcessInfo.processInfo.systemUptime }
        // Ticks count from boot; systemUptime may leave out suspended time, so compare with the boot-based clock.
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK))) + (ProcessInfo.processInfo.systemUptime - bootSeconds())
    }()

    private static func bootSeconds() -> Double {
        guard let text = try? String(contentsOfFile: "/proc/uptime", encoding: .utf8) else { return ProcessInfo.processInfo.systemUptime }
        return text.split(separator: " ").first.flatMap { Double($0) } ?? ProcessInfo.processInfo.systemUptime
    }

    /// The processor's name as the system gives it.
    public static var processor: String {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return "unknown" }
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line.flatMap { $0.split(separator: ":").last }.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
    }

    /// Logical cores that this process may use.
    public static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// Memory of the machine, in bytes.
    public static var memory: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }

    /// Memory that is free for new work, in bytes: the machine's, within the limit of the control group; nil where the system does not say.
    static var availableMemory: Int? {
        // Absent on systems without /proc.
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let free = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        guard let limit = number("/sys/fs/cgroup/memory.max"), let used = number("/sys/fs/cgroup/memory.current") else { return free }
        return min(free ?? .max, max(0, limit - used))
    }

    /// The number in a file of the system; nil if there is no such file, or no number in it (“max”).
    private static func number(_ path: String) -> Int? {
        (try? String(contentsOfFile: path, encoding: .utf8)).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// The memory that a run may plan with, in bytes.
    static var usableMemory: Int { availableMemory ?? memory }

    static func hardware(device: String) -> RunRecord.Hardware {
        RunRecord.Hardware(cpu: processor, cores: cores, threads: Library.threads, memory: memory, device: device)
    }

    static var versions: RunRecord.Versions {
        RunRecord.Versions(
            hone: version, libtorch: Library.version, swift: swiftVersion, system: ProcessInfo.processInfo.operatingSystemVersionString)
    }

    private static var swiftVersion: String {
        #if compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
