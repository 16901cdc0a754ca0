import Foundation

/// Writes and reads times in UTC, to the millisecond, without a locale or a calendar.
///
/// Day arithmetic: proleptic Gregorian calendar, days counted from 0000-03-01 so that the leap day ends a year
/// (Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil` and `civil_from_days`).
enum Timestamp {
    struct Parts: Equatable {
        var year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, millisecond: Int
    }

    /// Writes `2026-11-23T21:30:45.123Z`.
    static func text(_ date: Date) -> String {
        let p = parts(date)
        let day = "\(padded(p.year, 4))-\(padded(p.month, 2))-\(padded(p.day, 2))"
        return "\(day)T\(padded(p.hour, 2)):\(padded(p.minute, 2)):\(padded(p.second, 2)).\(padded(p.millisecond, 3))Z"
    }

    /// Writes `2026-11-23 21:30:45 UTC`.
    static func readable(_ date: Date) -> String {
        text(date).prefix(19).replacingOccurrences(of: "T", with: " ") + " UTC"
    }

    /// Reads what `text(_:)` writes; the fraction may be missing.
    ///
    /// Nil for anything else, impossible dates included.
    static func parse(_ text: String) -> Date? {
        let scalars = Array(text.utf8)
        guard scalars.count == 20 || scalars.count == 24, scalars.last == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            let digits = scalars[range]
            guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
            return digits.reduce(0) { $0 * 10 + Int($1) - 48 }
        }
        let marks = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")] + (scalars.count == 24 ? [(19, ".")] : [])
        guard marks.allSatisfy({ scalars[$0.0] == $0.1.utf8.first }) else { return nil }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), let milli = scalars.count == 24 ? number(20..<23) : 0
        else { return nil }
        let wanted = Parts(year: year, month: month, day: day, hour: hour, minute: minute, second: second, millisecond: milli)
        let found = date(wanted)
        return parts(found) == wanted ? found : nil
    }

    static func parts(_ date: Date) -> Parts {
        let total = Int((date.timeIntervalSince1970 * 1000).rounded())
        let (days, rest) = (floorDivide(total, 86_400_000), total - floorDivide(total, 86_400_000) * 86_400_000)
        let z = days + 719_468
        let era = floorDivide(z, 146_097)
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let m = (5 * dayOfYear + 2) / 153
        let month = m < 10 ? m + 3 : m - 9
        return Parts(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month, day: dayOfYear - (153 * m + 2) / 5 + 1,
            hour: rest / 3_600_000, minute: rest / 60_000 % 60, second: rest / 1000 % 60, millisecond: rest % 1000)
    }

    static func date(_ p: Parts) -> Date {
        let year = p.month <= 2 ? p.year - 1 : p.year
        let era = floorDivide(year, 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (p.month > 2 ? p.month - 3 : p.month + 9) + 2) / 5 + p.day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let seconds = days * 86_400 + p.hour * 3600 + p.minute * 60 + p.second
        return Date(timeIntervalSince1970: Double(seconds * 1000 + p.millisecond) / 1000)
    }

    static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : (a - b + 1) / b }
}
