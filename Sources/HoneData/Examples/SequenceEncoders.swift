// Tested by SequenceEncodersTests.swift

public import HoneText

/// Cuts running text into rows of a masked language model: the tokenizer's special tokens stand around each row, no token is lost.
public struct MaskedTextEncoder: Sendable {
    /// Makes tokens.
    public var tokenizer: any TextTokenizing
    /// The most tokens of a row, special tokens included.
    public var maximum: Int

    /// Makes an encoder.
    public init(tokenizer: any TextTokenizing, maximum: Int) {
        (self.tokenizer, self.maximum) = (tokenizer, maximum)
    }

    /// Encodes texts; targets are made later, anew for each epoch, by `MaskedLanguageModelling`.
    ///
    /// - Throws: `DataError.maximumTooSmall`; `MaskError.wrongKind` for examples that are not text.
    public func encode(_ examples: [TaskExample]) throws -> (rows: [EncodedRow], lengths: LengthReport) {
        var lengths = LengthReport(policy: .split, maximum: maximum)
        var rows: [EncodedRow] = []
        var counts: [Int] = []
        for (source, example) in examples.enumerated() {
            guard case .text(let text, let place) = example else { throw MaskError.wrongKind(at: example.place, expected: "text") }
            let encoding = tokenizer.encode(text, pair: nil, addSpecialTokens: true)
            counts.append(encoding.ids.count)
            let parts = try parts(of: encoding)
            if parts.isEmpty { throw MaskError.learnsNothing(rows: 1, of: examples.count, examples: [place]) }
            for part in parts {
                rows.append(
                    EncodedRow(
                        ids: part.map { encoding.ids[$0] }, typeIDs: part.map { encoding.typeIDs[$0] }, target: .none, source: source))
            }
        }
        lengths.measure(counts)
        (lengths.rows, lengths.tokens) = (rows.count, rows.reduce(0) { $0 + $1.ids.count })
        return (rows, lengths)
    }
}

extension MaskedTextEncoder {
    /// Which tokens of a text make each of its rows: the special ones at both ends, and a part of those between; none for a text of nothing.
    ///
    /// - Throws: `DataError.maximumTooSmall`.
    public func parts(of encoding: Encoding) throws(DataError) -> [[Int]] {
        let front = encoding.isSpecial.prefix(while: \.self).count
        let back = encoding.isSpecial.dropFirst(front).reversed().prefix(while: \.self).count
        let body = front..<encoding.ids.count - back
        guard maximum > front + back else { throw DataError.maximumTooSmall(maximum: maximum, special: front + back) }
        return stride(from: body.lowerBound, to: body.upperBound, by: maximum - front - back).map { start in
            let part = start..<min(start + maximum - front - back, body.upperBound)
            return Array(0..<front) + Array(part) + Array(body.upperBound..<encoding.ids.count)
        }
    }
}

/// Turns sources and targets into rows of a model with an encoder and a decoder.
public struct PairEncoder: Sendable {
    /// Makes tokens.
    public var tokenizer: any TextTokenizing
    /// The token that ends a target.
    public var endID: Int32
    /// The most tokens of a source.
    public var maximumSource: Int
    /// The most tokens of a target, its end included.
    public var maximumTarget: Int
    /// What happens to longer rows.
    public var tooLong: TooLongPolicy
    /// Written before every source, as T5's tasks have it, for example `summarize: `.
    public var prefix: String

    /// Makes an encoder.
    public init(
        tokenizer: any TextTokenizing, endID: Int32, maximumSource: Int, maximumTarget: Int, tooLong: TooLongPolicy = .error,
        prefix: String = ""
    ) {
        (self.tokenizer, self.endID, self.maximumSource) = (tokenizer, endID, maximumSource)
        (self.maximumTarget, self.tooLong, self.prefix) = (maximumTarget, tooLong, prefix)
    }

