// Tested by JinjaExpressionTests.swift.

extension JinjaMethod {
    func call(_ text: String, _ arguments: JinjaArguments, _ renderer: JinjaRenderer) throws -> JinjaValue {
        func given(_ names: [String], required: Int = 0) throws -> [JinjaValue?] {
            try arguments.bind(names, required: required, for: "str.\(rawValue)()")
        }
        func string(_ value: JinjaValue?) throws -> String {
            guard case .string(let text)? = value else {
                throw JinjaFault.failed("str.\(rawValue)() takes a text, not \(value?.typeName ?? "nothing")")
            }
            return text
        }
        if !arguments.named.isEmpty, ![.split, .rsplit, .splitlines, .format].contains(self) {
            throw JinjaFault.failed("str.\(rawValue)() takes no keyword arguments")
        }
        switch self {
        case .strip, .lstrip, .rstrip:
            if arguments.isEmpty { return .string(PythonText.strip(text, left: self != .rstrip, right: self != .lstrip)) }
            return try Self.strip(text, try given(["chars"])[0] ?? .null, left: self != .rstrip, right: self != .lstrip)
        case .upper: return try plain(arguments, .string(PythonText.upper(text)))
        case .lower: return try plain(arguments, .string(PythonText.lower(text)))
        case .title: return try plain(arguments, .string(PythonText.title(text)))
        case .capitalize: return try plain(arguments, .string(PythonText.capitalize(text)))
        case .casefold: return try plain(arguments, .string(PythonText.lower(text).replacing("ß", with: "ss").replacing("ς", with: "σ")))
        case .swapcase:
            var result = ""
            for scalar in text.unicodeScalars {
                result += scalar.properties.isUppercase ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
            }
            return try plain(arguments, .string(result))
        case .startswith, .endswith:
            let given = try given(["prefix", "start", "end"], required: 1)
            let body = try window(text, given[1], given[2])
            let options: [JinjaValue] = if case .tuple(let list)? = given[0] { list.items } else { [given[0] ?? .null] }
            guard let body else { return .bool(false) }
            let bytes = body.utf8
            for option in options {
                let option = try string(option).utf8
                if self == .startswith ? bytes.starts(with: option) : bytes.suffix(option.count).elementsEqual(option) {
                    return .bool(true)
                }
            }
            return .bool(false)
        case .removeprefix, .removesuffix:
            let part = try string(given(["part"], required: 1)[0])
            if self == .removeprefix {
                return .string(
                    text.utf8.starts(with: part.utf8) ? String(decoding: text.utf8.dropFirst(part.utf8.count), as: UTF8.self) : text)
            }
            let ends = !part.isEmpty && text.utf8.suffix(part.utf8.count).elementsEqual(part.utf8)
            return .string(ends ? String(decoding: text.utf8.dropLast(part.utf8.count), as: UTF8.self) : text)
        case .replace:
            let given = try given(["old", "new", "count"], required: 2)
            return try JinjaFilters.replace(
                text, string(given[0]), string(given[1]), JinjaFilters.whole(given[2], -1, "count"), renderer)
        case .split, .rsplit:
            let given = try given(["sep", "maxsplit"])
            let limit = try JinjaFilters.whole(given[1], -1, "maxsplit")
            var separator: String?
            if let value = given[0], value.isNotNull { separator = try string(value) }
            if separator?.isEmpty == true { throw JinjaFault.failed("empty separator") }
            return try renderer.checked(Self.split(text, separator, limit, fromRight: self == .rsplit).map { .string($0) })
        case .splitlines:
            let keep = try given(["keepends"])[0]?.isTrue ?? false
            return try renderer.checked(Self.lines(of: text, keepEnds: keep).map { .string($0) })
        case .partition, .rpartition:
            let separator = try string(given(["sep"], required: 1)[0])
            guard !separator.isEmpty else { throw JinjaFault.failed("empty separator") }
            let parts = Self.split(text, separator, 1, fromRight: self == .rpartition)
            guard parts.count == 2 else {
                return .tuple(JinjaList((self == .partition ? [text, "", ""] : ["", "", text]).map { .string($0) }))
            }
            return .tuple(JinjaList([.string(parts[0]), .string(separator), .string(parts[1])]))
        case .find, .rfind, .index, .rindex, .count: return try search(text, arguments, renderer)
        case .join:
            let items = try renderer.items(of: given(["iterable"], required: 1)[0] ?? .null)
            var result = ""
            for (index, item) in items.enumerated() {
                guard case .string(let part) = item.plain else {
                    throw JinjaFault.failed("sequence item \(index): expected str instance, \(item.typeName) found")
                }
                result += (index == 0 ? "" : text) + part
                if result.utf8.count > renderer.limits.outputBytes { break }
            }
            return try renderer.checked(result)
        case .format: return try renderer.checked(BraceFormat.format(text, arguments, renderer))
        case .center, .ljust, .rjust, .zfill: return try padded(text, try given(["width", "fillchar"], required: 1), renderer)
        default: return try plain(arguments, .bool(hasClass(text)))
        }
    }

    private func plain(_ arguments: JinjaArguments, _ result: JinjaValue) throws -> JinjaValue {
        guard arguments.isEmpty else { throw JinjaFault.failed("str.\(rawValue)() takes no arguments") }
        return result
    }

