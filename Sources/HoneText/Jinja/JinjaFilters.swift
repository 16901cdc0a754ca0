// Tested by JinjaExpressionTests.swift.
import Foundation

typealias JinjaFilter = @Sendable (JinjaRenderer, JinjaValue, JinjaArguments) throws -> JinjaValue

/// The filters after `|`.
enum JinjaFilters {
    static let table: [String: JinjaFilter] = texts.merging(numbers) { $1 }.merging(JinjaSequenceFilters.table) { $1 }

    /// Filters that leave markup what it is.
    private static let keepingMarkup: Set<String> = [
        "upper", "lower", "capitalize", "trim", "string", "safe", "center", "indent", "reverse",
    ]
    /// Filters whose result is markup.
    private static let makingMarkup: Set<String> = ["safe", "escape", "e", "forceescape"]

    /// Applies a filter; markup goes through as in Python, where it is a kind of text.
    static func apply(
        _ name: String, _ filter: JinjaFilter, to value: JinjaValue, _ arguments: JinjaArguments, _ renderer: JinjaRenderer
    ) throws -> JinjaValue {
        if name == "default" || name == "d" { return try filter(renderer, value, arguments) }
        guard case .markup(let text) = value else {
            let result = try filter(renderer, value, arguments.plain)
            return makingMarkup.contains(name) ? result.asMarkup : result
        }
        switch name {
        case "e", "escape": return value
        case "format":
            let given = try arguments.positional.map { try escaped($0, renderer) }
            let named = try arguments.named.map { ($0.name, try escaped($0.value, renderer)) }
            return try filter(renderer, .string(text), JinjaArguments(positional: given, named: named)).asMarkup
        default:
            let result = try filter(renderer, .string(text), arguments.plain)
            return keepingMarkup.contains(name) || makingMarkup.contains(name) ? result.asMarkup : result
        }
    }

    /// A value as it goes into markup: numbers as they are, markup unchanged, anything else as escaped text.
    static func escaped(_ value: JinjaValue, _ renderer: JinjaRenderer) throws -> JinjaValue {
        switch value {
        case .markup(let text): .string(text)
        case .int, .double, .bool: value
        case .tuple(let list): .tuple(JinjaList(try list.items.map { try escaped($0, renderer) }))
        case .dict(let dictionary):
            .dict(JinjaDictionary(distinct: dictionary.keys, try dictionary.values.map { try escaped($0, renderer) }))
        default: .string(escape(try renderer.text(of: value)))
        }
    }

    /// A filter of a text, given as `str(value)`, that takes no values.
    private static func text(_ filter: @escaping @Sendable (String) -> String) -> JinjaFilter {
        { renderer, value, arguments in
            guard arguments.isEmpty else { throw JinjaFault.failed("this filter takes no values") }
            let text = try renderer.text(of: value)
            try renderer.charge(text.utf8.count * 4)
            return try renderer.checked(filter(text))
        }
    }

    static func whole(_ value: JinjaValue?, _ fallback: Int, _ name: String) throws -> Int {
        guard let value else { return fallback }
        guard let number = value.asInt else { throw JinjaFault.failed("'\(name)' must be a whole number, not \(value.typeName)") }
        return number
    }

    // MARK: Texts

