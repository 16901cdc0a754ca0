/// Holds the class names of a task in the order of their indices.
public struct LabelSet: Sendable, Equatable, Codable {
    /// Says who named the labels.
    public enum Origin: String, Sendable, Equatable, Codable {
        /// The training rows.
        case train
        /// The recipe's `task.labels`, or a saved model's list.
        case recipe

        var lack: String {
            switch self {
            case .train: "no training row has"
            case .recipe: "is not among the task's labels"
            }
        }

        var advice: String {
            switch self {
            case .train: "add training rows with it"
            case .recipe: "add it to task.labels"
            }
        }
    }

    /// The names; a name's position is its class index.
    public let names: [String]
    /// Who named them.
    public let origin: Origin
    private let indices: [String: Int]

    /// Takes a given list in its order.
    ///
    /// - Throws: `DataError.badLabelList` if it is empty, has an empty name or a name twice.
    public init(_ names: [String], origin: Origin = .recipe) throws(DataError) {
        guard !names.isEmpty else { throw DataError.badLabelList(reason: "it is empty") }
        var indices: [String: Int] = [:]
        for (index, name) in names.enumerated() {
            guard !TextKey(name).bytes.isEmpty else { throw DataError.badLabelList(reason: "label \(index + 1) is empty") }
            if let earlier = indices.updateValue(index, forKey: name) {
                throw DataError.badLabelList(reason: "“\(name)” is both label \(earlier + 1) and label \(index + 1)")
            }
        }
        (self.names, self.origin, self.indices) = (names, origin, indices)
    }

    /// Collects the labels of training rows in a stable order: as numbers if all are whole numbers, else by Unicode code point.
    ///
    /// - Throws: `DataError.noLabels` if no row has one; `DataError.singleClass` if all rows of a classification have the same.
    public init(train rows: [TextRow], task: TaskKind) throws(DataError) {
        let names = Set(rows.flatMap(\.target.names))
        let file = rows.first?.file ?? "the training file"
        guard let first = names.first else { throw DataError.noLabels(file: file) }
        if names.count == 1, task == .classification { throw DataError.singleClass(label: first, file: file, rows: rows.count) }
        try self.init(Self.sorted(names), origin: .train)
    }

    /// The class index of `name`, or nil.
    public func index(of name: String) -> Int? { indices[name] }

    /// How many labels there are.
    public var count: Int { names.count }

    /// Counts the rows of each label, in the order of `names`.
    public func counts(in rows: [TextRow]) -> [Int] {
        var counts = [Int](repeating: 0, count: names.count)
        for row in rows {
            for name in row.target.names {
                if let index = indices[name] { counts[index] += 1 }
            }
        }
        return counts
    }

    /// Checks that every label of `rows` is known.
    ///
    /// - Throws: `DataError.unknownLabel` for the first that is not, with the nearest known label and how many rows have such labels.
    public func validate(_ rows: [TextRow], split: SplitName) throws(DataError) {
        let isUnknown = { (row: TextRow) in row.target.names.contains { indices[$0] == nil } }
        guard let row = rows.first(where: isUnknown), let label = row.target.names.first(where: { indices[$0] == nil }) else { return }
        throw DataError.unknownLabel(
            label: label, at: row.place, split: split, rows: rows.count(where: isUnknown), nearest: nearest(to: label), origin: origin)
    }

    private func nearest(to label: String) -> String? {
        names.first { TextKey($0) == TextKey(label) } ?? NearestName.find(label, in: names)
    }

    private static func sorted(_ names: Set<String>) -> [String] {
        let numbers = names.compactMap { name in Int(name).map { ($0, name) } }
        guard numbers.count == names.count else {
            return names.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
        }
        return numbers.sorted { $0 < $1 }.map(\.1)
    }
}

extension LabelSet {
    private enum CodingKeys: String, CodingKey {
        case names
        case origin
    }

    /// Reads the names and rebuilds the index.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(try container.decode([String].self, forKey: .names), origin: try container.decode(Origin.self, forKey: .origin))
    }

    /// Writes the names and their origin.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(names, forKey: .names)
        try container.encode(origin, forKey: .origin)
    }
}
