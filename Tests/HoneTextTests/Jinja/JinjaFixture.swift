import Foundation

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

    /// Compares every conversation × kind for the templates of a fixture file; returns how many were compared and what differed.
    static func compare(_ file: String, source: (String) throws -> String) throws -> (count: Int, differences: [String]) {
        let conversations = try object("conversations.json")
        let talks = conversations["conversations"]?.array ?? []
        let reference = ProcessInfo.processInfo.environment["HONE_TEMPLATE_REFERENCE"].map { URL(filePath: $0) }
        var (count, differences) = (0, [String]())
        for row in try object(file)["templates"]?.array ?? [] {
            guard let name = row.object?["template"]?.string, let hashes = row.object?["expected"]?.string?.split(separator: " ") else {
                continue
            }
            let text = try source(name)
            var template = try ChatTemplate(text, name: name)
            template.variables = conversations["tokens"]?.object ?? TemplateObject()
            if fnv(text) != row.object?["source"]?.string { differences.append("\(name): the template is another one") }
            for (index, talk) in talks.enumerated() {
                for (place, kind) in ["0", "1", "c"].enumerated() {
                    let found = outcome { () throws(TemplateError) in
                        try template.render(
                            messages: talk.object?["messages"]?.array ?? [], tools: talk.object?["tools"]?.array,
                            addGenerationPrompt: kind == "1", continueFinalMessage: kind == "c", now: now)
                    }
                    count += 1
                    if fnv(found) != hashes[index * 3 + place] { differences.append("\(name) \(index)-\(kind): \(found.prefix(300))") }
                    if let reference {
                        let wanted = try String(contentsOf: reference.appending(path: "\(name)/\(index)-\(kind).txt"), encoding: .utf8)
                        if !sameText(wanted, found) { differences.append("\(name) \(index)-\(kind): expected \(wanted.debugDescription)") }
                    }
                }
            }
        }
        return (count, differences)
    }
}
