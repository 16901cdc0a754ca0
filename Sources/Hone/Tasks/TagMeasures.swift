// Tested by TaggerTests.swift.
internal import HoneData
internal import HoneEvaluation
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneTraining

/// Measures a tagger: whole entities, single tags, losses.
///
/// Lives on the torch thread.
struct TagMeasures {
    let model: any TokenClassifier
    let tags: LabelSet
    let measuring: Measuring

    /// Whether the tags mark entities (`B-PER`, `I-PER`, `O` …); otherwise only single tags are measured.
    var marksEntities: Bool { Self.marksEntities(tags.names) }

    static func marksEntities(_ names: [String]) -> Bool { (try? EntityScores.entities(names, row: 0)) != nil }

    /// One row as it should be and as it is.
    struct Row {
        var truths: [String]
        var predictions: [String]
    }

    /// Tags every word of the rows, one prediction per first token, and measures the losses on the way.
    func measure(_ rows: [EncodedRow]) throws -> (tags: [Row], tokens: TokenMeasures) {
        var guesses: [[Int]] = []
        let tokens = try TokenMeasures(rows, measuring) { tensors, context in
            guard let targets = tensors.targets else { throw HoneError.noTokenTargets }
            let logits = try model.logits(tensors.input, context, keeping: targets.rows).to(.float32)
            let best = try logits.argmax(-1)
            guesses.append(Array(try best.integers().prefix(targets.count)))
            return (try logits.tokenLosses(targets.ids), try best.equal(targets.ids).to(.int64))
        }
        // Batches come longest rows first; the same plan says which rows they were.
        var predicted = [[Int]](repeating: [], count: rows.count)
        for (batch, guesses) in zip(try TokenMeasures.batches(rows), guesses) {
            var place = 0
            for row in batch {
                let count = rows[row].target.targetCount
                predicted[row] = Array(guesses[place..<(place + count)])
                place += count
            }
        }
        let found = zip(rows, predicted).map { row, predicted -> Row in
            guard case .perToken(let targets) = row.target else { return Row(truths: [], predictions: []) }
            return Row(
                truths: targets.filter { $0 != TokenTarget.ignored }.map { tags.names[Int($0)] },
                predictions: predicted.map { tags.names[$0] })
        }
        return (found, tokens)
    }

    /// Precision, recall and F1 of entities where tags mark some; the share of right tags and the loss.
    func sums(_ rows: [Row], _ tokens: TokenMeasures) throws -> [RowSums] {
        let rest = tokens.sums([.tokenAccuracy, .loss])
        guard marksEntities else { return rest }
        let keys = rows.map { RowSums.key($0.truths.joined(separator: " ").utf8) }
        let sums = try rows.enumerated().map { index, row in
            var single = EntityScores()
            try single.add(truths: row.truths, predictions: row.predictions, row: index)
            return single.sums
        }
        return [MetricName.entityF1, .entityPrecision, .entityRecall].map { RowSums($0, rows: sums, keys: keys) } + rest
    }

    /// Everything that is measured on rows, and on the examples that they were made of.
    func result(_ rows: [EncodedRow], _ examples: [TaskExample]) throws -> EvaluationResult {
        let (found, tokens) = try measure(rows)
        let mistakes = zip(rows, found).compactMap { row, tagged -> Mistake? in
            guard tagged.truths != tagged.predictions, case .tagged(let sentence, _) = examples[row.source] else { return nil }
            return Mistake(
                text: sentence.words.joined(separator: " "), pair: nil, expected: named(sentence.words, tagged.truths),
                predicted: named(sentence.words, tagged.predictions))
        }
        return try EvaluationResult(
            rows: rows.count, answered: nil, sums(found, tokens), measuring, mistakes: mistakes, labels: tags.names)
    }

    /// The entities of a sentence in words, such as `person: Ada Lovelace`; of tags that mark none, the tags.
    private func named(_ words: [String], _ tags: [String]) -> String {
        guard marksEntities, let entities = try? EntityScores.entities(tags, row: 0) else { return tags.joined(separator: " ") }
        guard !entities.isEmpty else { return "nothing" }
        return entities.map {
            "\($0.type): \(words[min($0.first, words.count - 1)...min($0.last, words.count - 1)].joined(separator: " "))"
        }
        .joined(separator: "; ")
    }
}
