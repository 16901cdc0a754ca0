// Tested by ExampleReaderTests.swift

/// Collects the examples of one file: finds the format with the first row and holds all others to it.
struct ExampleBuilder {
    let file: String
    let wanted: ExampleFormat?
    let columns: ExampleColumns
    let options: ExampleOptions
    private var keys: ExampleKeys?
    private var examples: [TaskExample] = []
    private var report: ExampleReport

    init(file: String, format: ExampleFormat?, columns: ExampleColumns, options: ExampleOptions) {
        (self.file, wanted, self.columns, self.options) = (file, format, columns, options)
        report = ExampleReport(file: file, format: format ?? .text)
    }

    mutating func add(_ members: [RawJSON.Member], line: Int) throws(DataError) {
        let place = RowPlace(file: file, line: line)
        let keys: ExampleKeys
        if let known = self.keys {
            keys = known
        } else {
            keys = try ExampleKeys(
                members, wanted: wanted, columns: columns, place: place, answersMayBeMissing: options.answersMayBeMissing)
            self.keys = keys
            report.format = keys.format
            report.columns = keys.names
            for key in keys.optional where members.contains(where: { $0.key == key }) { report.columns[key] = key }
            report.unusedColumns = members.map(\.key).filter { !keys.used.contains($0) }
        }
        report.rows += 1
        let made: [TaskExample]
        do throws(DataError) {
            made = try ExampleParser(place: place, keys: keys, options: options, members: members).examples()
        } catch {
            // A row that lacks a field may be a good row of another format.
            guard case .missingField = error, wanted == nil,
                let other = try? ExampleKeys(members, wanted: nil, columns: ExampleColumns(), place: place), other.format != keys.format
            else { throw error }
            throw DataError.mixedFormats(at: place, file: keys.format, row: other.format)
        }
        for example in made { count(example) }
        examples += made
    }

    private mutating func count(_ example: TaskExample) {
        switch example {
        case .conversation(let conversation, _):
            for message in conversation.messages { report.roles[message.role, default: 0] += 1 }
        case .pair(let pair, _) where options.targets == .first: report.furtherTargets += pair.references.count - 1
        default: break
        }
    }

    consuming func finish(blankLines: Int) throws(DataError) -> ReadExamples {
        guard keys != nil else {
            if blankLines > 0 || wanted == nil { throw DataError.emptyFile(file: file) }
            throw DataError.noExamples(file: file, format: report.format)
        }
        report.examples = examples.count
        report.blankLines = blankLines
        return ReadExamples(examples: examples, report: report)
    }
}

/// Holds which format a file has and which key serves for what.
struct ExampleKeys {
    let format: ExampleFormat
    /// The key for each use.
    let names: [String: String]
    /// Further keys that the format may have.
    let optional: [String]
    /// Every key that means something to the format.
    let used: Set<String>

    static let prompts = [
        ("prompt", "completion"), ("prompt", "response"), ("question", "answer"), ("query", "response"), ("input", "output"),
    ]
    static let pairs = [
        ("source", "target"), ("document", "summary"), ("article", "highlights"), ("dialogue", "summary"), ("text", "summary"),
        ("src", "tgt"), ("input_text", "target_text"),
    ]
    static let words = [("tokens", "ner_tags"), ("tokens", "tags"), ("tokens", "labels"), ("words", "tags"), ("words", "labels")]
    private static let optional: [ExampleFormat: [String]] = [
        .messages: ["tools", "functions", "parallel_tool_calls", "chat_template_kwargs", "documents"],
        .shareGPT: ["system", "tools"],
        .conversationalPromptCompletion: ["tools", "chat_template_kwargs", "documents"],
        .alpaca: ["input", "context", "system", "history"], .preference: ["prompt", "tools"],
        .questionAnswering: ["id", "is_impossible"],
    ]

    /// Finds the format of a row, or checks that it has the wanted one.
    init(
        _ members: [RawJSON.Member], wanted: ExampleFormat?, columns: ExampleColumns, place: RowPlace, answersMayBeMissing: Bool = false
    ) throws(DataError) {
        if wanted == nil, Self.named(columns, members) == nil, Self.has(members, ["prompt", "completion", "label"]),
            case .bool? = members.first(where: { $0.key == "label" })?.value
        {
            throw DataError.notTrainable(
                at: place, name: "TRL unpaired preference (KTO)",
                advice: "To learn the good completions only, keep the rows with label true and remove the key.")
        }
        let found =
            wanted.map { ($0, Self.needs($0, members, columns)) } ?? Self.named(columns, members) ?? Self.detect(members)
            ?? (answersMayBeMissing ? Self.detectQuestions(members) : nil)
        guard let (format, names) = found else {
            let keys = members.map(\.key)
            let (nearest, missing) = Self.nearest(to: keys)
            throw DataError.unknownRow(at: place, keys: keys, nearest: nearest, missing: missing)
        }
        (self.format, self.names) = (format, names)
        optional = Self.optional[format] ?? []
        used = Set(names.values).union(optional)
    }

    /// The key of a use; every use of the format has one.
    func name(_ use: String) -> String { names[use] ?? use }

