// Tested by NormalizerTests.swift

/// The kinds of `normalizer` that Hone knows; each is a list of stages.
///
/// A new kind is one case, its line in `read`, and the stages it needs in `NormalizerStage`.
enum NormalizerKind: String, CaseIterable {
    case bert = "BertNormalizer"
    case lowercase = "Lowercase"
    case nfc = "NFC"
    case nfd = "NFD"
    case nfkc = "NFKC"
    case nfkd = "NFKD"
    case stripAccents = "StripAccents"
    case strip = "Strip"
    case replace = "Replace"
    case prepend = "Prepend"
    case nmt = "Nmt"
    case precompiled = "Precompiled"
    case byteLevel = "ByteLevel"
    case sequence = "Sequence"

    /// Returns the stages of the component in `field`, in order.
    static func read(_ field: JSONField) throws(TokenizerError) -> [NormalizerStage] {
        let type = try field.required("type")
        let name = try type.string()
        guard let kind = NormalizerKind(rawValue: name) else {
            throw .unsupported(
                file: type.file, line: type.node.line, path: type.path, name: name, supported: allCases.map(\.rawValue))
        }
        return try kind.stages(field)
    }

    private func stages(_ field: JSONField) throws(TokenizerError) -> [NormalizerStage] {
        switch self {
        case .bert: return try Self.bertStages(field)
        case .sequence:
            try field.allowOnly(["type", "normalizers"])
            var stages: [NormalizerStage] = []
            for item in try field.required("normalizers").items() { stages += try Self.read(item) }
            return stages
        case .strip:
            try field.allowOnly(["type", "strip_left", "strip_right"])
            return [.strip(left: try field.required("strip_left").bool(), right: try field.required("strip_right").bool())]
        case .prepend:
            try field.allowOnly(["type", "prepend"])
            return [.prepend(Array(try field.required("prepend").string().unicodeScalars).map(\.value))]
        case .replace:
            try field.allowOnly(["type", "pattern", "content"])
            return [.replace(try TextPattern(field.required("pattern")), with: Array(try field.required("content").string().utf8))]
        case .precompiled:
            try field.allowOnly(["type", "precompiled_charsmap"])
            guard let text = try field.optional("precompiled_charsmap") else { return [] }
            guard let map = PrecompiledCharsMap(base64: try text.string()) else {
                throw text.invalid(expected: "a SentencePiece character map in base64")
            }
            return [.precompiled(map)]
        case .lowercase, .nfc, .nfd, .nfkc, .nfkd, .stripAccents, .nmt, .byteLevel:
            try field.allowOnly(["type"])
            return [simple].compactMap { $0 }
        }
    }

    /// The stage of a kind without settings.
    private var simple: NormalizerStage? {
        switch self {
        case .lowercase: .lowercase
        case .stripAccents: .removeCombiningMarks
        case .nmt: .nmt
        case .byteLevel: .byteLevel
        case .nfc, .nfd, .nfkc, .nfkd: UnicodeForm(rawValue: rawValue).map { .form($0) }
        default: nil
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
        if stripAccents { stages += [.form(.nfd), .removeNonspacingMarks] }
        if lowercase { stages.append(.lowercase) }
        return stages
    }
}

/// A text to look for: exact, or some number of repetitions of one character or character class.
///
/// These are the patterns that published tokenizers replace; a regular expression of another form is refused by name.
struct TextPattern: Equatable, Sendable {
    enum Element: Equatable, Sendable {
        case text([UInt8])
        case whitespace
    }

    private var element: Element
    private var minimum: Int
    private var maximum: Int

    /// An exact text.
    init(text: String) { self.init(bytes: Array(text.utf8)) }

    /// An exact text; not empty.
    init(bytes: [UInt8]) { (element, minimum, maximum) = (.text(bytes), 1, 1) }

    /// Reads `{"String": "…"}` or `{"Regex": "…"}`.
    init(_ field: JSONField) throws(TokenizerError) {
        try field.allowOnly(["String", "Regex"])
        if let text = try field.optional("String") {
            self.init(text: try text.string())
            if try text.string().isEmpty { throw text.invalid(expected: "a text that is not empty") }
            return
        }
        let regex = try field.required("Regex")
        guard let pattern = TextPattern(regex: try regex.string()) else {
            throw .unsupported(
                file: regex.file, line: regex.node.line, path: regex.path, name: try regex.string(),
                supported: ["a text without operators", "x+", "x{2,}", "x{2,5}", "\\s+"])
        }
        self = pattern
    }

