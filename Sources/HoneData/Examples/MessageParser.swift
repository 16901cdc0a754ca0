// Tested by ExampleReaderTests.swift

/// Reads messages in OpenAI's shape and turns in ShareGPT's.
struct MessageParser {
    let fields: FieldReader

    static let roles = ["system", "developer", "user", "assistant", "tool", "function"]
    static let speakers = [
        "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant", "bing": "assistant",
        "bard": "assistant", "system": "system", "function_call": "assistant", "observation": "tool", "tool": "tool",
    ]

    func messages(_ value: RawJSON, _ path: String) throws(DataError) -> [Message] {
        let items = try fields.list(value, path)
        guard !items.isEmpty else { throw fields.wrong(path, "at least one message", value) }
        var messages: [Message] = []
        for (index, item) in items.enumerated() { messages.append(try message(item, "\(path)[\(index)]")) }
        return messages
    }

    private func message(_ value: RawJSON, _ path: String) throws(DataError) -> Message {
        guard let members = value.members else { throw fields.wrong(path, "an object with role and content", value) }
        // Some files have ShareGPT's turns under OpenAI's key.
        if value["role"] == nil, value["from"] != nil, value["value"] != nil { return try turn(value, path) }
        var role = try role(value, members, path)
        // OpenAI's old name; templates know the new one.
        if role == "function" { role = "tool" }
        var content = try content(value["content"] ?? .null, "\(path).content")
        var calls = try calls(value["tool_calls"], "\(path).tool_calls")
        if let call = value["function_call"], call != .null {
            calls.append(
                .object([
                    RawJSON.Member("type", .string("function")), RawJSON.Member("function", try function(call, "\(path).function_call")),
                ]))
        }
        if content == nil, case .string(let refusal)? = value["refusal"] { content = refusal }
        guard content != nil || !calls.isEmpty else {
            guard value["content"] != nil else {
                let keys = members.map(\.key)
                throw DataError.missingField(
                    at: fields.place, format: fields.format, field: "\(path).content", keys: keys,
                    suggestion: NearestName.find("content", in: keys))
            }
            throw fields.wrong("\(path).content", role == "assistant" ? "text, or tool_calls beside it" : "text", value["content"] ?? .null)
        }
        var raw: [RawJSON.Member] = []
        for member in members where !["weight", "train", "function_call", "refusal", "tool_calls"].contains(member.key) {
            guard member.key != "role" else {
                raw.append(RawJSON.Member("role", .string(role)))
                continue
            }
            raw.append(
                member.key == "content" && member.value == .null ? RawJSON.Member("content", content.map { .string($0) } ?? .null) : member)
        }
        if !raw.contains(where: { $0.key == "content" }) { raw.append(RawJSON.Member("content", content.map { .string($0) } ?? .null)) }
        if !calls.isEmpty { raw.append(RawJSON.Member("tool_calls", .array(calls))) }
        return Message(
            role: role, content: content, name: value["name"]?.string, toolCalls: calls, toolCallID: value["tool_call_id"]?.string,
            learned: try learned(value, path), raw: .object(raw))
    }

    private func role(_ value: RawJSON, _ members: [RawJSON.Member], _ path: String) throws(DataError) -> String {
        guard let found = value["role"] else {
            let keys = members.map(\.key)
            throw DataError.missingField(
                at: fields.place, format: fields.format, field: "\(path).role", keys: keys, suggestion: NearestName.find("role", in: keys))
        }
        guard let role = found.string, Self.roles.contains(role) else {
            let near = found.string.flatMap { NearestName.find($0, in: Self.roles) }.map { "“\($0)”, or another" } ?? "one"
            throw fields.wrong("\(path).role", "\(near) of \(Self.roles.joined(separator: ", "))", found)
        }
        return role
    }

