import HoneData
import Testing

@Suite("Columns")
struct ColumnsTests {
    static func choose(_ header: [String], _ task: TaskKind? = .classification, _ mapping: ColumnMapping = ColumnMapping()) throws
        -> ColumnChoice
    {
        let row = header.map { _ in task == .regression ? "1" : "x" }
        let text = CSVText.record(header) + CSVText.record(row)
        return try read(text, as: .csv, task: task, columns: mapping).report.columns
    }

    @Test(
        "finds the text and the label by their names",
        arguments: [
            (["text", "label"], "text", "label"), (["id", "utterance", "intent"], "utterance", "intent"),
            (["Category", " Query "], " Query ", "Category"), (["", "sentence", "class"], "sentence", "class"),
        ])
    func found(header: [String], text: String, label: String) throws {
        let choice = try Self.choose(header)
        #expect(choice.text == text)
        #expect(choice.label == label)
        #expect(choice.mapped.isEmpty)
        #expect(choice.columns == header)
    }

    @Test(
        "finds the two texts of a pair",
        arguments: [
            (["sentence1", "sentence2"], 0), (["premise", "hypothesis"], 0), (["text", "text_pair"], 0), (["text2", "text1"], 1),
        ])
    func pairs(columns: [String], first: Int) throws {
        let choice = try Self.choose(columns + ["label"])
        #expect(choice.text == columns[first])
        #expect(choice.pair == columns[1 - first])
    }

    @Test("the label's names depend on the task")
    func byTask() throws {
        #expect(try Self.choose(["text", "score"], .regression).label == "score")
        #expect(try Self.choose(["text", "tags"], .multiLabel).label == "tags")
        #expect(try Self.choose(["text", "anything"], nil).label == nil)
    }

    @Test("the recipe's names win over found ones and are reported")
    func mapped() throws {
        let mapping = ColumnMapping(text: "b", label: "a")
        let choice = try Self.choose(["text", "label", "a", "b"], .classification, mapping)
        #expect(choice.text == "b")
        #expect(choice.label == "a")
        #expect(choice.mapped == [.text, .label])
        let partly = try Self.choose(["text", "query", "label"], .classification, ColumnMapping(pair: "query"))
        #expect(partly.text == "text")
        #expect(partly.pair == "query")
    }

    @Test(
        "an unclear or missing column is an error that lists the columns",
        arguments: [
            (
                ["text", "query", "label"], ColumnMapping(),
                DataError.ambiguousColumn(file: "rows.csv", role: .text, candidates: ["text", "query"])
            ),
            (
                ["text", "label", "intent"], ColumnMapping(),
                .ambiguousColumn(file: "rows.csv", role: .label, candidates: ["label", "intent"])
            ),
            (
                ["txt", "label"], ColumnMapping(),
                .missingColumn(file: "rows.csv", role: .text, wanted: nil, columns: ["txt", "label"], suggestion: "txt")
            ),
            (
                ["text", "lable"], ColumnMapping(),
                .missingColumn(file: "rows.csv", role: .label, wanted: nil, columns: ["text", "lable"], suggestion: "lable")
            ),
            (
                ["text", "intent"], ColumnMapping(label: "intnt"),
                .missingColumn(file: "rows.csv", role: .label, wanted: "intnt", columns: ["text", "intent"], suggestion: "intent")
            ),
            (
                ["sentence1", "sentence2", "text", "label"], ColumnMapping(),
                .ambiguousColumn(file: "rows.csv", role: .text, candidates: ["sentence1", "sentence2", "text"])
            ),
            (
                ["text", "label"], ColumnMapping(text: "label", label: "label"),
                .sharedColumn(file: "rows.csv", column: "label", roles: [.text, .label])
            ),
            (["text", "label", "text"], ColumnMapping(), .repeatedColumn(file: "rows.csv", column: "text")),
        ])
    func errors(header: [String], mapping: ColumnMapping, error: DataError) {
        #expect(throws: error) { try Self.choose(header, .classification, mapping) }
    }
}
