// Tested by RowReaderTests.swift

/// Turns the cells of one file into rows, checking each against the task.
struct RowBuilder {
    let file: String
    let task: TaskKind?
    private var choice: ColumnChoice
    private var rows: [TextRow] = []
    /// Set when multi-label cells wait for the file's separator.
    private var hasUnsplitCells = false

    init(file: String, choice: ColumnChoice, task: TaskKind?) {
        self.file = file
        self.choice = choice
        self.task = task
    }

    /// Adds the row of one JSON object.
    mutating func add(line: Int, members: [(key: String, value: JSONValue)]) throws(DataError) {
        func value(_ key: String) throws(DataError) -> JSONValue {
            if let member = members.first(where: { $0.key == key }) { return member.value }
            let keys = members.map(\.key)
            let suggestion = NearestName.find(key, in: keys)
            throw DataError.missingKey(file: file, line: line, key: key, keys: keys, suggestion: suggestion)
        }
        let pair = try choice.pair.map { key throws(DataError) in try value(key) }
        let label = try choice.label.map { key throws(DataError) in try value(key) }
        try add(line: line, text: try value(choice.text), pair: pair, label: label, isCell: false)
    }

    /// Adds a row; `isCell` says that values come from a table, where everything is text.
    mutating func add(line: Int, text: JSONValue, pair: JSONValue?, label: JSONValue?, isCell: Bool) throws(DataError) {
        var row = TextRow(file: file, line: line, text: try self.text(text, line, choice.text))
        if let pair, let column = choice.pair { row.pair = try self.text(pair, line, column) }
        if let label, let column = choice.label, let task {
            switch task {
            case .classification: row.target = .label(try name(label, line, column))
            case .multiLabel where isCell:
                row.target = .labels([try name(label, line, column)])
                hasUnsplitCells = true
            case .multiLabel: row.target = .labels(try names(label, line, column))
            case .regression: row.target = .value(try number(label, line, column, isCell: isCell))
            }
        }
        rows.append(row)
    }

    /// Returns the rows; multi-label cells are split first.
    consuming func finish(format: DataFormat, blankLines: Int, separator: String?) throws(DataError) -> ReadFile {
        guard !rows.isEmpty else { throw DataError.noRows(file: file) }
        if hasUnsplitCells, let column = choice.label { try split(column, separator) }
        let report = FileReport(file: file, format: format, rows: rows.count, blankLines: blankLines, columns: choice)
        return ReadFile(rows: rows, report: report)
    }

    private func text(_ value: JSONValue, _ line: Int, _ column: String) throws(DataError) -> String {
        guard case .string(let text) = value else {
            throw DataError.wrongKind(file: file, line: line, column: column, expected: "text in quotes", found: value.kind)
        }
        try checkNotEmpty(text, line, column)
        return text
    }

    private func checkNotEmpty(_ text: String, _ line: Int, _ column: String) throws(DataError) {
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw DataError.emptyCell(file: file, line: line, column: column)
        }
    }

    /// A class name: text, a whole number in its decimal spelling, or a truth value.
    private func name(_ value: JSONValue, _ line: Int, _ column: String) throws(DataError) -> String {
        switch value {
        case .string(let text):
            try checkNotEmpty(text, line, column)
            return text
        case .number(let digits) where digits.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }):
            return digits
        case .bool(let truth):
            return "\(truth)"
        default:
            let expected = "a label (text, a whole number, true or false)"
            throw DataError.wrongKind(file: file, line: line, column: column, expected: expected, found: value.kind)
        }
    }

    private func names(_ value: JSONValue, _ line: Int, _ column: String) throws(DataError) -> [String] {
        guard case .array(let values) = value else {
            let expected = "an array of labels such as [\"a\", \"b\"]"
            throw DataError.wrongKind(file: file, line: line, column: column, expected: expected, found: value.kind)
        }
        var names: [String] = []
        for value in values { names.append(try name(value, line, column)) }
        try checkOnce(names, line, column)
        return names
    }

    private func checkOnce(_ names: [String], _ line: Int, _ column: String) throws(DataError) {
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            throw DataError.repeatedLabel(file: file, line: line, column: column, label: name)
        }
    }

    private func number(_ value: JSONValue, _ line: Int, _ column: String, isCell: Bool) throws(DataError) -> Double {
        let spelling: String
        switch value {
        case .number(let digits): spelling = digits
        case .string(let cell) where isCell:
            try checkNotEmpty(cell, line, column)
            spelling = String(cell.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        default: throw DataError.wrongKind(file: file, line: line, column: column, expected: "a number", found: value.kind)
        }
        // `Double` also reads “nan”, “inf” and hexadecimal; a data file means none of them.
        let isDecimal = spelling.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
        guard isDecimal, let number = Double(spelling), Float(number).isFinite else {
            throw DataError.badNumber(file: file, line: line, column: column, found: spelling)
        }
        return number
    }

    /// Splits multi-label cells at the recipe's separator, or at the one of `|` and `;` that the file uses.
    private mutating func split(_ column: String, _ given: String?) throws(DataError) {
        choice.labelSeparator = given
        if given == nil {
            for row in rows {
                for separator in ["|", ";"] where row.target.names[0].contains(separator) {
                    let chosen = choice.labelSeparator ?? separator
                    guard chosen == separator else { throw DataError.mixedSeparators(file: file, line: row.line, column: column) }
                    choice.labelSeparator = separator
                }
            }
        }
        guard let separator = choice.labelSeparator, !separator.isEmpty else { return }
        for index in rows.indices {
            let line = rows[index].line
            let names = rows[index].target.names[0].split(separator: separator, omittingEmptySubsequences: false).map {
                String($0.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
            }
            for name in names { try checkNotEmpty(name, line, column) }
            try checkOnce(names, line, column)
            rows[index].target = .labels(names)
        }
    }
}