    /// The format that the recipe's columns say.
    private static func named(_ columns: ExampleColumns, _ members: [RawJSON.Member]) -> (ExampleFormat, [String: String])? {
        let format: ExampleFormat
        if let messages = columns.messages {
            let first = members.first { $0.key == messages }?.value.items?.first
            format = first?["from"] != nil ? .shareGPT : .messages
        } else if columns.context != nil || columns.question != nil || columns.answers != nil {
            format = .questionAnswering
        } else if columns.words != nil || columns.tags != nil {
            format = .taggedLists
        } else if columns.source != nil || columns.target != nil {
            format = .pair
        } else if columns.prompt != nil || columns.completion != nil {
            format = .promptCompletion
        } else if columns.text != nil {
            format = .text
        } else {
            return nil
        }
        return (format, needs(format, members, columns))
    }

    private static func has(_ members: [RawJSON.Member], _ names: [String]) -> Bool {
        names.allSatisfy { name in members.contains { $0.key == name } }
    }

    private static func needs(_ format: ExampleFormat, _ members: [RawJSON.Member], _ columns: ExampleColumns) -> [String: String] {
        func two(_ uses: (String, String), _ given: (String?, String?), _ known: [(String, String)]) -> [String: String] {
            let pair = known.first { has(members, [given.0 ?? $0.0, given.1 ?? $0.1]) } ?? known[0]
            return [uses.0: given.0 ?? pair.0, uses.1: given.1 ?? pair.1]
        }
        switch format {
        case .messages: return ["messages": columns.messages ?? "messages"]
        case .shareGPT: return ["conversations": columns.messages ?? "conversations"]
        case .conversationalPromptCompletion, .promptCompletion:
            return two(("prompt", "completion"), (columns.prompt, columns.completion), prompts)
        // Dolly calls the output a response, and the input a context.
        case .alpaca:
            return [
                "instruction": "instruction", "output": has(members, ["output"]) || !has(members, ["response"]) ? "output" : "response",
            ]
        case .selfInstruct: return ["instruction": "instruction", "instances": "instances"]
        case .openAIPreference:
            let old = has(members, ["preferred_completion"])
            return [
                "input": "input", "chosen": old ? "preferred_completion" : "preferred_output",
                "rejected": old ? "non_preferred_completion" : "non_preferred_output",
            ]
        case .preference: return ["chosen": "chosen", "rejected": "rejected"]
        case .text, .plainText, .conll: return ["text": columns.text ?? "text"]
        case .pair: return two(("source", "target"), (columns.source, columns.target), pairs)
        case .taggedLists: return two(("words", "tags"), (columns.words, columns.tags), words)
        case .questionAnswering, .squad:
            return [
                "context": columns.context ?? "context", "question": columns.question ?? "question",
                "answers": columns.answers ?? "answers",
            ]
        }
    }

    /// The first format in the order of `ExampleFormat`'s cases, but the specific before the general, whose keys the row has.
    private static func detect(_ members: [RawJSON.Member]) -> (ExampleFormat, [String: String])? {
        func isList(_ name: String) -> Bool { members.first { $0.key == name }?.value.items != nil }
        let order: [ExampleFormat] = [
            .messages, .shareGPT, .openAIPreference, .preference, .taggedLists, .questionAnswering, .selfInstruct, .alpaca,
            .promptCompletion, .pair, .text,
        ]
        for format in order {
            let names = needs(format, members, ExampleColumns())
            guard has(members, Array(names.values)) else { continue }
            if format == .promptCompletion, isList(names["prompt"] ?? "") { return (.conversationalPromptCompletion, names) }
            return (format, names)
        }
        // Questions that are to be answered have no answers yet.
        let names = needs(.questionAnswering, members, ExampleColumns())
        return has(members, ["context", "question"]) ? (.questionAnswering, names) : nil
    }

    /// The format whose questions the row has, without their answers.
    private static func detectQuestions(_ members: [RawJSON.Member]) -> (ExampleFormat, [String: String])? {
        if has(members, ["instruction"]) { return (.alpaca, needs(.alpaca, members, ExampleColumns())) }
        let formats: [(ExampleFormat, (String, String), [(String, String)])] = [
            (.taggedLists, ("words", "tags"), words), (.promptCompletion, ("prompt", "completion"), prompts),
            (.pair, ("source", "target"), pairs),
        ]
        for (format, uses, known) in formats {
            guard let pair = known.first(where: { has(members, [$0.0]) }) else { continue }
            return (format, [uses.0: pair.0, uses.1: pair.1])
        }
        return nil
    }

    /// The format that shares most keys with the row, counting misspelt ones, and which keys it lacks.
    private static func nearest(to keys: [String]) -> (ExampleFormat?, [String]) {
        var best: (format: ExampleFormat, missing: [String], share: Double)?
        let known: [(ExampleFormat, [String])] =
            [
                (.messages, ["messages"]), (.shareGPT, ["conversations"]), (.alpaca, ["instruction", "output"]),
                (.selfInstruct, ["instruction", "instances"]), (.openAIPreference, ["input", "preferred_output", "non_preferred_output"]),
                (.preference, ["chosen", "rejected"]), (.text, ["text"]), (.questionAnswering, ["context", "question", "answers"]),
            ] + prompts.map { (.promptCompletion, [$0.0, $0.1]) } + pairs.map { (.pair, [$0.0, $0.1]) }
            + words.map { (.taggedLists, [$0.0, $0.1]) }
        for (format, needed) in known {
            let missing = needed.filter { !keys.contains($0) }
            let near = missing.filter { NearestName.find($0, in: keys) != nil }
            let share = (Double(needed.count - missing.count) + 0.5 * Double(near.count)) / Double(needed.count)
            if share > best?.share ?? 0 { best = (format, missing, share) }
        }
        return (best?.format, best?.missing ?? [])
    }
}
