import Foundation
import HoneData
import HoneRuns
import Testing

@Suite("Killed processes", .serialized)
struct KillTests {
    /// The program beside the test bundle: this target depends on it, so it is built.
    static let hone = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".build/release/hone")

    /// Starts `hone` and gives its standard output line by line to `read` until that says stop.
    private func launch(_ arguments: [String], until isEnough: (String) -> Bool = { _ in false }) throws -> Process {
        let process = Process()
        (process.executableURL, process.arguments) = (Self.hone, arguments)
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
        try process.run()
        var pending = Data()
        while true {
            let piece = output.fileHandleForReading.availableData
            if piece.isEmpty { break }
            pending += piece
            while let end = pending.firstIndex(of: 10) {
                let line = String(decoding: pending[pending.startIndex..<end], as: UTF8.self)
                pending = Data(pending[pending.index(after: end)...])
                if isEnough(line) { return process }
            }
        }
        process.waitUntilExit()
        return process
    }

    @Test("a run killed with SIGKILL at a random step resumes to the same bytes", arguments: [UInt64(1), 2, 3])
    func kill(seed: UInt64) throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        var random = SplitMix64(state: seed)
        let recipe = try tiny.recipe("full", "epochs: 4, learningRate: 0.002, saveEvery: 5").path
        let (whole, parts) = (tiny.root.appending(path: "whole"), tiny.root.appending(path: "parts"))
        #expect(try launch(["train", recipe, "--json", "--runs", whole.path]).terminationStatus == 0)
        let moment = 1 + Int(random.next() % 46)
        let killed = try launch(["train", recipe, "--json", "--runs", parts.path]) { line in
            line.contains("\"type\":\"step\"") && line.contains("\"index\":\(moment),")
        }
        #expect(Foundation.kill(killed.processIdentifier, SIGKILL) == 0)
        killed.waitUntilExit()
        let (runs, _) = try RunIndex(parts).list()
        #expect(runs.map(\.status) == [.interrupted], "killed at step \(moment)")
        #expect(try launch(["train", "--resume", "latest", "--json", "--runs", parts.path]).terminationStatus == 0)
        func weights(_ folder: URL) throws -> Data {
            try Data(contentsOf: RunFolder.find("latest", in: folder).model.appending(path: "model.safetensors"))
        }
        #expect(try weights(whole) == weights(parts), "killed at step \(moment), seed \(seed)")
    }
}
