// Tested by NormalizerTests.swift

/// The four normal forms of Unicode annex 15, with the `tokenizers` library's tables.
enum UnicodeForm: String, CaseIterable, Sendable {
    case nfc = "NFC"
    case nfd = "NFD"
    case nfkc = "NFKC"
    case nfkd = "NFKD"

    var isComposed: Bool { self == .nfc || self == .nfkc }
    var isCompatible: Bool { self == .nfkc || self == .nfkd }
}

/// A character of changed text, and how it relates to the text before.
///
/// 0: it takes the place of one character. 1 or more: it was added. Less than 0: it takes the place of one character and that many more
/// after it are gone. This is the bookkeeping of the library's `NormalizedString`, whose alignments depend on it.
struct ScalarChange: Equatable {
    var scalar: UInt32
    var change: Int
}

extension UnicodeForm {
    /// Returns the changes that bring `text` to this form.
    func changes(_ text: [AlignedScalar], _ properties: UnicodeProperties) -> [ScalarChange] {
        let decomposed = decompose(text, properties)
        return isComposed ? compose(decomposed, properties) : decomposed
    }

    /// Full decomposition with canonical ordering (Unicode 3.11): a mark goes before the marks of a higher class, never before a
    /// character of class 0.
    private func decompose(_ text: [AlignedScalar], _ properties: UnicodeProperties) -> [ScalarChange] {
        var items: [ScalarChange] = [], orders: [UInt16] = []
        items.reserveCapacity(text.count + text.count / 2)
        orders.reserveCapacity(text.count + text.count / 2)
        func insert(_ scalar: UInt32, _ change: Int) {
            let order = properties.combiningClass(scalar)
            var place = items.count
            if order != 0 { while place > 0, orders[place - 1] > order { place -= 1 } }
            items.insert(ScalarChange(scalar: scalar, change: change), at: place)
            orders.insert(order, at: place)
        }
        for item in text {
            let parts = isCompatible ? properties.compatibility(item.scalar) : properties.decomposition(item.scalar)
            guard let parts else {
                insert(item.scalar, 0)
                continue
            }
            for (index, part) in parts.enumerated() { insert(part, index > 0 ? 1 : 0) }
        }
        return items
    }

    /// Canonical composition: a mark joins the last character of class 0 unless something of its class or a higher one stands between.
    private func compose(_ items: [ScalarChange], _ properties: UnicodeProperties) -> [ScalarChange] {
        var result: [ScalarChange] = []
        result.reserveCapacity(items.count)
        var starter: Int?
        var last: UInt16?
        for item in items {
            let order = properties.combiningClass(item.scalar)
            if let place = starter, last.map({ $0 < order }) ?? true,
                let composed = properties.composition(result[place].scalar, item.scalar)
            {
                result[place] = ScalarChange(scalar: composed, change: result[place].change + item.change - 1)
                continue
            }
            if order == 0 { (starter, last) = (result.count, nil) } else if starter != nil { last = order }
            result.append(item)
        }
        return result
    }
}

extension UnicodeProperties {
    /// Unicode 3.12, “Hangul Syllable Composition”; nil for anything else.
    static func hangulComposition(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if 0x1100..<0x1113 ~= first, 0x1161..<0x1176 ~= second { return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28 }
        if 0xAC00..<0xD7A4 ~= first, (first - 0xAC00) % 28 == 0, 0x11A8..<0x11C3 ~= second { return first + second - 0x11A7 }
        return nil
    }
}
