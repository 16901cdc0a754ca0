public import Foundation

/// Names one run: when it was made (UTC) and two words to say aloud, such as `20261123-213045-brisk-otter`.
///
/// Names sort by time. Two runs made in the same second differ in their words; `RunFolder.create` makes sure of it.
public struct RunID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The whole name.
    public let description: String

    /// Reads a whole name, as folder names and records hold it.
    ///
    /// - Throws: `RunsError.invalidID` for anything but a possible date, a possible time and two lower-case words, joined by `-`.
    public init(parsing text: String) throws(RunsError) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        func isWord(_ part: Substring) -> Bool { !part.isEmpty && part.utf8.allSatisfy { (97...122).contains($0) } }
        guard parts.count == 4, parts[0].utf8.count == 8, parts[1].utf8.count == 6, isWord(parts[2]), isWord(parts[3]),
            Self.isTime(day: parts[0], time: parts[1])
        else { throw .invalidID(text) }
        description = text
    }

    /// Makes a name from a time and two words drawn with `generator`.
    public init(at date: Date, using generator: inout some RandomNumberGenerator) {
        let p = Timestamp.parts(date)
        let day = Timestamp.padded(p.year, 4) + Timestamp.padded(p.month, 2) + Timestamp.padded(p.day, 2)
        let time = Timestamp.padded(p.hour, 2) + Timestamp.padded(p.minute, 2) + Timestamp.padded(p.second, 2)
        let first = Self.qualities[Int.random(in: 0..<Self.qualities.count, using: &generator)]
        let second = Self.animals[Int.random(in: 0..<Self.animals.count, using: &generator)]
        description = "\(day)-\(time)-\(first)-\(second)"
    }

    /// The two words, such as `brisk-otter`.
    public var words: String { description.split(separator: "-").suffix(2).joined(separator: "-") }

    /// Orders by time, then by words.
    public static func < (left: RunID, right: RunID) -> Bool { left.description < right.description }

    /// Finds the one run that `text` means: the whole name, `latest`, the start of a name, or any unique part of one.
    ///
    /// - Parameters:
    ///   - text: what a person typed.
    ///   - candidates: the runs there are, in any order.
    ///   - folder: named in the error.
    /// - Throws: `RunsError.notFound` with the nearest names, or `RunsError.ambiguous` with every match.
    public static func find(_ text: String, among candidates: [RunID], in folder: String) throws(RunsError) -> RunID {
        let wanted = text.lowercased()
        let sorted = candidates.sorted(by: >)
        if let exact = sorted.first(where: { $0.description == wanted }) { return exact }
        if wanted == "latest", let newest = sorted.first { return newest }
        for test in [{ (id: RunID) in id.description.hasPrefix(wanted) }, { $0.description.contains(wanted) }] where !wanted.isEmpty {
            let matches = sorted.filter(test)
            if matches.count == 1 { return matches[0] }
            if matches.count > 1 { throw .ambiguous(text, matches: matches.map(\.description)) }
        }
        throw .notFound(text, folder: folder, near: near(wanted, in: sorted), total: sorted.count)
    }

    /// The three names whose words or whole text take the fewest edits, newest first among equals.
    private static func near(_ text: String, in sorted: [RunID]) -> [String] {
        let scored = sorted.enumerated().map { index, id in
            let distance = min(edits(text, id.words), edits(text, id.description))
            return (distance: distance, index: index, name: id.description)
        }
        return scored.filter { $0.distance <= max(2, text.count / 2) }
            .sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }.prefix(3).map(\.name)
    }

    /// Levenshtein distance between two short texts.
    private static func edits(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a), Array(b))
        var row = Array(0...b.count)
        for i in a.indices {
            var corner = row[0]
            row[0] = i + 1
            for j in b.indices {
                let above = row[j + 1]
                row[j + 1] = min(corner + (a[i] == b[j] ? 0 : 1), row[j] + 1, above + 1)
                corner = above
            }
        }
        return row[b.count]
    }

    private static func isTime(day: Substring, time: Substring) -> Bool {
        let (d, t) = (Array(day), Array(time))
        let text =
            "\(String(d[0..<4]))-\(String(d[4..<6]))-\(String(d[6..<8]))T\(String(t[0..<2])):\(String(t[2..<4])):\(String(t[4..<6]))Z"
        return Timestamp.parse(text) != nil
    }

    private static let qualities = [
        "able", "agile", "amber", "apt", "azure", "blithe", "bold", "brave", "bright", "brisk", "calm", "clear", "clever", "cosy", "crisp",
        "deft", "eager", "early", "fair", "fleet", "fond", "fresh", "gentle", "glad", "golden", "grand", "green", "hardy", "honest",
        "humble", "jolly", "keen", "kind", "lively", "loyal", "lucid", "lucky", "mellow", "merry", "mild", "neat", "nimble", "noble",
        "patient", "placid", "plucky", "polite", "prompt", "proud", "quick", "quiet", "ready", "rosy", "serene", "silver", "sleek",
        "smart", "snug", "spry", "steady", "sunny", "swift", "tidy", "witty",
    ]
    private static let animals = [
        "badger", "bat", "bear", "beaver", "bee", "bison", "bunting", "civet", "crane", "cricket", "curlew", "deer", "dipper", "dormouse",
        "dove", "eagle", "eider", "elk", "falcon", "ferret", "finch", "fox", "gecko", "gull", "hare", "hawk", "hedgehog", "heron", "ibex",
        "ibis", "jackdaw", "jay", "kestrel", "kite", "lark", "linnet", "lynx", "magpie", "marten", "martin", "mole", "moth", "newt",
        "otter", "owl", "oyster", "panda", "plover", "puffin", "quail", "raven", "robin", "salmon", "seal", "shrew", "skua", "stoat",
        "swan", "tern", "thrush", "toad", "trout", "vole", "wren",
    ]
}

extension RunID: Codable {
    /// Reads a name from a string.
    public init(from decoder: any Decoder) throws {
        let box = try decoder.singleValueContainer()
        let text = try box.decode(String.self)
        do {
            try self.init(parsing: text)
        } catch {
            throw DecodingError.dataCorruptedError(in: box, debugDescription: error.description)
        }
    }

    /// Writes the name as a string.
    public func encode(to encoder: any Encoder) throws {
        var box = encoder.singleValueContainer()
        try box.encode(description)
    }
}