    private static let texts: [String: JinjaFilter] = [
        "upper": text(PythonText.upper),
        "lower": text(PythonText.lower),
        "capitalize": text(PythonText.capitalize),
        "title": text(title),
        "escape": text(escape), "e": text(escape), "forceescape": text(escape),
        "safe": text { $0 },
        "string": text { $0 },
        "trim": { renderer, value, arguments in
            let given = try arguments.bind(["chars"], for: "trim")
            return try JinjaMethod.strip(try renderer.text(of: value), given[0] ?? .null)
        },
        "replace": { renderer, value, arguments in
            let given = try arguments.bind(["old", "new", "count"], required: 2, for: "replace")
            var limit = -1
            if let count = given[2], count.asInt != nil { limit = count.asInt ?? -1 }
            return try replace(
                renderer.text(of: value), renderer.text(of: given[0] ?? .null), renderer.text(of: given[1] ?? .null), limit, renderer)
        },
        "indent": { renderer, value, arguments in
            let given = try arguments.bind(["width", "first", "blank"], for: "indent")
            guard case .string(let text) = value else {
                if case .undefined(let reason) = value { throw JinjaFault.failed(reason) }
                throw JinjaFault.failed("indent takes a text, not \(value.typeName)")
            }
            var indentation = "    "
            if case .string(let width)? = given[0] {
                indentation = width
            } else if let width = given[0] {
                let width = try whole(width, 4, "width")
                try renderer.charge(width)
                indentation = String(repeating: " ", count: max(0, width))
            }
            return try indent(text, indentation, first: given[1]?.isTrue ?? false, blank: given[2]?.isTrue ?? false, renderer)
        },
        "wordcount": { renderer, value, _ in
            var (count, inside) = (0, false)
            for scalar in try renderer.text(of: value).unicodeScalars {
                let isWord = scalar == "_" || scalar.properties.isAlphabetic && isLetter(scalar) || scalar.properties.numericType != nil
                if isWord, !inside { count += 1 }
                inside = isWord
            }
            return .int(count)
        },
        "center": { renderer, value, arguments in
            let given = try arguments.bind(["width"], for: "center")
            return try JinjaMethod.center(renderer.text(of: value), whole(given[0], 80, "width"), " ", renderer)
        },
        "truncate": truncate,
        "format": { renderer, value, arguments in
            guard arguments.positional.isEmpty || arguments.named.isEmpty else {
                throw JinjaFault.failed("can't handle positional and keyword arguments at the same time")
            }
            var given = JinjaValue.tuple(JinjaList(arguments.positional))
            if !arguments.named.isEmpty {
                given = .dict(JinjaDictionary(distinct: arguments.named.map { .string($0.name) }, arguments.named.map(\.value)))
            }
            return try renderer.checked(PrintfFormat.format(renderer.text(of: value), given, renderer))
        },
        "tojson": { renderer, value, arguments in
            let given = try arguments.bind(["ensure_ascii", "indent", "separators", "sort_keys"], for: "tojson")
            var writer = JinjaJSONWriter(renderer)
            writer.ensureASCII = given[0]?.isTrue ?? false
            switch given[1] {
            case nil, .null?: break
            case .string(let indent)?: writer.indent = indent
            case let width?: writer.indent = String(repeating: " ", count: min(max(0, try whole(width, 0, "indent")), 4096))
            }
            if writer.indent != nil { writer.itemSeparator = "," }
            if let separators = given[2], separators.isTrue {
                guard case .list(let list) = separators.asList, list.items.count == 2, case .string(let item) = list.items[0],
                    case .string(let key) = list.items[1]
                else { throw JinjaFault.failed("'separators' must be two texts") }
                (writer.itemSeparator, writer.keySeparator) = (item, key)
            }
            writer.sortsKeys = given[3]?.isTrue ?? false
            return try renderer.checked(writer.json(of: value))
        },
    ]

    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    static func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&#39;"
            case "\"": result += "&#34;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Words start after spaces, hyphens and opening brackets.
    private static func title(_ text: String) -> String {
        var result = ""
        var word = ""
        func isBreak(_ scalar: Unicode.Scalar) -> Bool { "-({[<".unicodeScalars.contains(scalar) || PythonText.isSpace(scalar) }
        func flush() {
            guard let first = word.unicodeScalars.first else { return }
            result += first.properties.uppercaseMapping + PythonText.lower(String(word.unicodeScalars.dropFirst()))
            word = ""
        }
        for scalar in text.unicodeScalars {
            if isBreak(scalar) {
                flush()
                result.unicodeScalars.append(scalar)
            } else {
                word.unicodeScalars.append(scalar)
            }
        }
        flush()
        return result
    }

    static func replace(_ text: String, _ old: String, _ new: String, _ limit: Int, _ renderer: JinjaRenderer) throws -> JinjaValue {
        let count: Int
        if old.isEmpty {
            count = text.utf8.count + 1
        } else {
            count = new.utf8.count > old.utf8.count ? PythonText.occurrences(of: Array(old.utf8), in: Array(text.utf8)).count : 0
        }
        let (added, overflow) = count.multipliedReportingOverflow(by: new.utf8.count)
        try renderer.charge(overflow ? .max : text.utf8.count + added)
        return .string(PythonText.replace(text, old, with: new, limit: limit))
    }

    private static func indent(
        _ text: String, _ indentation: String, first: Bool, blank: Bool, _ renderer: JinjaRenderer
    ) throws -> JinjaValue {
        let lines = JinjaMethod.lines(of: text + "\n")
        try renderer.charge(text.utf8.count + lines.count * indentation.utf8.count)
        var result = first ? indentation : ""
        for (index, line) in lines.enumerated() {
            if index > 0 { result += "\n" + (blank || !line.isEmpty ? indentation : "") }
            result += line
        }
        return .string(result)
    }

