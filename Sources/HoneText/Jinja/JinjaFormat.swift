// Tested by JinjaExpressionTests.swift.
import Foundation

/// `"%s and %d" % values`.
enum PrintfFormat {
    static func format(_ format: String, _ values: JinjaValue, _ renderer: JinjaRenderer) throws -> String {
        let scalars = Array(format.unicodeScalars)
        var positional: [JinjaValue] = if case .tuple(let list) = values { list.items } else { [values] }
        let count = positional.count
        positional.reverse()
        var used = 0
        func next() throws -> JinjaValue {
            guard let value = positional.popLast() else { throw JinjaFault.failed("not enough arguments for format string") }
            used += 1
            return value
        }
        var result = ""
        var usesNames = false
        var index = 0
        while index < scalars.count {
            guard scalars[index] == "%" else {
                result.unicodeScalars.append(scalars[index])
                index += 1
                continue
            }
            index += 1
            func peek() throws -> Unicode.Scalar {
                guard index < scalars.count else { throw JinjaFault.failed("incomplete format") }
                return scalars[index]
            }
            var named: JinjaValue?
            if try peek() == "(" {
                guard let close = scalars[index...].firstIndex(of: ")") else { throw JinjaFault.failed("incomplete format key") }
                guard case .dict(let dictionary) = values else { throw JinjaFault.failed("format requires a mapping") }
                let name = String(String.UnicodeScalarView(scalars[(index + 1)..<close]))
                guard let value = dictionary[name] else { throw JinjaFault.failed("no value named '\(name)' for the format") }
                (named, usesNames, index) = (value, true, close + 1)
            }
            var spec = FormatSpec()
            while let flag = scalars.indices.contains(index) ? scalars[index] : nil, "#0- +".unicodeScalars.contains(flag) {
                switch flag {
                case "#": spec.alternate = true
                case "0": spec.zero = true
                case "-": spec.align = "<"
                default: if flag == "+" || spec.sign == "-" { spec.sign = flag }
                }
                index += 1
            }
            func number() throws -> Int? {
                if try peek() == "*" {
                    index += 1
                    return try JinjaFilters.whole(try next(), 0, "*")
                }
                var digits = ""
                while index < scalars.count, "0"..."9" ~= scalars[index], digits.utf8.count < 9 {
                    digits.unicodeScalars.append(scalars[index])
                    index += 1
                }
                return Int(digits)
            }
            spec.width = try number() ?? 0
            if spec.width < 0 { (spec.align, spec.width) = ("<", -spec.width) }
            if try peek() == "." {
                index += 1
                spec.precision = try number() ?? 0
            }
            while "hlL".unicodeScalars.contains(try peek()) { index += 1 }
            let code = try peek()
            index += 1
            if code == "%" {
                result += "%"
                continue
            }
            try renderer.charge(spec.width + (spec.precision ?? 0))
            result += try one(code, try named ?? next(), spec, renderer)
            try renderer.charge(result.utf8.count)
        }
        if !usesNames, used < count {
            if case .dict = values { return result }
            if case .list = values, used == 0 { return result }
            throw JinjaFault.failed("not all arguments converted during string formatting")
        }
        return result
    }

    private static func one(_ code: Unicode.Scalar, _ value: JinjaValue, _ spec: FormatSpec, _ renderer: JinjaRenderer) throws -> String {
        var spec = spec
        if spec.align == "<" { spec.zero = false }
        switch code {
        case "s", "r", "a":
            spec.zero = false
            var text = try code == "s" ? renderer.text(of: value) : renderer.repr(value)
            if let precision = spec.precision { text = String(String.UnicodeScalarView(text.unicodeScalars.prefix(precision))) }
            return spec.pad(text, defaultAlign: ">")
        case "c":
            if let number = value.asInt, let scalar = Unicode.Scalar(UInt32(clamping: number)) {
                return spec.pad(String(scalar), defaultAlign: ">")
            }
            guard case .string(let text) = value, text.unicodeScalars.count == 1 else { throw JinjaFault.failed("%c requires int or char") }
            return spec.pad(text, defaultAlign: ">")
        case "d", "i", "u":
            var number = value.asInt
            if case .double(let double) = value { number = Int(exactly: double.rounded(.towardZero)) }
            guard let number else { throw JinjaFault.failed("%d format: a real number is required, not \(value.typeName)") }
            return spec.padNumber(number < 0, minimum(String(number.magnitude), spec.precision))
        case "x", "X", "o":
            guard let number = value.asInt else {
                throw JinjaFault.failed("%\(code) format: an integer is required, not \(value.typeName)")
            }
            let digits = String(number.magnitude, radix: code == "o" ? 8 : 16, uppercase: code == "X")
            let prefix = spec.alternate ? "0\(code)" : ""
            return spec.padNumber(number < 0, minimum(digits, spec.precision), prefix: prefix)
        case "e", "E", "f", "F", "g", "G":
            guard let number = value.asDouble else { throw JinjaFault.failed("must be real number, not \(value.typeName)") }
            return spec.padNumber(number.sign == .minus && !number.isNaN, spec.digits(of: number.magnitude, code))
        default: throw JinjaFault.failed("unsupported format character '\(code)'")
        }
    }

