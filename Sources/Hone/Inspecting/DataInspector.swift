internal import Foundation
public import HoneData
internal import HoneModels
internal import HoneText

/// Reads and encodes a recipe's data as training would, and shows each row as the model sees it.
///
/// ```swift
/// let inspector = try DataInspector(RecipeDocument(contentsOf: URL(filePath: "recipe.yaml")))
/// let row = try inspector.row(0, of: .train)
/// print(row.learnedShare, inspector.refusal ?? "nothing speaks against training")
/// ```
/// A value; safe anywhere.
public struct DataInspector: Sendable {
    let prepared: PreparedData
    /// What training would refuse about the data, in words; nil if nothing.
    public let refusal: String?
    private let folder: URL
    private let masking: MaskedLanguageModelling?

    /// Reads and encodes everything; what training would refuse is in ``refusal``, and rows that are too long are cut then.
    ///
    /// - Throws: what reading and encoding throw: `DataError`, `TokenizerError`, `ModelError`, `MaskError` or ``HoneError``.
    public init(_ document: RecipeDocument) throws {
        let (prepared, fault) = try PreparedData.leniently(document.resolved)
        (self.prepared, refusal) = (prepared, fault.map { Fault($0).message })
        folder = prepared.start.url
        let (recipe, tokenizer) = (prepared.recipe, prepared.tokenizer)
        masking =
            recipe.task.kind == .maskedText
            ? try MaskedLanguageModelling(tokenizer, folder: folder.path, seed: recipe.training.seed) : nil
    }

    /// The recipe with absolute paths.
    public var recipe: Recipe { prepared.recipe }

    /// How many rows a split has.
    public func count(_ split: SplitName) -> Int { rows(split).count }

    /// The tokens of a split and how many of them are learned; one label counts as one.
    public func learned(_ split: SplitName) -> (tokens: Int, learned: Int) {
        rows(split).reduce(into: (0, 0)) { sum, row in
            sum.0 += row.ids.count
            if case .sequence(let ids) = row.target { sum.0 += ids.count }
            sum.1 += row.target.targetCount
        }
    }

    /// The rows, from 0, that come from a line of a file, such as `rows.jsonl:12`; `file` is nil for any file of the split.
    public func rows(ofLine line: Int, file: String? = nil, in split: SplitName) -> [Int] {
        rows(split).indices.filter { index in
            let place = place(index, split)
            return place.line == line && (file == nil || place.file == file)
        }
    }

    private func rows(_ split: SplitName) -> [EncodedRow] { prepared.rows[split] ?? [] }

    private func place(_ index: Int, _ split: SplitName) -> RowPlace {
        let source = rows(split)[index].source
        switch prepared.source {
        case .rows(let dataSet): return dataSet[split][source].place
        case .examples(let examples): return examples[split][source].place
        }
    }

    /// Shows one row.
    ///
    /// - Parameter index: from 0.
    /// - Throws: ``HoneError/noSuchRow(row:split:rows:)``; what encoding it anew throws.
    public func row(_ index: Int, of split: SplitName) throws -> RowView {
        let rows = rows(split)
        guard rows.indices.contains(index) else { throw HoneError.noSuchRow(row: index + 1, split: split.rawValue, rows: rows.count) }
        let row = rows[index]
        var view = RowView(split: split, row: index + 1, of: rows.count, place: place(index, split), sides: [])
        // A long example has several rows; they follow each other.
        let ordinal = rows[..<index].reversed().prefix { $0.source == row.source }.count
        switch prepared.source {
        case .rows(let dataSet): try show(row, dataSet[split][row.source], dataSet.labels, &view)
        case .examples(let examples):
            let example = examples[split][row.source]
            switch recipe.task.kind {
            case .maskedText: try showHidden(row, example, index, ordinal, &view)
            case .sequenceToSequence: try showPair(row, example, &view)
            case .questionAnswering: try showQuestion(row, example, ordinal, &view)
            case .tagging: try showTags(row, example, examples.tags, ordinal, &view)
            default: try showCausal(row, example, ordinal, &view)
            }
        }
        return view
    }

    /// The name of a special token; nil for other tokens.
    private func special(_ id: Int32) -> String? { prepared.tokenizer.isSpecial(id) ? prepared.tokenizer.token(of: id) : nil }

    // MARK: Kinds of rows

    private func pieces(_ view: MaskView) -> [RowView.Piece] {
        view.segments.map { segment in
            RowView.Piece(
                text: segment.text, id: segment.id, token: segment.id.flatMap(prepared.tokenizer.token), isLearned: segment.isLearned,
                isSpecial: segment.isSpecial)
        }
    }

