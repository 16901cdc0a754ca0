// Tested by ChatTemplateTests.swift.
public import Foundation

/// The date and time `strftime_now` shows: passed in, so that a rendering depends on nothing else.
public struct TemplateDate: Sendable, Equatable {
    /// The year, 1 to 9999.
    public var year: Int
    /// The month, 1 to 12.
    public var month: Int
    /// The day of the month, from 1.
    public var day: Int
    /// The hour, 0 to 23.
    public var hour: Int
    /// The minute, 0 to 59.
    public var minute: Int
    /// The second, 0 to 59.
    public var second: Int

    /// Creates a date.
    public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        (self.year, self.month, self.day, self.hour, self.minute, self.second) = (year, month, day, hour, minute, second)
    }

    /// The date and time that a calendar in `timeZone` shows at `date`.
    public init(_ date: Date, timeZone: TimeZone) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        self.init(
            year: parts.year ?? 1970, month: parts.month ?? 1, day: parts.day ?? 1, hour: parts.hour ?? 0, minute: parts.minute ?? 0,
            second: parts.second ?? 0)
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    private var dayOfYear: Int {
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return lengths.prefix(max(0, month - 1)).reduce(0, +) + day
    }

    private var isLeap: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// 0 for Sunday.
    private var weekday: Int {
        let before = year - 1
        return (365 * before + before / 4 - before / 100 + before / 400 + dayOfYear) % 7
    }

    /// The date in C's `strftime` notation, in the C locale; `-` after `%` leaves the padding out.
    func formatted(_ format: String) throws -> String {
        var result = ""
        var scalars = format.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            var code = scalars.next()
            let isBare = code == "-"
            if isBare { code = scalars.next() }
            guard let code else { throw JinjaFault.failed("the date format “\(format)” ends after “%”") }
            result += try part(code, isBare: isBare)
        }
        return result
    }

    private func part(_ code: Unicode.Scalar, isBare: Bool) throws -> String {
        func padded(_ value: Int, _ width: Int = 2, with pad: Character = "0") -> String {
            let digits = String(value)
            return isBare ? digits : String(repeating: pad, count: max(0, width - digits.count)) + digits
        }
        let hour12 = hour % 12 == 0 ? 12 : hour % 12
        let (weekdayName, monthName) = (Self.weekdays[weekday], Self.months[min(max(month, 1), 12) - 1])
        switch code {
        case "Y": return String(year)
        case "C": return padded(year / 100)
        case "y": return padded(year % 100)
        case "m": return padded(month)
        case "d": return padded(day)
        case "e": return padded(day, with: " ")
        case "H": return padded(hour)
        case "k": return padded(hour, with: " ")
        case "I": return padded(hour12)
        case "l": return padded(hour12, with: " ")
        case "M": return padded(minute)
        case "S": return padded(second)
        case "f": return "000000"
        case "j": return padded(dayOfYear, 3)
        case "p": return hour < 12 ? "AM" : "PM"
        case "P": return hour < 12 ? "am" : "pm"
        case "B": return monthName
        case "b", "h": return String(monthName.prefix(3))
        case "A": return weekdayName
        case "a": return String(weekdayName.prefix(3))
        case "w": return String(weekday)
        case "u": return String(weekday == 0 ? 7 : weekday)
        case "U": return padded((dayOfYear - 1 + 7 - weekday) / 7)
        case "W": return padded((dayOfYear - 1 + 7 - (weekday + 6) % 7) / 7)
        case "F": return try formatted("%Y-%m-%d")
        case "D", "x": return try formatted("%m/%d/%y")
        case "T", "X": return try formatted("%H:%M:%S")
        case "R": return try formatted("%H:%M")
        case "r": return try formatted("%I:%M:%S %p")
        case "c": return try formatted("%a %b %e %H:%M:%S %Y")
        case "z", "Z": return ""
        case "n": return "\n"
        case "t": return "\t"
        case "%": return "%"
        default: throw JinjaFault.failed("the date format uses “%\(code)”, which is not supported")
        }
    }
}
