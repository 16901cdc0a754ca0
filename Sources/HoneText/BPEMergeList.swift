// Tested by BPETests.swift

/// The `merges` of a file as ids, in both of its spellings: `"a b"`, and `["a", "b"]` where tokens may hold spaces.
struct BPEMergeList {
    private(set) var merges: [(left: Int32, right: Int32, merged: Int32)] = []
    private let vocabulary: Vocabulary

    /// - Parameter prefix: what a token that continues a word begins with; merging takes it off the right-hand side.
    /// - Throws: `wrongValue` for an entry that is not two tokens of the vocabulary, or whose merged token is not there.
    init(_ field: JSONField, _ vocabulary: Vocabulary, prefix: String) throws(TokenizerError) {
        guard case .array(let nodes) = field.node.value else { throw field.invalid(expected: "a list") }
        self.vocabulary = vocabulary
        merges.reserveCapacity(nodes.count)
        for (index, node) in nodes.enumerated() {
            let (left, right): (ArraySlice<UInt8>, ArraySlice<UInt8>)
            switch node.value {
            case .string(let text):
                let bytes = Array(text.utf8)
                // Lists taken from a merges.txt may begin with its first line.
                if bytes.starts(with: "#version".utf8) { continue }
                let parts = bytes.split(separator: 0x20, omittingEmptySubsequences: false)
                guard parts.count == 2 else { throw Self.error(field, index, node, "two tokens with one space between them") }
                (left, right) = (parts[0], parts[1])
            case .array(let parts):
                guard parts.count == 2, case .string(let first) = parts[0].value, case .string(let second) = parts[1].value else {
                    throw Self.error(field, index, node, "two tokens")
                }
                (left, right) = (Array(first.utf8)[...], Array(second.utf8)[...])
            default: throw Self.error(field, index, node, "two tokens")
            }
            guard let first = vocabulary.trie.id(of: left), let second = vocabulary.trie.id(of: right) else {
                throw Self.error(field, index, node, "two tokens of the vocabulary")
            }
            guard right.count >= prefix.utf8.count, let merged = vocabulary.trie.id(of: left + right.dropFirst(prefix.utf8.count)) else {
                throw Self.error(field, index, node, "two tokens that together are a token of the vocabulary")
            }
            merges.append((first, second, merged))
        }
    }

    private static func error(_ field: JSONField, _ index: Int, _ node: JSONNode, _ expected: String) -> TokenizerError {
        JSONField(node: node, path: "\(field.path)[\(index)]", file: field.file).invalid(expected: expected)
    }

    /// Whether a merge joins something that does not end with `mark` to something that begins with it.
    func cross(_ mark: [UInt8]) -> Bool {
        merges.contains { merge in
            guard let left = vocabulary.text(of: merge.left), let right = vocabulary.text(of: merge.right) else { return true }
            return right.utf8.starts(with: mark) && !left.utf8.suffix(mark.count).elementsEqual(mark)
        }
    }
}
