/// Cuts text into words, stage by stage.
struct PreTokenizer: Sendable {
    private let stages: [PreTokenizerStage]
    private let properties: UnicodeProperties
    /// The scanner of a single split without gaps, which needs no list of pieces.
    private let scanner: WordScanner?
    /// Whether the words are bytes that stand for the characters of the vocabulary.
    let isByteLevel: Bool
    /// Whether the words stand in a text of their own, because a stage writes into it.
    let rewrites: Bool
    /// Whether the outcome depends on where in the original text a word begins.
    let needsOrigin: Bool

    init(_ stages: [PreTokenizerStage], properties: UnicodeProperties) {
        self.properties = properties
        isByteLevel = stages.contains(.bytes)
        rewrites = stages.contains(where: \.rewrites)
        needsOrigin = stages.contains { if case .metaspace(_, .first, _) = $0 { true } else { false } }
        let working = stages.filter { $0 != .bytes }
        self.stages = working
        if working.count == 1, case .split(.scanner(let rules), .isolated, _) = working[0] {
            scanner = WordScanner(rules, properties)
        } else {
            scanner = nil
        }
    }

    /// Cuts `range` of `text` into words.
    ///
    /// - Parameters:
    ///   - words: gets the words, none of them empty, in order.
    ///   - written: gets the text that the words stand in, where `rewrites`.
    func split(_ text: NormalizedText, _ range: Range<Int>, into words: inout [Range<Int>], written: inout NormalizedText) {
        words.removeAll(keepingCapacity: true)
        guard !range.isEmpty else { return }
        if let scanner { return scanner.words(text.bytes, range, into: &words) }
        words.append(range)
        var current = text
        for stage in stages {
            if stage.rewrites {
                written = NormalizedText()
                words = rewrite(stage, current, words, into: &written)
                current = written
            }
            var next: [Range<Int>] = []
            for word in words { cut(stage, current.bytes, word, into: &next) }
            words = next
        }
    }

    private func cut(_ stage: PreTokenizerStage, _ bytes: [UInt8], _ word: Range<Int>, into words: inout [Range<Int>]) {
        let pieces: [SplitPiece], behavior: SplitBehavior
        switch stage {
        case .bytes, .prefixSpace, .metaspace(_, _, splits: false): return words.append(word)
        case .bert: return bert(bytes, word, into: &words)
        case .whitespace: return whitespace(bytes, word, into: &words)
        case .whitespaceSplit: (pieces, behavior) = (self.pieces(bytes, word, .whitespace), .removed)
        case .digits(let individually): (pieces, behavior) = (self.pieces(bytes, word, .numeric), individually ? .isolated : .contiguous)
        case .punctuation(let chosen): (pieces, behavior) = (self.pieces(bytes, word, .punctuation), chosen)
        case .metaspace(let mark, _, splits: true):
            (pieces, behavior) = (SplitPattern.text(mark).pieces(bytes, word, properties), .mergedWithNext)
        case .split(let pattern, let chosen, let isInverted):
            let found = pattern.pieces(bytes, word, properties)
            behavior = chosen
            pieces = isInverted ? found.map { SplitPiece(range: $0.range, isMatch: !$0.isMatch) } : found
        }
        behavior.apply(pieces, into: &words)
    }

    /// Each character of the class is a piece, and each run of others.
    private func pieces(_ bytes: [UInt8], _ range: Range<Int>, _ wanted: CharacterClass) -> [SplitPiece] {
        var pieces: [SplitPiece] = []
        var done = range.lowerBound, index = done
        while index < range.upperBound {
            let (scalar, length) = UTF8Text.scalar(bytes, at: index)
            if properties.has(wanted, scalar) {
                if done < index { pieces.append(SplitPiece(range: done..<index, isMatch: false)) }
                pieces.append(SplitPiece(range: index..<index + length, isMatch: true))
                done = index + length
            }
            index += length
        }
        if done < range.upperBound { pieces.append(SplitPiece(range: done..<range.upperBound, isMatch: false)) }
        return pieces
    }

    private func bert(_ bytes: [UInt8], _ range: Range<Int>, into words: inout [Range<Int>]) {
        var start = range.lowerBound, index = start
        while index < range.upperBound {
            let (scalar, length) = UTF8Text.scalar(bytes, at: index)
            let classes = properties.classes(of: scalar)
            if !classes.isDisjoint(with: [.whitespace, .punctuation]) {
                if start < index { words.append(start..<index) }
                start = index + length
                if !classes.contains(.whitespace) { words.append(index..<start) }
            }
            index += length
        }
        if start < range.upperBound { words.append(start..<range.upperBound) }
    }

    /// `\w+|[^\w\s]+`, of a regular-expression library whose `\w` is not that of Split.
    private func whitespace(_ bytes: [UInt8], _ range: Range<Int>, into words: inout [Range<Int>]) {
        var start = range.lowerBound, index = start
        var before: CharacterClass = .whitespace
        while index < range.upperBound {
            let (scalar, length) = UTF8Text.scalar(bytes, at: index)
            let kind = properties.classes(of: scalar).intersection([.word, .whitespace])
            if kind != before {
                if before != .whitespace { words.append(start..<index) }
                (start, before) = (index, kind)
            }
            index += length
        }
        if before != .whitespace { words.append(start..<range.upperBound) }
    }
}

extension PreTokenizer {
    /// Writes the words of `text` into `written` as the stage changes them, and returns where they stand there.
    private func rewrite(
        _ stage: PreTokenizerStage, _ text: NormalizedText, _ words: [Range<Int>], into written: inout NormalizedText
    ) -> [Range<Int>] {
        words.map { word in
            let start = written.bytes.count
            switch stage {
            case .prefixSpace:
                if text.bytes[word.lowerBound] != 0x20 { written.append([0x20], from: text, word.lowerBound) }
                written.append(text, word)
            case .metaspace(let mark, let scheme, _):
                let beginsWithMark =
                    text.bytes[word.lowerBound] == 0x20 || text.bytes[word].starts(with: mark)
                let isFirst = scheme == .always || scheme == .first && text.starts[word.lowerBound] == 0
                if isFirst, !beginsWithMark { written.append(mark, from: text, word.lowerBound) }
                for index in word {
                    if text.bytes[index] == 0x20 {
                        written.append(mark, from: text, index)
                    } else {
                        written.append(text, index..<index + 1)
                    }
                }
            default: written.append(text, word)
            }
            return start..<written.bytes.count
        }
    }
}

extension NormalizedText {
    /// Appends `range` of another text.
    fileprivate mutating func append(_ text: NormalizedText, _ range: Range<Int>) {
        bytes += text.bytes[range]
        guard !text.starts.isEmpty else { return }
        starts += text.starts[range]
        ends += text.ends[range]
    }

    /// Appends bytes that come from where the byte at `index` of another text comes from.
    fileprivate mutating func append(_ new: [UInt8], from text: NormalizedText, _ index: Int) {
        bytes += new
        guard !text.starts.isEmpty else { return }
        starts += repeatElement(text.starts[index], count: new.count)
        ends += repeatElement(text.ends[index], count: new.count)
    }
}
