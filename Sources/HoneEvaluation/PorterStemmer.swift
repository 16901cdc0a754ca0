/// Cuts English words to their stems, so that `replacing` matches `replaced`.
///
/// Porter's algorithm with the extensions of NLTK (irregular words, `-ies`, `-ied`, `-fulli`, `-logi`, two-letter `vc` stems), which
/// ROUGE implementations use. Source: doi:10.1108/eb046814; equal to NLTK's default mode on words of `a ... z` and `0 ... 9`.
struct PorterStemmer {
    private static let irregular: [String: String] = [
        "sky": "sky", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "news": "news", "innings": "inning",
        "inning": "inning", "outings": "outing", "outing": "outing", "cannings": "canning", "canning": "canning", "howe": "howe",
        "proceed": "proceed", "exceed": "exceed", "succeed": "succeed",
    ]

    private typealias Word = [UInt8]
    private typealias Rule = (suffix: Word, replacement: Word, condition: (Word) -> Bool)

    private static func rules(_ pairs: [(String, String)], _ condition: @escaping (Word) -> Bool) -> [Rule] {
        pairs.map { (Array($0.0.utf8), Array($0.1.utf8), condition) }
    }

    private let first: [Rule]
    private let second: [Rule]
    private let third: [Rule]
    private let fourth: [Rule]

    init() {
        let some: (Word) -> Bool = { Self.measure($0) > 0 }
        let many: (Word) -> Bool = { Self.measure($0) > 1 }
        first = Self.rules([("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")]) { _ in true }
        second =
            Self.rules(
                [
                    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"),
                    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
                    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
                    ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"),
                ], some)
            // The `l` of `logi` counts as part of the stem.
            + Self.rules([("logi", "log")]) { some($0 + [0x6C]) }
        third = Self.rules(
            [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")], some)
        fourth =
            Self.rules(["al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent"].map { ($0, "") }, many)
            + Self.rules([("ion", "")]) { many($0) && ($0.last == 0x73 || $0.last == 0x74) }
            + Self.rules(["ou", "ism", "ate", "iti", "ous", "ive", "ize"].map { ($0, "") }, many)
    }

    /// The stem of a lowercase word.
    func stem(_ text: String) -> String {
        if let known = Self.irregular[text] { return known }
        var word = Array(text.utf8)
        guard word.count > 2 else { return text }
        word = ends(word, "ies") && word.count == 4 ? word.dropLast(1) : apply(first, word)
        word = pastAndProgressive(word)
        if word.last == 0x79, word.count > 2, Self.consonants(word)[word.count - 2] { word[word.count - 1] = 0x69 }
        word = doubleSuffixes(word)
        word = apply(third, word)
        word = apply(fourth, word)
        word = withoutFinalE(word)
        if ends(word, "ll"), Self.measure(Array(word.dropLast())) > 1 { word.removeLast() }
        return String(decoding: word, as: UTF8.self)
    }

    private func ends(_ word: Word, _ suffix: String) -> Bool {
        word.count >= suffix.utf8.count && word.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    /// The first rule whose suffix fits decides, also where its condition fails.
    private func apply(_ rules: [Rule], _ word: Word) -> Word {
        for rule in rules where word.count >= rule.suffix.count && word.suffix(rule.suffix.count).elementsEqual(rule.suffix) {
            let stem = Array(word.dropLast(rule.suffix.count))
            return rule.condition(stem) ? stem + rule.replacement : word
        }
        return word
    }

    /// Step 1b: `-eed`, `-ed`, `-ing`.
    private func pastAndProgressive(_ word: Word) -> Word {
        if ends(word, "ied") { return Array(word.dropLast(word.count == 4 ? 1 : 2)) }
        if ends(word, "eed") { return Self.measure(Array(word.dropLast(3))) > 0 ? Array(word.dropLast()) : word }
        guard
            let suffix = ["ed", "ing"].first(where: {
                ends(word, $0) && Self.consonants(Array(word.dropLast($0.utf8.count))).contains(false)
            })
        else { return word }
        let stem = Array(word.dropLast(suffix.utf8.count))
        if ends(stem, "at") || ends(stem, "bl") || ends(stem, "iz") { return stem + [0x65] }
        let flags = Self.consonants(stem)
        if stem.count >= 2, stem[stem.count - 1] == stem[stem.count - 2], flags[stem.count - 1] {
            return [0x6C, 0x73, 0x7A].contains(stem[stem.count - 1]) ? stem : Array(stem.dropLast())
        }
        return Self.measure(stem) == 1 && Self.endsShort(stem) ? stem + [0x65] : stem
    }

    /// Step 2; `-alli` first becomes `-al` and goes through again.
    private func doubleSuffixes(_ word: Word) -> Word {
        var word = word
        while ends(word, "alli"), Self.measure(Array(word.dropLast(4))) > 0 { word.removeLast(2) }
        return apply(second, word)
    }

    /// Step 5a.
    private func withoutFinalE(_ word: Word) -> Word {
        guard word.last == 0x65 else { return word }
        let stem = Array(word.dropLast())
        let measure = Self.measure(stem)
        return measure > 1 || (measure == 1 && !Self.endsShort(stem)) ? stem : word
    }

    /// Whether each letter is a consonant; `y` is one at the start and after a vowel.
    private static func consonants(_ word: Word) -> [Bool] {
        var flags: [Bool] = []
        flags.reserveCapacity(word.count)
        for letter in word {
            switch letter {
            case 0x61, 0x65, 0x69, 0x6F, 0x75: flags.append(false)
            case 0x79: flags.append(flags.last.map { !$0 } ?? true)
            default: flags.append(true)
            }
        }
        return flags
    }

    /// Porter's measure: how often a vowel is followed by a consonant.
    private static func measure(_ word: Word) -> Int {
        let flags = consonants(word)
        return zip(flags, flags.dropFirst()).count { !$0 && $1 }
    }

    /// Whether a stem ends consonant, vowel, consonant other than `w`, `x`, `y`, or is a vowel and a consonant.
    private static func endsShort(_ word: Word) -> Bool {
        let flags = consonants(word)
        let count = word.count
        if count == 2 { return !flags[0] && flags[1] }
        guard count >= 3 else { return false }
        return flags[count - 3] && !flags[count - 2] && flags[count - 1] && ![0x77, 0x78, 0x79].contains(word[count - 1])
    }
}
