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
        #expect(normalize([.decompose], "é") == Array("e\u{301}".utf8))
        #expect(normalize([.decompose, .removeNonspacingMarks], "Éa\u{323}") == Array("Ea".utf8))
        #expect(normalize([.lowercase], "AÉİ") == Array("aéi\u{307}".utf8))
    }

    @Test("marks are put in canonical order, also over characters that cleaning removes")
    func order() {
        #expect(normalize([.decompose], "q\u{307}\u{323}") == Array("q\u{323}\u{307}".utf8))
        #expect(normalize([.cleanText, .decompose], "q\u{307}\u{1}\u{323}") == Array("q\u{323}\u{307}".utf8))
        #expect(normalize([.decompose], "q\u{307}x\u{323}") == Array("q\u{307}x\u{323}".utf8))
    }

    @Test("decomposed text decomposes to itself")
    func idempotent() {
        for seed in 0..<200 {
            var random = TestRandom(state: UInt64(seed))
            let once = normalize([.decompose], random.text(20))
            #expect(normalize([.decompose], String(decoding: once, as: UTF8.self)) == once, "seed \(seed)")
        }
    }

    @Test("every byte knows the character it came from")
    func origins() {
        let normalizer = Normalizer(stages: [.separateChinese, .decompose, .lowercase], properties: .shared)
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