    private func showCausal(_ row: EncodedRow, _ example: TaskExample, _ ordinal: Int, _ view: inout RowView) throws {
        guard let encoder = prepared.encoding?.causal else { return }
        var marked = try encoder.mark(example)
        let ranges = encoder.ranges(of: marked)
        guard ordinal < ranges.count, case let range = ranges[ordinal], Array(marked.ids[range]) == row.ids,
            case .perToken(let targets) = row.target
        else { throw HoneError.rowChanged(place: view.place) }
        // What is shown as learned is what the row says: position i predicts token i + 1.
        for place in range {
            marked.isLearned[place] = place > range.lowerBound && targets[place - 1 - range.lowerBound] != TokenTarget.ignored
        }
        view.sides = [RowView.Side("text", pieces(MaskView(marked, range: range) { special($0) }))]
        if range.lowerBound > 0 { view.part = range.lowerBound }
    }

    private func showHidden(_ row: EncodedRow, _ example: TaskExample, _ index: Int, _ ordinal: Int, _ view: inout RowView) throws {
        guard let masking, case .text(let text, _) = example else { return }
        // Training rows as in the first epoch; held-out rows as in every evaluation.
        let seen = masking.masked(row, index: index, epoch: view.split == .train ? 0 : .max)
        let encoding = prepared.tokenizer.encode(text, pair: nil, addSpecialTokens: true)
        let parts = try MaskedTextEncoder(tokenizer: prepared.tokenizer, maximum: prepared.maximum).parts(of: encoding)
        guard ordinal < parts.count, case let part = parts[ordinal], part.map({ encoding.ids[$0] }) == row.ids,
            case .perToken(let targets) = seen.target
        else { throw HoneError.rowChanged(place: view.place) }
        var pieces = pieces(
            MaskView(
                place: view.place, text: text, ids: row.ids, offsets: part.map { encoding.offsets[$0] },
                isLearned: targets.map { $0 != TokenTarget.ignored }, isWhole: parts.count == 1
            ) { special($0) })
        var position = 0
        for index in pieces.indices where pieces[index].id != nil {
            defer { position += 1 }
            guard targets[position] != TokenTarget.ignored else { continue }
            // Shown is what the model reads; the answer is what stood there.
            pieces[index].answer = pieces[index].text
            if seen.ids[position] != row.ids[position] {
                pieces[index].text = special(seen.ids[position]) ?? prepared.tokenizer.decode([seen.ids[position]])
            }
            (pieces[index].id, pieces[index].token) = (seen.ids[position], prepared.tokenizer.token(of: seen.ids[position]))
        }
        view.sides = [RowView.Side("text", pieces)]
        if ordinal > 0 { view.part = part.first { encoding.isSpecial[$0] == false } }
    }

    private func showPair(_ row: EncodedRow, _ example: TaskExample, _ view: inout RowView) throws {
        guard case .sequence(let wanted) = row.target, let encoder = prepared.encoding?.pairs else {
            throw HoneError.rowChanged(place: view.place)
        }
        let (texts, encodings) = (try encoder.texts(of: example), try encoder.encodings(of: example))
        view.sides = [
            RowView.Side("source", try cut(encodings.source, texts.source, to: row.ids, learned: false, view.place)),
            RowView.Side("target", try cut(encodings.target, texts.target, to: wanted, learned: true, view.place)),
        ]
    }

    /// The question, then the part of the context that this row has, with the answer's tokens marked; the first token where it has none.
    private func showQuestion(_ row: EncodedRow, _ example: TaskExample, _ ordinal: Int, _ view: inout RowView) throws {
        guard case .question(let question, _) = example, let encoder = prepared.encoding?.questions,
            case let windows = try encoder.encode([example], learns: true).windows, ordinal < windows.count,
            case let window = windows[ordinal], window.row.ids == row.ids, case .span(let start, let end) = row.target
        else { throw HoneError.rowChanged(place: view.place) }
        let asked = prepared.tokenizer.encode(question.question, pair: nil, addSpecialTokens: false)
        func frame(_ range: Range<Int>) -> [RowView.Piece] {
            range.map { place in
                let id = row.ids[place]
                return RowView.Piece(
                    text: special(id) ?? prepared.tokenizer.decode([id]), id: id, token: prepared.tokenizer.token(of: id),
                    isLearned: place == start && end == start, isSpecial: special(id) != nil)
            }
        }
        let before = row.ids.indices.first { Array(row.ids[$0...].prefix(asked.ids.count)) == asked.ids } ?? 0
        let words = MaskView(
            place: view.place, text: question.question, ids: asked.ids, offsets: asked.offsets, isLearned: asked.ids.map { _ in false }
        ) { special($0) }
        let context = MaskView(
            place: view.place, text: question.context, ids: Array(row.ids[window.context]),
            offsets: window.spans.map { Int($0.start)..<Int($0.end) }, isLearned: window.context.map { start...end ~= Int32($0) },
            isWhole: windows.count == 1
        ) { special($0) }
        view.sides = [
            RowView.Side(
                "question", frame(0..<before) + pieces(words) + frame(before + asked.ids.count..<window.context.lowerBound)),
            RowView.Side("context", pieces(context) + frame(window.context.upperBound..<row.ids.count)),
        ]
        view.label = start == 0 ? "no answer in this part" : question.answers?.first?.text
        if ordinal > 0 { view.part = windows[..<ordinal].reduce(0) { $0 + $1.context.count - encoder.stride } }
    }

