/// One bit for each class of characters that a tokenizer asks about.
struct CharacterClass: OptionSet, Sendable {
    let rawValue: UInt16

    static let removedByCleaning = CharacterClass(rawValue: 1)
    static let whitespace = CharacterClass(rawValue: 1 << 1)
    static let punctuation = CharacterClass(rawValue: 1 << 2)
    static let chinese = CharacterClass(rawValue: 1 << 3)
    static let nonspacingMark = CharacterClass(rawValue: 1 << 4)
    static let combiningMark = CharacterClass(rawValue: 1 << 5)
    static let word = CharacterClass(rawValue: 1 << 6)
    /// What the Digits pre-tokenizer takes for a digit.
    static let numeric = CharacterClass(rawValue: 1 << 7)
    /// `\p{L}`, `\p{N}`, `\s` and `\w` of regular expressions.
    static let letter = CharacterClass(rawValue: 1 << 8)
    static let number = CharacterClass(rawValue: 1 << 9)
    static let regexSpace = CharacterClass(rawValue: 1 << 10)
    static let regexWord = CharacterClass(rawValue: 1 << 11)
    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`: how a capitalised word may begin.
    static let wordHead = CharacterClass(rawValue: 1 << 12)
    /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`: how a word may go on.
    static let wordTail = CharacterClass(rawValue: 1 << 13)
    /// Carriage return and line feed.
    static let lineBreak = CharacterClass(rawValue: 1 << 14)
}

/// A Unicode general category other than Cn, as the library's regular expressions have it.
enum GeneralCategory: UInt16, CaseIterable {
    case Lu = 1
    case Ll, Lt, Lm, Lo, Mn, Mc, Me, Nd, Nl, No, Pc, Pd, Ps, Pe, Pi, Pf, Po, Sm, Sc, Sk, So, Zs, Zl, Zp, Cc, Cf, Co
}

/// Character classes, decompositions and lower-case forms as the `tokenizers` library has them.
///
/// The library is built on older Unicode tables than Swift's, and its ids depend on them, so `Unicode.Scalar.Properties` is not used.
struct UnicodeProperties: Sendable {
    /// The tables, decoded once per process.
    static let shared = UnicodeProperties()

    private var classes = PagedTable()
    private var categories = PagedTable()
    private var combining = PagedTable()
    private var decompositions = PagedTable()
    private var lowered = PagedTable()
    private var compatible = PagedTable()
    /// `first << 32 | second` to the character they compose to.
    private var compositions: [UInt64: UInt32] = [:]
    /// Texts that `decompositions` and `lowered` point to: a count, then that many scalars.
    ///
    /// Index 0 is nothing.
    private var pool: [UInt32] = [0]

    private init() {
        mark(.removedByCleaning, UnicodeTableData.removedByCleaning)
        mark(.whitespace, UnicodeTableData.whitespace)
        mark(.punctuation, UnicodeTableData.punctuation)
        mark(.chinese, UnicodeTableData.chinese)
        mark(.nonspacingMark, UnicodeTableData.nonspacingMarks)
        mark(.combiningMark, UnicodeTableData.combiningMarks)
        mark(.word, UnicodeTableData.wordCharacters)
        mark(.numeric, UnicodeTableData.numerics)
        mark(.regexSpace, UnicodeTableData.regexSpaces)
        mark(.regexWord, UnicodeTableData.regexWords)
        for scalar: UInt32 in [0x0A, 0x0D] { classes.set(scalar, classes[scalar] | CharacterClass.lineBreak.rawValue) }
        readCategories()
        readCombiningClasses()
        for (scalar, index) in readMappings(UnicodeTableData.decompositions) { decompositions.set(scalar, index) }
        for (scalar, index) in readMappings(UnicodeTableData.lowercase) { lowered.set(scalar, index) }
        for (scalar, index) in readMappings(UnicodeFormTableData.compatibility) { compatible.set(scalar, index) }
        readCompositions()
    }

    @inline(__always)
    func has(_ class: CharacterClass, _ scalar: UInt32) -> Bool { classes[scalar] & `class`.rawValue != 0 }

    @inline(__always)
    func classes(of scalar: UInt32) -> CharacterClass { CharacterClass(rawValue: classes[scalar]) }

    /// The canonical combining class; 0 for a character that starts a new cluster.
    @inline(__always)
    func combiningClass(_ scalar: UInt32) -> UInt16 { combining[scalar] }

    /// The full canonical decomposition, or nil where the character stands for itself.
    ///
    /// Hangul syllables are taken apart by arithmetic.
    func decomposition(_ scalar: UInt32) -> ArraySlice<UInt32>? {
        if 0xAC00..<0xD7A4 ~= scalar { return hangul(scalar - 0xAC00)[...] }
        return text(at: decompositions[scalar])
    }

    /// The full compatibility decomposition, or nil where the character stands for itself.
    func compatibility(_ scalar: UInt32) -> ArraySlice<UInt32>? { text(at: compatible[scalar]) ?? decomposition(scalar) }

