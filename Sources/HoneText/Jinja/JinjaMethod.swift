// Tested by JinjaExpressionTests.swift.

/// The methods of Python's values that templates may call, and those the sandbox refuses.
enum JinjaMethod: String {
    case strip, lstrip, rstrip, split, rsplit, splitlines, startswith, endswith, replace, upper, lower, title, capitalize, swapcase,
        casefold
    case find, rfind, index, rindex, count, join, format, removeprefix, removesuffix, center, ljust, rjust, zfill, partition, rpartition
    case isdigit, isdecimal, isnumeric, isalpha, isalnum, isspace, isupper, islower, isidentifier, isascii
    case get, items, keys, values, copy
    case is_integer, bit_length
    case append, clear, pop, popitem, setdefault, update, reverse, insert, sort, extend, remove

    private static let ofText: Set<JinjaMethod> = [
        .strip, .lstrip, .rstrip, .split, .rsplit, .splitlines, .startswith, .endswith, .replace, .upper, .lower, .title, .capitalize,
        .swapcase, .casefold, .find, .rfind, .index, .rindex, .count, .join, .format, .removeprefix, .removesuffix, .center, .ljust, .rjust,
        .zfill, .partition, .rpartition, .isdigit, .isdecimal, .isnumeric, .isalpha, .isalnum, .isspace, .isupper, .islower, .isidentifier,
        .isascii,
    ]
    private static let ofDictionary: Set<JinjaMethod> = [.get, .items, .keys, .values, .copy]
    private static let changingDictionary: Set<JinjaMethod> = [.clear, .pop, .popitem, .setdefault, .update]
    private static let changingList: Set<JinjaMethod> = [.append, .clear, .pop, .reverse, .insert, .sort, .extend, .remove]

    /// Whether the value has the method and the sandbox allows it.
    func isSafe(on value: JinjaValue) -> Bool {
        switch value {
        case .string, .markup: Self.ofText.contains(self)
        case .dict: Self.ofDictionary.contains(self)
        case .list: self == .index || self == .count || self == .copy
        case .tuple, .range: self == .index || self == .count
        case .double: self == .is_integer
        case .int, .bool: self == .bit_length
        default: false
        }
    }

    /// Whether the value has the method.
    func exists(on value: JinjaValue) -> Bool {
        switch value {
        case .dict: isSafe(on: value) || Self.changingDictionary.contains(self)
        case .list: isSafe(on: value) || Self.changingList.contains(self)
        default: isSafe(on: value)
        }
    }

    func call(on value: JinjaValue, _ arguments: JinjaArguments, _ renderer: JinjaRenderer) throws -> JinjaValue {
        switch value {
        case .string(let text):
            try renderer.charge(text.utf8.count)
            return try call(text, self == .format ? arguments : arguments.plain, renderer)
        case .markup(let text):
            try renderer.charge(text.utf8.count)
            return try call(text, escaping(arguments, renderer), renderer).asMarkup
        case .dict(let dictionary): return try call(dictionary, arguments)
        case .double(let number): return .bool(number == number.rounded())
        case .int, .bool: return .int(Int.bitWidth - ((value.asInt ?? 0).magnitude.leadingZeroBitCount))
        case .list, .tuple, .range:
            if self == .copy { return value }
            let given = try arguments.bind(["value", "start", "stop"], required: 1, for: rawValue)
            let items = try renderer.items(of: value)
            var count = 0
            let (start, stop) = try Self.bounds(given[1], given[2], items.count)
            for index in items.indices where try renderer.isEqual(items[index], given[0] ?? .null) {
                if self == .index, start <= index, index < stop { return .int(index) }
                count += 1
            }
            guard self == .count else { throw JinjaFault.failed("\(try renderer.repr(given[0] ?? .null)) is not in list") }
            return .int(count)
        default: throw JinjaFault.failed("'\(value.typeName)' object has no method '\(rawValue)'")
        }
    }

