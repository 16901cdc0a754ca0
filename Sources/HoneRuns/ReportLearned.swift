// Tested by ReportPageTests.swift

/// Shows the certificate of what is learned, as the record has it: which tokens count, how turns end, what the template left out.
struct ReportLearned {
    private let certificates: [(split: String, values: JSONValue)]
    private let template: String?
    private let stops: [(token: String, why: String)]

    /// Nil where the record has no certificate.
    init?(_ report: JSONValue?) {
        guard let report, let splits = report["certificates"] else { return nil }
        certificates = ["train", "validation", "test"].compactMap { split in splits[split].map { (split, $0) } }
        guard !certificates.isEmpty else { return nil }
        if case .string(let name)? = report["template"] { template = name } else { template = nil }
        if case .object(let tokens)? = report["stops"] {
            stops = tokens.sorted { $0.key < $1.key }.map { ($0.key, $0.value.text) }
        } else {
            stops = []
        }
    }

    /// Whether a key of the checks, such as `certificates.train.rows`, is shown here.
    static func shows(_ key: String) -> Bool {
        key.hasPrefix("certificates.") || key.hasPrefix("stops.") || key == "template" || key.contains(".histogram")
    }

    private struct Line {
        var title: String
        var value: (JSONValue) -> String
        /// Whether the line is only shown where some split has a number other than 0.
        var mayHide = false
    }

    private static func number(_ key: String) -> (JSONValue) -> String { { Markup.whole(count($0, key)) } }

    private static func count(_ values: JSONValue, _ path: String) -> Int {
        var value: JSONValue? = values
        for key in path.split(separator: ".") { value = value?[String(key)] }
        if case .integer(let number)? = value { return Int(number) }
        return 0
    }

    private static func share(_ part: String, of whole: String) -> (JSONValue) -> String {
        { values in
            let total = count(values, whole)
            return total == 0 ? "–" : Markup.percent(Double(count(values, part)) / Double(total))
        }
    }

    private static var lines: [Line] {
        [
            Line(title: "Rows", value: number("rows")), Line(title: "Tokens", value: number("tokens")),
            Line(title: "Learned tokens", value: number("learnedTokens")),
            Line(title: "Share learned", value: share("learnedTokens", of: "tokens")),
            Line(title: "Learned turns", value: number("turns"), mayHide: true),
            Line(title: "Turns that end in a stop token", value: share("turnsEndingInStop", of: "turns"), mayHide: true),
            Line(title: "Turns that were cut", value: number("cutTurns"), mayHide: true),
            Line(title: "Turns found by changing their text", value: number("searchedTurns"), mayHide: true),
            Line(title: "Rows with one begin token", value: number("beginTokens.one"), mayHide: true),
            Line(title: "Rows without a begin token", value: number("beginTokens.none"), mayHide: true),
            Line(title: "Texts that the template left out", value: number("droppedTexts"), mayHide: true),
            Line(title: "Tokens across the edge of a turn", value: number("straddlingTokens"), mayHide: true),
            Line(title: "Rows that were split", value: number("splitRows"), mayHide: true),
            Line(title: "Parts left out, nothing to learn", value: number("partsLearningNothing"), mayHide: true),
        ]
    }

    /// A table with a column for each split, and below it template and stop tokens.
    var html: String {
        let head = certificates.map { "<th class=\"n\">\(Markup.escape($0.split))</th>" }.joined()
        let rows = Self.lines.compactMap { line -> String? in
            let cells = certificates.map { line.value($0.values) }
            if line.mayHide, cells.allSatisfy({ $0 == "0" || $0 == "–" }) { return nil }
            return "<tr><td>\(line.title)</td>" + cells.map { "<td class=\"n\">\($0)</td>" }.joined() + "</tr>"
        }
        var facts: [(String, String)] = []
        if let template { facts.append(("Chat template", template)) }
        facts += stops.map { ("Stop token \($0.token)", $0.why) }
        return "<div class=\"scroll\"><table><thead><tr><th></th>\(head)</tr></thead><tbody>\(rows.joined())</tbody></table></div>"
            + (facts.isEmpty ? "" : Markup.facts(facts))
    }
}
