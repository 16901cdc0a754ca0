/// A chat template: a Jinja template that makes one text of a conversation, with the settings Transformers renders it with.
///
/// `trim_blocks` and `lstrip_blocks` are on, `break`, `continue` and `{% generation %}` are known, and a template sees nothing but the values
/// passed to ``render(messages:tools:documents:addGenerationPrompt:continueFinalMessage:variables:now:)``. It is parsed once and may be used
/// by many threads at a time.
public struct ChatTemplate: Sendable {
    /// The template's text, for records and exports.
    public let source: String
    /// The name errors give: a file's name, or the name of a built-in template.
    public let name: String
    /// The template for conversations with tools, where the folder has a separate one.
    public let toolSource: String?
    /// Variables the template gets unless the caller passes others: the folder's special tokens, such as `bos_token`.
    public var variables: TemplateObject
    /// Bounds of one rendering.
    public var limits = TemplateLimits()

    private let program: JinjaProgram
    private let toolProgram: JinjaProgram?

    /// Parses a template.
    ///
    /// - Throws: `TemplateError.syntax` with the line.
    public init(_ source: String, name: String) throws(TemplateError) {
        try self.init(source, name: name, toolSource: nil, variables: TemplateObject())
    }

    init(_ source: String, name: String, toolSource: String?, variables: TemplateObject) throws(TemplateError) {
        (self.source, self.name, self.toolSource, self.variables) = (source, name, toolSource, variables)
        program = try JinjaParser.parse(source, name: name)
        toolProgram = if let toolSource { try JinjaParser.parse(toolSource, name: "\(name) (tool_use)") } else { nil }
    }

    /// A 64-bit FNV-1a hash of ``source`` and ``toolSource`` as 16 hexadecimal digits: equal templates have equal fingerprints.
    public var fingerprint: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in Array(source.utf8) + (toolSource.map { [0] + Array($0.utf8) } ?? []) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Renders a conversation, as `apply_chat_template(…, tokenize=False)` of Transformers does.
    ///
    /// - Parameters:
    ///   - messages: Objects, as a rule with `role` and `content`.
    ///   - tools: Descriptions of functions; `nil` when there are none to offer.
    ///   - documents: Objects for templates that quote documents.
    ///   - addGenerationPrompt: Whether the text ends with the beginning of the assistant's next message.
    ///   - continueFinalMessage: Whether the text ends inside the last message, so that a model goes on writing it.
    ///   - variables: Further variables; these win over ``variables``.
    ///   - now: The date `strftime_now` shows. A template that asks for the date fails without it.
    /// - Throws: `TemplateError.raised` when the template refuses the conversation, `failed`, `limit` or `input` otherwise.
    public func render(
        messages: [TemplateValue], tools: [TemplateValue]? = nil, documents: [TemplateValue]? = nil, addGenerationPrompt: Bool,
        continueFinalMessage: Bool = false, variables: [String: TemplateValue] = [:], now: TemplateDate? = nil
    ) throws(TemplateError) -> String {
        guard !(addGenerationPrompt && continueFinalMessage) else {
            throw .input(template: name, problem: "a prompt for a new message and the continuation of the last one exclude each other")
        }
        var chat: [TemplateValue] = []
        chat.reserveCapacity(messages.count)
        for (index, message) in messages.enumerated() {
            guard let object = message.object else {
                throw .input(template: name, problem: "message \(index + 1) is no object but \(message.json.prefix(60))")
            }
            chat.append(.object(Self.aliased(object)))
        }
        for (list, kind) in [(tools, "tool"), (documents, "document")] {
            for (index, item) in (list ?? []).enumerated() where item.object == nil {
                throw .input(template: name, problem: "\(kind) \(index + 1) is no object but \(item.json.prefix(60))")
            }
        }
        let template = tools != nil ? toolProgram ?? program : program
        let final = continueFinalMessage ? try tagFinal(&chat, template: tools != nil ? toolSource ?? source : source) : nil
        let renderer = JinjaRenderer(template, limits: limits, now: now)
        for (key, value) in zip(self.variables.keys, self.variables.values) { renderer.define(key, JinjaValue(value)) }
        for (key, value) in variables { renderer.define(key, JinjaValue(value)) }
        renderer.define("messages", .array(chat.map(JinjaValue.init)))
        renderer.define("tools", tools.map { .array($0.map(JinjaValue.init)) } ?? .null)
        renderer.define("documents", documents.map { .array($0.map(JinjaValue.init)) } ?? .null)
        renderer.define("add_generation_prompt", .bool(addGenerationPrompt))
        let text = try renderer.render()
        return if let final { try cut(text, after: final) } else { text }
    }

    /// Renders with the given variables only, for templates that are not of conversations.
    func render(variables: TemplateObject, now: TemplateDate? = nil) throws(TemplateError) -> String {
        let renderer = JinjaRenderer(program, limits: limits, now: now)
        for (key, value) in zip(variables.keys, variables.values) { renderer.define(key, JinjaValue(value)) }
        return try renderer.render()
    }

    /// The names a message's reasoning goes by, in the order in which they count.
    private static let reasoningNames = ["reasoning_content", "thinking", "reasoning"]

    /// Gives reasoning under any of its names both as `reasoning_content` and as `thinking`, as Transformers does.
    private static func aliased(_ message: TemplateObject) -> TemplateObject {
        guard let reasoning = reasoningNames.lazy.compactMap({ message[$0] }).first(where: { $0 != .null }) else { return message }
        var result = TemplateObject([("thinking", reasoning)] + zip(message.keys, message.values))
        result["reasoning_content"] = reasoning
        return result
    }

    private static let tag = "CONTINUE_FINAL_MESSAGE_TAG "

    /// Marks the end of the last message and returns its text.
    private func tagFinal(_ chat: inout [TemplateValue], template: String) throws(TemplateError) -> String {
        func wrong(_ problem: String) -> TemplateError {
            .input(template: name, problem: "the final message cannot be continued: \(problem)")
        }
        guard var last = chat.last?.object else { throw wrong("there are no messages") }
        guard template.contains("content") else { throw wrong("the template does not use “content”") }
        switch last["content"] {
        case .string(let text)?:
            last["content"] = .string(text + Self.tag)
            chat[chat.count - 1] = .object(last)
            return text
        case .array(var parts)?:
            guard let index = parts.lastIndex(where: { $0.object?["text"] != nil }), var part = parts[index].object,
                let text = part["text"]?.string
            else { throw wrong("it has no text") }
            part["text"] = .string(text + Self.tag)
            parts[index] = .object(part)
            last["content"] = .array(parts)
            chat[chat.count - 1] = .object(last)
            return text
        default: throw wrong("it has no “content”")
        }
    }

    private func cut(_ text: String, after final: String) throws(TemplateError) -> String {
        let tag = Array(PythonText.strip(Self.tag).utf8)
        let bytes = Array(text.utf8)
        guard PythonText.contains(text, PythonText.strip(final)), let place = PythonText.occurrences(of: tag, in: bytes).last else {
            throw .input(
                template: name,
                problem: "the final message cannot be continued: the template drops or changes its text “\(final.prefix(60))”")
        }
        let before = String(decoding: bytes[..<place], as: UTF8.self)
        let keepsSpace = bytes[place...].starts(with: Self.tag.utf8)
        return keepsSpace ? before : PythonText.strip(before, left: false)
    }
}
