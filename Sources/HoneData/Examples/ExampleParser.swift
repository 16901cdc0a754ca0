// Tested by ExampleReaderTests.swift

/// Turns one row into examples, checking every field of its format.
struct ExampleParser {
    let place: RowPlace
    let keys: ExampleKeys
    let options: ExampleOptions
    let members: [RawJSON.Member]

    func examples() throws(DataError) -> [TaskExample] {
        let fields = FieldReader(place: place, format: keys.format)
        switch keys.format {
        case .messages:
            let messages = try MessageParser(fields: fields).messages(try required("messages"), keys.name("messages"))
            let tools = try tools(fields)
            return [.conversation(Conversation(messages: messages, tools: tools, variables: try variables(fields)), place)]
        case .shareGPT: return [.conversation(try shareGPT(fields), place)]
        case .conversationalPromptCompletion: return [.conversation(try conversational(fields), place)]
        case .promptCompletion:
            let prompt = try fields.text(try required("prompt"), keys.name("prompt"), mayBeEmpty: true)
            if isQuestion("completion") { return [.text(prompt, place)] }
            let completion = try fields.text(try required("completion"), keys.name("completion"))
            return [.promptCompletion(prompt: prompt, completion: completion, place)]
        case .alpaca:
            return [try alpaca(fields, instance: .object(members), path: "")]
        case .selfInstruct:
            let name = keys.name("instances")
            let instances = try fields.list(try required("instances"), name)
            var made: [TaskExample] = []
            for (index, instance) in instances.enumerated() {
                guard instance.members != nil else {
                    throw fields.wrong("\(name)[\(index)]", "an object with input and output", instance)
                }
                made.append(try alpaca(fields, instance: instance, path: "\(name)[\(index)]."))
            }
            return made
        case .openAIPreference, .preference: return [.preference(try PreferenceParser(row: self, fields: fields).preference(), place)]
        case .text, .plainText, .conll: return [.text(try fields.text(try required("text"), keys.name("text")), place)]
        case .pair: return try pairs(fields)
        case .taggedLists: return [.tagged(try tagged(fields), place)]
        case .questionAnswering, .squad: return [.question(try question(fields), place)]
        }
    }

    /// Whether the row lacks an answer that it may lack.
    private func isQuestion(_ use: String) -> Bool { options.answersMayBeMissing && self[keys.name(use)] == nil }

    /// The value of a key that the format needs.
    func required(_ use: String) throws(DataError) -> RawJSON {
        let key = keys.name(use)
        if let value = self[key] { return value }
        let names = members.map(\.key)
        throw DataError.missingField(
            at: place, format: keys.format, field: key, keys: names, suggestion: NearestName.find(key, in: names))
    }

    /// The value of a key, nil also for `null`.
    subscript(key: String) -> RawJSON? {
        guard let value = members.first(where: { $0.key == key })?.value, value != .null else { return nil }
        return value
    }

    /// `tools` as a list, or as JSON in a string as older TRL and LLaMA-Factory have it; `functions` of old OpenAI rows become tools.
    func tools(_ fields: FieldReader) throws(DataError) -> [RawJSON]? {
        if let functions = self["functions"], self["tools"] == nil {
            let list = try fields.list(functions, "functions")
            guard !list.isEmpty else { return nil }
            return list.map { .object([RawJSON.Member("type", .string("function")), RawJSON.Member("function", $0)]) }
        }
        guard let value = self["tools"] else { return nil }
        var tools = value
        if case .string(let text) = value {
            if text.isEmpty { return nil }
            guard let parsed = RawJSON.parse(text) else { throw fields.wrong("tools", "a list of tools, or a list as JSON text", value) }
            tools = parsed
        }
        let list = try fields.list(tools, "tools")
        for (index, tool) in list.enumerated() where tool.members == nil { throw fields.wrong("tools[\(index)]", "an object", tool) }
        return list.isEmpty ? nil : list
    }

