// Tested by RunTests.swift.
internal import Foundation
public import HoneData
public import HoneRuns

extension RecipeDocument {
    /// The recipe that a run was made with, every path absolute.
    ///
    /// - Throws: `RecipeError` if the record's recipe is not one that this Hone reads.
    public init(_ record: RunRecord) throws {
        let json = try JSONEncoder().encode(record.recipe)
        try self.init(text: String(decoding: json, as: UTF8.self), format: .json, name: "the recipe of the run \(record.id)")
    }
}

extension Recipe {
    /// The columns that the recipe names.
    public var columns: ColumnMapping {
        ColumnMapping(text: data.text, pair: data.pair, label: data.label, labelSeparator: data.labelSeparator)
    }

    /// Reads the test rows that a run of this recipe had.
    func testRows(of record: RunRecord) throws -> [TextRow] {
        guard let kind = task.kind.rows else {
            throw HoneError.wrongTask(
                found: task.kind.rawValue, needed: "classification, multiLabel or regression", what: "This measurement")
        }
        switch data.test {
        case .file(let path): return try RowReader(columns: columns, task: kind).read(URL(filePath: path)).rows
        case .fraction(let share):
            try checkSplit(share, of: record)
            return try dataLoader(kind).load().test
        }
    }

    /// Reads the test examples that a run of this recipe had.
    func testExamples(of record: RunRecord) throws -> [TaskExample] {
        switch data.test {
        case .file(let path):
            return try ExampleReader(format: data.format, columns: data.columnsOfExamples, options: data.exampleOptions).read(
                URL(filePath: path)
            ).examples
        case .fraction(let share):
            try checkSplit(share, of: record)
            return try ExampleSet(self)[.test]
        }
    }

    /// Refuses to split a file again that has changed: rows that were trained on would count as test rows.
    private func checkSplit(_ share: Double, of record: RunRecord) throws {
        guard share > 0 else { throw HoneError.noTest(run: record.id.description) }
        let hash = record.data.first { $0.role == "train" }?.sha256
        guard try hash == nil || hash == ContentHash.file(URL(filePath: data.train)) else {
            throw HoneError.dataChanged(path: data.train, run: record.id.description)
        }
    }
}