    /// The character that two compose to, or nil.
    func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
        // Nothing composes with a second character below the combining marks.
        guard second >= 0x300 else { return nil }
        return UnicodeProperties.hangulComposition(first, second) ?? compositions[UInt64(first) << 32 | UInt64(second)]
    }

    /// The lower-case form, or nil where the character is its own.
    func lowercase(_ scalar: UInt32) -> ArraySlice<UInt32>? { text(at: lowered[scalar]) }

    private func text(at index: UInt16) -> ArraySlice<UInt32>? {
        guard index != 0 else { return nil }
        let start = Int(index) + 1
        return pool[start..<start + Int(pool[Int(index)])]
    }

    /// Unicode 3.12, “Hangul Syllable Decomposition”.
    private func hangul(_ syllable: UInt32) -> [UInt32] {
        let lead = 0x1100 + syllable / 588, vowel = 0x1161 + syllable % 588 / 28, tail = 0x11A7 + syllable % 28
        return tail == 0x11A7 ? [lead, vowel] : [lead, vowel, tail]
    }

    private mutating func mark(_ class: CharacterClass, _ text: String) {
        var numbers = HexReader(text)
        var scalar: UInt32 = 0
        while let gap = numbers.next(), let length = numbers.next() {
            for member in scalar + gap..<scalar + gap + length { classes.set(member, classes[member] | `class`.rawValue) }
            scalar += gap + length
        }
    }

    /// The general category, or nil for an unassigned scalar.
    func category(_ scalar: UInt32) -> GeneralCategory? { GeneralCategory(rawValue: categories[scalar]) }

    private static func classes(of category: GeneralCategory) -> CharacterClass {
        switch category {
        case .Lu, .Lt: [.letter, .wordHead]
        case .Ll: [.letter, .wordTail]
        case .Lm, .Lo: [.letter, .wordHead, .wordTail]
        case .Mn, .Mc, .Me: [.wordHead, .wordTail]
        case .Nd, .Nl, .No: .number
        default: []
        }
    }

    private mutating func readCategories() {
        var scalar: UInt32 = 0, value: UInt16 = 0, mask: UInt16 = 0
        for item in UnicodeTableData.categories.split(whereSeparator: \.isWhitespace) {
            if item.last == ":" {
                guard let category = GeneralCategory.allCases.first(where: { "\($0):" == item }) else { continue }
                (scalar, value, mask) = (0, category.rawValue, Self.classes(of: category).rawValue)
                continue
            }
            let numbers = item.split(separator: "+").compactMap { UInt32($0, radix: 16) }
            for member in scalar + numbers[0]..<scalar + numbers[0] + numbers[1] {
                categories.set(member, value)
                if mask != 0 { classes.set(member, classes[member] | mask) }
            }
            scalar += numbers[0] + numbers[1]
        }
    }

    private mutating func readCombiningClasses() {
        var numbers = HexReader(UnicodeTableData.combiningClasses)
        var scalar: UInt32 = 0, value: UInt16 = 0
        while let number = numbers.next() {
            if numbers.delimiter == UInt8(ascii: ":") {
                (scalar, value) = (0, UInt16(number))
                continue
            }
            guard let length = numbers.next() else { return }
            for member in scalar + number..<scalar + number + length { combining.set(member, value) }
            scalar += number + length
        }
    }

    private mutating func readCompositions() {
        var numbers = HexReader(UnicodeFormTableData.compositions)
        while let composed = numbers.next(), let first = numbers.next(), let second = numbers.next() {
            compositions[UInt64(first) << 32 | UInt64(second)] = composed
        }
    }

    private mutating func readMappings(_ text: String) -> [(scalar: UInt32, index: UInt16)] {
        var numbers = HexReader(text)
        var found: [(scalar: UInt32, index: UInt16)] = []
        while let key = numbers.next() {
            found.append((key, UInt16(pool.count)))
            pool.append(0)
            repeat {
                guard let target = numbers.next() else { return found }
                pool[Int(found[found.count - 1].index)] += 1
                pool.append(target)
            } while numbers.delimiter == UInt8(ascii: ".")
        }
        return found
    }
}

/// A number for each scalar, in pages of 256 of which the empty ones are shared.
struct PagedTable: Sendable {
    private var page = [UInt16](repeating: 0, count: 0x1100)
    private var values = [UInt16](repeating: 0, count: 256)

    @inline(__always)
    subscript(_ scalar: UInt32) -> UInt16 { values[Int(page[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)] }

    mutating func set(_ scalar: UInt32, _ value: UInt16) {
        let row = Int(scalar >> 8)
        if page[row] == 0 {
            page[row] = UInt16(values.count >> 8)
            values += repeatElement(0, count: 256)
        }
        values[Int(page[row]) << 8 | Int(scalar & 0xFF)] = value
    }
}

/// Reads hexadecimal numbers separated by any other characters.
private struct HexReader {
    private var bytes: String.UTF8View.Iterator
    /// The character that ended the last number.
    private(set) var delimiter: UInt8 = 0

    init(_ text: String) { bytes = text.utf8.makeIterator() }

    mutating func next() -> UInt32? {
        var value: UInt32?
        while let byte = bytes.next() {
            let digit: UInt32
            switch byte {
            case 0x30...0x39: digit = UInt32(byte) - 0x30
            case 0x61...0x66: digit = UInt32(byte) - 0x57
            default:
                guard let value else { continue }
                delimiter = byte
                return value
            }
            value = (value ?? 0) << 4 | digit
        }
        delimiter = 0
        return value
    }
}
