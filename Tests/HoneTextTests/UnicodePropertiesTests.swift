import Testing

@testable import HoneText

@Suite("UnicodeProperties")
struct UnicodePropertiesTests {
    private let properties = UnicodeProperties.shared

    @Test("classes follow BERT's rules")
    func classes() {
        for scalar in "\t\n\r \u{B}\u{85}\u{A0}\u{3000}".unicodeScalars { #expect(properties.has(.whitespace, scalar.value)) }
        for scalar in "!$+<=>^`|~«“。¿".unicodeScalars { #expect(properties.has(.punctuation, scalar.value), "\(scalar)") }
        for scalar in "aé中€£×5".unicodeScalars { #expect(!properties.has(.punctuation, scalar.value), "\(scalar)") }
        for scalar: UInt32 in [0, 1, 0x7F, 0x85, 0xAD, 0x200B, 0x200D, 0xFEFF, 0xFFFD, 0xE000, 0xF0000, 0x10FFFD] {
            #expect(properties.has(.removedByCleaning, scalar))
        }
        for scalar in "\t\n\r aé中".unicodeScalars { #expect(!properties.has(.removedByCleaning, scalar.value)) }
        #expect([0x3400, 0x4E00, 0x9FFF, 0xF900, 0x20000, 0x2F800].allSatisfy { properties.has(.chinese, $0) })
        #expect([0x3042, 0xAC00, 0xA000, 0x2CEB0].allSatisfy { !properties.has(.chinese, $0) })
        #expect("a_5é中\u{301}".unicodeScalars.allSatisfy { properties.has(.word, $0.value) })
        #expect(!properties.has(.word, 0x2D))
    }

    @Test("decompositions are full and Hangul goes by arithmetic")
    func decompositions() {
        #expect(properties.decomposition(0xE9).map(Array.init) == [0x65, 0x301])
        #expect(properties.decomposition(0x1E69).map(Array.init) == [0x73, 0x323, 0x307])
        #expect(properties.decomposition(0xAC00).map(Array.init) == [0x1100, 0x1161])
        #expect(properties.decomposition(0xD7A3).map(Array.init) == [0x1112, 0x1175, 0x11C2])
        #expect(properties.decomposition(0x41) == nil)
    }

    @Test("lower-case forms may be longer than one character")
    func lowercase() {
        #expect(properties.lowercase(0x41).map(Array.init) == [0x61])
        #expect(properties.lowercase(0x130).map(Array.init) == [0x69, 0x307])
        #expect(properties.lowercase(0x3A3).map(Array.init) == [0x3C3])
        #expect(properties.lowercase(0x61) == nil)
    }

    @Test("combining classes order marks")
    func combining() {
        #expect(properties.combiningClass(0x41) == 0)
        #expect(properties.combiningClass(0x323) == 220)
        #expect(properties.combiningClass(0x301) == 230)
        #expect(properties.combiningClass(0x345) == 240)
    }

    @Test("reading and writing UTF-8 agrees with the standard library")
    func utf8() {
        let text = "aé中😀\u{10FFFF}\u{800}\u{7FF}"
        let bytes = Array(text.utf8)
        var index = 0
        var written: [UInt8] = []
        for scalar in text.unicodeScalars {
            let read = UTF8Text.scalar(bytes, at: index)
            #expect(read.scalar == scalar.value)
            index += read.length
            #expect(UTF8Text.scalar(bytes, before: index) == read)
            UTF8Text.append(read.scalar, to: &written)
        }
        #expect(written == bytes)
        #expect(UTF8Text.count(bytes, 0..<bytes.count) == text.unicodeScalars.count)
    }
}