    /// The values that the template may read by name.
    private func variables(_ fields: FieldReader) throws(DataError) -> [RawJSON.Member] {
        var variables: [RawJSON.Member] = []
        if let extra = self["chat_template_kwargs"] {
            guard let members = extra.members else { throw fields.wrong("chat_template_kwargs", "an object", extra) }
            variables += members
        }
        for key in ["documents", "parallel_tool_calls"] {
            if let value = self[key] { variables.append(RawJSON.Member(key, value)) }
        }
        return variables
    }

    private func conversational(_ fields: FieldReader) throws(DataError) -> Conversation {
        let parser = MessageParser(fields: fields)
        var prompt = try parser.messages(try required("prompt"), keys.name("prompt"))
        for index in prompt.indices { prompt[index].learned = false }
        let completion = try parser.messages(try required("completion"), keys.name("completion"))
        return Conversation(messages: prompt + completion, tools: try tools(fields), variables: try variables(fields))
    }

    private func shareGPT(_ fields: FieldReader) throws(DataError) -> Conversation {
        let name = keys.name("conversations")
        let parser = MessageParser(fields: fields)
        var messages: [Message] = []
        if let system = self["system"] {
            let text = try fields.text(system, "system", mayBeEmpty: true)
            if !text.isEmpty { messages.append(Message(role: "system", content: text)) }
        }
        for (index, turn) in try fields.list(try required("conversations"), name).enumerated() {
            messages.append(try parser.turn(turn, "\(name)[\(index)]"))
        }
        guard !messages.isEmpty else { throw fields.wrong(name, "at least one turn", .array([])) }
        return Conversation(messages: messages, tools: try tools(fields))
    }

    private func alpaca(_ fields: FieldReader, instance: RawJSON, path: String) throws(DataError) -> TaskExample {
        let instruction = try fields.text(try required("instruction"), "instruction")
        let outputKey = keys.format == .alpaca ? keys.name("output") : "output"
        let isQuestion = options.answersMayBeMissing && (instance[outputKey] ?? .null) == .null
        guard let answer = isQuestion ? .string("") : instance[outputKey] else {
            let names = instance.members?.map(\.key) ?? []
            let suggestion = NearestName.find(outputKey, in: names)
            throw DataError.missingField(at: place, format: keys.format, field: path + outputKey, keys: names, suggestion: suggestion)
        }
        let output = try fields.text(answer, path + outputKey, mayBeEmpty: isQuestion)
        var input = ""
        for key in ["input", "context"] {
            guard input.isEmpty, let value = instance[key], value != .null else { continue }
            input = try fields.text(value, path + key, mayBeEmpty: true)
        }
        if options.alpaca == .stanford {
            let prompt = AlpacaPrompt.stanford(instruction, input: input)
            return output.isEmpty ? .text(prompt, place) : .promptCompletion(prompt: prompt, completion: output, place)
        }
        var messages: [Message] = []
        if let value = self["system"] {
            let system = try fields.text(value, "system", mayBeEmpty: true)
            if !system.isEmpty { messages.append(Message(role: "system", content: system)) }
        }
        if let history = self["history"] {
            for (index, turn) in try fields.list(history, "history").enumerated() {
                guard let two = turn.items, two.count == 2, let question = two[0].string, let reply = two[1].string else {
                    throw fields.wrong("history[\(index)]", "a list of two texts, the question and its answer", turn)
                }
                messages += [Message(role: "user", content: question), Message(role: "assistant", content: reply)]
            }
        }
        messages.append(Message(role: "user", content: input.isEmpty ? instruction : instruction + "\n" + input))
        if !output.isEmpty { messages.append(Message(role: "assistant", content: output)) }
        return .conversation(Conversation(messages: messages), place)
    }