    private static func minimum(_ digits: String, _ precision: Int?) -> String {
        String(repeating: "0", count: max(0, (precision ?? 0) - digits.utf8.count)) + digits
    }
}

/// Width, sign and precision of one formatted value.
struct FormatSpec {
    var fill = " "
    var align: Unicode.Scalar?
    var sign: Unicode.Scalar = "-"
    var alternate = false
    var zero = false
    var width = 0
    var grouping: Unicode.Scalar?
    var precision: Int?
    var type: Unicode.Scalar?

    func pad(_ text: String, defaultAlign: Unicode.Scalar) -> String {
        let missing = max(0, width - PythonText.length(text))
        let left: Int
        switch align ?? defaultAlign {
        case "<": left = 0
        case "^": left = missing / 2
        default: left = missing
        }
        return String(repeating: fill, count: left) + text + String(repeating: fill, count: missing - left)
    }

    func padNumber(_ isNegative: Bool, _ digits: String, prefix: String = "") -> String {
        let mark = (isNegative ? "-" : sign == "-" ? "" : String(sign)) + prefix
        var digits = digits
        if let grouping { digits = grouped(digits, with: grouping) }
        if align == "=" || (zero && align == nil) {
            let missing = max(0, width - mark.utf8.count - PythonText.length(digits))
            return mark + String(repeating: zero ? "0" : fill, count: missing) + digits
        }
        return pad(mark + digits, defaultAlign: ">")
    }

    private func grouped(_ digits: String, with separator: Unicode.Scalar) -> String {
        let whole = digits.prefix { $0.isNumber }
        var result = ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { result.unicodeScalars.append(separator) }
            result.append(digit)
        }
        return result + digits.dropFirst(whole.count)
    }

    /// Digits of a number that is not negative, in C's notation `code`.
    func digits(of number: Double, _ code: Unicode.Scalar) -> String {
        if number.isNaN { return code.properties.isUppercase ? "NAN" : "nan" }
        if number.isInfinite { return code.properties.isUppercase ? "INF" : "inf" }
        return String(format: "%\(alternate ? "#" : "").\(min(precision ?? 6, 400))\(code)", number)
    }
}

