public import Foundation

/// Says what is wrong with the data: where it stands, what was found, what was expected and what to do.
///
/// The cases carry facts; `description` turns them into one message. Lines are counted from 1.
public enum DataError: Error, Equatable, Sendable {
    // Files
    /// There is no such file; `suggestion` is a file of a like name beside it.
    case missingFile(file: String, suggestion: String?)
    /// The path names a folder.
    case folder(file: String)
    /// A folder has several files for one split.
    case ambiguousFolder(folder: String, files: [String])
    /// The system would not read the file.
    case unreadable(file: String, reason: String)
    /// The file's extension is none of the known ones.
    case unknownFormat(file: String, found: String)
    /// The file has no bytes, or none but blank lines.
    case emptyFile(file: String)
    /// The file has a header and nothing under it.
    case noRows(file: String)
    /// A byte is not UTF-8.
    case notUTF8(file: String, line: Int, byte: UInt8, looksLike: String?)

    // CSV and TSV
    /// A row has another number of fields than the header.
    case ragged(file: String, line: Int, expected: Int, found: Int)
    /// A quoted field that starts on `line` never ends.
    case unterminatedQuote(file: String, line: Int)
    /// Something other than a separator follows a closing quote.
    case textAfterQuote(file: String, line: Int, opened: Int)
    /// A carriage return stands alone outside quotes.
    case strayCarriageReturn(file: String, line: Int)
    /// The header names one column twice.
    case repeatedColumn(file: String, column: String)

    // JSON
    /// The file is one JSON array instead of one object on each line.
    case jsonArray(file: String)
    /// A line is not JSON; `column` counts bytes of the line from 1.
    case brokenJSON(file: String, line: Int, column: Int, reason: String)
    /// A line is JSON but no object.
    case notAnObject(file: String, line: Int, found: String)
    /// A line's object lacks a key that the file's first line has, or the recipe names.
    case missingKey(file: String, line: Int, key: String, keys: [String], suggestion: String?)

    // Examples
    /// The file's ending is none that examples are read from.
    case unknownEnding(file: String, found: String, known: [String])
    /// A field of a row is absent; `suggestion` is a key of the row with a like name.
    case missingField(at: RowPlace, format: ExampleFormat, field: String, keys: [String], suggestion: String?)
    /// A field of a row has the wrong kind or value, for example `messages[2].role`.
    case wrongField(at: RowPlace, format: ExampleFormat, field: String, expected: String, found: String)
    /// The keys of a row fit no known format; `missing` is what the nearest format needs besides.
    case unknownRow(at: RowPlace, keys: [String], nearest: ExampleFormat?, missing: [String])
    /// A row is of a format that is known and that nothing trains on.
    case notTrainable(at: RowPlace, name: String, advice: String)
    /// A row has another format than the first row of its file.
    case mixedFormats(at: RowPlace, file: ExampleFormat, row: ExampleFormat)
    /// A line of a tagging file is not a token and its tag.
    case badTagLine(at: RowPlace, found: String, expected: String)
    /// A tag does not follow the BIO scheme.
    case badTag(at: RowPlace, tag: String, after: String?)
    /// The tag of a row is none of the known ones.
    case unknownTag(at: RowPlace, tag: String, nearest: String?)
    /// An answer does not stand where the row says; `elsewhere` is a place where it does, in Unicode scalars.
    case answerNotThere(at: RowPlace, id: String?, start: Int, expected: String, found: String, elsewhere: Int?)
    /// A context must be read in windows, and beside the question there is no room for two that overlap.
    case noWindow(at: RowPlace, question: Int, room: Int, stride: Int, maximum: Int)
    /// A file without rows that can be used.
    case noExamples(file: String, format: ExampleFormat)

    // Columns
    /// No column fits a role; `wanted` is the recipe's name for it, nil when names were searched.
    case missingColumn(file: String, role: ColumnRole, wanted: String?, columns: [String], suggestion: String?)
    /// Several columns fit a role.
    case ambiguousColumn(file: String, role: ColumnRole, candidates: [String])
    /// One column would serve two roles.
    case sharedColumn(file: String, column: String, roles: [ColumnRole])
    /// Some files of the data set have text pairs and this one has not, or the other way round.
    case pairMismatch(file: String, other: String)

    // Cells
    /// A text or a label is empty or only white space.
    case emptyCell(file: String, line: Int, column: String)
    /// A value has the wrong kind.
    case wrongKind(file: String, line: Int, column: String, expected: String, found: String)
    /// A number is not one, or not finite in single precision.
    case badNumber(file: String, line: Int, column: String, found: String)
    /// A row names one label twice.
    case repeatedLabel(file: String, line: Int, column: String, label: String)
    /// A file uses both `|` and `;` in its label column.
    case mixedSeparators(file: String, line: Int, column: String)

    // Labels
    /// A label is none of the known ones. `split` is where it stands, `rows` how many rows of the split have such labels.
    case unknownLabel(label: String, at: RowPlace, split: SplitName, rows: Int, nearest: String?, origin: LabelSet.Origin)
    /// Every training row has the same label.
    case singleClass(label: String, file: String, rows: Int)
    /// No training row has a label.
    case noLabels(file: String)
    /// The recipe's `task.labels` is unusable.
    case badLabelList(reason: String)
    /// The target is of another kind than the task needs.
    case targetMismatch(at: RowPlace, task: TaskKind)

    // Splits
    /// A fraction is outside `0 ..< 1`, or both together leave no training rows.
    case badFraction(validation: Double, test: Double)
    /// A split came out without rows.
    case emptySplit(split: SplitName, reason: String)
    /// Training rows repeat under `duplicates: error`.
    case duplicates(file: String, rows: Int, conflicts: Int, examples: [RowPair])
    /// Splits share texts under `leakage: error`.
    case leakage(from: SplitName, into: SplitName, rows: Int, examples: [RowPair])

    // Lengths and batches
    /// Rows have more tokens than the model takes under `tooLong: error`.
    case tooLong(split: SplitName, rows: Int, of: Int, longest: Int, maximum: Int, examples: [RowPlace])
    /// Rows are too long under `tooLong: split` and cannot be split.
    case cannotSplit(split: SplitName, rows: Int, what: String)
    /// Every row has more tokens than the model takes.
    case allTooLong(split: SplitName, rows: Int, shortest: Int, maximum: Int)
    /// The maximum leaves no place for text beside the special tokens.
    case maximumTooSmall(maximum: Int, special: Int)
    /// A batch setting is not a positive number.
    case badBatchSetting(name: String, found: Int)
    /// One row alone is over the token budget.
    case rowOverBudget(row: Int, tokens: Int, budget: Int)
}

extension DataError: LocalizedError {
    /// The same text as `description`.
    public var errorDescription: String? { description }
}
