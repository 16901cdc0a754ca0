// Tested by DoctorTests.swift.
internal import Foundation
internal import HoneRuns
internal import HoneTensors

/// Says what this machine and this build offer: what `hone doctor` shows.
public struct HostReport: Sendable, Equatable, Codable {
    /// The version of Hone.
    public var hone: String
    /// The version of libtorch.
    public var libtorch: String
    /// Where libtorch was loaded from; nil where the system does not say.
    public var libtorchPath: String?
    /// The compiler that built Hone.
    public var swift: String
    /// The operating system.
    public var system: String
    /// The processor's name.
    public var processor: String
    /// Logical cores that this process may use.
    public var cores: Int
    /// Threads that one operation uses.
    public var threads: Int
    /// The instruction set of libtorch's kernels, such as `AVX512`.
    public var instructions: String
    /// The devices that the loaded libtorch can use.
    public var devices: [String]
    /// Whether the processor multiplies bfloat16 matrices in hardware.
    public var hasBFloat16Products: Bool
    /// Measured speed of matrix products by type name, in GFLOP/s.
    public var gigaflops: [String: Double]
    /// Memory of the machine, in bytes.
    public var memory: Int
    /// Memory that is free for new work, in bytes; nil where the system does not say.
    public var availableMemory: Int?
    /// Free space of the disk that holds the current folder, in bytes; nil where the system does not say.
    public var freeDisk: Int?

    /// Looks and measures; takes about a tenth of a second.
    ///
    /// - Throws: `TensorError` if libtorch refuses to list its devices or to multiply.
    public init() throws {
        Library.threads = Host.cores
        let versions = Host.versions
        (hone, libtorch, swift, system) = (versions.hone, versions.libtorch, versions.swift, versions.system)
        libtorchPath = Self.loadedLibrary("libtorch_cpu")
        (processor, cores, threads, memory) = (Host.processor, Host.cores, Library.threads, Host.memory)
        instructions = Library.cpuCapability
        devices = try Device.available().map(\.description)
        hasBFloat16Products = Library.hasBFloat16Products
        gigaflops = try GEMMProbe.gigaflops()
        availableMemory = Host.availableMemory
        let facts = try? FileManager.default.attributesOfFileSystem(forPath: FileManager.default.currentDirectoryPath)
        freeDisk = (facts?[.systemFreeSize] as? NSNumber)?.intValue
    }

    /// The path of a loaded library, from the process's memory map; nil on systems without one.
    private static func loadedLibrary(_ name: String) -> String? {
        guard let map = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8) else { return nil }
        let line = map.split(separator: "\n").first { $0.contains("/\(name)") }
        return line.flatMap { line in line.firstIndex(of: "/").map { String(line[$0...]) } }
    }
}