    private func pairs(_ fields: FieldReader) throws(DataError) -> [TaskExample] {
        let (sourceKey, targetKey) = (keys.name("source"), keys.name("target"))
        // Among sentences some may be blank (SciTLDR has such); all of them together may not.
        let sentences = try fields.texts(try required("source"), sourceKey, mayBeEmpty: true)
        let source = try fields.text(.string(sentences.joined(separator: options.joiner)), sourceKey)
        if isQuestion("target") { return [.text(source, place)] }
        let targets = try fields.texts(try required("target"), targetKey)
        switch options.targets {
        case .first: return [.pair(SequencePair(source: source, target: targets[0], references: targets), place)]
        case .each:
            return targets.map { .pair(SequencePair(source: source, target: $0, references: targets), place) }
        }
    }

    private func tagged(_ fields: FieldReader) throws(DataError) -> TaggedWords {
        let (wordsKey, tagsKey) = (keys.name("words"), keys.name("tags"))
        let words = try fields.texts(try required("words"), wordsKey)
        if isQuestion("tags") { return TaggedWords(words: words, tags: words.map { _ in "O" }) }
        let values = try fields.list(try required("tags"), tagsKey)
        var tags: [String] = []
        for (index, value) in values.enumerated() {
            switch value {
            case .string(let tag) where !tag.isEmpty: tags.append(tag)
            case .number(let digits) where Int(digits) != nil: tags.append(digits)
            default: throw fields.wrong("\(tagsKey)[\(index)]", "a tag as text or a whole number", value)
            }
        }
        guard tags.count == words.count else {
            throw fields.wrong(tagsKey, "\(words.count) tags, one for each of “\(wordsKey)”", .array(values))
        }
        guard values.allSatisfy({ $0.string != nil }), options.tagging == .error else { return TaggedWords(words: words, tags: tags) }
        var checker = BIOChecker(tagging: .error)
        for tag in tags { _ = try checker.check(tag, at: place) }
        return TaggedWords(words: words, tags: tags)
    }
}

/// Words the prompts of Stanford's Alpaca.
///
/// Source: tatsu-lab/stanford_alpaca, `PROMPT_DICT`; the model must see them byte for byte.
enum AlpacaPrompt {
    static func stanford(_ instruction: String, input: String) -> String {
        let below = "Below is an instruction that describes a task"
        let request = "Write a response that appropriately completes the request.\n\n### Instruction:\n\(instruction)\n\n"
        return input.isEmpty
            ? "\(below). \(request)### Response:"
            : "\(below), paired with an input that provides further context. \(request)### Input:\n\(input)\n\n### Response:"
    }
}

/// Reads values of one kind, and says what is wrong with others.
struct FieldReader {
    let place: RowPlace
    let format: ExampleFormat

    func wrong(_ field: String, _ expected: String, _ found: RawJSON) -> DataError {
        .wrongField(at: place, format: format, field: field, expected: expected, found: found.kind)
    }

    func text(_ value: RawJSON, _ field: String, mayBeEmpty: Bool = false) throws(DataError) -> String {
        guard case .string(let text) = value else { throw wrong(field, "text in quotes", value) }
        guard mayBeEmpty || text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw wrong(field, "a text that is not empty", value)
        }
        return text
    }

    func list(_ value: RawJSON, _ field: String) throws(DataError) -> [RawJSON] {
        guard case .array(let items) = value else { throw wrong(field, "a list", value) }
        return items
    }

    /// One text as a list of one, or a list of at least one text.
    func texts(_ value: RawJSON, _ field: String, mayBeEmpty: Bool = false) throws(DataError) -> [String] {
        if case .string = value { return [try text(value, field)] }
        let items = try list(value, field)
        guard !items.isEmpty else { throw wrong(field, "a text, or a list of at least one", value) }
        var texts: [String] = []
        for (index, item) in items.enumerated() { texts.append(try text(item, "\(field)[\(index)]", mayBeEmpty: mayBeEmpty)) }
        return texts
    }
}
