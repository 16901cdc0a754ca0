// Tested by JinjaExpressionTests.swift.
import Foundation

/// Python's ways of writing and reading numbers.
enum PythonNumber {
    /// `repr(float)`: the shortest digits that read back the same; an exponent below 1e-4 and from 1e16.
    static func repr(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let sign = value.sign == .minus ? "-" : ""
        if value == 0 { return sign + "0.0" }
        var (digits, point) = ("", 0)  // 0.digits × 10^point
        var mantissa = value.magnitude.description[...]
        if let mark = mantissa.firstIndex(of: "e") {
            point = Int(mantissa[mantissa.index(after: mark)...]) ?? 0
            mantissa = mantissa[..<mark]
        }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        digits = String(parts[0]) + (parts.count > 1 ? String(parts[1]) : "")
        point += parts[0].count
        let leading = digits.prefix { $0 == "0" }.count
        digits.removeFirst(leading)
        point -= leading
        while digits.hasSuffix("0") { digits.removeLast() }
        let exponent = point - 1
        if exponent < -4 || exponent >= 16 {
            let rest = digits.dropFirst()
            let shown = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
            return sign + digits.prefix(1) + (rest.isEmpty ? "" : "." + rest) + "e" + (exponent < 0 ? "-" : "+") + shown
        }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        if digits.count <= point { return sign + digits + String(repeating: "0", count: point - digits.count) + ".0" }
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }

    /// A number as `json.dumps` writes it.
    static func json(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return repr(value)
    }

    /// `int(text, base)`, or nil where Python raises ValueError.
    static func integer(_ text: String, base: Int = 10) -> Int? {
        var body = PythonText.strip(text)[...]
        var negative = false
        if body.hasPrefix("-") || body.hasPrefix("+") {
            negative = body.hasPrefix("-")
            body = body.dropFirst()
        }
        var base = base
        let lowered = body.lowercased()
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where lowered.hasPrefix(prefix) && (base == radix || base == 0) {
            body = body.dropFirst(2)
            if body.hasPrefix("_") { body = body.dropFirst() }
            base = radix
        }
        if base == 0 { base = 10 }
        guard 2...36 ~= base, let digits = withoutUnderscores(body), !digits.hasPrefix("-"), !digits.hasPrefix("+") else { return nil }
        return Int((negative ? "-" : "") + digits, radix: base)
    }

    /// `float(text)`, or nil where Python raises ValueError.
    static func double(_ text: String) -> Double? {
        guard let body = withoutUnderscores(PythonText.strip(text)[...]) else { return nil }
        var lowered = body.lowercased()
        var sign = 1.0
        if lowered.hasPrefix("-") || lowered.hasPrefix("+") {
            if lowered.hasPrefix("-") { sign = -1 }
            lowered.removeFirst()
        }
        switch lowered {
        case "inf", "infinity": return sign * .infinity
        case "nan": return .nan
        default: break
        }
        guard lowered.allSatisfy({ $0.isASCII && ($0.isNumber || ".e+-".contains($0)) }), lowered.contains(where: \.isNumber) else {
            return nil
        }
        if lowered.hasPrefix(".") { lowered = "0" + lowered }
        lowered = lowered.replacing(".e", with: ".0e")
        if lowered.hasSuffix(".") { lowered += "0" }
        return Double(lowered).map { sign * $0 }
    }

    /// Digits without the underscores Python allows between two digits.
    private static func withoutUnderscores(_ text: Substring) -> String? {
        guard !text.isEmpty else { return nil }
        guard text.contains("_") else { return String(text) }
        let pieces = text.split(separator: "_", omittingEmptySubsequences: false)
        for (left, right) in zip(pieces, pieces.dropFirst()) {
            guard left.last?.isHexDigit == true, right.first?.isHexDigit == true else { return nil }
        }
        return pieces.joined()
    }

    /// `round(value, digits)` of a float: the decimal nearest to the exact value, halves to even.
    static func round(_ value: Double, digits: Int) -> Double {
        guard value.isFinite, digits < 323 else { return value }
        if digits >= 0 { return Double(String(format: "%.\(digits)f", value)) ?? value }
        guard digits > -309 else { return 0 * value }
        let scale = pow(10, Double(-digits))
        return (value / scale).rounded(.toNearestOrEven) * scale
    }

    /// Python's `//` of integers, or nil on overflow; the divisor is not zero.
    static func floorDivide(_ a: Int, _ b: Int) -> Int? {
        let (quotient, overflow) = a.dividedReportingOverflow(by: b)
        if overflow { return nil }
        return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient
    }

    static func modulo(_ a: Int, _ b: Int) -> Int {
        let remainder = b == -1 ? 0 : a % b
        return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
    }

    static func modulo(_ a: Double, _ b: Double) -> Double {
        let remainder = fmod(a, b)
        if remainder == 0 { return copysign(0, b) }
        return (remainder < 0) != (b < 0) ? remainder + b : remainder
    }

    static func floorDivide(_ a: Double, _ b: Double) -> Double {
        let quotient = (a - modulo(a, b)) / b
        if quotient == 0 { return copysign(0, a / b) }
        let floored = quotient.rounded(.down)
        return quotient - floored > 0.5 ? floored + 1 : floored
    }
}
