// Tested by BPETrainerTests.swift.
public import Foundation

/// Holds a byte-level BPE vocabulary that was learned, and writes it as a tokenizer that the ecosystem reads.
public struct TrainedBPE: Sendable, Equatable {
    /// Two tokens that become one.
    public struct Merge: Sendable, Equatable {
        /// The id of the first token.
        public var left: Int32
        /// The id of the second token.
        public var right: Int32

        /// Makes a merge.
        public init(left: Int32, right: Int32) { (self.left, self.right) = (left, right) }
    }

    /// Names the special tokens by what they do, and says what is put around a text.
    public struct Frame: Sendable, Equatable {
        /// What every text begins with; nil puts nothing there.
        public var begin: String?
        /// What ends a text.
        public var end: String?
        /// Whether `end` is put behind every text too.
        public var addsEnd: Bool
        /// What short rows are filled up with; nil where none is needed.
        public var pad: String?
        /// What hides a token; nil where none is needed.
        public var mask: String?
        /// What stands for text without a token; with an alphabet of all bytes nothing needs it, but libraries ask for one.
        public var unknown: String?

        /// Makes a frame.
        public init(
            begin: String? = nil, end: String? = nil, addsEnd: Bool = false, pad: String? = nil, mask: String? = nil, unknown: String? = nil
        ) {
            (self.begin, self.end, self.addsEnd, self.pad, self.mask, self.unknown) = (begin, end, addsEnd, pad, mask, unknown)
        }

        /// One token between documents, which begins each text: GPT-2's manner.
        public static let causal = Frame(begin: "<|endoftext|>", end: "<|endoftext|>")
        /// The tokens of RoBERTa: `<s>` before and `</s>` behind every text, and one that hides others.
        public static let masked = Frame(begin: "<s>", end: "</s>", addsEnd: true, pad: "<pad>", mask: "<mask>", unknown: "<unk>")
        /// The tokens of T5: the padding token first, with which a decoder begins, and `</s>` behind every text.
        public static let sequence = Frame(end: "</s>", addsEnd: true, pad: "<pad>", unknown: "<unk>")

        /// The different tokens, in the order of their ids.
        public var tokens: [String] {
            var tokens: [String] = []
            for case let token? in [begin, pad, end, unknown, mask] where !tokens.contains(token) { tokens.append(token) }
            return tokens
        }
    }

    /// The tokens by id: special ones, then characters, then merged ones, spelt in the byte alphabet.
    public var tokens: [String]
    /// The merges in the order in which they apply.
    public var merges: [Merge]
    /// How many of the first tokens are special.
    public var specialCount: Int
    /// How text is cut into words.
    public var pattern: BPETrainer.WordPattern

    /// The content of a `tokenizer.json`, as the `tokenizers` library writes it.
    public func tokenizerJSON(_ frame: Frame) -> Data {
        var text = "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n  \"added_tokens\": ["
        text += (0..<specialCount).map { id in
            "\n    {\"id\": \(id), \"content\": \(quoted(tokens[id])), \"single_word\": false, \"lstrip\": false, \"rstrip\": false, "
                + "\"normalized\": false, \"special\": true}"
        }.joined(separator: ",")
        text += "\n  ],\n  \"normalizer\": null,\n  \"pre_tokenizer\": \(preTokenizer),\n  \"post_processor\": \(postProcessor(frame)),\n"
        text += "  \"decoder\": {\"type\": \"ByteLevel\", \"add_prefix_space\": true, \"trim_offsets\": true, \"use_regex\": true},\n"
        text += "  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": null,\n"
        text += "    \"continuing_subword_prefix\": null,\n    \"end_of_word_suffix\": null,\n    \"fuse_unk\": false,\n"
        text += "    \"byte_fallback\": false,\n    \"ignore_merges\": false,\n    \"vocab\": {"
        for (id, token) in tokens.enumerated() { text += "\(id == 0 ? "" : ",")\n      \(quoted(token)): \(id)" }
        text += "\n    },\n    \"merges\": ["
        for (index, merge) in merges.enumerated() {
            text += "\(index == 0 ? "" : ",")\n      [\(quoted(tokens[Int(merge.left)])), \(quoted(tokens[Int(merge.right)]))]"
        }
        return Data((text + "\n    ]\n  }\n}\n").utf8)
    }

