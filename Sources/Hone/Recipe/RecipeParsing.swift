import Foundation
import Yams

/// Turns the text of a recipe, or of one override's value, into a tree with line numbers.
struct RecipeParsing {
    /// Larger files are not recipes; the bound keeps a wrong path from filling memory.
    static let maximumBytes = 1 << 20
    /// Bounds what aliases of aliases may expand to.
    private static let maximumValues = 20_000
    private static let maximumDepth = 32

    private var place: RecipeTree.Place
    private var values = 0

    private init(place: RecipeTree.Place) { self.place = place }

    /// Returns the tree of a YAML text, or nil if the text holds no value.
    static func yaml(_ text: String, place: RecipeTree.Place) throws(RecipeError) -> RecipeTree? {
        var parsing = RecipeParsing(place: place)
        let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text  // a byte order mark
        let node: Node?
        do {
            node = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw parsing.translated(error, text: text)
        } catch {
            throw .syntax(place.location(""), problem: "not YAML: \(error)")
        }
        guard let node else { return nil }
        return try parsing.tree(of: node, key: "", depth: 0)
    }

    /// Returns the tree of a JSON text, or nil if the text holds no value.
    static func json(_ text: String, place: RecipeTree.Place) throws(RecipeError) -> RecipeTree? {
        guard text.contains(where: { !$0.isWhitespace }) else { return nil }
        do {
            _ = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        } catch {
            let detail = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String
            throw .syntax(place.location(""), problem: "not JSON: \(detail ?? error.localizedDescription)")
        }
        // JSON is read as YAML for the sake of line numbers; only the escapes of surrogate pairs differ.
        return try yaml(joiningSurrogates(text), place: place)
    }

    // MARK: Nodes

    private func located(_ mark: Mark?) -> RecipeTree.Place { located(line: mark?.line) }

    private func located(line: Int?) -> RecipeTree.Place {
        var here = place
        if !here.isOverride { here.line = line }
        return here
    }

    private mutating func tree(of node: Node, key: String, depth: Int) throws(RecipeError) -> RecipeTree {
        let here = located(node.mark)
        values += 1
        guard depth <= Self.maximumDepth, values <= Self.maximumValues else {
            throw .syntax(here.location(key), problem: "nested or repeated too much for a recipe; write the values out")
        }
        switch node {
        case .scalar(let scalar):
            try refuse(tag: scalar.tag, at: here.location(key))
            return RecipeTree(content: content(of: scalar), place: here, spelling: scalar.string)
        case .sequence(let sequence):
            try refuse(tag: sequence.tag, at: here.location(key))
            var items: [RecipeTree] = []
            for (index, item) in sequence.enumerated() { items.append(try tree(of: item, key: "\(key)[\(index)]", depth: depth + 1)) }
            return RecipeTree(content: .list(items), place: here)
        case .mapping(let mapping):
            try refuse(tag: mapping.tag, at: here.location(key))
            return RecipeTree(content: .mapping(try entries(of: mapping, key: key, depth: depth)), place: here)
        case .alias:
            throw .syntax(here.location(key), problem: "an alias without its anchor")
        }
    }

    private mutating func entries(of mapping: Node.Mapping, key: String, depth: Int) throws(RecipeError) -> [RecipeTree.Entry] {
        var entries: [RecipeTree.Entry] = []
        var seen: Set<String> = []
        for (name, value) in mapping {
            let there = located(name.mark)
            guard case .scalar(let scalar) = name else { throw .syntax(there.location(key), problem: "a key must be text") }
            let path = key.isEmpty ? scalar.string : "\(key).\(scalar.string)"
            guard seen.insert(scalar.string).inserted else { throw .duplicateKey(there.location(path)) }
            entries.append(.init(key: scalar.string, place: there, value: try tree(of: value, key: path, depth: depth + 1)))
        }
        return entries
    }

