/// The kinds of `normalizer` that Hone knows; each is a list of stages.
///
/// A new kind is one case, its line in `read`, and the stages it needs in `NormalizerStage`.
enum NormalizerKind: String, CaseIterable {
    case bert = "BertNormalizer"
    case lowercase = "Lowercase"
    case decompose = "NFD"
    case stripAccents = "StripAccents"
    case sequence = "Sequence"

    /// Returns the stages of the component in `field`, in order.
    static func read(_ field: JSONField) throws(TokenizerError) -> [NormalizerStage] {
        let type = try field.required("type")
        let name = try type.string()
        guard let kind = NormalizerKind(rawValue: name) else {
            throw .unsupported(
                file: type.file, line: type.node.line, path: type.path, name: name, supported: allCases.map(\.rawValue))
        }
        switch kind {
        case .bert: return try bertStages(field)
        case .sequence:
            try field.allowOnly(["type", "normalizers"])
            var stages: [NormalizerStage] = []
            for item in try field.required("normalizers").items() { stages += try read(item) }
            return stages
        case .lowercase, .decompose, .stripAccents:
            try field.allowOnly(["type"])
            return kind == .lowercase ? [.lowercase] : kind == .decompose ? [.decompose] : [.removeCombiningMarks]
        }
    }

    /// The order is the library's: clean, separate Chinese characters, strip accents, lower-case.
    ///
    /// `strip_accents: null` follows `lowercase`.
    private static func bertStages(_ field: JSONField) throws(TokenizerError) -> [NormalizerStage] {
        try field.allowOnly(["type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"])
        let lowercase = try field.required("lowercase").bool()
        let stripAccents = try field.optional("strip_accents")?.bool() ?? lowercase
        var stages: [NormalizerStage] = []
        if try field.required("clean_text").bool() { stages.append(.cleanText) }
        if try field.required("handle_chinese_chars").bool() { stages.append(.separateChinese) }
        if stripAccents { stages += [.decompose, .removeNonspacingMarks] }
        if lowercase { stages.append(.lowercase) }
        return stages
    }
}

/// A character on its way through the stages, with the range of the original text it came from, in Unicode scalars.
struct AlignedScalar: Equatable {
    var scalar: UInt32
    var start: Int32
    var end: Int32
}

/// One step of normalisation.
///
/// A stage looks at one character at a time, or reorders marks among themselves; ASCII characters that it leaves alone or replaces by one
/// ASCII character separate what is before from what is after. `Normalizer` depends on that.
enum NormalizerStage: Equatable, Sendable {
    case cleanText
    case separateChinese
    case decompose
    case removeNonspacingMarks
    case removeCombiningMarks
    case lowercase

    func apply(_ text: inout [AlignedScalar], _ properties: UnicodeProperties) {
        switch self {
        case .cleanText: cleanText(&text, properties)
        case .separateChinese: separateChinese(&text, properties)
        case .decompose: decompose(&text, properties)
        case .removeNonspacingMarks: text.removeAll { properties.has(.nonspacingMark, $0.scalar) }
        case .removeCombiningMarks: text.removeAll { properties.has(.combiningMark, $0.scalar) }
        case .lowercase: lowercase(&text, properties)
        }
    }

    private func cleanText(_ text: inout [AlignedScalar], _ properties: UnicodeProperties) {
        text.removeAll { properties.has(.removedByCleaning, $0.scalar) }
        for index in text.indices where properties.has(.whitespace, text[index].scalar) { text[index].scalar = 0x20 }
    }

    private func separateChinese(_ text: inout [AlignedScalar], _ properties: UnicodeProperties) {
        guard text.contains(where: { properties.has(.chinese, $0.scalar) }) else { return }
        text = text.flatMap { item -> [AlignedScalar] in
            guard properties.has(.chinese, item.scalar) else { return [item] }
            let space = AlignedScalar(scalar: 0x20, start: item.start, end: item.end)
            return [space, item, space]
        }
    }

    private func lowercase(_ text: inout [AlignedScalar], _ properties: UnicodeProperties) {
        var index = 0
        while index < text.count {
            if let lowered = properties.lowercase(text[index].scalar) {
                let item = text[index]
                text[index].scalar = lowered[lowered.startIndex]
                for extra in lowered.dropFirst() {
                    index += 1
                    text.insert(AlignedScalar(scalar: extra, start: item.start, end: item.end), at: index)
                }
            }
            index += 1
        }
    }

