public import Foundation

extension Recipe: Codable {
    /// Reads the recipe as strictly as from a file.
    ///
    /// - Throws: `RecipeError`, without file and line.
    public init(from decoder: any Decoder) throws { self = try Self.read(RecipeTree(from: decoder), "") }

    /// Writes every setting, defaults included.
    public func encode(to encoder: any Encoder) throws { try written().encode(to: encoder) }
}

extension Recipe {
    /// Returns the recipe as JSON with every setting written out and keys sorted: equal recipes give equal text.
    public func json() -> String { written().json(indent: 0, sorted: true) + "\n" }

    /// Returns the recipe as YAML with every setting written out, in the order of the reference.
    public func yaml() -> String { written().yamlLines(indent: 0).joined(separator: "\n") + "\n" }

    /// Returns the recipe with every path absolute; relative ones start at `folder`, and `~/` at the home folder.
    public func resolved(relativeTo folder: URL) -> Recipe {
        func absolute(_ path: String) -> String {
            let path = path.hasPrefix("~/") ? (path as NSString).expandingTildeInPath : path
            return URL(filePath: path, relativeTo: folder.absoluteURL).standardizedFileURL.path(percentEncoded: false)
        }
        func absolute(_ rows: DataSpec.HeldOut) -> DataSpec.HeldOut {
            if case .file(let path) = rows { .file(absolute(path)) } else { rows }
        }
        var recipe = self
        recipe.model = model.mapping(paths: absolute)
        recipe.data.train = absolute(data.train)
        recipe.data.validation = absolute(data.validation)
        recipe.data.test = absolute(data.test)
        recipe.output.folder = absolute(output.folder)
        if case .lora(var lora) = tuning {
            lora.initialAdapter = lora.initialAdapter.map(absolute)
            recipe.tuning = .lora(lora)
        }
        return recipe
    }
}

extension RecipeTree {
    /// The value as JSON on one line.
    var compact: String {
        switch content {
        case .list(let items): "[" + items.map(\.compact).joined(separator: ", ") + "]"
        case .mapping(let entries): "{" + entries.map { "\(Self.quoted($0.key)): \($0.value.compact)" }.joined(separator: ", ") + "}"
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): Self.shortest(value)
        case .text(let text): Self.quoted(text)
        }
    }

    fileprivate func json(indent: Int, sorted: Bool) -> String {
        guard case .mapping(let entries) = content, !entries.isEmpty else { return compact }
        let margin = String(repeating: " ", count: indent + 2)
        let ordered = sorted ? entries.sorted { $0.key < $1.key } : entries
        let lines = ordered.map { "\(margin)\(Self.quoted($0.key)): \($0.value.json(indent: indent + 2, sorted: sorted))" }
        return "{\n" + lines.joined(separator: ",\n") + "\n" + String(repeating: " ", count: indent) + "}"
    }

    fileprivate func yamlLines(indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        return (entries ?? []).flatMap { entry -> [String] in
            let start = margin + Self.plain(entry.key) + ":"
            if let inner = entry.value.entries, !inner.isEmpty { return [start] + entry.value.yamlLines(indent: indent + 2) }
            return [start + " " + entry.value.inlineYAML]
        }
    }

    private var inlineYAML: String {
        switch content {
        case .text(let text): Self.plain(text)
        case .list(let items): "[" + items.map(\.inlineYAML).joined(separator: ", ") + "]"
        default: compact
        }
    }

    /// Text without quotes where no YAML reader, of version 1.1 or 1.2, could take it for anything else.
    private static func plain(_ text: String) -> String {
        let words: Set = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }
        guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: "/"), !words.contains(text.lowercased()) else {
            return quoted(text)
        }
        let isPlain = text.utf8.allSatisfy { isLetter($0) || "0123456789_/.-".utf8.contains($0) }
        return isPlain ? text : quoted(text)
    }

    /// A number in as few digits as bring it back: `3`, `0.0001`, `1e-08`.
    private static func shortest(_ value: Double) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// True for control and line-breaking characters, and for what YAML does not print.
    private static func isUnprintable(_ value: UInt32) -> Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || [0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF].contains(value)
    }

    /// A JSON string, which is also a YAML string.
    private static func quoted(_ text: String) -> String {
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\t": output += "\\t"
            case "\r": output += "\\r"
            case _ where isUnprintable(scalar.value):
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }
}