    private func refuse(tag: Tag, at location: RecipeLocation) throws(RecipeError) {
        let name = tag.description
        guard ["", "!", Tag.Name.str.rawValue].contains(name) else {
            throw .syntax(location, problem: "the tag \(name) is not used in recipes; remove it")
        }
    }

    /// Reads a plain scalar by the core schema of YAML 1.2, in which `no` and `1_000` are text and `1e-4` is a number.
    private func content(of scalar: Node.Scalar) -> RecipeTree.Content {
        let text = scalar.string
        guard scalar.style == .plain, scalar.tag.description.isEmpty else { return .text(text) }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        case ".nan", ".NaN", ".NAN": return .number(.nan)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .number(.infinity)
        case "-.inf", "-.Inf", "-.INF": return .number(-.infinity)
        default: return Self.number(text) ?? .text(text)
        }
    }

    /// Reads a whole number (also `0x10`, `0o17`) or a decimal one; nil for anything else.
    ///
    /// Written out because it runs on every scalar, where a regular expression took most of the time.
    private static func number(_ text: String) -> RecipeTree.Content? {
        if text.hasPrefix("0x") { return Int(text.dropFirst(2), radix: 16).map { .integer($0) } }
        if text.hasPrefix("0o") { return Int(text.dropFirst(2), radix: 8).map { .integer($0) } }
        var rest = Substring(text).utf8
        func skip(_ bytes: String) -> Bool {
            guard let first = rest.first, bytes.utf8.contains(first) else { return false }
            rest.removeFirst()
            return true
        }
        func digits() -> Int {
            let count = rest.prefix { (0x30...0x39).contains($0) }.count
            rest.removeFirst(count)
            return count
        }
        _ = skip("+-")
        var count = digits()
        if rest.isEmpty, count > 0, let value = Int(text) { return .integer(value) }
        if skip(".") { count += digits() }
        guard count > 0 else { return nil }
        if skip("eE") {
            _ = skip("+-")
            guard digits() > 0 else { return nil }
        }
        return rest.isEmpty ? Double(text).map { .number($0) } : nil
    }

    // MARK: Errors of the parser

    private func translated(_ error: YamlError, text: String) -> RecipeError {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            if let indented = Self.tabIndented(text, near: mark.line) {
                return .syntax(located(line: indented).location(""), problem: "a tab in the indentation; use spaces")
            }
            if problem.contains("another document") {
                return .syntax(located(mark).location(""), problem: "a second document starts here; a recipe file holds one")
            }
            return .syntax(
                located(mark).location(""), problem: "not YAML: " + [problem, context?.text].compactMap(\.self).joined(separator: " "))
        case .duplicatedKeysInMapping(let keys, let context):
            return .duplicateKey(located(context.mark).location(keys.first ?? ""))
        case .reader(let problem, _, let value, _):
            return .syntax(place.location(""), problem: "not YAML: \(problem) (character \(value))")
        default:
            return .syntax(place.location(""), problem: "not YAML: \(error)")
        }
    }

    /// Finds a line indented with a tab, at or just before the line the parser stumbled on.
    private static func tabIndented(_ text: String, near line: Int) -> Int? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return [line, line - 1].first { number in
            lines.indices.contains(number - 1) && lines[number - 1].prefix { $0 == " " || $0 == "\t" }.contains("\t")
        }
    }

    /// Replaces `\ud83d\ude00` by the character it stands for; every other escape is the same in YAML.
    private static func joiningSurrogates(_ json: String) -> String {
        guard json.contains("\\u") else { return json }
        var output = ""
        var rest = json[...]
        while let slash = rest.firstIndex(of: "\\") {
            output += rest[..<slash]
            rest = rest[slash...]
            if let pair = rest.prefixMatch(of: /\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})/),
                let high = UInt16(pair.1, radix: 16), let low = UInt16(pair.2, radix: 16)
            {
                output += String(decoding: [high, low], as: UTF16.self)
                rest = rest[pair.range.upperBound...]
            } else {
                output += rest.prefix(2)
                rest = rest.dropFirst(2)
            }
        }
        return output + rest
    }
}
