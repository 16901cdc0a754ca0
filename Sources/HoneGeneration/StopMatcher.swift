/// Looks for stop strings in text that comes in pieces, across their borders, and lets no part of one through.
///
/// The stop string that is complete first ends the text, of several at the same place the longest: so the result does not depend on where
/// pieces end. Bytes are compared, not canonical equivalents.
struct StopMatcher: Sendable {
    private let stops: [(text: String, bytes: [UInt8])]
    private var held: [UInt8] = []
    /// The stop string that was found.
    private(set) var found: String?

    init(_ stops: [String]) {
        self.stops = stops.map { ($0, Array($0.utf8)) }.sorted { $0.bytes.count > $1.bytes.count }
    }

    /// Takes a piece and gives the text that cannot be part of a stop string; nothing more after one was found.
    mutating func push(_ piece: String) -> String {
        guard found == nil else { return "" }
        guard !stops.isEmpty else { return piece }
        let known = held.count
        held += Array(piece.utf8)
        for end in known..<held.count {
            for stop in stops
            where held[...end].count >= stop.bytes.count && held[...end].suffix(stop.bytes.count).elementsEqual(stop.bytes) {
                found = stop.text
                let before = held[..<(end + 1 - stop.bytes.count)]
                held = []
                return String(decoding: before, as: UTF8.self)
            }
        }
        let kept = stops.reduce(0) { max($0, Self.overlap(held, $1.bytes)) }
        let free = held.prefix(held.count - kept)
        held = Array(held.suffix(kept))
        return String(decoding: free, as: UTF8.self)
    }

    /// Lets go of what was held back, at the end of the text.
    mutating func finish() -> String {
        let rest = String(decoding: held, as: UTF8.self)
        held = []
        return rest
    }

    /// The longest end of `text` that a stop string starts with.
    private static func overlap(_ text: [UInt8], _ stop: [UInt8]) -> Int {
        for count in stride(from: min(text.count, stop.count - 1), to: 0, by: -1)
        where text.suffix(count).elementsEqual(stop.prefix(count)) {
            return count
        }
        return 0
    }
}
