import Foundation
import Testing

@testable import HoneText

/// Files of Fixtures/make/chat_templates.py.
enum JinjaFixture {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/chat")

    static func object(_ name: String) throws -> TemplateObject {
        try TemplateValue(json: Data(contentsOf: folder.appending(path: name)), file: name).object ?? TemplateObject()
    }

    static let now = TemplateDate(year: 2026, month: 11, day: 3, hour: 14, minute: 5, second: 9)

    /// What the script writes for a rendering: the text, `!raised:message` or `!failed`.
    static func outcome(_ render: () throws(TemplateError) -> String) -> String {
        do {
            return try render()
        } catch .raised(_, _, let message) {
            return "!raised:" + message
        } catch {
            return "!failed"
        }
    }

    static func fnv(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// One letter for how a rendering went, as the script writes it.
    private static func letter(_ render: () throws(TemplateError) -> String) -> Character {
        do {
            _ = try render()
            return "o"
        } catch .raised {
            return "r"
        } catch .input {
            return "i"
        } catch .failed(_, _, let problem) where ["is undefined", "has no attribute", "has no element"].contains(where: problem.contains) {
            return "u"
        } catch {
            return "f"
        }
    }

    private struct Talk {
        var messages: [TemplateValue]
        var tools: [TemplateValue]?
        var documents: [TemplateValue]?
    }

    /// The conversations that test edges, then those of a profile.
    private static func talks(_ profile: String) throws -> [Talk] {
        let edges = (try object("conversations.json")["conversations"]?.array ?? []).map {
            Talk(messages: $0.object?["messages"]?.array ?? [], tools: $0.object?["tools"]?.array, documents: nil)
        }
        let pool = try object("pool.json")
        let lists = try ["messages", "tools", "documents"].map { name in try #require(pool[name]?.array, "\(name)") }
        let made = try #require(try object("conversations-\(profile).json")["conversations"]?.string)
        let rows = made.split(separator: "|").map { row in
            let parts = zip(row.split(separator: ";"), lists).map { part, list in
                part == "-" ? nil : part.split(separator: " ").compactMap { Int($0) }.map { list[$0] }
            }
            return Talk(messages: parts[0] ?? [], tools: parts[1], documents: parts[2])
        }
        return edges + rows
    }

    struct Result {
        /// Cases compared, by template, and how many of them rendered.
        var counts: [String: (all: Int, rendered: Int)] = [:]
        var differences: [String] = []
    }

    /// Compares every conversation × kind for the templates of a fixture file.
    static func compare(_ file: String, source: (String) throws -> String) throws -> Result {
        let tokens = try object("conversations.json")["tokens"]?.object ?? TemplateObject()
        let reference = ProcessInfo.processInfo.environment["HONE_TEMPLATE_REFERENCE"].map { URL(filePath: $0) }
        var result = Result()
        for row in try object(file)["templates"]?.array ?? [] {
            let row = try #require(row.object)
            let name = try #require(row["template"]?.string), profile = try #require(row["profile"]?.string)
            let hashes = Array(try #require(row["hashes"]?.string)), outcomes = Array(try #require(row["outcomes"]?.string))
            let text = try source(name)
            var template = try ChatTemplate(text, name: name)
            template.variables = tokens
            for (key, value) in zip(row["variables"]?.object?.keys ?? [], row["variables"]?.object?.values ?? []) {
                template.variables[key] = value
            }
            if fnv(text) != row["source"]?.string { result.differences.append("\(name): the template is another one") }
            let talks = try talks(profile)
            try #require(hashes.count == talks.count * 8 && outcomes.count == talks.count * 3)
            for (index, talk) in talks.enumerated() {
                var texts: [String] = []
                for (place, kind) in ["0", "1", "c"].enumerated() {
                    func render() throws(TemplateError) -> String {
                        try template.render(
                            messages: talk.messages, tools: talk.tools, documents: talk.documents, addGenerationPrompt: kind == "1",
                            continueFinalMessage: kind == "c", now: now)
                    }
                    let found = outcome(render), how = letter(render)
                    texts.append(found)
                    result.counts[name, default: (0, 0)].all += 1
                    if how == "o" { result.counts[name, default: (0, 0)].rendered += 1 }
                    let wanted = outcomes[index * 3 + place]
                    if how != wanted {
                        result.differences.append("\(name) \(index)-\(kind): \(wanted) was expected, found \(how): \(found.prefix(300))")
                    }
                    if let reference {
                        let wanted = try String(contentsOf: reference.appending(path: "\(name)/\(index)-\(kind).txt"), encoding: .utf8)
                        if !sameText(wanted, found) {
                            result.differences.append("\(name) \(index)-\(kind): expected \(wanted.debugDescription)")
                        }
                    }
                }
                if fnv(texts.joined(separator: "\0")).suffix(8) != String(hashes[index * 8..<index * 8 + 8]) {
                    result.differences.append("\(name) \(index): \(texts.map { String($0.prefix(200)) })")
                }
            }
        }
        return result
    }
}
