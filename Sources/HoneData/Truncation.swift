/// Cuts rows to a number of tokens, from the end of the text, keeping every special token.
///
/// Of a pair the longer text is cut first. Source: `tokenizers` 0.23, `truncate_encodings`, strategy `LongestFirst`, direction right.
/// Departures: none.
struct Truncation {
    let maximum: Int

    /// Returns `row` cut to `maximum` tokens.
    ///
    /// - Parameter first: how many tokens of the first text the row has.
    func cut(_ row: EncodedText, first: Int) throws(DataError) -> EncodedText {
        let special = row.isSpecial.count(where: \.self)
        let room = maximum - special
        guard room > 0 else { throw DataError.maximumTooSmall(maximum: maximum, special: special) }
        let second = row.ids.count - special - first
        let (keepFirst, keepSecond) = Self.shares(first, second, room: room)
        var cut = EncodedText(ids: [], typeIDs: [], isSpecial: [])
        var place = 0
        for index in row.ids.indices {
            if !row.isSpecial[index] {
                defer { place += 1 }
                guard place < first ? place < keepFirst : place - first < keepSecond else { continue }
            }
            cut.ids.append(row.ids[index])
            cut.typeIDs.append(row.typeIDs[index])
            cut.isSpecial.append(row.isSpecial[index])
        }
        return cut
    }

    /// How many tokens of each text stay.
    static func shares(_ first: Int, _ second: Int, room: Int) -> (first: Int, second: Int) {
        guard first + second > room else { return (first, second) }
        guard second > 0 else { return (room, 0) }
        var shorter = min(first, second)
        var longer = shorter > room ? shorter : max(shorter, room - shorter)
        if shorter + longer > room {
            shorter = room / 2
            longer = shorter + room % 2
        }
        return first > second ? (longer, shorter) : (shorter, longer)
    }
}