    /// The values of a method of markup: what goes into the text is escaped.
    private func escaping(_ arguments: JinjaArguments, _ renderer: JinjaRenderer) throws -> JinjaArguments {
        switch self {
        case .replace where arguments.positional.count > 1:
            var arguments = arguments.plain
            if case .string(let text) = arguments.positional[1] { arguments.positional[1] = .string(JinjaFilters.escape(text)) }
            return arguments
        case .join where arguments.positional.count == 1:
            let items = try renderer.items(of: arguments.positional[0]).map {
                JinjaValue.string(try renderer.text(of: JinjaFilters.escaped($0, renderer)))
            }
            return JinjaArguments(positional: [.array(items)])
        case .format:
            return JinjaArguments(
                positional: try arguments.positional.map { try JinjaFilters.escaped($0, renderer) },
                named: try arguments.named.map { ($0.name, try JinjaFilters.escaped($0.value, renderer)) })
        default: return arguments.plain
        }
    }

    private func call(_ dictionary: JinjaDictionary, _ arguments: JinjaArguments) throws -> JinjaValue {
        switch self {
        case .get:
            guard arguments.named.isEmpty else { throw JinjaFault.failed("dict.get() takes no keyword arguments") }
            guard 1...2 ~= arguments.positional.count else { throw JinjaFault.failed("get expected 1 or 2 arguments") }
            guard JinjaKey.isHashable(arguments.positional[0]) else {
                throw JinjaFault.failed("unhashable type: '\(arguments.positional[0].typeName)'")
            }
            if let position = dictionary.position(of: arguments.positional[0]) { return dictionary.values[position] }
            return arguments.positional.count == 2 ? arguments.positional[1] : .null
        default:
            guard arguments.isEmpty else { throw JinjaFault.failed("dict.\(rawValue)() takes no arguments") }
            switch self {
            case .items: return .view(JinjaView(.items, dictionary))
            case .keys: return .view(JinjaView(.keys, dictionary))
            case .values: return .view(JinjaView(.values, dictionary))
            default: return .dict(dictionary)
            }
        }
    }

    /// Python's clamped `start` and `stop` of a search.
    static func bounds(_ start: JinjaValue?, _ stop: JinjaValue?, _ count: Int) throws -> (Int, Int) {
        func place(_ value: JinjaValue?, _ fallback: Int) throws -> Int {
            guard let value, value.isNotNull else { return fallback }
            let index = try JinjaFilters.whole(value, fallback, "start or stop")
            return index < 0 ? max(0, index < -count ? 0 : index + count) : index
        }
        return (try place(start, 0), min(try place(stop, count), count))
    }

    static func strip(_ text: String, _ characters: JinjaValue, left: Bool = true, right: Bool = true) throws -> JinjaValue {
        switch characters {
        case .null: return .string(PythonText.strip(text, left: left, right: right))
        case .string(let characters):
            let set = Set(characters.unicodeScalars)
            return .string(PythonText.strip(text, left: left, right: right) { set.contains($0) })
        default: throw JinjaFault.failed("strip arg must be None or str")
        }
    }

    static func center(_ text: String, _ width: Int, _ fill: String, _ renderer: JinjaRenderer) throws -> JinjaValue {
        let missing = max(0, width - PythonText.length(text))
        try renderer.charge(max(0, width))
        let left = missing / 2 + (missing & width & 1)
        return .string(String(repeating: fill, count: left) + text + String(repeating: fill, count: missing - left))
    }

    /// `str.splitlines`: without the ends unless `keepEnds`.
    static func lines(of text: String, keepEnds: Bool = false) -> [String] {
        var lines: [String] = []
        var line = ""
        var afterReturn = false
        var isOpen = false
        for scalar in text.unicodeScalars {
            if afterReturn {
                afterReturn = false
                if scalar == "\n" {
                    if keepEnds { lines[lines.count - 1] += "\n" }
                    continue
                }
            }
            switch scalar.value {
            case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029:
                if keepEnds { line.unicodeScalars.append(scalar) }
                lines.append(line)
                (line, isOpen) = ("", false)
                afterReturn = scalar == "\r"
            default:
                line.unicodeScalars.append(scalar)
                isOpen = true
            }
        }
        if isOpen { lines.append(line) }
        return lines
    }
}
