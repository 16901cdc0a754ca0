import Foundation
import HoneRuns

/// Numbers as people read them.
enum Format {
    /// A duration such as `0.4 s`, `42 s`, `1 min 12 s` or `2 h 05 min`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0 else { return "?" }
        if seconds < 9.95 { return String(format: "%.1f s", seconds) }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
        return "\(whole / 3600) h \(padded(whole / 60 % 60)) min"
    }

    /// A size such as `612 MB`, in powers of 1000.
    static func bytes(_ count: Int) -> String {
        if count < 1000 { return "\(count) B" }
        return scaled(Double(count), [("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12)], separator: " ")
    }

    /// A large count such as `22.7M` or `313k`.
    static func short(_ count: Int) -> String {
        if count < 10_000 { return grouped(count) }
        return scaled(Double(count), [("k", 1e3), ("M", 1e6), ("B", 1e9), ("T", 1e12)], separator: "")
    }

    private static func scaled(_ value: Double, _ units: [(String, Double)], separator: String) -> String {
        // 999.6 would round to 1000: take the next unit from there.
        let unit = units.last { value >= $0.1 * 0.9995 } ?? units[0]
        let number = value / unit.1
        return String(format: number < 99.95 ? "%.1f" : "%.0f", number) + separator + unit.0
    }

    /// A count with separators, such as `12,345`.
    static func grouped(_ count: Int) -> String {
        var digits = String(count.magnitude)
        var parts: [String] = []
        while digits.count > 3 {
            parts.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (count < 0 ? "-" : "") + ([digits] + parts).joined(separator: ",")
    }

    /// A share such as `85.2 %`.
    static func share(_ value: Double) -> String { String(format: "%.1f %%", value * 100) }

    /// A learning rate such as `1.8e-04`.
    static func rate(_ value: Double) -> String { String(format: "%.1e", value) }

    /// Four significant digits, as for a loss.
    static func number(_ value: Double) -> String { value.isFinite ? String(format: "%.4g", value) : "\(value)" }

    /// A loss, with three places so that it does not jump about: `0.470`.
    static func loss(_ value: Double) -> String { abs(value) < 100 ? String(format: "%.3f", value) : number(value) }

    /// A metric's value: shares in per cent, everything else as a number.
    static func metric(_ name: String, _ value: Double) -> String {
        isShare(name) ? share(value) : name == "loss" ? loss(value) : number(value)
    }

    /// A metric's value with its interval, such as `85.2 % (81.0 to 89.1)`.
    static func metric(_ name: String, _ value: Double, low: Double?, high: Double?) -> String {
        guard let low, let high else { return metric(name, value) }
        if isShare(name) { return share(value) + String(format: " (%.1f to %.1f)", low * 100, high * 100) }
        return "\(metric(name, value)) (\(metric(name, low)) to \(metric(name, high)))"
    }

    static func isShare(_ name: String) -> Bool { MetricWords.isShare(name) }

    /// What people call a metric.
    static func title(_ metric: String) -> String { MetricWords.title(metric) }

    /// `1 row`, `2 rows`.
    static func plural(_ count: Int, _ noun: String, _ many: String? = nil) -> String {
        "\(grouped(count)) \(count == 1 ? noun : many ?? noun + "s")"
    }

    /// A local day and time such as `2026-11-23 21:30`.
    static func time(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_GB_POSIX")
        formatter.dateFormat = "yyyy-MM-dd HH:mm"
        return formatter.string(from: date)
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
