/// The kinds of `pre_tokenizer` that Hone knows: how normalised text is cut into words.
///
/// A new kind is one case and the lines the compiler asks for.
enum PreTokenizerKind: String, CaseIterable {
    case bert = "BertPreTokenizer"

    static func read(_ field: JSONField) throws(TokenizerError) -> PreTokenizerKind {
        let type = try field.required("type")
        let name = try type.string()
        guard let kind = PreTokenizerKind(rawValue: name) else {
            throw .unsupported(
                file: type.file, line: type.node.line, path: type.path, name: name, supported: allCases.map(\.rawValue))
        }
        switch kind {
        case .bert: try field.allowOnly(["type"])
        }
        return kind
    }
}

/// Cuts text into words: whitespace separates and is dropped, a punctuation character is a word of its own.
struct PreTokenizer: Sendable {
    private enum Role: UInt8 { case letter, space, punctuation, other }

    /// Nil takes the whole text as one word.
    private let kind: PreTokenizerKind?
    private let properties: UnicodeProperties
    /// The `Role` of each ASCII byte; `other` for bytes of longer characters.
    private let ascii: [UInt8]

    init(_ kind: PreTokenizerKind?, properties: UnicodeProperties) {
        (self.kind, self.properties) = (kind, properties)
        ascii = (0..<256).map { byte in
            guard byte < 0x80 else { return Role.other.rawValue }
            return Self.role(UInt32(byte), properties).rawValue
        }
    }

    private static func role(_ scalar: UInt32, _ properties: UnicodeProperties) -> Role {
        let classes = properties.classes(of: scalar)
        return classes.contains(.whitespace) ? .space : classes.contains(.punctuation) ? .punctuation : .letter
    }

    /// Returns the first word of `bytes[index ..< end]` and moves `index` past it, or nil where only spaces are left.
    @inline(__always)
    func nextWord(_ bytes: [UInt8], _ index: inout Int, _ end: Int) -> Range<Int>? {
        guard kind != nil else {
            defer { index = end }
            return index < end ? index..<end : nil
        }
        var start = index
        while index < end {
            var role = ascii[Int(bytes[index])]
            var length = 1
            if role == Role.other.rawValue {
                let (scalar, width) = UTF8Text.scalar(bytes, at: index)
                (role, length) = (Self.role(scalar, properties).rawValue, width)
            }
            if role == Role.letter.rawValue {
                index += length
            } else if start < index {
                return start..<index
            } else {
                index += length
                if role == Role.punctuation.rawValue { return start..<index }
                start = index
            }
        }
        return start < index ? start..<index : nil
    }
}
