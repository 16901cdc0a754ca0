import Testing

@testable import HoneText

@Suite("TokenDecoder")
struct TokenDecoderTests {
    @Test("continuations join, other tokens get a space")
    func wordPiece() {
        let decoder = TokenDecoder.wordPiece(prefix: "##", cleanup: false)
        #expect(decoder.decode(["##uelo", "Ara", "##új", "##o", "No", "##guera"]) == "##uelo Araújo Noguera")
        #expect(decoder.decode(["a", "!"]) == "a !")
        #expect(decoder.decode([]) == "")
    }

    @Test("cleaning takes out the space before punctuation and contractions")
    func cleanup() {
        let decoder = TokenDecoder.wordPiece(prefix: "##", cleanup: true)
        #expect(decoder.decode(["is", "it", "n't", "'s", ",", "a", "?"]) == "is itn't's, a?")
    }

    @Test("without a decoder tokens are joined by spaces")
    func spaces() { #expect(TokenDecoder.spaces.decode(["a", "##b"]) == "a ##b") }
}

/// Every decoder of the library over hard lists of tokens.
@Suite("Token decoder vectors")
struct TokenDecoderVectorTests {
    @Test("decoded text equals the library's, at once and in pieces")
    func vectors() throws {
        let tokens = try UnigramFixture.rows("unigram-decoders.json", "tokens").map { try $0.items().map { try $0.string() } }
        let rows = try UnigramFixture.rows("unigram-decoders.json", "cases")
        #expect(rows.count > 15)
        for row in try rows.map({ try $0.items() }) {
            let decoder = try TokenDecoder.read(row[0])
            for (list, expected) in zip(tokens, try row[1].items()) {
                #expect(Array(decoder.decode(list).utf8) == Array(try expected.string().utf8), "\(decoder): \(list)")
                var chain = DecoderChain(decoder), pieces = ""
                for token in list {
                    chain.push(Array(token.utf8))
                    pieces += chain.take()
                }
                chain.finish()
                #expect(Array((pieces + chain.take()).utf8) == Array(try expected.string().utf8), "\(decoder): \(list)")
            }
        }
    }

    @Test("text comes as soon as it is certain")
    func early() {
        var chain = DecoderChain(TokenDecoder(stages: [.byteLevel]))
        var pieces: [String] = []
        for token in ["Ġa", "ðŁĺ", "Ģ", "b"] {
            chain.push(Array(token.utf8))
            pieces.append(chain.take())
        }
        #expect(pieces == [" a", "", "😀", "b"])
    }

    @Test("the end of a cut character is found")
    func completePrefix() {
        for text in ["a", "é", "中", "😀", "a😀"] {
            let bytes = Array(text.utf8), start = bytes.count - Array(String(text.unicodeScalars.last ?? "a").utf8).count
            #expect(UTF8Text.completePrefix(bytes) == bytes.count)
            for cut in start + 1..<max(bytes.count, start + 1) {
                #expect(UTF8Text.completePrefix(Array(bytes[..<cut])) == start, "\(text) \(cut)")
            }
        }
        for bytes: [UInt8] in [[0x80], [0xFF], [0xC3, 0x28], [0xE0, 0x80], [0xED, 0xA0], [0xF4, 0x90], [0xC0]] {
            #expect(UTF8Text.completePrefix(bytes) == bytes.count, "\(bytes)")
        }
    }
}
