// Tested by QuestionRunTests.swift.
internal import Foundation
internal import HoneData
internal import HoneEvaluation
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneTraining

/// Scores windows and finds the best answer of each question.
///
/// Lives on the torch thread.
struct SpanPredictor {
    let model: any TokenClassifier
    let compute: DType
    let device: Device
    let paddingID: Int32
    let search: AnswerSearch

    /// Scores every window, `budget` slots at a time.
    func scores(of windows: [QuestionWindow]) throws -> [AnswerSearch.Scores] {
        let rows = windows.map(\.row)
        var found = [AnswerSearch.Scores?](repeating: nil, count: windows.count)
        try withGradients(false) {
            for indices in try TokenMeasures.batches(rows) {
                let batch = TokenBatch(indices, of: rows, layout: .packed, paddingID: paddingID)
                let tensors = try BatchTensors(batch, device: device)
                let context = Context(documents: tensors.documents, isTraining: false, compute: compute)
                let values = try model.logits(tensors.input, context, keeping: nil).to(.float32).floats()
                for (place, row) in batch.rows.enumerated() {
                    let slots = Int(batch.starts[place])..<Int(batch.starts[place] + batch.lengths[place])
                    found[row] = AnswerSearch.Scores(
                        windows[row], starts: slots.map { values[2 * $0] }, ends: slots.map { values[2 * $0 + 1] })
                }
            }
        }
        return found.compactMap { $0 }
    }

    /// The best answer to each question; windows say which question they belong to.
    func answers(to questions: [ContextQuestion], _ scores: [AnswerSearch.Scores]) -> [FoundAnswer] {
        let groups = Dictionary(grouping: scores) { $0.window.row.source }
        return questions.enumerated().map { search.best(groups[$0] ?? []).trimmed(in: $1.context) }
    }
}

extension [TaskExample] {
    /// The questions among them; an encoder of questions takes no others.
    var questions: [ContextQuestion] { compactMap { if case .question(let question, _) = $0 { question } else { nil } } }
}

extension ContextQuestion {
    /// The texts that an answer is compared with, the empty one for none; empty where nobody said what is right.
    var references: [String] { answers.map { AnswerScores.references(of: $0.map(\.text)) } ?? [] }
}

/// What answers score against those of the data: exact match and F1 of words as SQuAD's script has them.
///
/// Source: arXiv:1606.05250, arXiv:1806.03822 and their evaluation scripts. A question that the context does not answer is right with no
/// answer only.
struct QuestionMeasures {
    private let questions: [ContextQuestion]
    private let found: [FoundAnswer]
    private let scores: AnswerScores
    /// The sum of losses and the number of windows of each question; nil where targets are not known.
    private let losses: [[Double]]?

    /// - Parameter questions: those with answers to compare with, as many as `found`.
    init(_ questions: [ContextQuestion], _ found: [FoundAnswer], scores windows: [AnswerSearch.Scores]? = nil) throws {
        (self.questions, self.found) = (questions, found)
        var scores = AnswerScores()
        for (question, answer) in zip(questions, found) {
            try scores.add(answer.text(in: question.context), references: question.references)
        }
        self.scores = scores
        losses = windows.map { windows in
            var sums = [[Double]](repeating: [0, 0], count: questions.count)
            for scores in windows {
                guard case .span(let start, let end) = scores.window.row.target else { continue }
                let source = scores.window.row.source
                sums[source][0] += (Self.loss(scores.starts, Int(start)) + Self.loss(scores.ends, Int(end))) / 2
                sums[source][1] += 1
            }
            return sums
        }
    }

    private static func loss(_ scores: [Float], _ target: Int) -> Double {
        let largest = Double(scores.max() ?? 0)
        return largest + Foundation.log(scores.reduce(0) { $0 + Foundation.exp(Double($1) - largest) }) - Double(scores[target])
    }

    /// The metrics with what they are the means of; those about questions without an answer only where there are some.
    var sums: [RowSums] {
        let keys = questions.map { RowSums.key(([$0.question, $0.context] + $0.references).joined(separator: "\u{1}").utf8) }
        func means(_ name: MetricName, _ rows: [[Double]]) -> RowSums { RowSums(name, rows: rows, keys: keys) }
        let exact = scores.rows(of: .exactMatch) ?? [], f1 = scores.rows(of: .tokenF1) ?? []
        let hasAnswer = questions.map { !($0.answers ?? []).isEmpty }
        var sums = [means(.tokenF1, f1.map { [$0, 1] }), means(.exactMatch, exact.map { [$0, 1] })]
        if hasAnswer.contains(false) {
            if hasAnswer.contains(true) {
                sums.append(means(.hasAnswerF1, zip(f1, hasAnswer).map { $1 ? [$0, 1] : [0, 0] }))
                sums.append(means(.hasAnswerExactMatch, zip(exact, hasAnswer).map { $1 ? [$0, 1] : [0, 0] }))
            }
            sums.append(means(.noAnswerAccuracy, zip(exact, hasAnswer).map { $1 ? [0, 0] : [$0, 1] }))
        }
        return sums + (losses.map { [means(.loss, $0)] } ?? [])
    }

    /// What was answered otherwise than wanted, the most confident first.
    var mistakes: [Mistake] {
        let exact = scores.rows(of: .exactMatch) ?? []
        return questions.indices.filter { exact[$0] == 0 }.map { index in
            let (question, answer) = (questions[index], found[index])
            return Mistake(
                text: question.question, pair: question.context, expected: question.references[0],
                predicted: answer.text(in: question.context), confidence: answer.probability)
        }.sorted { ($0.confidence ?? 0) > ($1.confidence ?? 0) }
    }

    /// Everything about a set of questions.
    func result(_ measuring: Measuring) throws -> EvaluationResult {
        try EvaluationResult(rows: questions.count, answered: nil, sums, measuring, mistakes: mistakes)
    }
}
