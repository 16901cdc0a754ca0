public import Foundation

/// Names what is wrong with a tokenizer folder or its `tokenizer.json`.
///
/// The cases carry facts; `description` makes the sentence. `path` is the place inside the file, such as `model.vocab`.
public enum TokenizerError: Error, Equatable, Sendable {
    /// The folder has no tokenizer; `found` lists files that are part of one.
    case noTokenizerFile(folder: String, found: [String])
    /// The file is there and cannot be read.
    case unreadable(file: String, reason: String)
    /// The text is not JSON at this place.
    case malformed(file: String, line: Int, column: Int, problem: String)
    /// An object names a key twice.
    case duplicateKey(file: String, line: Int, path: String)
    /// A key that must be there is not.
    case missingKey(file: String, line: Int, path: String)
    /// A value has the wrong type or an impossible value.
    case wrongValue(file: String, line: Int, path: String, found: String, expected: String)
    /// A part of the pipeline is of a kind that Hone does not have.
    case unsupported(file: String, line: Int, path: String, name: String, supported: [String])
    /// Two tokens share an id.
    case duplicateID(file: String, id: Int, tokens: [String])
}

extension TokenizerError: CustomStringConvertible {
    /// A sentence with what, where, found, expected and what to do.
    public var description: String {
        switch self {
        case .noTokenizerFile(let folder, let found):
            let there = found.isEmpty ? "" : " (\(found.joined(separator: ", ")) alone is not enough)"
            return "\(folder) has no tokenizer\(there). Looked for: \(TokenizerFolder.names.joined(separator: ", ")); "
                + "vocab.json needs merges.txt beside it. Copy the tokenizer files of the model there."
        case .unreadable(let file, let reason):
            return "\(file) cannot be read: \(reason). Check the path and its permissions."
        case .malformed(let file, let line, let column, let problem):
            return "\(file), line \(line), column \(column): not valid JSON, \(problem). Is the download complete?"
        case .duplicateKey(let file, let line, let path):
            return "\(file), line \(line): “\(path)” is given twice. Keep one of them."
        case .missingKey(let file, let line, let path):
            return "\(file), line \(line): “\(path)” is missing. Save the tokenizer again with a recent `tokenizers` library."
        case .wrongValue(let file, let line, let path, let found, let expected):
            return "\(file), line \(line): “\(path)” is \(found), expected \(expected)."
        case .unsupported(let file, let line, let path, let name, let supported):
            return "\(file), line \(line): “\(path)” is “\(name)”, which Hone does not know. "
                + "Supported there: \(supported.joined(separator: ", "))."
        case .duplicateID(let file, let id, let tokens):
            let names = tokens.map { "“\($0)”" }.joined(separator: " and ")
            return "\(file): id \(id) belongs to \(names). Every token needs its own id."
        }
    }
}

extension TokenizerError: LocalizedError {
    /// The same text as `description`.
    public var errorDescription: String? { description }
}