    /// Writes `tokenizer.json` and `tokenizer_config.json`, which the `tokenizers` library, Transformers and Hone read.
    ///
    /// - Parameter maximumLength: the longest text in tokens that the model takes; nil where nothing ends it.
    /// - Throws: the file system's error.
    public func write(to folder: URL, frame: Frame, maximumLength: Int?) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try tokenizerJSON(frame).write(to: folder.appending(path: "tokenizer.json"), options: .atomic)
        try configJSON(frame, maximumLength).write(to: folder.appending(path: "tokenizer_config.json"), options: .atomic)
    }

    private func configJSON(_ frame: Frame, _ maximumLength: Int?) -> Data {
        var members = [("tokenizer_class", quoted("PreTrainedTokenizerFast"))]
        if let maximumLength { members.append(("model_max_length", "\(maximumLength)")) }
        members.append(("clean_up_tokenization_spaces", "false"))
        let named = [
            ("bos_token", frame.begin), ("eos_token", frame.end), ("pad_token", frame.pad), ("mask_token", frame.mask),
            ("unk_token", frame.unknown),
        ]
        for case (let key, let token?) in named { members.append((key, quoted(token))) }
        return Data(("{\n" + members.map { "  \"\($0)\": \($1)" }.joined(separator: ",\n") + "\n}\n").utf8)
    }

    private var preTokenizer: String {
        func byteLevel(_ splits: Bool) -> String {
            "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": false, \"use_regex\": \(splits)}"
        }
        guard let expression = pattern.expression else { return byteLevel(true) }
        return "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", \"pattern\": {\"Regex\": \(quoted(expression))}, "
            + "\"behavior\": \"Isolated\", \"invert\": false}, \(byteLevel(false))]}"
    }

    private func postProcessor(_ frame: Frame) -> String {
        let byteLevel = "{\"type\": \"ByteLevel\", \"add_prefix_space\": true, \"trim_offsets\": false, \"use_regex\": true}"
        let around = [frame.begin, frame.addsEnd ? frame.end : nil].compactMap(\.self)
        guard !around.isEmpty else { return byteLevel }
        func token(_ token: String?, _ type: Int) -> [String] {
            token.map { ["{\"SpecialToken\": {\"id\": \(quoted($0)), \"type_id\": \(type)}}"] } ?? []
        }
        func text(_ name: String, _ type: Int) -> String { "{\"Sequence\": {\"id\": \"\(name)\", \"type_id\": \(type)}}" }
        let end = frame.addsEnd ? frame.end : nil
        let single = token(frame.begin, 0) + [text("A", 0)] + token(end, 0)
        // RoBERTa puts its end token twice between the texts of a pair; a model that only continues text begins the second anew.
        let pair = single + token(frame.addsEnd ? end : frame.begin, 0) + [text("B", 0)] + token(end, 0)
        var different: [String] = []
        for item in around where !different.contains(item) { different.append(item) }
        let special = different.map { item in
            let id = tokens.firstIndex(of: item) ?? 0
            return "\(quoted(item)): {\"id\": \(quoted(item)), \"ids\": [\(id)], \"tokens\": [\(quoted(item))]}"
        }
        return "{\"type\": \"TemplateProcessing\", \"single\": [\(single.joined(separator: ", "))], "
            + "\"pair\": [\(pair.joined(separator: ", "))], \"special_tokens\": {\(special.joined(separator: ", "))}}"
    }

    private func quoted(_ text: String) -> String {
        var result = ""
        PythonText.writeJSON(text, to: &result, ensureASCII: false)
        return result
    }
}