    /// Canonical decomposition with canonical ordering (Unicode 3.11).
    ///
    /// Offsets go by place, as in the library: after reordering, the n-th character that replaces one takes the n-th original's range,
    /// and a character added by a decomposition takes the range before it.
    private func decompose(_ text: inout [AlignedScalar], _ properties: UnicodeProperties) {
        var items: [(scalar: UInt32, isAdded: Bool, order: UInt16)] = []
        items.reserveCapacity(text.count + text.count / 2)
        for item in text {
            guard let parts = properties.decomposition(item.scalar) else {
                insert((item.scalar, false, properties.combiningClass(item.scalar)), into: &items)
                continue
            }
            for (index, part) in parts.enumerated() { insert((part, index > 0, properties.combiningClass(part)), into: &items) }
        }
        let original = text
        text.removeAll(keepingCapacity: true)
        var source = -1
        for item in items {
            if !item.isAdded { source += 1 }
            let from = original[max(source, 0)]
            text.append(AlignedScalar(scalar: item.scalar, start: from.start, end: from.end))
        }
    }

    /// Puts a mark before the marks of a higher class, never before a character of class 0.
    private func insert(
        _ item: (scalar: UInt32, isAdded: Bool, order: UInt16), into items: inout [(scalar: UInt32, isAdded: Bool, order: UInt16)]
    ) {
        var place = items.count
        if item.order != 0 { while place > 0, items[place - 1].order > item.order { place -= 1 } }
        items.insert(item, at: place)
    }
}

/// Text after normalisation: UTF-8, and for each byte the range it came from where that was asked for.
struct NormalizedText {
    var bytes: [UInt8] = []
    var starts: [Int32] = []
    var ends: [Int32] = []

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    /// The range of the original text, in scalars, that the bytes in `range` came from.
    func origin(_ range: Range<Int>) -> Range<Int> {
        guard let last = range.last else { return 0..<0 }
        return Int(starts[range.lowerBound])..<max(Int(starts[range.lowerBound]), Int(ends[last]))
    }
}

/// Runs the stages, with a table for the ASCII characters that become one ASCII character.
struct Normalizer: Sendable {
    private let stages: [NormalizerStage]
    private let properties: UnicodeProperties
    /// For each byte the byte it becomes, or `slow` where the stages must decide.
    ///
    /// Derived from the stages.
    private let ascii: [UInt8]
    private static let slow: UInt8 = 0xFF

    init(stages: [NormalizerStage], properties: UnicodeProperties) {
        (self.stages, self.properties) = (stages, properties)
        ascii = (0..<256).map { byte in
            guard byte < 0x80 else { return Self.slow }
            var text = [AlignedScalar(scalar: UInt32(byte), start: 0, end: 1)]
            for stage in stages { stage.apply(&text, properties) }
            guard text.count == 1, text[0].scalar < 0x80 else { return Self.slow }
            return UInt8(text[0].scalar)
        }
    }

    /// Returns the normal form of a whole text.
    func normalize(_ text: String) -> [UInt8] {
        var out = NormalizedText()
        var scalar: Int32?
        let bytes = Array(text.utf8)
        normalize(bytes, 0..<bytes.count, scalar: &scalar, into: &out)
        return out.bytes
    }

    /// Appends the normal form of `bytes[range]` to `out`.
    ///
    /// - Parameter scalar: number of scalars before `range`; moved past it. Nil leaves offsets out.
    func normalize(_ bytes: [UInt8], _ range: Range<Int>, scalar: inout Int32?, into out: inout NormalizedText) {
        var index = range.lowerBound
        while index < range.upperBound {
            let mapped = ascii[Int(bytes[index])]
            if mapped != Self.slow {
                out.bytes.append(mapped)
                index += 1
                if let position = scalar {
                    out.starts.append(position)
                    out.ends.append(position + 1)
                    scalar = position + 1
                }
            } else {
                index = normalizeSlowRun(bytes, index, range.upperBound, &scalar, &out)
            }
        }
    }

    /// Normalises characters up to the next ASCII one that the table answers for, and returns where that is.
    private func normalizeSlowRun(
        _ bytes: [UInt8], _ start: Int, _ end: Int, _ position: inout Int32?, _ out: inout NormalizedText
    ) -> Int {
        var run: [AlignedScalar] = []
        var index = start
        while index < end, ascii[Int(bytes[index])] == Self.slow {
            let (scalar, length) = UTF8Text.scalar(bytes, at: index)
            let place = position ?? 0
            run.append(AlignedScalar(scalar: scalar, start: place, end: place + 1))
            if position != nil { position = place + 1 }
            index += length
        }
        for stage in stages { stage.apply(&run, properties) }
        for item in run {
            let before = out.bytes.count
            UTF8Text.append(item.scalar, to: &out.bytes)
            guard position != nil else { continue }
            out.starts += repeatElement(item.start, count: out.bytes.count - before)
            out.ends += repeatElement(item.end, count: out.bytes.count - before)
        }
        return index
    }
}
