import ArgumentParser
import Foundation
import Hone
import HoneRuns

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say what this machine and this build offer, and what is missing.")

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        let report = try HostReport()
        let findings = Self.findings(report, root: Checkout.root)
        console.say(Self.table(report).map { console.dim($0[0].padded(to: 12)) + $0[1] })
        console.say()
        console.say(findings.isEmpty ? [console.good("all good")] : findings.map { console.bad("! ") + $0 })
        try console.emit("result", report, ["findings": .array(findings.map { .string($0) }), "isGood": .bool(findings.isEmpty)])
    }

    static func table(_ report: HostReport) -> [[String]] {
        let speed = report.gigaflops.sorted { $0.key > $1.key }.map { String(format: "%@ %.0f GFLOP/s", $0.key, $0.value) }
        let memory = Format.bytes(report.memory) + (report.availableMemory.map { ", \(Format.bytes($0)) available" } ?? "")
        return [
            ["Hone", report.hone], ["libtorch", "\(report.libtorch)\(report.libtorchPath.map { " in \($0)" } ?? "")"],
            ["Swift", report.swift], ["system", report.system],
            ["processor", "\(report.processor), \(Format.plural(report.cores, "core")), \(Format.plural(report.threads, "thread"))"],
            ["kernels", report.instructions], ["devices", report.devices.joined(separator: ", ")],
            ["bfloat16", report.hasBFloat16Products ? "multiplied in hardware" : "no products in hardware; training computes in float32"],
            ["products", speed.joined(separator: ", ")], ["memory", memory], ["free disk", report.freeDisk.map(Format.bytes) ?? "unknown"],
        ]
    }

    /// What should be mended; empty if all is good.
    static func findings(_ report: HostReport, root: URL?) -> [String] {
        var findings: [String] = []
        if let root {
            let needed = [(".deps/torch/lib", "libtorch"), (".deps/minilm/model/config.json", "the quickstart's encoder")]
            for (path, what) in needed where !FileManager.default.fileExists(atPath: root.appending(path: path).path) {
                findings.append("\(path) is missing (\(what)): run Scripts/bootstrap in the checkout.")
            }
        }
        if let free = report.freeDisk, free < 2_000_000_000 {
            findings.append("Only \(Format.bytes(free)) of disk are free here; a run of the quickstart needs about 0.5 GB, a build 2 GB.")
        }
        if let free = report.availableMemory, free < 1_000_000_000 {
            findings.append("Only \(Format.bytes(free)) of memory are available; small encoders need about 1 GB.")
        }
        if report.threads < report.cores {
            findings.append("\(report.threads) of \(report.cores) cores are used; look at OMP_NUM_THREADS.")
        }
        return findings
    }
}
