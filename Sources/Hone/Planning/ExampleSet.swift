// Tested by LanguageRunTests.swift.
internal import Foundation
public import HoneData

/// What was found in the files of a task that reads examples: conversations, prompts, texts, pairs or tagged words.
public struct ExampleFacts: Codable, Sendable, Equatable {
    /// One report per file, with the format that was found.
    public var files: [ExampleReport] = []
    /// Examples by split.
    public var examples: [SplitName: Int] = [:]
    /// Lengths by split.
    public var lengths: [SplitName: LengthReport] = [:]
    /// What is learned, by split; for tasks that learn tokens of a text.
    public var certificates: [SplitName: MaskCertificate] = [:]
    /// Where the chat template comes from: the model's folder, a file or the name of one of Hone's own.
    public var template: String?
    /// The tokens that end an answer, and why each does.
    public var stops: [String: String] = [:]
    /// How contexts were cut into windows, by split; for tasks that find answers in them.
    public var windows: [SplitName: WindowReport] = [:]
    /// Training examples that repeat an earlier one, and how many of them were dropped.
    public var duplicates = ExampleDuplicates()
    /// What was learned for the tokenizer; nil where it was given.
    public var vocabulary: LearnedVocabulary?
    /// Findings for a person.
    public var warnings: [String] = []
}

/// Counts examples that repeat an earlier one.
public struct ExampleDuplicates: Codable, Sendable, Equatable {
    /// Examples that repeat an earlier one.
    public var examples = 0
    /// How many of them were left out.
    public var dropped = 0
    /// The first few, each with what it repeats.
    public var first: [RowPair] = []

    /// No duplicates.
    public init() {}
}

/// The examples of a task, split.
struct ExampleSet: Sendable {
    var splits: [SplitName: [TaskExample]]
    var facts: ExampleFacts
    /// The tags of a tagging task.
    var tags: LabelSet?
    /// The rows of held-out questions, with their way back to the contexts' characters.
    var windows: [SplitName: [QuestionWindow]] = [:]

    subscript(split: SplitName) -> [TaskExample] { splits[split] ?? [] }

    /// Reads the recipe's files and splits them.
    init(_ recipe: Recipe) throws {
        let reader = recipe.data.exampleReader
        facts = ExampleFacts()
        splits = [:]
        let train = try reader.read(URL(filePath: recipe.data.train), name: recipe.data.train)
        facts.files.append(train.report)
        splits[.train] = try Self.resolve(train.examples, recipe.data.duplicates, &facts)
        var shares: [(SplitName, Double)] = []
        for (split, held) in [(SplitName.validation, recipe.data.validation), (.test, recipe.data.test)] {
            switch held {
            case .file(let path):
                let read = try reader.read(URL(filePath: path), name: path)
                facts.files.append(read.report)
                splits[split] = read.examples
            case .fraction(let share): if share > 0 { shares.append((split, share)) }
            }
        }
        if !shares.isEmpty { try hold(out: shares, seed: recipe.training.seed) }
        try findLeaks(recipe.data.leakage)
        guard !self[.train].isEmpty else {
            throw DataError.emptySplit(split: .train, reason: "every example also stands in another split and data.leakage is drop")
        }
        for split in SplitName.allCases where !self[split].isEmpty { facts.examples[split] = self[split].count }
        let silent = self[.train].filter(\.hasEmptyAnswer)
        if let first = silent.first {
            let answers =
                silent.count == 1 ? "1 training example has an empty answer" : "\(silent.count) training examples have an empty answer"
            facts.warnings.append("\(answers) (\(first.place)): the model learns to say nothing there.")
        }
    }

    /// Finds examples that repeat an earlier one, character for character, and leaves them out if that is wanted.
    private static func resolve(
        _ examples: [TaskExample], _ policy: FindingPolicy, _ facts: inout ExampleFacts
    ) throws(HoneError) -> [TaskExample] {
        var seen: [String: RowPlace] = [:]
        var kept: [TaskExample] = []
        var found = ExampleDuplicates()
        for example in examples {
            guard let first = seen[example.key] else {
                seen[example.key] = example.place
                kept.append(example)
                continue
            }
            found.examples += 1
            if found.first.count < 5 { found.first.append(RowPair(first: first, second: example.place)) }
        }
        guard let pair = found.first.first else { return examples }
        if policy == .error { throw .duplicates(examples: found.examples, first: pair) }
        if policy == .drop { found.dropped = found.examples }
        facts.duplicates = found
        facts.warnings.append(
            "\(found.examples) training examples repeat others (\(pair))\(policy == .drop ? "; they were left out" : "").")
        return policy == .drop ? kept : examples
    }

