public import Foundation
public import HoneTensors

/// Says why weights could not be read, matched or written: what, where, and what to do.
public enum WeightError: Error, Equatable, Sendable {
    /// A file could not be opened, measured or mapped; `reason` is the system's own words.
    case unreadable(file: String, reason: String)
    /// A path leads to something other than a regular file.
    case notAFile(file: String)
    /// A file holds no bytes at all.
    case emptyFile(file: String)
    /// A safetensors header, or the shape of the file around it, is wrong.
    case header(file: String, HeaderProblem)
    /// One tensor's line in a safetensors header is wrong.
    case tensor(file: String, name: String, TensorProblem)
    /// An index of shards does not describe the shards that are there.
    case index(file: String, IndexProblem)
    /// A folder holds no checkpoint that Hone reads; `found` lists files that look like weights.
    case noCheckpoint(folder: String, wanted: [String], found: [String])
    /// A folder holds both a single file and an index, so it is unclear which one counts.
    case ambiguousCheckpoint(folder: String, files: [String])
    /// A key that the model needs is not in the checkpoint; `suggestions` are the nearest keys that are.
    case missingKey(file: String, key: String, suggestions: [String])
    /// The checkpoint holds keys that nothing asked for.
    case unexpectedKeys(file: String, keys: [String])
    /// A tensor has another shape than the one asked for.
    case shape(file: String, key: String, found: [Int], expected: [Int])
    /// A tensor has another element type than those asked for.
    case dtype(file: String, key: String, found: DType, expected: [DType])
    /// A tensor that was to be written is not well formed.
    case source(file: String, name: String, SourceProblem)
    /// A file could not be written; nothing under its final name was changed.
    case unwritable(file: String, bytesNeeded: Int, reason: String)
    /// The disk filled up while a file was written; nothing under its final name was changed.
    case diskFull(file: String, bytesNeeded: Int)

    /// Facts about a broken header.
    public enum HeaderProblem: Equatable, Sendable {
        /// The file, or its header, is shorter than the format allows.
        case tooShort(bytes: Int)
        /// The header claims more bytes than follow.
        case lengthBeyondFile(length: UInt64, available: Int)
        /// The header claims more bytes than any sound file has.
        case tooLong(length: UInt64, limit: Int)
        /// The header does not start with `{`.
        case notAnObject(firstByte: UInt8)
        /// The first bytes are those of another kind of file, named here with what to do.
        case looksLike(String)
        /// The text is not valid UTF-8.
        case notUTF8
        /// The text is not JSON; the first wrong byte counts from its start.
        case syntax(byte: Int, reason: String)
        /// One object has two members of the same name.
        case duplicateKey(String)
        /// `__metadata__` is not a map from strings to strings.
        case metadata(reason: String)
        /// A range of the data, in bytes from its start, belongs to no tensor.
        case hole(from: Int, to: Int)
    }

    /// Facts about a broken tensor line.
    public enum TensorProblem: Equatable, Sendable {
        /// A field is missing, unknown or of the wrong kind.
        case field(reason: String)
        /// The element type is one that Hone does not hold.
        case unknownDType(String)
        /// The size in bytes does not fit in `Int`.
        case shapeOverflow(shape: [Int])
        /// Shape and element type need another number of bytes than the offsets span.
        case sizeMismatch(shape: [Int], dtype: DType, needed: Int, given: Int)
        /// The end lies before the beginning.
        case reversedOffsets(begin: Int, end: Int)
        /// The end lies beyond the data that the file has.
        case outsideFile(begin: Int, end: Int, available: Int)
        /// The bytes belong to another tensor too.
        case overlap(with: String)
    }

    /// Facts about an index that disagrees with its shards.
    public enum IndexProblem: Equatable, Sendable {
        /// The text is not JSON; the first wrong byte counts from its start.
        case syntax(byte: Int, reason: String)
        /// The text is not valid UTF-8.
        case notUTF8
        /// One object has two members of the same name.
        case duplicateKey(String)
        /// The index lacks `weight_map`, or it is not a map from names to files.
        case structure(reason: String)
        /// A shard is not a plain file name ending in `.safetensors`.
        case shardName(String)
        /// A shard is not beside the index; `key` is the first tensor that needs it.
        case missingShard(shard: String, key: String)
        /// A shard does not hold a tensor that the index places there.
        case notInShard(key: String, shard: String)
        /// Two shards hold a tensor of the same name.
        case twice(key: String, first: String, second: String)
    }

    /// Facts about a tensor that cannot be written.
    public enum SourceProblem: Equatable, Sendable {
        /// Two tensors have this name.
        case duplicateName
        /// The format keeps this name for itself.
        case reservedName
        /// An axis is negative, or the size in bytes does not fit in `Int`.
        case shape([Int])
        /// The source gave another number of bytes than shape and element type need.
        case byteCount(given: Int, needed: Int)
    }
}

extension WeightError: CustomStringConvertible, LocalizedError {
    /// The whole message: what is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .unreadable, .notAFile, .emptyFile, .noCheckpoint, .ambiguousCheckpoint: fileText
        case .header(let file, let problem): "\(file): \(problem)"
        case .tensor(let file, let name, let problem): "\(file): tensor `\(name)` \(problem)"
        case .index(let file, let problem): "\(file): \(problem)"
        case .missingKey, .unexpectedKeys, .shape, .dtype: keyText
        case .source(let file, let name, let problem): "cannot write \(file): tensor `\(name)` \(problem)"
        case .unwritable(let file, let bytes, let reason):
            "cannot write \(file) (\(bytes) bytes): \(reason). Nothing was changed under that name; "
                + "check that the folder exists and may be written to."
        case .diskFull(let file, let bytes):
            "the disk is full: \(file) needs \(bytes) bytes. Nothing was changed under that name; free some space or choose another folder."
        }
    }

    /// The same message, for code that asks through Foundation.
    public var errorDescription: String? { description }
}
