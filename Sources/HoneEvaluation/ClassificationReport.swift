/// Tells how well each class is recognised, and where the weakest go wrong.
public struct ClassificationReport: Codable, Sendable, Equatable {
    /// One class or label.
    public struct Line: Codable, Sendable, Equatable {
        /// The class's name.
        public var name: String
        /// The share of right answers among the rows given the class.
        public var precision: Double
        /// The share of the class's rows that were given it.
        public var recall: Double
        /// The harmonic mean of precision and recall.
        public var f1: Double
        /// The number of rows of the class.
        public var support: Int
        /// The number of rows that were given the class.
        public var predicted: Int

        init(name: String, _ scores: ClassScores) {
            (self.name, precision, recall, f1) = (name, scores.precision, scores.recall, scores.f1)
            (support, predicted) = (scores.support, scores.predicted)
        }
    }

    /// Rows of one class that were given another.
    public struct Confusion: Codable, Sendable, Equatable {
        /// The class they were given.
        public var givenAs: String
        /// The number of such rows.
        public var count: Int
    }

    /// A class with errors, and its most common ones.
    public struct Weakness: Codable, Sendable, Equatable {
        /// The class's scores.
        public var line: Line
        /// The classes its rows were given instead, the most common first; empty for multi-label tasks, where labels do not compete.
        public var confusions: [Confusion]
    }

    /// Every class, in the order of the labels.
    public let classes: [Line]
    /// The classes with the lowest F1 among those that have rows and errors, the weakest first.
    public let weakest: [Weakness]
    /// The number of rows.
    public let rows: Int

    /// Makes the report of a single-label task.
    ///
    /// - Parameters:
    ///   - confusion: the counts.
    ///   - names: the classes' names, in the order of their numbers.
    ///   - weakest: how many weak classes to list, and how many confusions of each.
    /// - Throws: `EvaluationError.different` where names and classes differ in number, `.empty` without rows.
    public init(_ confusion: ConfusionMatrix, names: [String], weakest: Int = 3) throws(EvaluationError) {
        guard names.count == confusion.classCount else {
            throw .different(what: "\(names.count) names and \(confusion.classCount) classes")
        }
        try self.init(confusion.classScores, names: names, rows: confusion.count, weakest: weakest) { truth in
            let wrong = (0..<confusion.classCount).filter { $0 != truth && confusion[truth, $0] > 0 }
            let sorted = wrong.sorted { (confusion[truth, $1], $0) < (confusion[truth, $0], $1) }
            return sorted.prefix(weakest).map { Confusion(givenAs: names[$0], count: confusion[truth, $0]) }
        }
    }

    /// Makes the report of a multi-label task.
    ///
    /// - Throws: as the other one.
    public init(_ scores: MultiLabelScores, names: [String], weakest: Int = 3) throws(EvaluationError) {
        let labelCount = scores.labelScores.count
        guard names.count == labelCount else { throw .different(what: "\(names.count) names and \(labelCount) labels") }
        try self.init(scores.labelScores, names: names, rows: scores.count, weakest: weakest) { _ in [] }
    }

    private init(
        _ scores: [ClassScores], names: [String], rows: Int, weakest: Int, confusions: (Int) -> [Confusion]
    ) throws(EvaluationError) {
        guard rows > 0 else { throw .empty }
        let lines = zip(names, scores).map { Line(name: $0, $1) }
        let weak = lines.indices.filter { lines[$0].support > 0 && lines[$0].f1 < 1 }.sorted { (lines[$0].f1, $0) < (lines[$1].f1, $1) }
        self.classes = lines
        self.rows = rows
        self.weakest = weak.prefix(weakest).map { Weakness(line: lines[$0], confusions: confusions($0)) }
    }
}