    /// Takes validation and test examples out of the training ones.
    ///
    /// Few long texts are cut into consecutive parts; everything else is drawn by the seed, questions about one context together.
    private mutating func hold(out shares: [(SplitName, Double)], seed: UInt64) throws {
        let all = self[.train]
        if all.count < 20, all.allSatisfy({ if case .text = $0 { true } else { false } }) {
            try cut(all, shares)
            return
        }
        var groups = Self.groups(all)
        var random = SplitMix64(seed: seed, epoch: -1)
        random.shuffle(&groups)
        var rest = groups[...]
        var taken = Set<Int>()
        for (split, share) in shares {
            let count = Int((share * Double(all.count)).rounded())
            var chosen: [Int] = []
            while chosen.count < count, let group = rest.popFirst() { chosen += group }
            taken.formUnion(chosen)
            guard !chosen.isEmpty, taken.count < all.count else {
                throw DataError.emptySplit(
                    split: split,
                    reason: "a fraction of \(share) of \(all.count) examples came to none, or left none (questions about one context stay"
                        + " together). Give another fraction or a file")
            }
            splits[split] = chosen.sorted().map { all[$0] }
        }
        splits[.train] = all.indices.filter { !taken.contains($0) }.map { all[$0] }
    }

    /// The examples that may not be separated: those about one context, each of the others alone.
    private static func groups(_ examples: [TaskExample]) -> [[Int]] {
        var places: [String: Int] = [:]
        var groups: [[Int]] = []
        for (index, example) in examples.enumerated() {
            guard case .question(let question, _) = example else {
                groups.append([index])
                continue
            }
            if let place = places[question.context] {
                groups[place].append(index)
            } else {
                places[question.context] = groups.count
                groups.append([index])
            }
        }
        return groups
    }

    /// The last parts of each text, cut at line ends, go to validation and test.
    private mutating func cut(_ all: [TaskExample], _ shares: [(SplitName, Double)]) throws {
        var parts: [SplitName: [TaskExample]] = [:]
        for case .text(let text, let place) in all {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            var sizes: [(SplitName, Double)] = [(.train, 1 - shares.reduce(0) { $0 + $1.1 })] + shares
            let total = Double(text.unicodeScalars.count)
            var rest = lines[...]
            while let (split, share) = sizes.first {
                sizes.removeFirst()
                var (count, size) = (0, 0.0)
                for line in rest where sizes.isEmpty || size < share * total {
                    size += Double(line.unicodeScalars.count + 1)
                    count += 1
                }
                let part = rest.prefix(count).joined(separator: "\n")
                rest = rest.dropFirst(count)
                if part.contains(where: { !$0.isWhitespace }) { parts[split, default: []].append(.text(part, place)) }
            }
        }
        for split in [SplitName.train] + shares.map(\.0) where parts[split]?.isEmpty ?? true {
            throw DataError.emptySplit(split: split, reason: "the text has too few lines to cut a part off. Give a file")
        }
        splits.merge(parts) { $1 }
        facts.warnings.append("Held-out text: the last lines of each text, not random ones.")
    }

    /// Finds examples that stand in two splits.
    private mutating func findLeaks(_ policy: FindingPolicy) throws {
        let train = Set(self[.train].map(\.key))
        for split in [SplitName.validation, .test] {
            let shared = self[split].filter { train.contains($0.key) }
            guard !shared.isEmpty else { continue }
            switch policy {
            case .error: throw HoneError.leak(split: split.rawValue, examples: shared.count, first: "\(shared[0].place)")
            case .drop:
                let kept = Set(shared.map(\.key))
                splits[.train] = self[.train].filter { !kept.contains($0.key) }
                facts.warnings.append("\(shared.count) training examples also stand in \(split.rawValue); they were left out of training.")
            case .report:
                facts.warnings.append(
                    "\(shared.count) examples of \(split.rawValue) also stand in training, the first at \(shared[0].place).")
            }
        }
    }
}

extension TaskExample {
    /// Equal for examples that teach the same.
    var key: String {
        switch self {
        case .conversation(let conversation, _):
            (conversation.messages.map { "\($0.raw.text)\($0.learned == false)" } + (conversation.tools ?? []).map(\.text))
                .joined(separator: "\u{2}")
        case .promptCompletion(let prompt, let completion, _): "\(prompt)\u{2}\(completion)"
        case .text(let text, _): text
        case .pair(let pair, _): "\(pair.source)\u{2}\(pair.target)"
        case .tagged(let words, _): words.words.joined(separator: " ")
        case .preference(let preference, _):
            [preference.prompt, preference.chosen, preference.rejected].map { $0.map(\.raw.text).joined() }.joined(separator: "\u{2}")
        case .question(let question, _): "\(question.question)\u{2}\(question.context)"
        }
    }
}

extension Recipe.DataSpec {
    /// The columns that the recipe names; `text` means the same in every task.
    var columnsOfExamples: ExampleColumns {
        var columns = exampleColumns
        columns.text = text
        return columns
    }
}

extension TaskExample {
    /// Whether an answer that is learned has no text, and calls no tool either.
    fileprivate var hasEmptyAnswer: Bool {
        func isBlank(_ text: String?) -> Bool { text?.allSatisfy(\.isWhitespace) ?? true }
        return switch self {
        case .conversation(let conversation, _):
            conversation.messages.contains { $0.isAssistant && $0.learned != false && $0.toolCalls.isEmpty && isBlank($0.content) }
        case .promptCompletion(_, let completion, _): isBlank(completion)
        case .pair(let pair, _): isBlank(pair.target)
        case .text, .tagged, .preference, .question: false
        }
    }
}