    private func show(_ row: EncodedRow, _ text: TextRow, _ labels: LabelSet?, _ view: inout RowView) throws {
        let whole = prepared.tokenizer.encode(text.text, pair: text.pair, addSpecialTokens: true)
        if let pair = text.pair, whole.ids == row.ids {
            // The second text begins behind as many tokens as the first has alone.
            let first = prepared.tokenizer.encode(text.text, pair: nil, addSpecialTokens: false).ids.count
            var (seen, split) = (0, whole.ids.count)
            for (index, isSpecial) in whole.isSpecial.enumerated() where !isSpecial {
                if seen == first {
                    split = index
                    break
                }
                seen += 1
            }
            let parts = [(text.text, 0..<split), (pair, split..<whole.ids.count)].map { text, range in
                MaskView(
                    place: view.place, text: text, ids: Array(whole.ids[range]), offsets: Array(whole.offsets[range]),
                    isLearned: range.map { _ in false }
                ) { special($0) }
            }
            view.sides = [RowView.Side("text", parts.flatMap(pieces))]
        } else if text.pair == nil {
            view.sides = [RowView.Side("text", try cut(whole, text.text, to: row.ids, learned: false, view.place))]
        } else {
            // A pair that was cut: its tokens without the text between them.
            view.sides = [
                RowView.Side(
                    "text",
                    row.ids.map { id in
                        RowView.Piece(
                            text: special(id) ?? prepared.tokenizer.decode([id]), id: id, token: prepared.tokenizer.token(of: id),
                            isLearned: false, isSpecial: special(id) != nil)
                    })
            ]
        }
        view.label = Scoring(task: recipe.task.kind.rows ?? .classification, labels: labels?.names ?? []).answer(row.target)
    }

    /// The pieces of a text of which `ids` are left: tokens at its end went, special ones behind them stayed.
    private func cut(_ encoding: Encoding, _ text: String, to ids: [Int32], learned: Bool, _ place: RowPlace) throws -> [RowView.Piece] {
        let front = zip(encoding.ids, ids).prefix { $0 == $1 }.count
        let kept = Array(0..<front) + Array(encoding.ids.count - (ids.count - front)..<encoding.ids.count)
        guard kept.map({ encoding.ids[$0] }) == ids else { throw HoneError.rowChanged(place: place) }
        let view = MaskView(
            place: place, text: text, ids: ids, offsets: kept.map { encoding.offsets[$0] }, isLearned: ids.map { _ in learned },
            isWhole: ids.count == encoding.ids.count
        ) { special($0) }
        return pieces(view)
    }

    private func showTags(
        _ row: EncodedRow, _ example: TaskExample, _ tags: LabelSet?, _ ordinal: Int, _ view: inout RowView
    ) throws {
        guard let tags, let encoder = prepared.encoding?.words, case .tagged(let sentence, _) = example else { return }
        let made = try encoder.encode([example], split: view.split).rows
        guard ordinal < made.count, made[ordinal].row.ids == row.ids, case .perToken(let targets) = row.target else {
            throw HoneError.rowChanged(place: view.place)
        }
        var pieces: [RowView.Piece] = []
        for (index, id) in row.ids.enumerated() {
            let (word, target) = (Int(made[ordinal].words[index]), targets[index])
            let name = special(id)
            // A blank between words; the tokens of one word stand together.
            if word > 0, !pieces.isEmpty { pieces.append(.init(text: " ", id: nil, token: nil, isLearned: false, isSpecial: false)) }
            pieces.append(
                RowView.Piece(
                    text: name ?? bare(id), id: id,
                    token: prepared.tokenizer.token(of: id), isLearned: target != TokenTarget.ignored, isSpecial: name != nil,
                    answer: target == TokenTarget.ignored ? nil : tags.names[Int(target)]))
        }
        view.sides = [RowView.Side("text", pieces)]
        if ordinal > 0 {
            let first = made[ordinal].words.first { $0 >= 0 }
            view.part = first.map { sentence.words.indices.contains(Int($0)) ? Int($0) : 0 }
        }
    }

    /// A token inside a word as text, without the marks that vocabularies put at its beginning.
    private func bare(_ id: Int32) -> String {
        let token = prepared.tokenizer.token(of: id) ?? ""
        if token.hasPrefix("##"), token.count > 2 { return String(token.dropFirst(2)) }
        let text = prepared.tokenizer.decode([id])
        // Part of a character, in bytes, has no text of its own; a blank alone is one to be seen.
        if text.isEmpty || text.contains("\u{FFFD}") { return token }
        let bare = text.trimmingCharacters(in: .whitespaces)
        return bare.isEmpty ? "·" : bare
    }
}
