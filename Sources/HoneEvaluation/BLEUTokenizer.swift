// Tested by BLEUTests.swift.
/// Splits segments into the tokens that BLEU counts.
public enum BLEUTokenizer: String, Codable, Sendable, CaseIterable {
    /// Punctuation set off as by `mteval-v13a.pl`; the field's default.
    case thirteenA = "13a"
    /// Every scalar that is not whitespace.
    case character = "char"
    /// The runs between whitespace.
    case none

    func tokens(_ segment: String, lowercase: Bool) -> [SegmentToken] {
        var scalars = Array(segment.unicodeScalars)
        if lowercase { scalars = SegmentText.lowercased(scalars) }
        scalars = SegmentText.withoutTrailingSpace(scalars)
        switch self {
        case .none: return SegmentText.words(scalars).map { SegmentText.token($0) }
        case .character: return scalars.filter { !$0.isPythonSpace }.map { SegmentText.token(CollectionOfOne($0)) }
        case .thirteenA: return SegmentText.words(Self.spaced(scalars)).map { SegmentText.token($0) }
        }
    }

    /// The four passes of the reference's expressions, in its order.
    private static func spaced(_ segment: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var text = SegmentText.replace(segment, "<skipped>", "")
        text = SegmentText.replace(text, "-\n", "")
        text = SegmentText.replace(text, "\n", " ")
        for (entity, mark) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
            text = SegmentText.replace(text, entity, mark)
        }
        text = [" "] + text + [" "]
        text = text.flatMap { isSetOff($0) ? [" ", $0, " "] : [$0] }
        // A point or comma after anything but a digit, then before anything but a digit; a hyphen after a digit.
        text = pairs(text, { !$0.isASCIIDigit }, isPoint, put: { [$0, " ", $1, " "] })
        text = pairs(text, isPoint, { !$0.isASCIIDigit }, put: { [" ", $0, " ", $1] })
        return pairs(text, \.isASCIIDigit, { $0 == "-" }, put: { [$0, " ", $1, " "] })
    }

    private static func isPoint(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }

    private static func isSetOff(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7B...0x7E, 0x5B...0x60, 0x20...0x26, 0x28...0x2B, 0x3A...0x40, 0x2F: true
        default: false
        }
    }

    /// Replaces neighbours that fit, left to right, without overlap.
    private static func pairs(
        _ text: [Unicode.Scalar], _ first: (Unicode.Scalar) -> Bool, _ second: (Unicode.Scalar) -> Bool,
        put replacement: (Unicode.Scalar, Unicode.Scalar) -> [Unicode.Scalar]
    ) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count + 16)
        var place = 0
        while place < text.count {
            if place + 1 < text.count, first(text[place]), second(text[place + 1]) {
                result += replacement(text[place], text[place + 1])
                place += 2
            } else {
                result.append(text[place])
                place += 1
            }
        }
        return result
    }
}
