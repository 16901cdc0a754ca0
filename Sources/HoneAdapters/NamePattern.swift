/// Matches layer paths by suffix or by a pattern with `*`.
///
/// `query` matches every path that ends in `.query`; `bert.encoder.layer.5.*` matches by the whole path, `*` standing for any text.
/// Source of the suffix rule: PEFT `target_modules`.
public struct NamePattern: Sendable, Equatable {
    /// The pattern as it was written.
    public let text: String

    /// Makes a pattern; any text is one.
    public init(_ text: String) { self.text = text }

    /// Tells whether a path matches: by its whole, its last parts or its first parts, or by `*` where the pattern has one.
    public func matches(_ path: String) -> Bool {
        if !text.contains("*") { return path == text || path.hasSuffix("." + text) || path.hasPrefix(text + ".") }
        return Self.match(Array(text.utf8)[...], Array(path.utf8)[...])
    }

    /// Whether a weight's key matches, or the path of the layer that holds it: `query` means `….query.weight` and `….query.bias`.
    func matchesWeight(_ key: String) -> Bool {
        matches(key) || matches(key.split(separator: ".").dropLast().joined(separator: "."))
    }

    private static func match(_ pattern: ArraySlice<UInt8>, _ path: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        if first == UInt8(ascii: "*") {
            return match(pattern.dropFirst(), path) || (!path.isEmpty && match(pattern, path.dropFirst()))
        }
        return path.first == first && match(pattern.dropFirst(), path.dropFirst())
    }
}
