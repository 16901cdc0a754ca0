/// Measures how much of a reference a text repeats: shared n-grams, or the longest common subsequence.
///
/// Source: Lin, ROUGE: a Package for Automatic Evaluation of Summaries (ACL W04-1013); numbers equal rouge-score 0.1.2. Tokens are the
/// runs of `a ... z` and `0 ... 9` of the lowercased text: text in other scripts has no tokens and scores 0.
public struct ROUGE: Sendable {
    /// What is compared.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// Single tokens.
        case rouge1
        /// Pairs of tokens.
        case rouge2
        /// The longest common subsequence of the whole texts.
        case rougeL
        /// The union of longest common subsequences, line by line: sentences must be on lines of their own.
        case rougeLsum
    }

    /// Precision, recall and their harmonic mean.
    public struct Score: Codable, Sendable, Equatable {
        /// The share of the text that is in the reference.
        public var precision: Double
        /// The share of the reference that is in the text.
        public var recall: Double
        /// The harmonic mean; 0 where both are 0.
        public var f1: Double

        init(hits: Int, text: Int, reference: Int) {
            precision = Double(hits) / Double(max(text, 1))
            recall = Double(hits) / Double(max(reference, 1))
            f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
        }

        /// Precision, recall and F1, to be averaged over rows.
        public var sums: [Double] { [precision, recall, f1] }
    }

    /// Whether words of more than three letters are cut to their stems.
    public let stems: Bool

    /// Makes a scorer.
    public init(stems: Bool = false) {
        self.stems = stems
    }

    /// Compares a text with one reference.
    public func score(_ kind: Kind, _ text: String, reference: String) -> Score {
        switch kind {
        case .rouge1: shared(1, tokens(text), tokens(reference))
        case .rouge2: shared(2, tokens(text), tokens(reference))
        case .rougeL: longest(tokens(text), tokens(reference))
        case .rougeLsum: lines(tokensOfLines(text), tokensOfLines(reference))
        }
    }

    /// Compares a text with several references; the one with the best F1 counts, the first of equals.
    ///
    /// - Throws: `EvaluationError.setting` without references.
    public func score(_ kind: Kind, _ text: String, references: [String]) throws(EvaluationError) -> Score {
        let scores = references.map { score(kind, text, reference: $0) }
        guard var best = scores.first else { throw .setting(name: "references", value: "empty", expected: "at least one text") }
        for score in scores where score.f1 > best.f1 { best = score }
        return best
    }

    // MARK: Tokens

    private func tokensOfLines(_ text: String) -> [[String]] {
        text.unicodeScalars.split(separator: "\n").map { tokens(String($0)) }
    }

    func tokens(_ text: String) -> [String] {
        let stemmer = stems ? PorterStemmer() : nil
        let scalars = SegmentText.lowercased(Array(text.unicodeScalars))
        return scalars.split { !(0x61...0x7A).contains($0.value) && !$0.isASCIIDigit }.map { run in
            let token = String(decoding: run.map { UInt8($0.value) }, as: UTF8.self)
            guard let stemmer, run.count > 3 else { return token }
            return stemmer.stem(token)
        }
    }

    // MARK: Counts

    private func shared(_ n: Int, _ text: [String], _ reference: [String]) -> Score {
        let (own, other) = (SegmentText.runs(of: n, in: text), SegmentText.runs(of: n, in: reference))
        let hits = other.reduce(0) { $0 + min($1.value, own[$1.key] ?? 0) }
        return Score(hits: hits, text: max(0, text.count - n + 1), reference: max(0, reference.count - n + 1))
    }

    private func longest(_ text: [String], _ reference: [String]) -> Score {
        guard !text.isEmpty, !reference.isEmpty else { return Score(hits: 0, text: 0, reference: 0) }
        let table = Self.table(reference, text)
        return Score(hits: table[table.count - 1], text: text.count, reference: reference.count)
    }

    private func lines(_ text: [[String]], _ reference: [[String]]) -> Score {
        let (own, other) = (text.reduce(0) { $0 + $1.count }, reference.reduce(0) { $0 + $1.count })
        guard own > 0, other > 0 else { return Score(hits: 0, text: 0, reference: 0) }
        var left: [String: Int] = [:]
        for token in text.joined() { left[token, default: 0] += 1 }
        // Tokens of the reference need no such account: no place of it is met twice.
        var hits = 0
        for line in reference {
            var union = Set<Int>()
            for candidate in text { union.formUnion(Self.places(line, candidate)) }
            for place in union.sorted() where (left[line[place]] ?? 0) > 0 {
                hits += 1
                left[line[place], default: 0] -= 1
            }
        }
        return Score(hits: hits, text: own, reference: other)
    }

    /// Lengths of longest common subsequences of prefixes, `[reference + 1, text + 1]`.
    private static func table(_ reference: [String], _ text: [String]) -> [Int] {
        let width = text.count + 1
        var table = Array(repeating: 0, count: (reference.count + 1) * width)
        guard !reference.isEmpty, !text.isEmpty else { return table }
        var numbers: [String: Int] = [:]
        func number(_ token: String) -> Int {
            if let known = numbers[token] { return known }
            numbers[token] = numbers.count
            return numbers.count - 1
        }
        let (a, b) = (reference.map(number), text.map(number))
        for i in 1...a.count {
            for j in 1...b.count {
                table[i * width + j] =
                    a[i - 1] == b[j - 1]
                    ? table[(i - 1) * width + j - 1] + 1 : max(table[(i - 1) * width + j], table[i * width + j - 1])
            }
        }
        return table
    }

    /// The places in the reference of one longest common subsequence, the same one that rouge-score picks.
    private static func places(_ reference: [String], _ text: [String]) -> [Int] {
        let (table, width) = (table(reference, text), text.count + 1)
        var (i, j) = (reference.count, text.count)
        var places: [Int] = []
        while i > 0, j > 0 {
            if reference[i - 1] == text[j - 1] {
                places.append(i - 1)
                i -= 1
                j -= 1
            } else if table[i * width + j - 1] > table[(i - 1) * width + j] {
                j -= 1
            } else {
                i -= 1
            }
        }
        return places
    }
}
