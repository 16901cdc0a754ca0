// Tested by LanguageRunTests.swift.
internal import Foundation
internal import HoneData
internal import HoneEvaluation
internal import HoneLayers
internal import HoneModels
internal import HoneObjectives
internal import HoneTensors
internal import HoneTraining

/// Learns a tag for each word; measured by whole entities.
final class TaggingWork: TaskWork {
    private let plan: Plan
    private let examples: ExampleSet
    private let tags: LabelSet
    private let folder: ModelFolder
    private let tagger: any TokenClassifier
    let load: LoadReport

    init(_ plan: Plan, _ examples: ExampleSet, _ folder: ModelFolder) throws {
        guard let tags = examples.tags else { preconditionFailure("a tagging plan has tags") }
        (self.plan, self.examples, self.tags, self.folder) = (plan, examples, tags, folder)
        (tagger, load) = try folder.tagger(
            labels: tags.count, head: plan.recipe.model.head.loading, seed: plan.recipe.training.seed)
    }

    var model: any TextModel { tagger }

    func trainingTask() throws -> TrainingTask {
        let tagger = tagger
        return .tokens { tensors, _, context in
            guard let targets = tensors.targets else { throw HoneError.noTokenTargets }
            let logits = try tagger.logits(tensors.input, context, keeping: targets.rows)
            return LossTerms(sum: try logits.crossEntropy(targets.ids), weight: Double(targets.count))
        }
    }

    func validate() throws -> [String: Double] {
        let (scores, tokens) = try measure(plan.validation)
        var metrics = tokens.metrics
        metrics["perplexity"] = nil
        for (name, value) in try scores.values() where name != .tokenAccuracy { metrics[name.rawValue] = value }
        return metrics
    }

    func evaluateTest() throws -> EvaluationResult? {
        guard !plan.test.isEmpty else { return nil }
        var mistakes: [Mistake] = []
        var sums: [[Double]] = []
        let (scores, tokens) = try measure(plan.test) { row, truths, predictions in
            var single = EntityScores()
            try single.add(truths: truths, predictions: predictions, row: row)
            sums.append(single.sums)
            if truths != predictions, case .tagged(let sentence, _) = examples[.test][plan.test[row].source] {
                mistakes.append(
                    Mistake(
                        text: sentence.words.joined(separator: " "), pair: nil, expected: named(sentence.words, truths),
                        predicted: named(sentence.words, predictions)))
            }
        }
        var bootstrap = Bootstrap()
        bootstrap.confidence = plan.recipe.evaluation.confidence
        (bootstrap.resamples, bootstrap.seed) = (plan.recipe.evaluation.resamples, plan.recipe.training.seed)
        let values = try scores.values()
        let f1 = try? bootstrap.interval(of: .entityF1, sums: sums, value: { EntityScores.f1(sums: $0) })
        var metrics = [
            MeasuredMetric(name: MetricName.entityF1.rawValue, value: values[.entityF1] ?? 0, low: f1?.low, high: f1?.high)
        ]
        for name in [MetricName.entityPrecision, .entityRecall] {
            if let value = values[name] { metrics.append(MeasuredMetric(name: name.rawValue, value: value)) }
        }
        metrics += tokens.measured(bootstrap).filter { $0.name != MetricName.perplexity.rawValue }
        return EvaluationResult(
            rows: plan.test.count, answered: nil, confidence: plan.recipe.evaluation.confidence, metrics: metrics, mistakes: mistakes,
            labels: tags.names)
    }

    /// The entities of a sentence in words, such as `person: Ada Lovelace`.
    private func named(_ words: [String], _ tags: [String]) -> String {
        let entities = (try? EntityScores.entities(tags, row: 0)) ?? []
        return entities.map { "\($0.type): \(words[$0.first...min($0.last, words.count - 1)].joined(separator: " "))" }.joined(
            separator: "; ")
    }

    /// Tags every word of the rows: one prediction per first token.
    private func measure(
        _ rows: [EncodedRow], each: (_ row: Int, _ truths: [String], _ predictions: [String]) throws -> Void = { _, _, _ in }
    ) throws -> (EntityScores, TokenMeasures) {
        var guesses: [[Int]] = []
        let tokens = try TokenMeasures(rows, plan: plan) { tensors, context in
            guard let targets = tensors.targets else { throw HoneError.noTokenTargets }
            let logits = try tagger.logits(tensors.input, context, keeping: targets.rows).to(.float32)
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
        var scores = EntityScores()
        for (row, encoded) in rows.enumerated() {
            guard case .perToken(let targets) = encoded.target else { continue }
            let truths = targets.filter { $0 != TokenTarget.ignored }.map { tags.names[Int($0)] }
            let predictions = predicted[row].map { tags.names[$0] }
            try scores.add(truths: truths, predictions: predictions, row: row)
            try each(row, truths, predictions)
        }
        return (scores, tokens)
    }

    // MARK: The deliverable

    func writeWeights(to url: URL) throws { try folder.write(tagger, labels: tags.names, to: url) }

    func finishModel(_ url: URL, facts: ArtifactFacts) throws {
        var facts = facts
        facts.labels = tags.names
        try facts.write(to: url)
        let loaded = try LoadedTagger(url, base: nil, compute: .float32, isChecked: false)
        try Probe(rows: plan.train.prefix(Probe.rowCount).map { try loaded.probe(Array($0.ids.prefix(48))) }).write(to: url)
    }
}
