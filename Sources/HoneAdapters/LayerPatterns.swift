internal import Foundation

/// Settings of single layers by PEFT's patterns: `^(.*\.)?(pattern)$`, a regular expression over the layer's path.
///
/// Source: PEFT 0.21, `get_pattern_key`. PEFT takes the first match in the file's order, which a dictionary does not keep: patterns that
/// match one layer with different values are an error here.
struct LayerPatterns<Value: Equatable> {
    private let values: [String: Value]
    private let key: String

    /// - Parameter key: what the settings are called in `adapter_config.json`, for errors.
    init(_ values: [String: Value], key: String) { (self.values, self.key) = (values, key) }

    /// The value for a layer; nil if no pattern matches.
    /// - Throws: ``AdapterError`` if a pattern is no regular expression, or two that match disagree.
    func value(at path: String) throws(AdapterError) -> Value? {
        var matching: [String] = []
        for pattern in values.keys.sorted() where try matches(pattern, path) { matching.append(pattern) }
        let found = matching.compactMap { values[$0] }
        guard let first = found.first else { return nil }
        guard found.allSatisfy({ $0 == first }) else { throw .ambiguous(key: key, path: path, patterns: matching) }
        return first
    }

    private func matches(_ pattern: String, _ path: String) throws(AdapterError) -> Bool {
        guard let expression = try? NSRegularExpression(pattern: "^(?:.*\\.)?(?:\(pattern))$") else {
            throw .badPattern(key: key, pattern: pattern)
        }
        return expression.firstMatch(in: path, range: NSRange(path.startIndex..., in: path)) != nil
    }
}
