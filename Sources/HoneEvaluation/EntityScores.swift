/// Scores tagged entities: an entity counts as found where its type, first and last token are all right.
///
/// Tags are `O` and `B-`, `I-`, `E-`, `S-` with a type, read leniently as `conlleval.pl` does: an `I-` after `O` or after another type
/// starts an entity. Numbers equal seqeval 1.2.2 in its default mode. Value, safe anywhere.
public struct EntityScores: Codable, Sendable, Equatable {
    /// Counts of one type.
    public struct Counts: Codable, Sendable, Equatable {
        /// Entities in the truth.
        public var truths = 0
        /// Entities predicted.
        public var predictions = 0
        /// Entities in both.
        public var hits = 0

        /// The share of predictions that are right; 0 without predictions.
        public var precision: Double { predictions == 0 ? 0 : Double(hits) / Double(predictions) }
        /// The share of true entities that were found; 0 without any.
        public var recall: Double { truths == 0 ? 0 : Double(hits) / Double(truths) }
        /// The harmonic mean; 0 where both are 0.
        public var f1: Double { precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall) }

        mutating func merge(_ other: Counts) {
            truths += other.truths
            predictions += other.predictions
            hits += other.hits
        }
    }

    /// How the numbers of types become one.
    public enum Average: String, Codable, Sendable, CaseIterable {
        /// All entities counted together.
        case micro
        /// The mean over types.
        case macro
        /// The mean over types, each weighted by its true entities.
        case weighted
    }

    /// One entity: its type and its first and last token.
    public struct Entity: Hashable, Sendable {
        /// The type, such as `PER`; `_` for tags without one.
        public var type: String
        /// The place of its first token.
        public var first: Int
        /// The place of its last token.
        public var last: Int
    }

    /// Counts of every type that occurred.
    public private(set) var types: [String: Counts] = [:]
    /// Tokens seen.
    public private(set) var tokens = 0
    /// Tokens whose tag is right.
    public private(set) var rightTokens = 0

    /// Starts with no rows.
    public init() {}

    /// Adds one sequence.
    ///
    /// - Parameter row: the row's number, for errors.
    /// - Throws: `EvaluationError.countMismatch` where lengths differ, `.tag` for a tag of another form.
    public mutating func add(truths: [String], predictions: [String], row: Int) throws(EvaluationError) {
        guard truths.count == predictions.count else { throw .countMismatch(truths: truths.count, predictions: predictions.count) }
        let own = Set(try Self.entities(predictions, row: row))
        let other = Set(try Self.entities(truths, row: row))
        for entity in other { types[entity.type, default: Counts()].truths += 1 }
        for entity in own {
            types[entity.type, default: Counts()].predictions += 1
            if other.contains(entity) { types[entity.type, default: Counts()].hits += 1 }
        }
        tokens += truths.count
        rightTokens += zip(truths, predictions).count { $0 == $1 }
    }

    /// Adds another reducer's rows.
    public mutating func merge(_ other: EntityScores) {
        types.merge(other.types) { first, second in
            var sum = first
            sum.merge(second)
            return sum
        }
        tokens += other.tokens
        rightTokens += other.rightTokens
    }

    /// Precision, recall and F1 over all types; nil for a macro average where there are no types.
    public func scores(_ average: Average) -> (precision: Double, recall: Double, f1: Double)? {
        var all = Counts()
        for counts in types.values { all.merge(counts) }
        let list = types.sorted { $0.key < $1.key }.map(\.value)
        func mean(_ value: (Counts) -> Double, _ weight: (Counts) -> Double) -> Double {
            list.reduce(0) { $0 + value($1) * weight($1) } / list.reduce(0) { $0 + weight($1) }
        }
        let weight: (Counts) -> Double
        switch average {
        case .micro: return (all.precision, all.recall, all.f1)
        case .macro:
            guard !list.isEmpty else { return nil }
            weight = { _ in 1 }
        case .weighted:
            guard all.truths > 0 else { return (0, 0, 0) }
            weight = { Double($0.truths) }
        }
        return (mean(\.precision, weight), mean(\.recall, weight), mean(\.f1, weight))
    }

    /// `entityPrecision`, `entityRecall`, `entityF1` (micro averages) and `tokenAccuracy`.
    ///
    /// - Throws: `EvaluationError.empty` without tokens.
    public func values() throws(EvaluationError) -> [MetricName: Double] {
        guard tokens > 0, let micro = scores(.micro) else { throw .empty }
        return [
            .entityPrecision: micro.precision, .entityRecall: micro.recall, .entityF1: micro.f1,
            .tokenAccuracy: Double(rightTokens) / Double(tokens),
        ]
    }

    /// True, predicted and right entities, which add up over rows: for `Bootstrap.interval(of:sums:value:)` with `f1(sums:)`.
    public var sums: [Double] {
        var all = Counts()
        for counts in types.values { all.merge(counts) }
        return [Double(all.truths), Double(all.predictions), Double(all.hits)]
    }

    /// Micro F1 of added-up `sums`: `2 hits / (truths + predictions)`; 0 where there are no entities.
    public static func f1(sums: [Double]) -> Double {
        sums.count == 3 && sums[0] + sums[1] > 0 ? 2 * sums[2] / (sums[0] + sums[1]) : 0
    }

    /// Reads the entities of a sequence of tags.
    ///
    /// - Throws: `EvaluationError.tag` for a tag of another form.
    public static func entities(_ tags: [String], row: Int) throws(EvaluationError) -> [Entity] {
        var entities: [Entity] = []
        var (before, beforeType, start) = (Character("O"), "", 0)
        for place in 0...tags.count {
            let (tag, type) = place < tags.count ? try parts(tags[place], row: row) : ("O", "_")
            if before != "O" {
                let ends = before == "E" || before == "S" || tag == "B" || tag == "S" || tag == "O" || beforeType != type
                if ends { entities.append(Entity(type: beforeType, first: start, last: place - 1)) }
            }
            if tag == "B" || tag == "S" || (tag != "O" && (before == "E" || before == "S" || before == "O" || beforeType != type)) {
                start = place
            }
            (before, beforeType) = (tag, type)
        }
        return entities
    }

    private static func parts(_ tag: String, row: Int) throws(EvaluationError) -> (Character, String) {
        guard let kind = tag.first, "OBIES".contains(kind) else { throw .tag(tag, row: row) }
        let rest = tag.dropFirst()
        if rest.isEmpty { return (kind, "_") }
        guard kind != "O", rest.first == "-", rest.count > 1 else { throw .tag(tag, row: row) }
        return (kind, String(rest.dropFirst()))
    }
}
