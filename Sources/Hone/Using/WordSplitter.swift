/// Splits running text into words as taggers read them.
///
/// Words stand between white space; punctuation at a word's ends stands alone, one character each. `@` and `#` stay with the name or tag
/// that follows them, an apostrophe or hyphen stays inside a word. Value, safe anywhere.
public struct WordSplitter: Sendable {
    /// A word and where it stands.
    public struct Word: Sendable, Equatable {
        /// The word.
        public var text: String
        /// Its place, in Unicode scalars.
        public var range: Range<Int>
    }

    /// Makes a splitter.
    public init() {}

    /// The words of a text in order.
    public func words(_ text: String) -> [Word] {
        let scalars = Array(text.unicodeScalars)
        var words: [Word] = []
        var place = 0
        while place < scalars.count {
            guard !scalars[place].properties.isWhitespace else {
                place += 1
                continue
            }
            let end = scalars[place...].firstIndex { $0.properties.isWhitespace } ?? scalars.count
            words += split(scalars, place..<end)
            place = end
        }
        return words
    }

    /// One piece between white space.
    private func split(_ scalars: [Unicode.Scalar], _ range: Range<Int>) -> [Word] {
        var (first, last) = (range.lowerBound, range.upperBound)
        var (before, after): ([Word], [Word]) = ([], [])
        func word(_ range: Range<Int>) -> Word {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[range])
            return Word(text: String(view), range: range)
        }
        while first < last, isPunctuation(scalars[first]) {
            let isSign = scalars[first] == "@" || scalars[first] == "#"
            if isSign, first + 1 < last, !isPunctuation(scalars[first + 1]) { break }
            before.append(word(first..<first + 1))
            first += 1
        }
        while last > first, isPunctuation(scalars[last - 1]), !(last - 1 == first) {
            after.append(word(last - 1..<last))
            last -= 1
        }
        return before + (first < last ? [word(first..<last)] : []) + after.reversed()
    }

    private func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
            .otherPunctuation:
            true
        default: false
        }
    }
}
