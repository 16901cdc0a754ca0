// Tested by EvaluatorTests.swift.
public import Foundation
public import HoneData
public import HoneRuns

/// The rows that a model is measured on, and how: a labelled file, or the test rows of a run.
///
/// A value; safe anywhere. Several models can be measured on the same.
public struct EvaluationRows: Sendable {
    /// Where rows come from.
    public enum Source: Sendable {
        /// A file.
        case file(URL)
        /// The rows that a run held out for its test.
        case test(of: RunRecord)
    }

    /// Where the rows come from.
    public let source: Source
    /// The recipe whose sections `task`, `data` and `evaluation` say how rows are read and measured, and whose seed counts.
    public var recipe: Recipe

    /// The rows of a file, read and measured as a recipe says.
    public init(file: URL, recipe: Recipe) { (source, self.recipe) = (.file(file), recipe) }

    /// The test rows of a run: those of its test file, or those that its recipe split off.
    ///
    /// - Throws: `RecipeError` if the record's recipe is not one that this Hone reads.
    public init(testRowsOf record: RunRecord) throws {
        (source, recipe) = (.test(of: record), try RecipeDocument(record).resolved)
    }

    /// Reads rows with one target each.
    ///
    /// - Throws: ``HoneError/noTest(run:)`` or ``HoneError/dataChanged(path:run:)`` where test rows cannot be found; `DataError`.
    func textRows(_ kind: TaskKind) throws -> [TextRow] {
        switch source {
        case .file(let url): return try RowReader(columns: recipe.columns, task: kind).read(url).rows
        case .test(let record):
            switch recipe.data.test {
            case .file(let path): return try RowReader(columns: recipe.columns, task: kind).read(URL(filePath: path)).rows
            case .fraction(let share):
                try recipe.checkSplit(share, of: record)
                return try recipe.dataLoader(kind).load().test
            }
        }
    }

    /// Reads the training rows of the recipe: without those that it splits off its file.
    ///
    /// - Throws: ``HoneError/dataChanged(path:run:)`` if the file is another one now; `DataError`.
    func trainingRows() throws -> [TextRow] {
        if case .test(let record) = source { try recipe.checkTraining(record) }
        return try recipe.dataLoader(.classification).load().train
    }

    /// Reads the examples of a task that has such.
    ///
    /// - Throws: as ``textRows(_:)``.
    func examples() throws -> [TaskExample] {
        switch source {
        case .file(let url): return try recipe.data.exampleReader.read(url).examples
        case .test(let record):
            switch recipe.data.test {
            case .file(let path): return try recipe.data.exampleReader.read(URL(filePath: path), name: path).examples
            case .fraction(let share):
                try recipe.checkSplit(share, of: record)
                return try ExampleSet(recipe)[.test]
            }
        }
    }

    /// Whether the rows are other ones than the run saw, in a sentence; nil if they are the same or of a file that was named.
    func change() throws -> String? {
        guard case .test(let record) = source, case .file(let path) = recipe.data.test,
            let hash = record.data.first(where: { $0.role == "test" })?.sha256, try hash != ContentHash.file(URL(filePath: path))
        else { return nil }
        return "\(path) was changed since the run measured it."
    }
}

extension Recipe {
    /// The columns that the recipe names.
    public var columns: ColumnMapping {
        ColumnMapping(text: data.text, pair: data.pair, label: data.label, labelSeparator: data.labelSeparator)
    }

    /// Refuses to split nothing, and a file that is another one now: rows that were trained on would count as test rows.
    fileprivate func checkSplit(_ share: Double, of record: RunRecord) throws {
        guard share > 0 else { throw HoneError.noTest(run: record.id.description) }
        try checkTraining(record)
    }

    fileprivate func checkTraining(_ record: RunRecord) throws {
        let hash = record.data.first { $0.role == "train" }?.sha256
        guard try hash == nil || hash == ContentHash.file(URL(filePath: data.train)) else {
            throw HoneError.dataChanged(path: data.train, run: record.id.description)
        }
    }
}

extension Recipe.DataSpec {
    /// Reads files of examples as this section says.
    public var exampleReader: ExampleReader {
        ExampleReader(format: format, columns: columnsOfExamples, options: exampleOptions)
    }
}
