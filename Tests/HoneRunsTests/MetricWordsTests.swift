import HoneRuns
import Testing

@Suite("Words for metrics")
struct MetricWordsTests {
    @Test(
        "shares are those that lie between 0 and 1",
        arguments: [
            ("accuracy", true), ("tokenAccuracy", true), ("macroPrecision", true), ("entityRecall", true), ("hasAnswerExactMatch", true),
            ("rougeL", true), ("loss", false), ("perplexity", false), ("bleu", false), ("chrF", false), ("matthews", false),
        ])
    func shares(_ metric: String, _ isShare: Bool) { #expect(MetricWords.isShare(metric) == isShare) }

    @Test("losses, errors and perplexity are better low; names that need none keep their own")
    func words() {
        #expect(["loss", "perplexity", "meanSquaredError"].allSatisfy(MetricWords.isBetterLow))
        #expect(!["accuracy", "bleu", "rSquared"].contains(where: MetricWords.isBetterLow))
        #expect(MetricWords.title("bleu") == "BLEU" && MetricWords.title("chrF") == "chrF")
    }
}
