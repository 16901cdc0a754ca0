// Tested by ModelWriterTests.swift.
internal import Foundation

/// Writes a decoded JSON value with sorted keys; numbers that were written with a point keep one.
///
/// `JSONSerialization` writes 1.0 as 1, which Transformers 5 refuses where its configuration declares a float.
func configText(_ value: Any, indentation: String = "") throws -> String {
    let inner = indentation + "  "
    func block(_ open: String, _ lines: [String], _ close: String) -> String {
        lines.isEmpty ? open + close : "\(open)\n\(lines.map { inner + $0 }.joined(separator: ",\n"))\n\(indentation)\(close)"
    }
    if let object = value as? [String: Any] {
        let lines = try object.sorted { $0.key < $1.key }.map { key, value in
            try "\(leafText(key)): \(configText(value, indentation: inner))"
        }
        return block("{", lines, "}")
    }
    if let list = value as? [Any] {
        return block("[", try list.map { try configText($0, indentation: inner) }, "]")
    }
    return try leafText(value)
}

private func leafText(_ value: Any) throws -> String {
    let data = try JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .withoutEscapingSlashes])
    let text = String(decoding: data, as: UTF8.self)
    guard let number = value as? NSNumber, ["d", "f"].contains(String(cString: number.objCType)),
        text.allSatisfy({ $0.isNumber || $0 == "-" })
    else { return text }
    return text + ".0"
}
