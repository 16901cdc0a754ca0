// Tested by DataErrorTests.swift

extension DataError: CustomStringConvertible {
    /// What is wrong, where, what was found, what was expected and what to do, in one or two sentences.
    public var description: String {
        fileText ?? tableText ?? jsonText ?? exampleText ?? columnText ?? cellText ?? labelText ?? splitText ?? batchText
    }

    private var fileText: String? {
        switch self {
        case .missingFile(let file, let suggestion):
            "There is no file “\(file)”.\(meant(suggestion)) A path in a recipe is relative to the recipe, any other to the current folder."
        case .folder(let file):
            "“\(file)” is a folder without a train.jsonl, train.csv or the like. Name the file inside it."
        case .ambiguousFolder(let folder, let files):
            "“\(folder)” has several files for one split: \(files.joined(separator: ", ")). Name the one that is meant."
        case .unreadable(let file, let reason):
            "“\(file)” cannot be read: \(reason). Check its permissions and the disk."
        case .unknownFormat(let file, let found):
            "“\(file)” ends in “\(found)”; data files end in \(DataFormat.endings). Convert it or rename it."
        case .emptyFile(let file):
            "“\(file)” is empty. It needs at least one row; was it written completely?"
        case .noRows(let file):
            "“\(file)” has a header and no rows. Add rows under the header; was the file written completely?"
        case .notUTF8(let file, let line, let byte, let looksLike):
            "\(file):\(line) has the byte 0x\(hex(byte)), which is not UTF-8\(looksLike.map { " (the file looks like \($0))" } ?? "")."
                + " Save the file as UTF-8."
        default: nil
        }
    }

    private var tableText: String? {
        switch self {
        case .ragged(let file, let line, let expected, let found):
            "\(file):\(line) has \(count(found, "field")); the header has \(expected)."
                + " A field with a separator, a quote or a line break in it must stand in double quotes."
        case .unterminatedQuote(let file, let line):
            "\(file):\(line) opens a double quote that never closes. Close it, and write a quote inside quotes as \"\"."
        case .textAfterQuote(let file, let line, let opened):
            "\(file):\(line) has text after a closing quote (the quote opened on line \(opened)). Write a quote inside quotes as \"\"."
        case .strayCarriageReturn(let file, let line):
            "\(file):\(line) has a carriage return without a line feed outside quotes. Save the file with LF or CRLF line ends."
        case .repeatedColumn(let file, let column):
            "The header of \(file) names the column “\(column)” twice. Rename one."
        default: nil
        }
    }

    private var jsonText: String? {
        switch self {
        case .jsonArray(let file):
            "“\(file)” starts with “[”, so it is one JSON array; one JSON object on each line (JSONL) was expected."
                + " Convert it, for example with: jq -c '.[]' \(file)"
        case .brokenJSON(let file, let line, let column, let reason):
            "\(file):\(line) is not valid JSON: \(reason) at byte \(column) of the line. Each line must be one complete JSON object."
        case .notAnObject(let file, let line, let found):
            "\(file):\(line) is \(found); a JSON object such as {\"text\": …, \"label\": …} was expected."
        case .missingKey(let file, let line, let key, let keys, let suggestion):
            "\(file):\(line) has no key “\(key)”; it has \(list(keys)).\(meant(suggestion)) Every line needs the same keys."
        default: nil
        }
    }

    private var columnText: String? {
        switch self {
        case .missingColumn(let file, let role, let wanted?, let columns, let suggestion):
            "\(file) has no column “\(wanted)”, which data.\(role.rawValue) names; it has \(list(columns)).\(meant(suggestion))"
                + " Correct data.\(role.rawValue)."
        case .missingColumn(let file, let role, nil, let columns, let suggestion):
            "\(file) has no column known as the \(role.rawValue); its first line names \(list(columns)).\(meant(suggestion))"
                + " Set data.\(role.rawValue) to the right one (the first line of a CSV must be a header)."
        case .ambiguousColumn(let file, let role, let candidates):
            "\(file) has several columns that could be the \(role.rawValue): \(list(candidates)). Set data.\(role.rawValue) to one of them."
        case .sharedColumn(let file, let column, let roles):
            "The column “\(column)” of \(file) cannot be both \(roles.map { "data." + $0.rawValue }.joined(separator: " and "))."
                + " Name another column for one of them."
        case .pairMismatch(let file, let other):
            "Only one of \(file) and \(other) has text pairs. Give both files the same columns, or set data.text and data.pair."
        default: nil
        }
    }

