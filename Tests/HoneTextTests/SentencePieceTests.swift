import Foundation
import HoneText
import Testing

/// Hone against the `sentencepiece` library.
@Suite("SentencePiece")
struct SentencePieceTests {
    private struct Row: Decodable {
        var text: String?, normalized: String?, ids: [Int32], decoded: String

        init(from decoder: any Decoder) throws {
            var row = try decoder.unkeyedContainer()
            text = try row.decodeNil() ? nil : row.decode(String.self)
            normalized = try row.decodeNil() ? nil : row.decode(String.self)
            ids = try row.decode([Int32].self)
            decoded = try row.decode(String.self)
        }
    }

    private struct File: Decodable {
        var model: String?
        var cases: [Row]
    }

    private func load(_ url: URL) throws -> Tokenizer { try Tokenizer(sentencePiece: Data(contentsOf: url), file: url.lastPathComponent) }

    /// How many rows differ, and the first that does.
    private func differences(_ tokenizer: Tokenizer, _ rows: [Row]) -> (count: Int, first: String) {
        var count = 0, first = ""
        for row in rows {
            var problems: [String] = []
            if let text = row.text {
                let found = tokenizer.encode(text)
                if found.ids != row.ids { problems.append("ids \(found.ids) for \(row.ids)") }
                if tokenizer.encodeIDs(text) != found.ids { problems.append("ids without offsets") }
                let limit = text.unicodeScalars.count
                if !found.offsets.allSatisfy({ $0.upperBound <= limit }) { problems.append("offsets \(found.offsets)") }
            }
            var stream = StreamingDecoder(tokenizer), pieces = ""
            for id in row.ids { pieces += stream.push(id) }
            pieces += stream.finish()
            let whole = tokenizer.decode(row.ids)
            if Array(whole.utf8) != Array(row.decoded.utf8) {
                problems.append("text \(whole.debugDescription) for \(row.decoded.debugDescription)")
            }
            if Array(pieces.utf8) != Array(whole.utf8) { problems.append("streamed \(pieces.debugDescription)") }
            if !problems.isEmpty {
                count += 1
                if first.isEmpty { first = "\(row.text.debugDescription) \(row.ids): \(problems)" }
            }
        }
        return (count, first)
    }

    @Test(
        "gives the ids and the text of the library",
        arguments: [
            "unigram", "unigram-bytes", "unigram-plain", "unigram-suffix", "unigram-ties", "unigram-far", "bpe", "bpe-bytes",
        ])
    func fixtures(_ name: String) throws {
        let tokenizer = try load(UnigramFixture.file("sentencepiece-\(name).model"))
        let rows = try JSONDecoder().decode(File.self, from: Data(contentsOf: UnigramFixture.file("sentencepiece-\(name).json"))).cases
        #expect(rows.count > 80)
        let found = differences(tokenizer, rows)
        #expect(found.count == 0, "\(name): \(found.first)")
    }

    @Test("a file that is no model is refused with the reason")
    func broken() throws {
        let good = try Data(contentsOf: UnigramFixture.file("sentencepiece-bpe.model"))
        for data in [Data(), Data([0x0A]), Data([0x0A, 0x7F, 1]), good.prefix(100), Data([0xFF, 0xFF])] {
            do {
                _ = try Tokenizer(sentencePiece: data, file: "m.model")
                Issue.record("\(data.count) bytes were read")
            } catch {
                #expect(error.description.contains("m.model"))
            }
        }
        // An unknown piece, and “a” with a score that is not a number.
        let unknown: [UInt8] = [0x0A, 9, 0x0A, 5] + Array("<unk>".utf8) + [0x18, 2]
        do {
            _ = try Tokenizer(sentencePiece: Data(unknown + [0x0A, 8, 0x0A, 1, 0x61, 0x15, 0, 0, 0xC0, 0x7F]), file: "m.model")
            Issue.record("a score that is not a number was read")
        } catch {
            #expect(error.description.contains("the score of “a” is nan"))
        }
    }

    private static let folder = ProcessInfo.processInfo.environment["HONE_VERIFY_SENTENCEPIECE"]

    @Test("every line gives what the library gives", .enabled(if: folder != nil, "HONE_VERIFY_SENTENCEPIECE names no folder"))
    func lines() throws {
        let folder = URL(filePath: try #require(Self.folder))
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        for file in files.filter({ $0.pathExtension == "json" }).sorted(by: { $0.path < $1.path }) {
            let content = try JSONDecoder().decode(File.self, from: Data(contentsOf: file))
            let path = URL(filePath: try #require(content.model))
            let tokenizer =
                switch path.pathExtension {
                case "model": try load(path)
                case "tiktoken": try VectorSet.ranks(path)
                default: try Tokenizer(folder: path)
                }
            let found = differences(tokenizer, content.cases)
            print("\(file.deletingPathExtension().lastPathComponent): \(content.cases.count) lines, \(found.count) differ")
            #expect(found.count == 0, "\(found.first)")
            let texts = content.cases.compactMap(\.text), clock = ContinuousClock()
            let size = texts.reduce(0) { $0 + $1.utf8.count }
            var best = Duration.seconds(1000)
            for _ in 0..<5 { best = min(best, clock.measure { _ = tokenizer.encodeBatch(texts, threads: 1) }) }
            print("  \(Double(size) / 1e6 / (best / .seconds(1))) MB/s")
        }
    }
}
