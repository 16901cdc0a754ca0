/// Compares short answers after the normalisation of SQuAD: letter case, punctuation, articles and spacing are set aside.
///
/// Exact match is 1 or 0; token F1 is the harmonic mean of precision and recall of the bag of words. Of several references the best
/// counts. Source: arXiv:1606.05250, arXiv:1806.03822 (an answer without words is right only where the reference has none).
public struct AnswerScores: Codable, Sendable, Equatable {
    private var exact: [Double] = []
    private var f1: [Double] = []

    /// Starts with no rows.
    public init() {}

    /// The number of rows.
    public var count: Int { exact.count }

    /// Adds one answer.
    ///
    /// - Throws: `EvaluationError.setting` without references.
    public mutating func add(_ answer: String, references: [String]) throws(EvaluationError) {
        guard !references.isEmpty else { throw .setting(name: "references", value: "empty", expected: "at least one text") }
        exact.append(references.contains { Self.isExactMatch(answer, $0) } ? 1 : 0)
        f1.append(references.reduce(0) { max($0, Self.tokenF1(answer, $1)) })
    }

    /// Adds another reducer's rows.
    public mutating func merge(_ other: AnswerScores) {
        exact += other.exact
        f1 += other.f1
    }

    /// The means over rows, `0 ... 1`: `exactMatch` and `tokenF1`.
    ///
    /// - Throws: `EvaluationError.empty` without rows.
    public func values() throws(EvaluationError) -> [MetricName: Double] {
        guard count > 0 else { throw .empty }
        return [.exactMatch: exact.reduce(0, +) / Double(count), .tokenF1: f1.reduce(0, +) / Double(count)]
    }

    /// The value of each row, for bootstrap; nil for other metrics than the two.
    public func rows(of metric: MetricName) -> [Double]? {
        switch metric {
        case .exactMatch: exact
        case .tokenF1: f1
        default: nil
        }
    }

    /// The texts that an answer is compared with: those with a word left after normalisation, or the empty one where there is none.
    ///
    /// Source: SQuAD's script, version 2.0.
    public static func references(of answers: [String]) -> [String] {
        let texts = answers.filter { !words($0).isEmpty }
        return texts.isEmpty ? [""] : texts
    }

    /// Whether two answers are equal after normalisation.
    public static func isExactMatch(_ answer: String, _ reference: String) -> Bool { words(answer) == words(reference) }

    /// The F1 of shared words, `0 ... 1`.
    public static func tokenF1(_ answer: String, _ reference: String) -> Double {
        let (own, other) = (words(answer), words(reference))
        guard !own.isEmpty, !other.isEmpty else { return own == other ? 1 : 0 }
        var left: [SegmentToken: Int] = [:]
        for word in other { left[word, default: 0] += 1 }
        var shared = 0
        for word in own where (left[word] ?? 0) > 0 {
            shared += 1
            left[word, default: 0] -= 1
        }
        guard shared > 0 else { return 0 }
        let (precision, recall) = (Double(shared) / Double(own.count), Double(shared) / Double(other.count))
        return 2 * precision * recall / (precision + recall)
    }

    /// The normalised words.
    static func words(_ text: String) -> [SegmentToken] {
        let kept = SegmentText.lowercased(Array(text.unicodeScalars)).filter { !$0.isASCIIPunctuation }
        let articles: [[Unicode.Scalar]] = ["a", "an", "the"].map { Array($0.unicodeScalars) }
        var result: [Unicode.Scalar] = []
        var place = 0
        while place < kept.count {
            let end = kept[place...].firstIndex { !$0.isPythonWord } ?? kept.count
            let run = kept[place..<end]
            if articles.contains(where: { run.elementsEqual($0) }) { result.append(" ") } else { result += run }
            if end < kept.count { result.append(kept[end]) }
            place = end + 1
        }
        return SegmentText.words(result).map { SegmentText.token($0) }
    }
}
