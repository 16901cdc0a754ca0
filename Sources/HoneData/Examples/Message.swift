// Tested by ExampleReaderTests.swift

/// Holds one message of a conversation.
public struct Message: Sendable, Equatable {
    /// Who speaks: `system`, `developer`, `user`, `assistant`, `tool` or `function`.
    public var role: String
    /// What is said; nil where the message has tool calls only.
    ///
    /// Text parts of a list are joined without anything between.
    public var content: String?
    /// The speaker's or the tool's name.
    public var name: String?
    /// The calls, as JSON whose `function.arguments` is an object.
    public var toolCalls: [RawJSON]
    /// Which call a tool's message answers.
    public var toolCallID: String?
    /// Whether the data says that the turn is (not) to be learned: `weight` 1 or 0, or `train`; nil where it does not say.
    public var learned: Bool?
    /// The message as the chat template reads it: all keys of the data but `weight` and `train`, arguments as objects.
    public var raw: RawJSON

    /// Makes a message of text.
    public init(role: String, content: String, learned: Bool? = nil) {
        (self.role, self.content, self.learned) = (role, content, learned)
        (name, toolCalls, toolCallID) = (nil, [], nil)
        raw = .object([RawJSON.Member("role", .string(role)), RawJSON.Member("content", .string(content))])
    }

    /// Makes a message with tool calls; `raw` is what the template reads.
    public init(
        role: String, content: String?, name: String? = nil, toolCalls: [RawJSON] = [], toolCallID: String? = nil, learned: Bool? = nil,
        raw: RawJSON
    ) {
        (self.role, self.content, self.name, self.toolCalls) = (role, content, name, toolCalls)
        (self.toolCallID, self.learned, self.raw) = (toolCallID, learned, raw)
    }

    /// Whether the model is the speaker.
    public var isAssistant: Bool { role == "assistant" }

    /// The message with an empty text where it has none.
    var withEmptyText: Message {
        guard raw["content"] == .null, case .object(var members) = raw else { return self }
        for index in members.indices where members[index].key == "content" { members[index].value = .string("") }
        var copy = self
        copy.raw = .object(members)
        return copy
    }

    /// The message with the arguments of its calls as JSON text.
    var withArgumentsAsText: Message {
        guard !toolCalls.isEmpty, case .object(var members) = raw else { return self }
        func spelt(_ call: RawJSON) -> RawJSON {
            guard case .object(var members) = call else { return call }
            for index in members.indices {
                switch (members[index].key, members[index].value) {
                case ("function", let function): members[index].value = spelt(function)
                case ("arguments", .object): members[index].value = .string(members[index].value.spacedText)
                default: break
                }
            }
            return .object(members)
        }
        for index in members.indices where members[index].key == "tool_calls" {
            members[index].value = .array((members[index].value.items ?? []).map(spelt))
        }
        var copy = self
        copy.raw = .object(members)
        return copy
    }

    /// The message with another text, as the template would read it.
    func saying(_ text: String) -> Message {
        var copy = self
        copy.content = text
        guard case .object(var members) = raw else { return copy }
        members.removeAll { $0.key == "content" }
        members.insert(RawJSON.Member("content", .string(text)), at: min(1, members.count))
        copy.raw = .object(members)
        return copy
    }
}

/// Holds a conversation with what its template needs.
public struct Conversation: Sendable, Equatable {
    /// The messages in order.
    public var messages: [Message]
    /// The tools the model may call, as JSON; nil where the data has none.
    public var tools: [RawJSON]?
    /// What the data gives the template besides, for example `parallel_tool_calls`.
    public var variables: [RawJSON.Member]

    /// Makes a conversation.
    public init(messages: [Message], tools: [RawJSON]? = nil, variables: [RawJSON.Member] = []) {
        (self.messages, self.tools, self.variables) = (messages, tools, variables)
    }
}
