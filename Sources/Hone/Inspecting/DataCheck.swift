// Tested by DataInspectorTests.swift.
internal import Foundation
public import HoneData

/// What is found in a recipe's data before anything is trained, and whether training would be refused.
public struct DataCheck: Codable, Sendable {
    /// One file as it was read.
    public struct File: Codable, Sendable, Equatable {
        /// The file's name as the recipe gives it.
        public var file: String
        /// The format that was found, for people.
        public var format: String
        /// Rows of the file.
        public var rows: Int
        /// Examples that the rows make.
        public var examples: Int
        /// The columns in use, by what they are used for.
        public var fields: [String: String]
        /// Columns of the first row that are not used.
        public var unusedFields: [String]
        /// Messages by role.
        public var roles: [String: Int]
        /// Lines without anything on them.
        public var blankLines: Int
    }

    /// The task that the data was read for.
    public var task: TaskName
    /// The files, training first.
    public var files: [File] = []
    /// Rows of each split, as trained on.
    public var rows: [SplitName: Int] = [:]
    /// Lengths in tokens of each split, before anything was cut.
    public var lengths: [SplitName: LengthReport] = [:]
    /// What is learned, for tasks that learn tokens of a text.
    public var certificates: [SplitName: MaskCertificate] = [:]
    /// Where the chat template comes from.
    public var template: String?
    /// The tokens that end an answer, and why.
    public var stops: [String: String] = [:]
    /// Training rows of each label or tag; empty for tasks without.
    public var labels: [String: Int] = [:]
    /// Training rows that repeat an earlier one.
    public var duplicates = 0
    /// What a person should look at.
    public var warnings: [String] = []
    /// Why training would be refused; nil if it would not.
    public var refusal: String?

    /// Reads and checks everything that training would, and goes on after a fault as far as there is something to report.
    public init(_ document: RecipeDocument) {
        task = document.recipe.task.kind
        do {
            let (prepared, fault) = try PreparedData.leniently(document.resolved)
            take(prepared)
            if let fault { throw fault }
            _ = try Plan(document, prepared)
        } catch {
            refusal = Fault(error).message
        }
    }

    /// Reads a file alone, without a model: what format it has and what is in it.
    public init(file: String) {
        task = .instruction
        do {
            if let folder = try DataFolder(URL(filePath: file), name: file) {
                for url in [folder.train, folder.validation, folder.test].compactMap(\.self) { read(url, url.path) }
            } else {
                read(URL(filePath: file), file)
            }
        } catch {
            refusal = Fault(error).message
        }
    }

    private mutating func read(_ url: URL, _ file: String) {
        do {
            let read = try ExampleReader().read(url, name: file)
            if read.report.format == .text, let labelled = try? RowReader(task: .classification).read(url, name: file) {
                take(labelled)
            } else {
                take(read.report)
                count(read.examples)
            }
        } catch {
            // Labelled rows are no examples.
            if let labelled = try? RowReader(task: .classification).read(url, name: file) {
                take(labelled)
            } else {
                refusal = Fault(error).message
            }
        }
    }

    private mutating func take(_ report: ExampleReport) {
        files.append(
            File(
                file: report.file, format: report.format.title, rows: report.rows, examples: report.examples, fields: report.columns,
                unusedFields: report.unusedColumns, roles: report.roles, blankLines: report.blankLines))
        switch report.format {
        case .messages, .shareGPT, .conversationalPromptCompletion, .promptCompletion, .alpaca, .selfInstruct: task = .instruction
        case .text, .plainText: task = .text
        case .pair: task = .sequenceToSequence
        case .taggedLists, .conll: task = .tagging
        case .questionAnswering, .squad: task = .questionAnswering
        case .openAIPreference, .preference: warnings.append("Rows of a better and a worse answer cannot be trained on yet.")
        }
    }

    private mutating func take(_ read: ReadFile) {
        task = .classification
        take(read.report)
        for row in read.rows { for name in row.target.names { labels[name, default: 0] += 1 } }
    }

    private mutating func take(_ report: FileReport) {
        let named: [(String, String?)] = [
            ("text", report.columns.text), ("pair", report.columns.pair), ("label", report.columns.label),
        ]
        let fields = Dictionary(uniqueKeysWithValues: named.compactMap { use, column in column.map { (use, $0) } })
        files.append(
            File(
                file: report.file, format: "labelled rows (\(report.format.rawValue.uppercased()))", rows: report.rows,
                examples: report.rows, fields: fields, unusedFields: report.columns.columns.filter { !fields.values.contains($0) },
                roles: [:], blankLines: report.blankLines))
    }

    private mutating func take(_ prepared: PreparedData) {
        (lengths, warnings) = (prepared.lengths, prepared.warnings)
        rows = prepared.rows.mapValues(\.count).filter { $0.value > 0 }
        if let facts = prepared.exampleFacts {
            (certificates, template, stops, duplicates) = (facts.certificates, facts.template, facts.stops, facts.duplicates.examples)
            for report in facts.files { take(report) }
            task = prepared.recipe.task.kind
        }
        if let data = prepared.data {
            duplicates = data.duplicates.rows
            for report in data.files { take(report) }
            for count in data[.train]?.classes ?? [] { labels[count.label] = count.rows }
        }
        if case .examples(let examples) = prepared.source, let tags = examples.tags {
            count(examples[.train])
            for name in tags.names where labels[name] == nil { labels[name] = 0 }
        }
    }

    private mutating func count(_ examples: [TaskExample]) {
        for case .tagged(let sentence, _) in examples { for tag in sentence.tags { labels[tag, default: 0] += 1 } }
    }
}
