import Foundation
import Testing

@testable import HoneText

/// Hone against the file of Fixtures/make/tokenizer_training.py.
@Suite("BPETrainer")
struct BPETrainerTests {
    struct Fixture: Decodable {
        struct Learned: Decodable {
            var tokens: Int, merges: Int, tokensHash: String, mergesHash: String, first: [String]
        }
        struct Case: Decodable {
            var kind: String, seed: UInt64, count: Int, pattern: String, size: Int, minimum: Int, special: [String], alphabet: String
            var bytes: Int
        }
        struct Whole: Decodable { var frame: String, pattern: String, seed: UInt64, count: Int, size: Int, json: String }
        struct Shared: Decodable { var path: String, pattern: String, size: Int }
        var pieces: [String]
        var cases: [Case]
        var whole: [Whole]
        var shared: [Shared]
        var learned: [Learned]
        var learnedFromShared: [Learned]

        private enum Key: String, CodingKey { case pieces, cases, whole, shared }

        init(from decoder: any Decoder) throws {
            let box = try decoder.container(keyedBy: Key.self)
            pieces = try box.decode([String].self, forKey: .pieces)
            (cases, learned) = (try box.decode([Case].self, forKey: .cases), try box.decode([Learned].self, forKey: .cases))
            whole = try box.decode([Whole].self, forKey: .whole)
            shared = try box.decode([Shared].self, forKey: .shared)
            learnedFromShared = try box.decode([Learned].self, forKey: .shared)
        }

        static func load() throws -> Fixture {
            let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
                path: "Fixtures/trained.json")
            return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
        }