    private static let truncate: JinjaFilter = { renderer, value, arguments in
        let given = try arguments.bind(["length", "killwords", "end", "leeway"], for: "truncate")
        guard case .string(let text) = value else { throw JinjaFault.failed("truncate takes a text, not \(value.typeName)") }
        let end = try given[2].map { try renderer.text(of: $0) } ?? "..."
        let (length, leeway) = (try whole(given[0], 255, "length"), try whole(given[3], 5, "leeway"))
        guard length >= PythonText.length(end), leeway >= 0 else { throw JinjaFault.failed("truncate: the length is too small") }
        let scalars = Array(text.unicodeScalars)
        if scalars.count <= length + leeway { return value }
        var kept = Array(scalars[..<(length - PythonText.length(end))])
        if !(given[1]?.isTrue ?? false), let space = kept.lastIndex(of: " ") { kept = Array(kept[..<space]) }
        var result = ""
        result.unicodeScalars.append(contentsOf: kept)
        return .string(result + end)
    }

    // MARK: Numbers

    private static let numbers: [String: JinjaFilter] = [
        "abs": { _, value, _ in
            if case .undefined(let reason) = value { throw JinjaFault.failed(reason) }
            if case .double(let number) = value { return .double(number.magnitude) }
            guard let number = value.asInt else { throw JinjaFault.failed("bad operand type for abs(): '\(value.typeName)'") }
            guard number != .min else { throw JinjaOperators.overflow }
            return .int(abs(number))
        },
        "int": { _, value, arguments in
            let given = try arguments.bind(["default", "base"], for: "int")
            let fallback = given[0] ?? .int(0)
            func truncated(_ number: Double) throws -> JinjaValue {
                guard number.isFinite else { return fallback }
                guard let whole = Int(exactly: number.rounded(.towardZero)) else { throw JinjaOperators.overflow }
                return .int(whole)
            }
            switch value {
            case .undefined(let reason): throw JinjaFault.failed(reason)
            case .string(let text):
                if let number = PythonNumber.integer(text, base: try whole(given[1], 10, "base")) { return .int(number) }
                return try PythonNumber.double(text).map(truncated) ?? fallback
            case .double(let number):
                if number.isInfinite { throw JinjaFault.failed("cannot convert float infinity to integer") }
                return try truncated(number)
            default: return value.asInt.map { .int($0) } ?? fallback
            }
        },
        "float": { _, value, arguments in
            let fallback = try arguments.bind(["default"], for: "float")[0] ?? .double(0)
            switch value {
            case .undefined(let reason): throw JinjaFault.failed(reason)
            case .string(let text): return PythonNumber.double(text).map { .double($0) } ?? fallback
            default: return value.asDouble.map { .double($0) } ?? fallback
            }
        },
        "round": { renderer, value, arguments in
            let given = try arguments.bind(["precision", "method"], for: "round")
            let method = try given[1].map { try renderer.text(of: $0) } ?? "common"
            guard ["common", "ceil", "floor"].contains(method) else {
                throw JinjaFault.failed("method must be common, ceil or floor")
            }
            let digits = try whole(given[0], 0, "precision")
            if case .undefined(let reason) = value { throw JinjaFault.failed(reason) }
            guard let number = value.asDouble else { throw JinjaFault.failed("type \(value.typeName) cannot be rounded") }
            if method == "common" {
                if let whole = value.asInt {
                    if digits >= 0 { return .int(whole) }
                    guard digits > -19 else { return .int(0) }
                    let unit = (0..<(-digits)).reduce(1) { product, _ in product * 10 }
                    let base = (PythonNumber.floorDivide(whole, unit) ?? 0) * unit
                    let rest = whole - base
                    let up = rest * 2 > unit || (rest * 2 == unit && (base / unit) % 2 != 0)
                    return .int(up ? base + unit : base)
                }
                return .double(PythonNumber.round(number, digits: digits))
            }
            guard number.isFinite else { throw JinjaFault.failed("cannot convert \(PythonNumber.repr(number)) to integer") }
            let scale = pow(10, Double(digits))
            return .double((number * scale).rounded(method == "ceil" ? .up : .down) / scale)
        },
        "filesizeformat": { renderer, value, arguments in
            let isBinary = try arguments.bind(["binary"], for: "filesizeformat")[0]?.isTrue ?? false
            let text = try renderer.text(of: value)
            guard let bytes = value.asDouble ?? PythonNumber.double(text) else { throw JinjaFault.failed("“\(text)” is no number") }
            let base = isBinary ? 1024.0 : 1000.0
            if bytes == 1 { return .string("1 Byte") }
            if bytes < base { return .string("\(Int(bytes)) Bytes") }
            var unit = base
            let names =
                isBinary ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"] : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
            var name = names[0]
            for candidate in names {
                unit *= base
                name = candidate
                if bytes < unit { break }
            }
            return .string(String(format: "%.1f ", base * bytes / unit) + name)
        },
    ]
}

extension JinjaValue {
    /// The value with a tuple made a list.
    var asList: JinjaValue { if case .tuple(let list) = self { .list(list) } else { self } }
}