    /// Reads a regular expression: a text without operators, or one character (or `\s`) and how often; nil where it is anything else.
    init?(regex: String) {
        var characters = Array(regex.unicodeScalars)
        (minimum, maximum) = (1, 1)
        if let bounds = Self.takeBounds(&characters) {
            (minimum, maximum) = bounds
            guard minimum > 0, Self.isOne(characters) else { return nil }
        }
        if characters.map(String.init) == ["\\", "s"] || characters.map(String.init) == ["[", "\\", "s", "]"] {
            element = .whitespace
            return
        }
        var text: [UInt8] = []
        var index = 0
        while index < characters.count {
            var scalar = characters[index]
            if scalar == "\\" {
                index += 1
                guard index < characters.count, !Self.isLetter(characters[index]) else { return nil }
                scalar = characters[index]
            } else if "^$.|?*+()[]{}".unicodeScalars.contains(scalar) {
                return nil
            }
            UTF8Text.append(scalar.value, to: &text)
            index += 1
        }
        guard !text.isEmpty else { return nil }
        element = .text(text)
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }

    private static func isOne(_ characters: [Unicode.Scalar]) -> Bool {
        characters.count == 1 || characters.count == 2 && characters[0] == "\\" || characters.map(String.init) == ["[", "\\", "s", "]"]
    }

    /// Takes `+`, `{n}`, `{n,}` or `{n,m}` off the end.
    private static func takeBounds(_ characters: inout [Unicode.Scalar]) -> (Int, Int)? {
        guard let last = characters.last, characters.count > 1, characters[characters.count - 2] != "\\" else { return nil }
        if last == "+" {
            characters.removeLast()
            return (1, Int.max)
        }
        guard last == "}", let open = characters.lastIndex(of: "{"), open > 0 else { return nil }
        var inside = String.UnicodeScalarView()
        inside.append(contentsOf: characters[(open + 1)...].dropLast())
        let numbers = String(inside).split(separator: ",", omittingEmptySubsequences: false)
        guard let low = numbers.first.flatMap({ Int($0) }), numbers.count <= 2 else { return nil }
        guard let high = numbers.count == 1 ? low : numbers[1].isEmpty ? Int.max : Int(numbers[1]) else { return nil }
        characters.removeSubrange(open...)
        return (low, high)
    }

    /// The first match in `bytes[start...]`.
    func match(_ bytes: [UInt8], from start: Int, _ properties: UnicodeProperties) -> Range<Int>? {
        var index = start
        while index < bytes.count {
            var end = index, count = 0
            while count < maximum, let length = one(bytes, end, properties) { (end, count) = (end + length, count + 1) }
            if count >= minimum { return index..<end }
            index = max(end, index + 1)
        }
        return nil
    }

    @inline(__always)
    private func one(_ bytes: [UInt8], _ index: Int, _ properties: UnicodeProperties) -> Int? {
        switch element {
        case .text(let text):
            guard index + text.count <= bytes.count, bytes[index] == text[0] else { return nil }
            for offset in text.indices where bytes[index + offset] != text[offset] { return nil }
            return text.count
        case .whitespace:
            guard index < bytes.count, bytes[index] & 0xC0 != 0x80 else { return nil }
            let (scalar, length) = UTF8Text.scalar(bytes, at: index)
            return properties.has(.whitespace, scalar) ? length : nil
        }
    }

    /// `bytes` with every match replaced.
    func replaced(_ bytes: [UInt8], with content: [UInt8], _ properties: UnicodeProperties) -> [UInt8] {
        guard var found = match(bytes, from: 0, properties) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 2)
        var done = 0
        while true {
            result += bytes[done..<found.lowerBound]
            result += content
            done = found.upperBound
            guard let next = match(bytes, from: done, properties) else { break }
            found = next
        }
        result += bytes[done...]
        return result
    }
}
