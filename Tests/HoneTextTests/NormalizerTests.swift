import Testing

@testable import HoneText

@Suite("Normalizer")
struct NormalizerTests {
    private func normalize(_ stages: [NormalizerStage], _ text: String) -> [UInt8] {
        Normalizer(stages: stages, properties: .shared).normalize(text)
    }

    @Test("no stages leave every byte alone")
    func identity() {
        let text = "Aé\u{0}中\u{301}\u{FFFD} "
        #expect(normalize([], text) == Array(text.utf8))
    }

    @Test("each stage does its part")
    func stages() {
        #expect(normalize([.cleanText], "a\u{0}\tb\u{A0}\u{200B}c") == Array("a b c".utf8))
        #expect(normalize([.separateChinese], "a中b") == Array("a 中 b".utf8))
        #expect(normalize([.form(.nfd)], "é") == Array("e\u{301}".utf8))
        #expect(normalize([.form(.nfd), .removeNonspacingMarks], "Éa\u{323}") == Array("Ea".utf8))
        #expect(normalize([.lowercase], "AÉİ") == Array("aéi\u{307}".utf8))
    }

    @Test("marks are put in canonical order, also over characters that cleaning removes")
    func order() {
        #expect(normalize([.form(.nfd)], "q\u{307}\u{323}") == Array("q\u{323}\u{307}".utf8))
        #expect(normalize([.cleanText, .form(.nfd)], "q\u{307}\u{1}\u{323}") == Array("q\u{323}\u{307}".utf8))
        #expect(normalize([.form(.nfd)], "q\u{307}x\u{323}") == Array("q\u{307}x\u{323}".utf8))
    }

    @Test("decomposed text decomposes to itself")
    func idempotent() {
        for seed in 0..<200 {
            var random = TestRandom(state: UInt64(seed))
            let once = normalize([.form(.nfd)], random.text(20))
            #expect(normalize([.form(.nfd)], String(decoding: once, as: UTF8.self)) == once, "seed \(seed)")
        }
    }

    @Test("every byte knows the character it came from")
    func origins() {
        let normalizer = Normalizer(stages: [.separateChinese, .form(.nfd), .lowercase], properties: .shared)
        let bytes = Array("xÉ中".utf8)
        var out = NormalizedText(), scalar: Int32? = 0
        normalizer.normalize(bytes, 0..<bytes.count, scalar: &scalar, into: &out)
        #expect(out.bytes == Array("xe\u{301} 中 ".utf8))
        #expect(out.starts == [0, 1, 1, 1, 2, 2, 2, 2, 2])
        #expect(out.ends == [1, 2, 2, 2, 3, 3, 3, 3, 3])
        #expect(scalar == 3)
        #expect(out.origin(1..<4) == 1..<2)
    }
}

/// Every normaliser of the library over hard text, with where each character comes from.
@Suite("Normalizer vectors")
struct NormalizerVectorTests {
    private static let file = "unigram-normalizers.json"

    /// The map stands in the file once; sequences name it.
    private func read(_ field: JSONField, _ map: [NormalizerStage]) throws -> [NormalizerStage] {
        if let parts = try field.optional("normalizers") { return try parts.items().flatMap { try read($0, map) } }
        if let text = try field.optional("precompiled_charsmap"), try text.string() == "CHARSMAP" { return map }
        return try NormalizerKind.read(field)
    }

    @Test("normal forms and offsets equal the library's, with and without offsets asked for")
    func vectors() throws {
        let texts = try UnigramFixture.rows(Self.file, "texts").map { try $0.items()[0].string() }
        let specs = try UnigramFixture.rows(Self.file, "normalizers").map { try $0.items() }
        let precompiled = try #require(try specs.first { try $0[0].string() == "Precompiled" })
        let map = try NormalizerKind.read(precompiled[1])
        var normalizers: [String: Normalizer] = [:]
        for spec in specs { normalizers[try spec[0].string()] = Normalizer(stages: try read(spec[1], map), properties: .shared) }
        let rows = try UnigramFixture.rows(Self.file, "cases")
        #expect(rows.count > 1000)
        for row in try rows.map({ try $0.items() }) {
            let name = try row[0].string(), text = texts[try row[1].integer(in: 0...texts.count)]
            let expected = row[2].node.value == .null ? text : try row[2].string()
            let normalizer = try #require(normalizers[name])
            #expect(normalizer.normalize(text) == Array(expected.utf8), "\(name): \(text.debugDescription)")
            var out = NormalizedText(), scalar: Int32? = 0
            let bytes = Array(text.utf8)
            normalizer.normalize(bytes, 0..<bytes.count, scalar: &scalar, into: &out)
            #expect(out.bytes == Array(expected.utf8), "\(name): \(text.debugDescription)")
            #expect(scalar == Int32(text.unicodeScalars.count))
            var found: [Int] = [], index = 0
            while index < out.bytes.count {
                let length = UTF8Text.scalar(out.bytes, at: index).length
                let range = out.origin(index..<index + length)
                found += [range.lowerBound, range.upperBound]
                index += length
            }
            let plain = (0..<text.unicodeScalars.count).flatMap { [$0, $0 + 1] }
            let offsets = row[3].node.value == .null ? plain : try UnigramFixture.integers(row[3])
            #expect(found == offsets, "\(name): \(text.debugDescription)")
        }
    }

    @Test("patterns: exact texts and repetitions; other regular expressions are refused")
    func patterns() throws {
        func replaced(_ regex: String, _ text: String) -> String? {
            TextPattern(regex: regex).map { String(decoding: $0.replaced(Array(text.utf8), with: [0x5F], .shared), as: UTF8.self) }
        }
        #expect(replaced(" {2,}", "a  b c   d") == "a_b c_d")
        #expect(replaced("x+", "axxbx") == "a_b_")
        #expect(replaced("x{2}", "xxxxx") == "__x")
        #expect(replaced("\\s+", "a \u{3000}b") == "a_b")
        #expect(replaced("\\.", "a.b") == "a_b")
        #expect(replaced("ab", "cabab") == "c__")
        for regex in ["a|b", "[ab]", "(a)", "\\d+", "a*", "^a", ".", "ab{2,}", "x{0,2}", ""] {
            #expect(replaced(regex, "a") == nil, "\(regex)")
        }
    }
}
