// Tested by RunRecordTests.swift
import Foundation

/// The one way in which this module writes and reads JSON: sorted keys, times in UTC with milliseconds, non-finite numbers as strings.
enum RunJSON {
    static func encoder(pretty: Bool = false) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var box = encoder.singleValueContainer()
            try box.encode(Timestamp.text(date))
        }
        return encoder
    }

    static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        decoder.dateDecodingStrategy = .custom { decoder in
            let box = try decoder.singleValueContainer()
            let text = try box.decode(String.self)
            guard let date = Timestamp.parse(text) else {
                throw DecodingError.dataCorruptedError(
                    in: box, debugDescription: "“\(text)” is not a time such as 2026-11-23T21:30:45.123Z")
            }
            return date
        }
        return decoder
    }

    /// A number as JSON shows it, with names for the values JSON has not.
    static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return "\(value)"
    }

    /// What a decoding failure means for somebody with the file open: the key's path and the complaint.
    static func explain(_ error: any Error) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
            return path.isEmpty ? "" : " at “\(path)”"
        }
        switch error {
        case DecodingError.keyNotFound(let key, let context): return "the key “\(key.stringValue)” is missing\(place(context))"
        case DecodingError.typeMismatch(let type, let context): return "a value of type \(type) was expected\(place(context))"
        case DecodingError.valueNotFound(let type, let context): return "null was found where a \(type) was expected\(place(context))"
        case DecodingError.dataCorrupted(let context): return "\(context.debugDescription)\(place(context))"
        default: return "\(error)"
        }
    }
}
