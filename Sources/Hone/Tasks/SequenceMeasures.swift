// Tested by SequenceRunTests.swift.
internal import HoneData
internal import HoneEvaluation
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneText
internal import HoneTraining

/// Measures a model that reads one text and writes another: losses of targets, and answers.
///
/// Lives on the torch thread.
struct SequenceMeasures {
    let model: any SequenceToSequenceModel
    let tokenizer: Tokenizer
    let endID: Int32
    let measuring: Measuring

    /// Losses of the rows' target tokens.
    func tokens(_ rows: [EncodedRow]) throws -> TokenMeasures {
        try TokenMeasures(rows, measuring, decoderStart: model.decoderStart) { tensors, context in
            let (states, targets) = try model.targetStates(tensors, context)
            return try model.vocabularyHead.rowMeasures(states, targets.ids)
        }
    }

    /// Answers of the first rows.
    func answers(_ rows: [EncodedRow], _ examples: [TaskExample]) throws -> AnswerMeasures {
        let asked = Array(rows.prefix(measuring.evaluation.generatedRows))
        let written = try SequenceWriter(model, tokenizer: tokenizer, endID: endID, compute: measuring.compute).write(
            asked.map(\.ids), beams: measuring.evaluation.beams, maximumTokens: measuring.evaluation.maximumNewTokens)
        let pairs = try asked.map { try SequencePair(examples[$0.source]) }
        return AnswerMeasures(questions: pairs.map(\.source), answers: written.map(\.text), references: pairs.map(\.references))
    }

    /// Everything that is measured on rows, and on the examples that they were made of.
    func result(_ rows: [EncodedRow], _ examples: [TaskExample]) throws -> EvaluationResult {
        let answers = try answers(rows, examples)
        return try EvaluationResult(
            rows: rows.count, answered: answers.answers.isEmpty ? nil : answers.answers.count, tokens(rows).sums() + answers.sums(),
            measuring,
            mistakes: answers.mistakes())
    }
}

extension SequencePair {
    /// The pair of an example; a prompt with its completion is one too.
    init(_ example: TaskExample) throws(MaskError) {
        switch example {
        case .pair(let pair, _): self = pair
        case .promptCompletion(let prompt, let completion, _): self.init(source: prompt, target: completion)
        case .conversation, .text, .tagged, .preference, .question:
            throw MaskError.wrongKind(at: example.place, expected: "a source and its target")
        }
    }
}

extension SequenceToSequenceModel {
    /// The states of the places of a batch that have a target.
    func targetStates(_ tensors: BatchTensors, _ context: Context) throws -> (Tensor, TokenTargets) {
        guard let decoder = tensors.decoder else { throw HoneError.noTokenTargets }
        let states = try encode(tensors.input, context)
        let answers = Context(
            documents: decoder.documents, isTraining: context.isTraining, compute: context.compute, seed: context.nextSeed())
        let input = ModelInput(ids: decoder.ids, typeIDs: decoder.positions, positions: decoder.positions)
        return (try decode(input, states: states, sources: tensors.documents, answers, keeping: decoder.targets.rows), decoder.targets)
    }
}
