// Tested by QuestionRunTests.swift.
internal import Foundation
internal import HoneData
internal import HoneModels
internal import HoneTensors

/// A model that finds answers in contexts, in memory.
///
/// Lives on the torch thread.
final class LoadedAnswerer {
    let loaded: LoadedFolder<any TokenClassifier>
    let compute: DType
    var questions: QuestionFacts
    private(set) var drift: Double?

    /// - Parameters:
    ///   - isChecked: run the probe in float32 first, and throw if ids or logits differ from the recorded ones.
    ///   - isBrief: only a few rows are computed, in float32: frozen weights of 16 bits stay so.
    init(_ artifact: Artifact, compute: DType, isChecked: Bool, isBrief: Bool = false) throws {
        self.compute = compute
        loaded = try LoadedFolder(artifact, compute: isChecked ? .float32 : compute, leavesNarrow: isChecked || isBrief) {
            folder, facts, head in
            guard facts.task == .questionAnswering else {
                throw HoneError.wrongTask(found: facts.task.rawValue, needed: "questionAnswering", what: "Answering from a context")
            }
            let (model, report) = try folder.answerer(head: head, seed: 0)
            return (model, model, report)
        }
        guard let questions = loaded.facts.questions else { throw HoneError.notAModel(folder: artifact.url.path) }
        self.questions = questions
        guard isChecked else { return }
        drift = try loaded.check { row in
            let question = ContextQuestion(question: row.text, context: row.pair ?? "")
            let found = try self.probe(question)
            guard found.ids == row.ids else { throw HoneError.tokens(folder: artifact.url.path, text: row.text) }
            return found.logits
        }
        if !isBrief { try loaded.prepare(compute) }
    }

    var encoder: QuestionEncoder {
        QuestionEncoder(tokenizer: loaded.tokenizer, maximum: loaded.maximumTokens, stride: questions.stride)
    }

    func predictor(threshold: Double, compute: DType? = nil) -> SpanPredictor {
        SpanPredictor(
            model: loaded.model, compute: compute ?? self.compute, device: .cpu, paddingID: loaded.facts.padID,
            search: AnswerSearch(questions, threshold: threshold))
    }

    /// What a probe records of a question: the tokens of its first window, and start and end of the first and the last of them.
    func probe(_ question: ContextQuestion) throws -> Probe.Row {
        let example = TaskExample.question(question, RowPlace(file: "probe", line: 1))
        let window = try encoder.encode([example], learns: false).windows[0]
        let scores = try predictor(threshold: 0, compute: .float32).scores(of: [window])[0]
        let last = scores.starts.count - 1
        return Probe.Row(
            text: question.question, pair: question.context, ids: window.row.ids,
            logits: [scores.starts[0], scores.ends[0], scores.starts[last], scores.ends[last]], columns: nil)
    }
}