    private var cellText: String? {
        switch self {
        case .emptyCell(let file, let line, let column):
            "\(file):\(line) has an empty “\(column)”. Fill it in or remove the row (a row with no labels at all is [] in JSONL)."
        case .wrongKind(let file, let line, let column, let expected, let found):
            "\(file):\(line) has \(found) as “\(column)”; expected \(expected). Correct the row, or set task.kind to what the file holds."
        case .badNumber(let file, let line, let column, let found):
            "\(file):\(line) has “\(clip(found))” as “\(column)”; a finite number such as 3.5 was expected. Correct or remove the row."
        case .repeatedLabel(let file, let line, let column, let label):
            "\(file):\(line) names the label “\(clip(label))” twice in “\(column)”. Name it once."
        case .mixedSeparators(let file, let line, let column):
            "\(file):\(line): the column “\(column)” uses both “|” and “;”. Use one of them between labels in the whole file, or use JSONL."
        default: nil
        }
    }

    private var labelText: String? {
        switch self {
        case .unknownLabel(let label, let place, let split, let rows, let nearest, let origin):
            "\(place) (\(split.rawValue)) has the label “\(clip(label))”, which \(origin.lack) (\(count(rows, "row")) like it)."
                + "\(nearest.map { " The nearest known label is “\($0)”." } ?? "") Correct the label, or \(origin.advice)."
        case .singleClass(let label, let file, let rows):
            "All \(rows) training rows of \(file) have the label “\(clip(label))”; at least two labels are needed. Is data.label right?"
        case .noLabels(let file):
            "No training row of \(file) has a label, so there is nothing to learn. Is data.label right?"
        case .badLabelList(let reason):
            "task.labels is not usable: \(reason). List each label once, or leave it out to take the labels of the training rows."
        case .targetMismatch(let place, let task):
            "\(place) has a target that does not fit task.kind \(task.rawValue). Read the file again under this task."
        default: nil
        }
    }

    private var splitText: String? {
        switch self {
        case .badFraction(let validation, let test):
            "data.validationFraction \(validation) and data.testFraction \(test) do not work: each must be at least 0 and below 1,"
                + " and both together below 1, so that training rows are left."
        case .emptySplit(let split, let reason):
            "The \(split.rawValue) split has no rows: \(reason)."
        case .duplicates(let file, let rows, let conflicts, let examples):
            "\(file) repeats \(count(rows, "training row")) and has \(count(conflicts, "text")) under different labels"
                + " (\(examples.map(\.description).joined(separator: "; "))). Remove them, or set data.duplicates to drop or report"
                + " (drop keeps the first of equal rows and leaves different labels alone)."
        case .leakage(let from, let into, let rows, let examples):
            "The \(from.rawValue) split already has \(count(rows, "row")) of the \(into.rawValue) split"
                + " (\(examples.map(\.description).joined(separator: "; "))), so its scores would flatter."
                + " Remove them, or set data.leakage to drop (they leave the \(from.rawValue) split) or report."
        default: nil
        }
    }

    private var batchText: String {
        switch self {
        case .tooLong(let split, let rows, let all, let longest, let maximum, let examples):
            "\(rows) of \(all) \(split.rawValue) rows have more than \(maximum) tokens, the longest \(longest)"
                + " (\(examples.map(\.description).joined(separator: ", ")))."
                + " Shorten them, or set data.tooLong to drop or truncate; both are counted in the record."
        case .cannotSplit(let split, let rows, let what):
            "\(count(rows, "\(split.rawValue) row")) \(rows == 1 ? "is" : "are") too long, and \(what) cannot be split."
                + " Set data.tooLong to drop or truncate, or shorten them."
        case .allTooLong(let split, let rows, let shortest, let maximum):
            "All \(rows) \(split.rawValue) rows have more than \(maximum) tokens; the shortest has \(shortest)."
                + " Is data.text the right column? Raise data.maximumTokens, choose a model for longer text, or split the texts."
        case .maximumTooSmall(let maximum, let special):
            "At most \(maximum) tokens leave no place for text beside \(count(special, "special token")). Raise data.maximumTokens."
        case .badBatchSetting(let name, let found):
            "\(name) is \(found); a whole number above 0 was expected."
        case .rowOverBudget(let row, let tokens, let budget):
            "Row \(row) has \(tokens) tokens, more than the token budget of \(budget) for a batch. Raise the budget above the longest row."
        default: "The data cannot be used."
        }
    }
}

func meant(_ suggestion: String?) -> String {
    suggestion.map { " Did you mean “\($0)”?" } ?? ""
}

func list(_ names: [String]) -> String {
    let shown = names.prefix(20).map { "“\(clip($0))”" }.joined(separator: ", ")
    if names.isEmpty { return "none" }
    return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
}

private func count(_ number: Int, _ noun: String) -> String {
    number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
}

private func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
}

func clip(_ text: String) -> String {
    text.count > 80 ? text.prefix(80) + "…" : text
}
