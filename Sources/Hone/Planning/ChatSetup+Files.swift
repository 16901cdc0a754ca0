// Tested by LanguageRunTests.swift.
internal import Foundation
internal import HoneModels
internal import HoneText

extension ChatSetup {
    /// Writes what a folder needs to be talked to as it was trained: the template, and every stop token.
    ///
    /// - Parameter isUsed: whether the template was trained with; otherwise only the stop tokens are written.
    func write(to folder: URL, isUsed: Bool) throws {
        if isUsed {
            // Strings in tokenizer_config.json would win in some readers over the file: both must say the same.
            let source = writtenSource
            try Data(source.utf8).write(to: folder.appending(path: "chat_template.jinja"), options: .atomic)
            try setKey("chat_template", source, in: folder.appending(path: "tokenizer_config.json"), addsFile: false)
        }
        let stops = tokens.stops.sorted().map(Int.init)
        guard let first = stops.first else { return }
        let file = folder.appending(path: "generation_config.json")
        try setKey("eos_token_id", stops.count == 1 ? first as Any : stops as Any, in: file, addsFile: true)
    }

    /// The template as others read it: what it writes is all that they give the model.
    ///
    /// Hone puts the token that begins every text before a template that does not write it. Transformers and servers take a template's text
    /// as it is, so the template that they read writes the token itself.
    private var writtenSource: String {
        guard tokens.addsBegin, let begin = tokenizer.specialTokens.bos?.text,
            let text = try? self.text([Message(role: "user", content: "a")]), !text.hasPrefix(begin)
        else { return template.source }
        return "{{- bos_token }}" + template.source
    }

    private func setKey(_ key: String, _ value: Any, in file: URL, addsFile: Bool) throws {
        var values: [String: Any] = [:]
        if let data = try? Data(contentsOf: file) {
            guard let found = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
                throw ModelError.badConfig(file: file.path, reason: "it is not a JSON object")
            }
            values = found
        } else if !addsFile {
            return
        }
        values[key] = value
        let data = try JSONSerialization.data(withJSONObject: values, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        try data.write(to: file, options: .atomic)
    }
}