/// `"{} and {name}".format(values)`.
enum BraceFormat {
    static func format(_ format: String, _ arguments: JinjaArguments, _ renderer: JinjaRenderer) throws -> String {
        let scalars = Array(format.unicodeScalars)
        var (result, index, automatic) = ("", 0, 0)
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            if scalar == "{" || scalar == "}", index < scalars.count, scalars[index] == scalar {
                result.unicodeScalars.append(scalar)
                index += 1
            } else if scalar == "{" {
                var depth = 1
                let start = index
                while index < scalars.count, depth > 0 {
                    if scalars[index] == "{" { depth += 1 }
                    if scalars[index] == "}" { depth -= 1 }
                    index += 1
                }
                guard depth == 0 else { throw JinjaFault.failed("expected '}' before end of string") }
                let field = String(String.UnicodeScalarView(scalars[start..<(index - 1)]))
                result += try replacement(field, arguments, &automatic, renderer)
                try renderer.charge(result.utf8.count)
            } else if scalar == "}" {
                throw JinjaFault.failed("Single '}' encountered in format string")
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func replacement(
        _ field: String, _ arguments: JinjaArguments, _ automatic: inout Int, _ renderer: JinjaRenderer
    ) throws -> String {
        var name = field[...]
        var spec = ""
        if let colon = field.firstIndex(of: ":") {
            name = field[..<colon]
            spec = String(field[field.index(after: colon)...])
            if spec.contains("{") { throw JinjaFault.failed("fields inside a format specification are not supported") }
        }
        var conversion: Character?
        if let mark = name.firstIndex(of: "!") {
            conversion = name[name.index(after: mark)...].first
            name = name[..<mark]
        }
        let first = name.prefix { $0 != "." && $0 != "[" }
        var value: JinjaValue
        if first.isEmpty || first.allSatisfy(\.isNumber) {
            let position = first.isEmpty ? automatic : Int(first) ?? .max
            if first.isEmpty { automatic += 1 }
            guard position < arguments.positional.count else { throw JinjaFault.failed("Replacement index \(position) out of range") }
            value = arguments.positional[position]
        } else {
            guard let named = arguments.named.first(where: { $0.name == first }) else {
                throw JinjaFault.failed("no value named '\(first)'")
            }
            value = named.value
        }
        var rest = name.dropFirst(first.count)
        while let mark = rest.first {
            rest = rest.dropFirst()
            if mark == "[" {
                guard let close = rest.firstIndex(of: "]") else { throw JinjaFault.failed("Missing ']' in format string") }
                let key = rest[..<close]
                value = try renderer.item(Int(key).map { .int($0) } ?? .string(String(key)), of: value)
                rest = rest[rest.index(after: close)...]
            } else {
                let part = String(rest.prefix { $0 != "." && $0 != "[" })
                value = try renderer.attribute(part, JinjaMethod(rawValue: part), of: value)
                rest = rest.dropFirst(part.count)
            }
        }
        switch conversion {
        case nil: break
        case "s": value = .string(try renderer.text(of: value))
        case "r", "a": value = .string(try renderer.repr(value))
        default: throw JinjaFault.failed("Unknown conversion specifier")
        }
        return try formatted(value, try parse(spec), renderer)
    }

    private static func parse(_ text: String) throws -> FormatSpec {
        var spec = FormatSpec()
        var scalars = Array(text.unicodeScalars)[...]
        let aligns: [Unicode.Scalar] = ["<", ">", "^", "="]
        if scalars.count > 1, aligns.contains(scalars[scalars.startIndex + 1]) {
            spec.fill = String(scalars.removeFirst())
            spec.align = scalars.removeFirst()
        } else if let first = scalars.first, aligns.contains(first) {
            spec.align = scalars.removeFirst()
        }
        if let first = scalars.first, ["+", "-", " "].contains(first) { spec.sign = scalars.removeFirst() }
        if scalars.first == "#" { (spec.alternate, scalars) = (true, scalars.dropFirst()) }
        if scalars.first == "0" {
            scalars = scalars.dropFirst()
            if spec.align == nil { spec.zero = true }
        }
        func number() -> Int? {
            let digits = scalars.prefix { "0"..."9" ~= $0 }.prefix(9)
            scalars = scalars.dropFirst(digits.count)
            return Int(String(String.UnicodeScalarView(digits)))
        }
        spec.width = number() ?? 0
        if let first = scalars.first, first == "," || first == "_" { spec.grouping = scalars.removeFirst() }
        if scalars.first == "." {
            scalars = scalars.dropFirst()
            guard let precision = number() else { throw JinjaFault.failed("Format specifier missing precision") }
            spec.precision = precision
        }
        spec.type = scalars.popFirst()
        guard scalars.isEmpty else { throw JinjaFault.failed("Invalid format specifier") }
        return spec
    }

    private static func formatted(_ value: JinjaValue, _ spec: FormatSpec, _ renderer: JinjaRenderer) throws -> String {
        try renderer.charge(spec.width + (spec.precision ?? 0))
        switch value.plain {
        case .string(var text):
            guard spec.type == nil || spec.type == "s", spec.align != "=", spec.sign == "-", spec.grouping == nil else {
                throw JinjaFault.failed("Unknown format code for a text")
            }
            if let precision = spec.precision { text = String(String.UnicodeScalarView(text.unicodeScalars.prefix(precision))) }
            var spec = spec
            if spec.zero { spec.fill = "0" }
            return spec.pad(text, defaultAlign: "<")
        case .int, .bool, .double: return try number(value, spec, renderer)
        default:
            guard spec.width == 0, spec.type == nil, spec.precision == nil, spec.align == nil else {
                throw JinjaFault.failed("unsupported format string passed to \(value.typeName).__format__")
            }
            return try renderer.text(of: value)
        }
    }

    private static func number(_ value: JinjaValue, _ spec: FormatSpec, _ renderer: JinjaRenderer) throws -> String {
        if case .bool = value, spec.type == nil, spec.width == 0, spec.precision == nil { return try renderer.text(of: value) }
        if let whole = value.asInt, spec.precision == nil {
            let radix: Int? =
                switch spec.type {
                case nil, "d", "n": 10
                case "x", "X": 16
                case "o": 8
                case "b": 2
                default: nil
                }
            if let radix {
                let digits = String(whole.magnitude, radix: radix, uppercase: spec.type == "X")
                return spec.padNumber(whole < 0, digits, prefix: spec.alternate && radix != 10 ? "0\(spec.type ?? "x")" : "")
            }
            if spec.type == "c" { return spec.pad(Unicode.Scalar(UInt32(clamping: whole)).map(String.init) ?? "", defaultAlign: "<") }
        }
        guard let number = value.asDouble else { throw JinjaFault.failed("a number is required") }
        let isNegative = number.sign == .minus && !number.isNaN
        switch spec.type {
        case "e", "E", "f", "F", "g", "G": return spec.padNumber(isNegative, spec.digits(of: number.magnitude, spec.type ?? "f"))
        case "%": return spec.padNumber(isNegative, spec.digits(of: number.magnitude * 100, "f") + "%")
        case nil:
            guard spec.precision == nil else {
                var digits = spec.digits(of: number.magnitude, "g")
                if !digits.contains(".") && !digits.contains("e") { digits += ".0" }
                return spec.padNumber(isNegative, digits)
            }
            return spec.padNumber(isNegative, PythonNumber.repr(number.magnitude))
        default: throw JinjaFault.failed("Unknown format code for a number")
        }
    }
}
