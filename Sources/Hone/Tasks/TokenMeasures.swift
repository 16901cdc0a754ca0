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

    /// Runs a model over rows without gradients.
    ///
    /// - Parameter measure: the loss of each target place of a batch, and for each whether the likeliest guess was right, if known.
    init(
        _ list: [EncodedRow], plan: Plan, decoderStart: Int32? = nil,
        _ measure: (BatchTensors, Context) throws -> (losses: Tensor, correct: Tensor)
    ) throws {
        rows = Array(repeating: [0, 0, 0], count: list.count)
        try withGradients(false) {
            for indices in try Self.batches(list) {
                let batch = TokenBatch(indices, of: list, layout: .packed, paddingID: plan.facts.padID, decoderStart: decoderStart)
                let tensors = try BatchTensors(batch, device: plan.device)
                let context = Context(documents: tensors.documents, isTraining: false, compute: plan.facts.precision.dtype)
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

    private var sums: [Double] { rows.reduce([0, 0, 0]) { zip($0, $1).map(+) } }

    /// Mean loss, perplexity and token accuracy by name; empty without target tokens.
    var metrics: [String: Double] {
        let sums = sums
        guard sums[1] > 0 else { return [:] }
        return [
            "loss": sums[0] / sums[1], "perplexity": Foundation.exp(sums[0] / sums[1]), "tokenAccuracy": sums[2] / sums[1],
        ]
    }

    /// The same with intervals.
    func measured(_ bootstrap: Bootstrap) -> [MeasuredMetric] {
        let kinds: [(MetricName, ([Double]) -> Double?)] = [
            (.perplexity, { TokenScores.perplexity(sums: $0) }), (.tokenAccuracy, { $0[1] > 0 ? $0[2] / $0[1] : nil }),
            (.loss, { $0[1] > 0 ? $0[0] / $0[1] : nil }),
        ]
        return kinds.compactMap { name, value in
            guard let estimate = value(sums) else { return nil }
            // A split of one row has no interval; the number itself stays.
            let interval = rows.count > 1 ? try? bootstrap.interval(of: name, sums: rows, value: value) : nil
            return MeasuredMetric(name: name.rawValue, value: estimate, low: interval?.low, high: interval?.high)
        }
    }
}

/// What answers score against what was wanted.
struct AnswerMeasures {
    let answers: [String]
    let references: [[String]]

    private static let rouge = ROUGE()

    /// Scores with intervals: exact match and token F1 (SQuAD's normalisation), BLEU and chrF (sacrebleu), ROUGE (rouge-score).
    func measured(_ bootstrap: Bootstrap) throws -> [MeasuredMetric] {
        guard !answers.isEmpty else { return [] }
        var metrics: [MeasuredMetric] = []
        func add(_ name: MetricName, _ sums: [[Double]], _ value: @escaping ([Double]) -> Double?) throws {
            guard let estimate = value(sums.reduce(Array(repeating: 0, count: sums[0].count)) { zip($0, $1).map(+) }) else { return }
            let interval = answers.count > 1 ? try? bootstrap.interval(of: name, sums: sums, value: value) : nil
            metrics.append(MeasuredMetric(name: name.rawValue, value: estimate, low: interval?.low, high: interval?.high))
        }
        func mean(_ name: MetricName, _ values: [Double]) throws {
            try add(name, values.map { [$0, 1] }) { $0[1] > 0 ? $0[0] / $0[1] : nil }
        }
        var scores = AnswerScores()
        for (answer, wanted) in zip(answers, references) { try scores.add(answer, references: wanted) }
        for name in [MetricName.exactMatch, .tokenF1] { try mean(name, scores.rows(of: name) ?? []) }
        let bleu = BLEU(), chrF = CHRF()
        try add(.bleu, zip(answers, references).map { try bleu.counts($0, references: $1).sums }) { sums in
            BLEU.Counts(sums: sums).map { bleu.score($0).value }
        }
        try add(.chrF, zip(answers, references).map { try chrF.counts($0, references: $1).sums }) { sums in
            CHRF.Counts(sums: sums).map { chrF.score($0) }
        }
        for (name, kind) in [(MetricName.rouge1, ROUGE.Kind.rouge1), (.rouge2, .rouge2), (.rougeL, .rougeL)] {
            try mean(name, zip(answers, references).map { try Self.rouge.score(kind, $0, references: $1).f1 })
        }
        return metrics
    }

    /// What was answered otherwise than wanted, in the order of the rows.
    func mistakes(_ prompts: [String]) -> [Mistake] {
        zip(prompts, zip(answers, references)).compactMap { prompt, pair in
            guard let wanted = pair.1.first, !pair.1.contains(where: { AnswerScores.isExactMatch(pair.0, $0) }) else { return nil }
            return Mistake(text: prompt, pair: nil, expected: wanted, predicted: pair.0)
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
