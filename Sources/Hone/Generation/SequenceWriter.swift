// Tested by WriterTests.swift.
internal import Foundation
internal import HoneGeneration
internal import HoneModels
internal import HoneTensors
internal import HoneText

/// Writes answers of a model that reads one text and writes another.
///
/// Lives on the torch thread.
struct SequenceWriter {
    private let scorer: SequenceScorer
    private let tokenizer: Tokenizer
    private let endID: Int32
    private let start: Int32

    init(_ model: any SequenceToSequenceModel, tokenizer: Tokenizer, endID: Int32, compute: DType) {
        scorer = SequenceScorer(model, compute: compute)
        (self.tokenizer, self.endID, start) = (tokenizer, endID, model.decoderStart)
    }

    /// An answer with what it took.
    struct Answer {
        var text: String
        var tokens: Int
        var finish: FinishReason
        /// Log-probabilities of the tokens, where they were asked for; beams have none.
        var logprobs: [TokenLogprob] = []
    }

    /// Answers the texts, eight at a time, with the likeliest tokens.
    ///
    /// - Parameter beams: how many beams are followed; 1 takes the likeliest token each time.
    func write(_ sources: [[Int32]], beams: Int, maximumTokens: Int) throws -> [Answer] {
        guard beams > 1 else {
            var settings = SamplingSettings()
            (settings.temperature, settings.maximumTokens) = (0, maximumTokens)
            return try write(sources, settings)
        }
        return try write(sources, BeamSettings(beams: beams, sequences: 1, maximumTokens: maximumTokens))
    }

    /// Answers the texts by beam search.
    func write(_ sources: [[Int32]], _ settings: BeamSettings) throws -> [Answer] {
        var settings = settings
        (settings.sequences, settings.stopIDs) = (1, [endID])
        return try inGroups(sources) { group in
            try BeamSearch(scorer, settings: settings).generate(group, starts: group.map { _ in [start] }).map { found in
                let tokens = found.first?.tokens ?? []
                return Answer(
                    text: tokenizer.decode(tokens.filter { $0 != endID }), tokens: tokens.count, finish: found.first?.finish ?? .length)
            }
        }
    }

    /// Answers the texts by sampling.
    func write(_ sources: [[Int32]], _ settings: SamplingSettings) throws -> [Answer] {
        var settings = settings
        settings.stopIDs = [endID]
        let generator = try Generator(scorer, settings: settings) { StreamingDecoder(tokenizer) }
        return try inGroups(sources) { group in
            try generator.generate(group, starts: group.map { _ in [start] }).map {
                Answer(text: $0.text, tokens: $0.tokens.count, finish: $0.finish, logprobs: $0.logprobs)
            }
        }
    }

    private func inGroups(_ sources: [[Int32]], _ write: ([[Int32]]) throws -> [Answer]) throws -> [Answer] {
        var answers: [Answer] = []
        for first in stride(from: 0, to: sources.count, by: 8) {
            answers += try write(Array(sources[first..<min(first + 8, sources.count)]))
        }
        return answers.map { answer in
            var answer = answer
            answer.text = answer.text.trimmingCharacters(in: .whitespacesAndNewlines)
            return answer
        }
    }
}
