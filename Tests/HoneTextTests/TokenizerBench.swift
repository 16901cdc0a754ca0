import Foundation
import HoneText
import Testing

/// The speed of encoding, for Benchmarks/suite_tokenizers.py.
@Suite("TokenizerBench")
struct TokenizerBench {
    private static let folder = ProcessInfo.processInfo.environment["HONE_TOKENIZER_BENCH"]

    /// The folder holds `tokenizer.json` and `text.txt`; prints one line for each way of encoding: seconds, bytes, tokens; and a number
    /// that stands for all ids in their order.
    @Test("speed of encoding", .enabled(if: folder != nil, "HONE_TOKENIZER_BENCH names no folder"))
    func speed() throws {
        let folder = URL(filePath: try #require(Self.folder))
        let tokenizer = try Tokenizer(folder: folder)
        let lines = try String(contentsOf: folder.appending(path: "text.txt"), encoding: .utf8).components(separatedBy: "\n")
        let bytes = lines.reduce(0) { $0 + $1.utf8.count }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let ways: [(String, () -> Int)] = [
            ("lines", { lines.reduce(0) { $0 + tokenizer.encodeIDs($1).count } }),
            ("offsets", { lines.reduce(0) { $0 + tokenizer.encode($1).ids.count } }),
            ("batch", { tokenizer.encodeBatch(lines, threads: 1).reduce(0) { $0 + $1.count } }),
            ("batchAllCores", { tokenizer.encodeBatch(lines, threads: cores).reduce(0) { $0 + $1.count } }),
        ]
        for (name, run) in ways {
            var best = Duration.seconds(1e9), tokens = 0
            for _ in 0..<5 { best = min(best, ContinuousClock().measure { tokens = run() }) }
            #expect(tokens > 0)
            print("bench \(name) \(best / .seconds(1)) \(bytes) \(tokens)")
        }
        var digest: UInt64 = 0
        for id in lines.flatMap({ tokenizer.encodeIDs($0) }) { digest = (digest &* 1_000_003) ^ UInt64(id) }
        print("bench digest \(digest)")
    }
}
