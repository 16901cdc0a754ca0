/// Names what a column is used for; the raw value is the recipe's key under `data`.
public enum ColumnRole: String, Codable, Sendable, CaseIterable {
    /// The text, or the first text of a pair.
    case text
    /// The second text of a pair.
    case pair
    /// What is to be predicted.
    case label
}

/// Holds the column names that the recipe gives; nil means that the column is found by its name.
public struct ColumnMapping: Codable, Sendable, Equatable {
    /// The column with the text.
    public var text: String?
    /// The column with the second text.
    ///
    /// When `text` is given and this is not, rows have one text.
    public var pair: String?
    /// The column with the label, the labels or the number.
    public var label: String?
    /// What stands between labels in a CSV or TSV cell; nil finds `|` or `;`.
    public var labelSeparator: String?

    /// Makes a mapping; everything left out is found.
    public init(text: String? = nil, pair: String? = nil, label: String? = nil, labelSeparator: String? = nil) {
        self.text = text
        self.pair = pair
        self.label = label
        self.labelSeparator = labelSeparator
    }
}

/// Reports which columns of a file were used.
public struct ColumnChoice: Codable, Sendable, Equatable {
    /// The column of the text.
    public var text: String
    /// The column of the second text.
    public var pair: String?
    /// The column of the target; nil when targets were not asked for.
    public var label: String?
    /// What stands between labels in a cell of a multi-label CSV; nil if no cell has two labels.
    public var labelSeparator: String?
    /// The roles whose column the recipe named; the others were found by name.
    public var mapped: [ColumnRole]
    /// All columns of the file, in order (for JSONL the keys of its first line).
    public var columns: [String]
}

/// Finds the columns of a file.
struct ColumnFinder {
    let file: String
    let columns: [String]
    let mapping: ColumnMapping
    /// Nil when no target is read.
    let task: TaskKind?

    static let textNames = [
        "text", "sentence", "utterance", "query", "question", "content", "message", "input", "body", "comment", "review", "document",
    ]
    static let pairNames = [
        ("sentence1", "sentence2"), ("premise", "hypothesis"), ("question1", "question2"), ("text1", "text2"), ("text", "text_pair"),
        ("text", "pair"), ("sentence", "pair"),
    ]

    static func labelNames(_ task: TaskKind) -> [String] {
        switch task {
        case .classification: ["label", "labels", "intent", "category", "class", "target", "topic", "sentiment"]
        case .multiLabel:
            ["labels", "label", "intents", "intent", "categories", "category", "classes", "class", "tags", "topics", "target"]
        case .regression: ["score", "label", "labels", "target", "value", "rating", "similarity"]
        }
    }

    func choose() throws(DataError) -> ColumnChoice {
        let (text, pair) = try textAndPair()
        var choice = ColumnChoice(text: text, pair: pair, label: nil, labelSeparator: nil, mapped: [], columns: columns)
        if let task {
            if let name = mapping.label {
                choice.label = try mapped(name, .label)
            } else {
                let taken = [choice.text, choice.pair].compactMap { $0 }
                choice.label = try only(.label, Self.labelNames(task), except: taken)
            }
        }
        if mapping.text != nil { choice.mapped.append(.text) }
        if mapping.pair != nil { choice.mapped.append(.pair) }
        if mapping.label != nil, task != nil { choice.mapped.append(.label) }
        try checkDistinct(choice)
        return choice
    }

    private func textAndPair() throws(DataError) -> (String, String?) {
        let pair = try mapping.pair.map { name throws(DataError) in try mapped(name, .pair) }
        if let name = mapping.text { return (try mapped(name, .text), pair) }
        let complete = Self.pairNames.compactMap { names -> (String, String)? in
            guard pair == nil, let first = matches([names.0]).first, let second = matches([names.1]).first else { return nil }
            return (first, second)
        }
        let texts = matches(Self.textNames).filter { $0 != pair && $0 != mapping.label }
        if complete.count == 1, texts.allSatisfy({ $0 == complete[0].0 }) { return (complete[0].0, complete[0].1) }
        if complete.count > 1 || !complete.isEmpty && !texts.isEmpty {
            let all = Set(complete.flatMap { [$0.0, $0.1] } + texts)
            throw DataError.ambiguousColumn(file: file, role: .text, candidates: columns.filter(all.contains))
        }
        return (try only(.text, Self.textNames, except: [pair, mapping.label].compactMap { $0 }), pair)
    }

    private func mapped(_ name: String, _ role: ColumnRole) throws(DataError) -> String {
        guard columns.contains(name) else {
            let suggestion = NearestName.find(name, in: columns)
            throw DataError.missingColumn(file: file, role: role, wanted: name, columns: columns, suggestion: suggestion)
        }
        return name
    }

    /// The one column whose name is in `names`; letter case and space around a name make no difference.
    private func only(_ role: ColumnRole, _ names: [String], except taken: [String] = []) throws(DataError) -> String {
        let found = matches(names).filter { !taken.contains($0) }
        if found.count > 1 { throw DataError.ambiguousColumn(file: file, role: role, candidates: found) }
        guard let column = found.first else {
            let near = columns.first { column in !taken.contains(column) && NearestName.find(column, in: names) != nil }
            throw DataError.missingColumn(file: file, role: role, wanted: nil, columns: columns, suggestion: near)
        }
        return column
    }

    private func matches(_ names: [String]) -> [String] {
        columns.filter { column in names.contains(TextKey(column).text) }
    }

    private func checkDistinct(_ choice: ColumnChoice) throws(DataError) {
        let chosen: [(ColumnRole, String?)] = [(.text, choice.text), (.pair, choice.pair), (.label, choice.label)]
        for (index, (role, name)) in chosen.enumerated() {
            guard let name, let other = chosen[..<index].first(where: { $0.1 == name }) else { continue }
            throw DataError.sharedColumn(file: file, column: name, roles: [other.0, role])
        }
    }
}
