import Testing

@testable import HoneEvaluation

@Suite("Porter's stemmer")
struct PorterStemmerTests {
    @Test("stems equal NLTK's, for words of every rule and for words put together by chance")
    func reference() throws {
        let stemmer = PorterStemmer()
        let pairs = try ROUGEFixture.load().stems
        #expect(pairs.count > 400)
        for pair in pairs { #expect(stemmer.stem(pair[0]) == pair[1], "\(pair[0])") }
    }
}