    /// The code points from `start` to `stop`; nil when `start` lies behind the end.
    private func window(_ text: String, _ start: JinjaValue?, _ stop: JinjaValue?) throws -> String? {
        if start == nil, stop == nil { return text }
        let scalars = Array(text.unicodeScalars)
        let (from, to) = try Self.bounds(start, stop, scalars.count)
        guard from <= scalars.count, from <= to else { return nil }
        return String(String.UnicodeScalarView(scalars[from..<to]))
    }

    private func search(_ text: String, _ arguments: JinjaArguments, _ renderer: JinjaRenderer) throws -> JinjaValue {
        let given = try arguments.bind(["sub", "start", "end"], required: 1, for: "str.\(rawValue)()")
        guard case .string(let part)? = given[0] else { throw JinjaFault.failed("str.\(rawValue)() takes a text") }
        let scalars = given[1] == nil ? 0 : PythonText.length(text)
        let offset = try Self.bounds(given[1], given[2], scalars).0
        if let body = try window(text, given[1], given[2]) {
            let (bytes, wanted) = (Array(body.utf8), Array(part.utf8))
            if self == .count {
                return .int(wanted.isEmpty ? PythonText.length(body) + 1 : PythonText.occurrences(of: wanted, in: bytes).count)
            }
            var hit: Int?
            if self == .find || self == .index {
                hit = PythonText.find(wanted, in: bytes)
            } else {
                hit =
                    wanted.count > bytes.count
                    ? nil
                    : stride(from: bytes.count - wanted.count, through: 0, by: -1).first {
                        bytes[$0..<($0 + wanted.count)].elementsEqual(wanted)
                    }
            }
            if let hit { return .int(offset + PythonText.length(String(decoding: bytes[..<hit], as: UTF8.self))) }
        } else if self == .count {
            return .int(0)
        }
        guard self == .find || self == .rfind else { throw JinjaFault.failed("substring not found") }
        return .int(-1)
    }

    static func split(_ text: String, _ separator: String?, _ limit: Int, fromRight: Bool) -> [String] {
        let limit = limit < 0 ? Int.max : limit
        if let separator {
            let (bytes, part) = (Array(text.utf8), Array(separator.utf8))
            var hits = PythonText.occurrences(of: part, in: bytes, limit: fromRight ? .max : limit)
            if fromRight {
                // Occurrences without overlap, counted from the right.
                hits = []
                var end = bytes.count
                while end >= part.count, hits.count < limit {
                    if bytes[(end - part.count)..<end].elementsEqual(part) {
                        hits.insert(end - part.count, at: 0)
                        end -= part.count
                    } else {
                        end -= 1
                    }
                }
            }
            var pieces: [String] = []
            var start = 0
            for hit in hits {
                pieces.append(String(decoding: bytes[start..<hit], as: UTF8.self))
                start = hit + part.count
            }
            return pieces + [String(decoding: bytes[start...], as: UTF8.self)]
        }
        let scalars = fromRight ? Array(text.unicodeScalars.reversed()) : Array(text.unicodeScalars)
        var pieces: [String] = []
        var index = 0
        while true {
            while index < scalars.count, PythonText.isSpace(scalars[index]) { index += 1 }
            guard index < scalars.count else { break }
            var end = index
            if pieces.count < limit {
                while end < scalars.count, !PythonText.isSpace(scalars[end]) { end += 1 }
            } else {
                end = scalars.count
                while end > index, PythonText.isSpace(scalars[end - 1]) { end -= 1 }
            }
            let piece = scalars[index..<end]
            pieces.append(fromRight ? String(String.UnicodeScalarView(piece.reversed())) : String(String.UnicodeScalarView(piece)))
            index = end
            if pieces.count > limit { break }
        }
        return fromRight ? pieces.reversed() : pieces
    }

    private func padded(_ text: String, _ given: [JinjaValue?], _ renderer: JinjaRenderer) throws -> JinjaValue {
        let width = try JinjaFilters.whole(given[0], 0, "width")
        try renderer.charge(max(0, width))
        var fill = " "
        if let value = given[1] {
            guard case .string(let character) = value, character.unicodeScalars.count == 1, self != .zfill else {
                throw JinjaFault.failed("the fill character must be exactly one character long")
            }
            fill = character
        }
        let missing = max(0, width - PythonText.length(text))
        switch self {
        case .center: return try Self.center(text, width, fill, renderer)
        case .ljust: return .string(text + String(repeating: fill, count: missing))
        case .rjust: return .string(String(repeating: fill, count: missing) + text)
        default:
            let zeros = String(repeating: "0", count: missing)
            guard let sign = text.unicodeScalars.first, sign == "-" || sign == "+" else { return .string(zeros + text) }
            return .string(String(sign) + zeros + String(text.unicodeScalars.dropFirst()))
        }
    }

    private func hasClass(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        switch self {
        case .isupper: return PythonText.isUpper(text)
        case .islower: return PythonText.isLower(text)
        case .isascii: return scalars.allSatisfy(\.isASCII)
        case .isidentifier:
            guard let first = scalars.first, first == "_" || first.properties.isXIDStart else { return false }
            return scalars.dropFirst().allSatisfy(\.properties.isXIDContinue)
        default: break
        }
        guard !text.isEmpty else { return false }
        return scalars.allSatisfy { scalar in
            let number = scalar.properties.numericType
            switch self {
            case .isspace: return PythonText.isSpace(scalar)
            case .isdecimal: return number == .decimal
            case .isdigit: return number == .decimal || number == .digit
            case .isnumeric: return number != nil
            case .isalpha: return JinjaFilters.isLetter(scalar)
            default: return JinjaFilters.isLetter(scalar) || number != nil
            }
        }
    }
}
