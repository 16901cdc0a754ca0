// Tested by ChatTemplateTests.swift.
public import Foundation

extension ChatTemplate {
    /// The template of a model's folder, with the folder's special tokens as variables.
    ///
    /// `chat_template.jinja` comes first (with `additional_chat_templates/tool_use.jinja` for conversations with tools), then
    /// `chat_template.json`, then `chat_template` in `tokenizer_config.json`; the last two may hold one text or a list of
    /// `{"name": …, "template": …}`, of which `default` is used and `tool_use` when tools are given.
    ///
    /// - Returns: `nil` when the folder has no template.
    /// - Throws: `TemplateError.file` for a file that cannot be read or has no usable template, `syntax` for a wrong template.
    public init?(folder: URL) throws(TemplateError) {
        let config = try Self.json(folder, "tokenizer_config.json")
        var variables = TemplateObject()
        // Where both files name a token, tokenizer_config.json wins.
        for file in [try Self.json(folder, "special_tokens_map.json"), config] {
            guard let object = file?.object else { continue }
            for (key, value) in zip(object.keys, object.values) where key.hasSuffix("_token") {
                if let token = value.string ?? value.object?["content"]?.string { variables[key] = .string(token) }
            }
        }
        if let source = try Self.text(folder, "chat_template.jinja") {
            let tools = try Self.text(folder, "additional_chat_templates/tool_use.jinja")
            try self.init(source, name: "chat_template.jinja", toolSource: tools, variables: variables)
            return
        }
        for (file, name) in [(try Self.json(folder, "chat_template.json"), "chat_template.json"), (config, "tokenizer_config.json")] {
            guard let value = file?.object?["chat_template"], value != .null else { continue }
            let (source, tools) = try Self.choose(value, path: folder.appending(path: name).path)
            try self.init(source, name: name, toolSource: tools, variables: variables)
            return
        }
        return nil
    }

    private static func choose(_ value: TemplateValue, path: String) throws(TemplateError) -> (String, String?) {
        if let source = value.string { return (source, nil) }
        var named: [(String, String)] = []
        if let object = value.object {
            for (key, value) in zip(object.keys, object.values) { if let text = value.string { named.append((key, text)) } }
        }
        for item in value.array ?? [] {
            guard let name = item.object?["name"]?.string, let text = item.object?["template"]?.string else {
                throw .file(path: path, problem: "an entry of “chat_template” has no “name” and “template”")
            }
            named.append((name, text))
        }
        guard let source = named.first(where: { $0.0 == "default" })?.1 else {
            let names = named.map { "“\($0.0)”" }.joined(separator: ", ")
            throw .file(path: path, problem: "“chat_template” has no template named “default”, only \(names.isEmpty ? "none" : names)")
        }
        return (source, named.first { $0.0 == "tool_use" }?.1)
    }

    private static func text(_ folder: URL, _ name: String) throws(TemplateError) -> String? {
        guard let data = try data(folder, name) else { return nil }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw .file(path: folder.appending(path: name).path, problem: "the text is not UTF-8")
        }
        return text
    }

    private static func json(_ folder: URL, _ name: String) throws(TemplateError) -> TemplateValue? {
        guard let data = try data(folder, name) else { return nil }
        return try TemplateValue(json: data, file: folder.appending(path: name).path)
    }

    private static func data(_ folder: URL, _ name: String) throws(TemplateError) -> Data? {
        let file = folder.appending(path: name)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        do {
            return try Data(contentsOf: file)
        } catch {
            throw .file(path: file.path, problem: "the file cannot be read: \(error.localizedDescription)")
        }
    }
}
