// Tested by LanguageRunTests.swift.
internal import Foundation
internal import HoneData
internal import HoneEvaluation
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneTraining

/// Losses and right guesses per row, added up over a split without keeping logits.
struct TokenMeasures {
    /// One entry per row: the sum of losses in nats, target tokens, and guesses that were right.
    private(set) var rows: [[Double]]
    /// What each row was measured against, hashed.
    private let keys: [UInt64]

    /// Runs a model over rows without gradients.
    ///
    /// - Parameter measure: the loss of each target place of a batch, and for each whether the likeliest guess was right, if known.
    init(
        _ list: [EncodedRow], _ measuring: Measuring, decoderStart: Int32? = nil,
        _ measure: (BatchTensors, Context) throws -> (losses: Tensor, correct: Tensor)
    ) throws {
        rows = Array(repeating: [0, 0, 0], count: list.count)
        keys = list.map { RowSums.key($0.target.targetIDs.lazy.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }) }
        try withGradients(false) {
            for indices in try Self.batches(list) {
                let batch = TokenBatch(indices, of: list, layout: .packed, paddingID: measuring.padID, decoderStart: decoderStart)
                let tensors = try BatchTensors(batch, device: measuring.device)
                let context = Context(documents: tensors.documents, isTraining: false, compute: measuring.compute)
                let (losses, correct) = try measure(tensors, context)
                add(batch, try losses.floats(), try correct.integers().map { $0 != 0 })
            }
        }
    }

    /// Which rows are measured together.
    static func batches(_ list: [EncodedRow]) throws -> [[Int]] {
        let lengths = list.map(\.ids.count)
        return try BatchPlan.evaluation(
            lengths: lengths, batching: .packed, tokenBudget: max(PlanFacts.evaluationBudget, lengths.max() ?? 1)
        ).batches(epoch: 0)
    }

    /// Gives each loss to its row; target places stand in the order of the batch.
    private mutating func add(_ batch: TokenBatch, _ losses: [Float], _ isRight: [Bool]) {
        let targets = batch.decoder?.targets ?? batch.tokenTargets
        let (starts, lengths) = (batch.decoder?.starts ?? batch.starts, batch.decoder?.lengths ?? batch.lengths)
        var place = 0
        for (document, row) in batch.rows.enumerated() {
            for slot in Int(starts[document])..<Int(starts[document] + lengths[document]) where targets[slot] != TokenTarget.ignored {
                rows[row][0] += Double(losses[place])
                rows[row][1] += 1
                rows[row][2] += isRight[place] ? 1 : 0
                place += 1
            }
        }
    }

    /// The metrics with what they are made of; none without target tokens.
    func sums(_ metrics: [MetricName] = [.loss, .perplexity, .tokenAccuracy]) -> [RowSums] {
        rows.contains { $0[1] > 0 } ? metrics.map { RowSums($0, rows: rows, keys: keys) } : []
    }
}

extension EncodedTarget {
    /// The tokens or tags to be predicted.
    fileprivate var targetIDs: [Int32] {
        switch self {
        case .perToken(let targets): targets.filter { $0 != TokenTarget.ignored }
        case .sequence(let ids): ids
        case .none, .classIndex, .multiHot, .value, .span: []
        }
    }
}

extension [RowSums] {
    /// The values by metric name, without intervals.
    var values: [String: Double] {
        var values: [String: Double] = [:]
        for sums in self { values[sums.metric.rawValue] = sums.value }
        return values
    }
}

/// What answers score against what was wanted.
struct AnswerMeasures {
    let questions: [String]
    let answers: [String]
    let references: [[String]]

    private static let rouge = ROUGE()

    /// Exact match and token F1 (SQuAD's normalisation), BLEU and chrF (sacrebleu), ROUGE (rouge-score); nothing without answers.
    func sums() throws -> [RowSums] {
        guard !answers.isEmpty else { return [] }
        let keys = zip(questions, references).map { question, references in
            RowSums.key(([question] + references).joined(separator: "\u{1}").utf8)
        }
        func means(_ name: MetricName, _ values: [Double]) -> RowSums { RowSums(name, rows: values.map { [$0, 1] }, keys: keys) }
        var scores = AnswerScores()
        for (answer, wanted) in zip(answers, references) { try scores.add(answer, references: wanted) }
        var list = [MetricName.exactMatch, .tokenF1].map { means($0, scores.rows(of: $0) ?? []) }
        let bleu = BLEU(), chrF = CHRF()
        list.append(RowSums(.bleu, rows: try zip(answers, references).map { try bleu.counts($0, references: $1).sums }, keys: keys))
        list.append(RowSums(.chrF, rows: try zip(answers, references).map { try chrF.counts($0, references: $1).sums }, keys: keys))
        for (name, kind) in [(MetricName.rouge1, ROUGE.Kind.rouge1), (.rouge2, .rouge2), (.rougeL, .rougeL)] {
            list.append(means(name, try zip(answers, references).map { try Self.rouge.score(kind, $0, references: $1).f1 }))
        }
        return list
    }

    /// What was answered otherwise than wanted, in the order of the rows.
    func mistakes() -> [Mistake] {
        zip(questions, zip(answers, references)).compactMap { question, pair in
            guard let wanted = pair.1.first, !pair.1.contains(where: { AnswerScores.isExactMatch(pair.0, $0) }) else { return nil }
            return Mistake(text: question, pair: nil, expected: wanted, predicted: pair.0)
        }
    }
}

extension VocabularyHead {
    /// The loss of each target place in nats, and 1 where the largest logit is the target: `[R, D]`, ids `[R]` → `[R]` each.
    ///
    /// Logits are made in parts of a few million numbers.
    func rowMeasures(_ states: Tensor, _ targets: Tensor) throws -> (losses: Tensor, correct: Tensor) {
        let part = max(32, 8_000_000 / weight.shape[0])
        var (losses, correct): ([Tensor], [Tensor]) = ([], [])
        for start in stride(from: 0, to: states.size(0), by: part) {
            let range = start..<min(start + part, states.size(0))
            let logits = try self.logits(states.slice(0, range)).to(.float32)
            let wanted = try targets.slice(0, range)
            try losses.append(logits.tokenLosses(wanted))
            try correct.append(logits.argmax(-1).equal(wanted).to(.int64))
        }
        return (try .concatenated(losses), try .concatenated(correct))
    }
}

extension Tensor {
    /// The cross-entropy of each row of logits `[R, C]` against indices `[R]`, in nats; rows with −100 give whatever index 0 gives.
    func tokenLosses(_ targets: Tensor) throws -> Tensor {
        let indices = try targets.clamped(0, .infinity).to(.int64).unsqueezed(-1)
        return try logSumExp(-1) - gathered(indices, axis: -1).squeezed(-1)
    }
}