    /// Text; the joined text parts of a list; nil for null.
    private func content(_ value: RawJSON, _ path: String) throws(DataError) -> String? {
        switch value {
        case .null: return nil
        case .string(let text): return text
        case .array(let parts):
            var text = ""
            for (index, part) in parts.enumerated() {
                guard part["type"]?.string == "text", let said = part["text"]?.string else {
                    throw fields.wrong("\(path)[\(index)]", #"a part such as {"type": "text", "text": "…"}"#, part)
                }
                text += said
            }
            return text
        default: throw fields.wrong(path, "text, null, or a list of text parts", value)
        }
    }

    private func learned(_ value: RawJSON, _ path: String) throws(DataError) -> Bool? {
        var learned: Bool?
        if let weight = value["weight"], weight != .null {
            guard case .number(let digits) = weight, let number = Double(digits), number == 0 || number == 1 else {
                throw fields.wrong("\(path).weight", "0 or 1", weight)
            }
            learned = number == 1
        }
        if let train = value["train"], train != .null {
            guard case .bool(let flag) = train else { throw fields.wrong("\(path).train", "true or false", train) }
            learned = flag
        }
        return learned
    }

    private func calls(_ value: RawJSON?, _ path: String) throws(DataError) -> [RawJSON] {
        guard let value, value != .null else { return [] }
        var calls: [RawJSON] = []
        for (index, call) in try fields.list(value, path).enumerated() {
            guard case .object(var members) = call else { throw fields.wrong("\(path)[\(index)]", "an object", call) }
            if let place = members.firstIndex(where: { $0.key == "function" }) {
                members[place].value = try function(members[place].value, "\(path)[\(index)].function")
                calls.append(.object(members))
            } else {
                calls.append(try function(call, "\(path)[\(index)]"))
            }
        }
        return calls
    }

    /// A function's name and arguments; arguments that are JSON in a string, as OpenAI has them, become an object.
    func function(_ value: RawJSON, _ path: String) throws(DataError) -> RawJSON {
        guard case .object(var members) = value, value["name"]?.string != nil else {
            throw fields.wrong(path, #"an object such as {"name": "…", "arguments": {…}}"#, value)
        }
        guard let place = members.firstIndex(where: { $0.key == "arguments" }) else { return value }
        switch members[place].value {
        case .object: return value
        case .string(let text):
            guard let arguments = text.isEmpty ? .object([]) : RawJSON.parse(text), arguments.members != nil else {
                throw fields.wrong("\(path).arguments", "a JSON object, or one as text", members[place].value)
            }
            members[place].value = arguments
            return .object(members)
        default: throw fields.wrong("\(path).arguments", "a JSON object, or one as text", members[place].value)
        }
    }

    /// A turn of ShareGPT: `from` and `value`, also written `role` and `content`.
    func turn(_ value: RawJSON, _ path: String) throws(DataError) -> Message {
        guard let members = value.members else { throw fields.wrong(path, "an object with from and value", value) }
        if value["from"] == nil, value["role"] != nil { return try message(value, path) }
        guard let from = value["from"] else {
            let keys = members.map(\.key)
            throw DataError.missingField(
                at: fields.place, format: fields.format, field: "\(path).from", keys: keys, suggestion: NearestName.find("from", in: keys))
        }
        let known = Self.speakers.keys.sorted()
        guard let speaker = from.string, let role = Self.speakers[speaker] else {
            let near = from.string.flatMap { NearestName.find($0, in: known) }.map { "“\($0)”, or another" } ?? "one"
            throw fields.wrong("\(path).from", "\(near) of \(known.joined(separator: ", "))", from)
        }
        let text = try fields.text(value["value"] ?? .null, "\(path).value", mayBeEmpty: role != "assistant")
        let learned = try learned(value, path)
        guard speaker == "function_call" else { return Message(role: role, content: text, learned: learned) }
        guard let parsed = RawJSON.parse(text) else {
            throw fields.wrong("\(path).value", #"a call as JSON, {"name": "…", "arguments": {…}}"#, .string(text))
        }
        var calls: [RawJSON] = []
        for call in parsed.items ?? [parsed] {
            let members = [RawJSON.Member("type", .string("function")), RawJSON.Member("function", try function(call, "\(path).value"))]
            calls.append(.object(members))
        }
        let raw: [RawJSON.Member] = [
            RawJSON.Member("role", .string(role)), RawJSON.Member("content", .null), RawJSON.Member("tool_calls", .array(calls)),
        ]
        return Message(role: role, content: nil, toolCalls: calls, learned: learned, raw: .object(raw))
    }
}

/// Reads rows with a better and a worse answer.
struct PreferenceParser {
    let row: ExampleParser
    let fields: FieldReader

    func preference() throws(DataError) -> Preference {
        let messages = MessageParser(fields: fields)
        let (chosen, rejected) = (try row.required("chosen"), try row.required("rejected"))
        let (chosenKey, rejectedKey) = (row.keys.name("chosen"), row.keys.name("rejected"))
        if fields.format == .openAIPreference {
            let input = try row.required("input")
            guard let members = input.members else { throw fields.wrong("input", "an object with messages", input) }
            let inner = ExampleParser(place: row.place, keys: row.keys, options: row.options, members: members)
            return Preference(
                prompt: try messages.messages(input["messages"] ?? .null, "input.messages"),
                chosen: try messages.messages(chosen, chosenKey), rejected: try messages.messages(rejected, rejectedKey),
                tools: try inner.tools(fields))
        }
        let tools = try row.tools(fields)
        var better = try side(chosen, chosenKey), worse = try side(rejected, rejectedKey)
        if let prompt = row["prompt"] {
            let said = try side(prompt, "prompt", as: "user")
            return Preference(prompt: said, chosen: better, rejected: worse, tools: tools)
        }
        // Without a prompt of its own, what both answers share is the prompt.
        let shared = zip(better, worse).prefix { $0 == $1 }.count
        let prompt = Array(better.prefix(min(shared, better.count - 1, worse.count - 1)))
        guard !prompt.isEmpty else {
            throw fields.wrong(rejectedKey, "the same messages as “\(chosenKey)” up to the last answer, or a prompt beside both", rejected)
        }
        better.removeFirst(prompt.count)
        worse.removeFirst(prompt.count)
        return Preference(prompt: prompt, chosen: better, rejected: worse, tools: tools)
    }

    private func side(_ value: RawJSON, _ path: String, as role: String = "assistant") throws(DataError) -> [Message] {
        if value.items != nil { return try MessageParser(fields: fields).messages(value, path) }
        if value.members != nil { return try MessageParser(fields: fields).messages(.array([value]), path) }
        let text = try fields.text(value, path)
        return Self.transcript(text) ?? [Message(role: role, content: text)]
    }

    /// The messages of a transcript in the manner of HH-RLHF: paragraphs that begin with `Human:` and `Assistant:`; nil for other text.
    static func transcript(_ text: String) -> [Message]? {
        let (human, assistant) = ("\n\nHuman:", "\n\nAssistant:")
        guard text.hasPrefix(human) else { return nil }
        var messages: [Message] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            let isHuman = rest.hasPrefix(human)
            rest = rest.dropFirst(isHuman ? human.count : assistant.count)
            let ends = [rest.firstRange(of: human), rest.firstRange(of: assistant)].compactMap { $0?.lowerBound }
            let end = ends.min() ?? rest.endIndex
            let said = rest[..<end].drop { $0.isWhitespace }
            let trimmed = said.reversed().drop { $0.isWhitespace }.reversed()
            messages.append(Message(role: isHuman ? "user" : "assistant", content: String(trimmed)))
            rest = rest[end...]
        }
        return messages
    }
}
