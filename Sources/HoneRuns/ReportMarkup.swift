// Tested by ReportPageTests.swift
import Foundation

/// Text that is safe inside HTML, and the way numbers look on a page.
enum Markup {
    /// Escapes text for element content and for quoted attributes; control characters show as their pictures, such as `␀`.
    static func escape(_ text: String) -> String {
        var out = ""
        out.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            case "\n", "\t": out.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}": out.unicodeScalars.append(Unicode.Scalar(0x2400 + scalar.value) ?? " ")
            case "\u{7F}": out += "␡"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// An element with escaped text.
    static func element(_ tag: String, _ text: String, attributes: String = "") -> String {
        "<\(tag)\(attributes.isEmpty ? "" : " ")\(attributes)>\(escape(text))</\(tag)>"
    }

    /// A table of escaped names and values, in a list that wraps on small screens.
    static func facts(_ rows: [(String, String)]) -> String {
        let items = rows.map { name, value in
            let isHash = value.utf8.count == 64 && value.allSatisfy(\.isHexDigit)
            return isHash
                ? "<div class=\"wide\">\(element("dt", name))<dd>\(element("code", value))</dd></div>"
                : "<div>\(element("dt", name))\(element("dd", value))</div>"
        }
        return "<dl class=\"facts\">" + items.joined() + "</dl>"
    }

    /// A share of 1 as `92.4 %`.
    static func percent(_ share: Double, digits: Int = 1) -> String {
        share.isFinite ? "\(fixed(share * 100, digits))\u{202F}%" : RunJSON.text(of: share)
    }

    /// A number with exactly so many decimals, in the notation of the page: a real minus sign.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite else { return RunJSON.text(of: value) }
        let text = String(format: "%.\(digits)f", value)
        let isZero = !text.contains { $0 != "0" && $0 != "." && $0 != "-" }
        let bare = text.hasPrefix("-") ? String(text.dropFirst()) : text
        return text.hasPrefix("-") && !isZero ? "−" + bare : bare
    }

    /// Three or four significant digits, in scientific notation where the number is tiny or huge.
    static func short(_ value: Double) -> String {
        guard value.isFinite else { return RunJSON.text(of: value) }
        let size = abs(value)
        if size == 0 { return "0" }
        if size < 1e-3 || size >= 1e6 {
            let parts = String(format: "%.2e", value).split(separator: "e")
            var digits = String(parts[0])
            while digits.hasSuffix("0") { digits.removeLast() }
            if digits.hasSuffix(".") { digits.removeLast() }
            return "\(digits)e\(Int(parts[1]) ?? 0)".replacingOccurrences(of: "-", with: "−")
        }
        return fixed(value, size < 1 ? 4 : size < 10 ? 3 : size < 100 ? 2 : size < 1000 ? 1 : 0)
    }

    /// A whole number as `22,713,216`.
    static func whole(_ value: Int) -> String {
        var groups: [String] = []
        var rest = String(value.magnitude)
        while rest.count > 3 {
            groups.insert(String(rest.suffix(3)), at: 0)
            rest.removeLast(3)
        }
        return (value < 0 ? "−" : "") + ([rest] + groups).joined(separator: ",")
    }

    /// A size as `1.50 GiB`.
    static func bytes(_ value: Int) -> String {
        var (size, unit) = (Double(value), "B")
        for next in ["KiB", "MiB", "GiB", "TiB"] where abs(size) >= 1024 { (size, unit) = (size / 1024, next) }
        return "\(unit == "B" ? String(value) : fixed(size, size < 10 ? 2 : 1)) \(unit)"
    }

    /// A duration as `55.5 s`, `4 min 10 s` or `2 h 05 min`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e12 else { return RunJSON.text(of: seconds) }
        if seconds < 60 { return "\(fixed(seconds, 1)) s" }
        let total = Int(seconds.rounded())
        if total < 3600 { return "\(total / 60) min \(Timestamp.padded(total % 60, 2)) s" }
        return "\(total / 3600) h \(Timestamp.padded(total / 60 % 60, 2)) min"
    }

    /// A number of things as `3 rows` or `1 row`.
    static func count(_ value: Int, _ noun: String, plural: String? = nil) -> String {
        "\(whole(value)) \(value == 1 ? noun : plural ?? noun + "s")"
    }
}