    /// Encodes pairs; a prompt with its completion is a pair too.
    ///
    /// `truncate` keeps the special tokens at both ends, and a target's end token.
    /// - Throws: `DataError.tooLong` under `error`; `DataError.cannotSplit` under `split`; `MaskError.wrongKind` for other examples.
    public func encode(
        _ examples: [TaskExample], split: SplitName
    ) throws -> (rows: [EncodedRow], source: LengthReport, target: LengthReport) {
        var sourceReport = LengthReport(policy: tooLong, maximum: maximumSource)
        var targetReport = LengthReport(policy: tooLong, maximum: maximumTarget)
        var rows: [EncodedRow] = []
        var (sourceCounts, targetCounts): ([Int], [Int]) = ([], [])
        var long: [RowPlace] = []
        for (index, example) in examples.enumerated() {
            var (read, written) = try encodings(of: example)
            sourceCounts.append(read.ids.count)
            targetCounts.append(written.ids.count)
            let excess = (read.ids.count - maximumSource, written.ids.count - maximumTarget)
            if excess.0 > 0 || excess.1 > 0 {
                if long.count < LengthReport.exampleCount { long.append(example.place) }
                guard tooLong == .truncate else {
                    if excess.0 > 0 { sourceReport.dropped += 1 } else { targetReport.dropped += 1 }
                    continue
                }
                if excess.0 > 0 { try cut(&read, to: maximumSource, &sourceReport) }
                if excess.1 > 0 { try cut(&written, to: maximumTarget, &targetReport) }
            }
            sourceReport.tokens += read.ids.count
            targetReport.tokens += written.ids.count
            rows.append(EncodedRow(ids: read.ids, typeIDs: read.typeIDs, target: .sequence(ids: written.ids), source: index))
        }
        sourceReport.measure(sourceCounts)
        targetReport.measure(targetCounts)
        (sourceReport.examples, targetReport.examples) = (long, long)
        (sourceReport.rows, targetReport.rows) = (rows.count, rows.count)
        let count = sourceReport.dropped + targetReport.dropped
        if count > 0, tooLong == .error {
            let worst = sourceReport.dropped > 0 ? sourceReport : targetReport
            throw DataError.tooLong(
                split: split, rows: count, of: examples.count, longest: worst.longest, maximum: worst.maximum, examples: long)
        }
        if count > 0, tooLong == .split { throw DataError.cannotSplit(split: split, rows: count, what: "a source with its target") }
        if rows.isEmpty, !examples.isEmpty {
            let worst = sourceReport.dropped > 0 ? sourceReport : targetReport
            let shortest = (sourceReport.dropped > 0 ? sourceCounts : targetCounts).min() ?? 0
            throw DataError.allTooLong(split: split, rows: examples.count, shortest: shortest, maximum: worst.maximum)
        }
        return (rows, sourceReport, targetReport)
    }

    /// The tokens of a source and its target before anything is cut.
    ///
    /// - Throws: `MaskError.wrongKind` for other examples.
    public func encodings(of example: TaskExample) throws(MaskError) -> (source: Encoding, target: Encoding) {
        let (source, target) = try texts(of: example)
        let read = tokenizer.encode(source, pair: nil, addSpecialTokens: true)
        var written = tokenizer.encode(target, pair: nil, addSpecialTokens: true)
        if written.ids.last != endID { written.append(endID) }
        if written.isSpecial.last == false { written.isSpecial[written.isSpecial.count - 1] = true }
        return (read, written)
    }

    /// What is read, with the prefix, and what is to be written.
    ///
    /// - Throws: `MaskError.wrongKind` for other examples.
    public func texts(of example: TaskExample) throws(MaskError) -> (source: String, target: String) {
        switch example {
        case .pair(let pair, _): return (prefix + pair.source, pair.target)
        case .promptCompletion(let prompt, let completion, _): return (prefix + prompt, completion)
        default: throw MaskError.wrongKind(at: example.place, expected: "a source and its target")
        }
    }

    private func cut(_ text: inout Encoding, to maximum: Int, _ report: inout LengthReport) throws(DataError) {
        let whole = EncodedText(ids: text.ids, typeIDs: text.typeIDs, isSpecial: text.isSpecial)
        let kept = try Truncation(maximum: maximum).cut(whole, first: whole.isSpecial.count { !$0 })
        report.truncated += 1
        report.tokensCut += text.ids.count - kept.ids.count
        (text.ids, text.typeIDs, text.isSpecial) = (kept.ids, kept.typeIDs, kept.isSpecial)
    }
}

extension Encoding {
    fileprivate mutating func append(_ id: Int32) {
        ids.append(id)
        typeIDs.append(typeIDs.last ?? 0)
        offsets.append(0..<0)
        isSpecial.append(true)
    }
}
