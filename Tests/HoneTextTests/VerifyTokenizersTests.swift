import Foundation
import HoneText
import Testing

/// Hone against the files of Fixtures/make/verify_tokenizers.py.
@Suite("VerifyTokenizers")
struct VerifyTokenizersTests {
    private static let folder = ProcessInfo.processInfo.environment["HONE_VERIFY_TOKENIZERS"]

    @Test("every line gives what the library gives", .enabled(if: folder != nil, "HONE_VERIFY_TOKENIZERS names no folder"))
    func lines() throws {
        let folder = URL(filePath: try #require(Self.folder))
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        for file in files.filter({ $0.pathExtension == "json" }).sorted(by: { $0.path < $1.path }) {
            let name = file.deletingPathExtension().lastPathComponent
            do {
                let fixture = try TokenizerFixture(name, file: file)
                let counts = try Self.compare(fixture)
                let (encodings, ids, decoded) = (counts.encodings, counts.ids, counts.decoded)
                print("\(name): \(fixture.cases.count) lines, \(encodings) differ as encodings, \(ids) as ids, \(decoded) decoded")
                #expect(counts == Counts(), "\(name)")
            } catch {
                Issue.record("\(name): \(error)")
            }
        }
    }

    private struct Counts: Equatable {
        var encodings = 0, ids = 0, decoded = 0
    }

    private static func compare(_ fixture: TokenizerFixture) throws -> Counts {
        let tokenizer = try fixture.tokenizer()
        var counts = Counts()
        func show(_ what: String, _ row: TokenizerFixture.Case, _ found: Any, _ expected: Any) {
            if counts.encodings + counts.ids + counts.decoded < 6 {
                print("\(fixture.name) \(what): \(row.text.debugDescription)\n  found    \(found)\n  expected \(expected)")
            }
        }
        for row in fixture.cases {
            let found = tokenizer.encode(row.text, pair: row.pair, addSpecialTokens: row.addSpecialTokens)
            if found != row.expected {
                show("encode", row, found, row.expected)
                counts.encodings += 1
            }
            if row.addSpecialTokens, case let ids = tokenizer.encodeIDs(row.text, pair: row.pair), ids != row.expected.ids {
                show("encodeIDs", row, ids, row.expected.ids)
                counts.ids += 1
            }
            let plain = tokenizer.decode(row.expected.ids), full = tokenizer.decode(row.expected.ids, skipSpecialTokens: false)
            if Array(plain.utf8) != Array(row.decoded.utf8) || Array(full.utf8) != Array(row.decodedWithSpecials.utf8) {
                show("decode", row, (plain, full), (row.decoded, row.decodedWithSpecials))
                counts.decoded += 1
            }
        }
        return counts
    }
}