        /// The texts that the script makes.
        func texts(_ kind: String, seed: UInt64, count: Int) -> [String] {
            var state = seed
            func below(_ count: Int) -> Int {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int((state >> 33) % UInt64(count))
            }
            let letters = ["a", "b", "c"]
            return (0..<count).map { _ in
                if kind == "pieces" {
                    let length = 20 + below(900)
                    return (0..<length).map { _ in pieces[below(pieces.count) * below(pieces.count) / pieces.count] }.joined()
                }
                return (0..<12).map { _ -> String in
                    let parts = 1 + below(6)
                    return (0..<parts).map { _ -> String in
                        // Python draws the letter before its length.
                        let letter = letters[below(1 + below(3))]
                        return String(repeating: letter, count: 1 + below(9))
                    }.joined()
                }.joined(separator: " ")
            }
        }
    }

    private static func fnv(_ lines: [String]) -> String { JinjaFixture.fnv(lines.map { $0 + "\n" }.joined()) }

    private static func compare(_ found: TrainedBPE, _ expected: Fixture.Learned, _ name: String) {
        let merges = found.merges.map { "\(found.tokens[Int($0.left)]) \(found.tokens[Int($0.right)])" }
        #expect(found.tokens.count == expected.tokens && merges.count == expected.merges, "\(name)")
        let difference = zip(merges, expected.first).first { !sameText($0, $1) }
        #expect(difference == nil, "\(name): \(String(describing: difference))")
        #expect(fnv(merges) == expected.mergesHash, "\(name): merges")
        #expect(fnv(found.tokens) == expected.tokensHash, "\(name): tokens")
    }

    @Test("learns the library's tokens and merges in its order", arguments: [1, 3])
    func library(threads: Int) throws {
        let fixture = try Fixture.load()
        #expect(fixture.cases.count == 30)
        for (index, (row, expected)) in zip(fixture.cases, fixture.learned).enumerated() {
            let texts = fixture.texts(row.kind, seed: row.seed, count: row.count)
            try #require(texts.reduce(0) { $0 + $1.utf8.count } == row.bytes, "case \(index): the texts are others")
            let trainer = BPETrainer(
                vocabularySize: row.size, minimumFrequency: row.minimum, specialTokens: row.special,
                alphabet: try #require(.init(rawValue: row.alphabet)), pattern: try #require(.init(rawValue: row.pattern)))
            Self.compare(trainer.train(texts, threads: threads), expected, "case \(index)")
        }
    }

    private static let shared = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data")

    @Test(
        "learns the library's tokens from real text, cut for several threads",
        .enabled(if: FileManager.default.fileExists(atPath: shared.path), "../shared/data is absent beside the checkout"))
    func real() throws {
        let fixture = try Fixture.load()
        for (row, expected) in zip(fixture.shared, fixture.learnedFromShared) {
            let text = String(decoding: try Data(contentsOf: Self.shared.appending(path: row.path)), as: UTF8.self)
            let trainer = BPETrainer(
                vocabularySize: row.size, specialTokens: ["<|endoftext|>"], pattern: try #require(.init(rawValue: row.pattern)))
            Self.compare(trainer.train([text], threads: 2), expected, row.path)
        }
    }

    @Test("text is cut between a letter and a line feed only, and nothing is lost", arguments: [1, 7, 100])
    func parts(size: Int) throws {
        let texts = ["", "ab\ncd\n\nef", "x", "\n\n1\n2\n", "Zürich\né\nA\n", String(repeating: "word\n", count: 60)]
        let parts = TextParts(texts, size: size)
        for (index, text) in texts.enumerated() {
            let pieces = parts.list.indices.filter { parts.list[$0].text == index }.map { String(decoding: parts.bytes($0), as: UTF8.self) }
            #expect(pieces.joined() == text)
            for piece in pieces.dropFirst() { #expect(piece.hasPrefix("\n")) }
            for piece in pieces.dropLast() { #expect(piece.last?.isASCII == true && piece.last?.isLetter == true) }
        }
        #expect(size > 1 || parts.list.count > 60)
    }

    @Test("the file is the one that the library writes, and gives the same ids when it is read")
    func file() throws {
        let fixture = try Fixture.load()
        for row in fixture.whole {
            let frame: TrainedBPE.Frame = row.frame == "causal" ? .causal : .masked
            let texts = fixture.texts("pieces", seed: row.seed, count: row.count)
            let trained = BPETrainer(
                vocabularySize: row.size, specialTokens: frame.tokens, pattern: try #require(.init(rawValue: row.pattern))
            ).train(texts)
            let found = try #require(try JSONSerialization.jsonObject(with: trained.tokenizerJSON(frame)) as? NSDictionary)
            let expected = try #require(try JSONSerialization.jsonObject(with: Data(row.json.utf8)) as? NSDictionary)
            for key in expected.allKeys.compactMap({ $0 as? String }) {
                #expect(found[key] as? NSObject == expected[key] as? NSObject, "\(row.frame): \(key)")
            }
            #expect(found.count == expected.count)
            let (mine, theirs) = (
                try Tokenizer(json: trained.tokenizerJSON(frame), file: "mine"), try Tokenizer(json: Data(row.json.utf8), file: "theirs")
            )
            for text in texts { #expect(mine.encode(text) == theirs.encode(text)) }
            #expect(
                mine.decode(mine.encodeIDs(texts[0]))
                    == texts[0].replacingOccurrences(of: "<|endoftext|>", with: row.frame == "causal" ? "" : "<|endoftext|>"))
        }
    }

    @Test("a written folder names its special tokens")
    func folder() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "trained-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let frame = TrainedBPE.Frame.masked
        let trained = BPETrainer(vocabularySize: 270, specialTokens: frame.tokens).train(["the theme then", "thesis"])
        try trained.write(to: folder, frame: frame, maximumLength: 77)
        let tokenizer = try Tokenizer(folder: folder)
        #expect(tokenizer.specialTokens.bos?.text == "<s>" && tokenizer.specialTokens.pad?.id == 1)
        #expect(tokenizer.vocabularySize == trained.tokens.count && tokenizer.padID == 1)
        #expect(tokenizer.encodeIDs("the", pair: "then").first == 0 && tokenizer.encodeIDs("the").last == tokenizer.id(of: "</s>"))
        #expect(TrainedBPE.Frame.causal.tokens == ["<|endoftext|>"] && frame.tokens == ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    }

    @Test("no text and a vocabulary smaller than the alphabet learn nothing")
    func nothing() {
        #expect(BPETrainer(vocabularySize: 500).train([]).tokens.count == 256)
        let small = BPETrainer(vocabularySize: 10, alphabet: .found).train(["ababab"])
        #expect(small.tokens == ["a", "b", "ab", "abab", "ababab"])
        #expect(small.merges == [.init(left: 0, right: 1), .init(left: 2, right: 2), .init(left: 3, right: 2)])
        #expect(BPETrainer(vocabularySize: 2, alphabet: .found).train(["ababab"]).merges.isEmpty)
    }
}

/// The speed of training, for Benchmarks/tokenizer_training.py.
@Suite("BPETrainerBench")
struct BPETrainerBench {
    private static let file = ProcessInfo.processInfo.environment["HONE_TRAINING_BENCH"]

    @Test("speed of training", .enabled(if: file != nil, "HONE_TRAINING_BENCH names no text"))
    func speed() throws {
        let text = try String(contentsOf: URL(filePath: try #require(Self.file)), encoding: .utf8)
        let cores = ProcessInfo.processInfo.activeProcessorCount
        for size in [4096, 32_000] {
            for threads in Set([1, cores]).sorted() {
                let trainer = BPETrainer(vocabularySize: size, specialTokens: ["<|endoftext|>"])
                var best = Duration.seconds(1e9), count = 0
                for _ in 0..<5 {
                    best = min(best, ContinuousClock().measure { count = trainer.train([text], threads: threads).tokens.count })
                }
                print("bench \(size) \(threads) \(best / .seconds(1)) \(count)")
            }
        }
    }
}
