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
