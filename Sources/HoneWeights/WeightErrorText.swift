// Tested by WeightErrorTests.swift
internal import Foundation
internal import HoneTensors

extension WeightError {
    var fileText: String {
        switch self {
        case .unreadable(let file, let reason):
            "cannot read \(file): \(reason). Check the path and its permissions."
        case .notAFile(let file):
            "\(file) is not a regular file. Name the .safetensors file, or open the folder as a checkpoint."
        case .emptyFile(let file):
            "\(file) is empty. The download or copy was probably cut short; fetch it again."
        case .noCheckpoint(let folder, let wanted, let found):
            "\(folder) holds none of \(wanted.joined(separator: ", ")). "
                + (found.isEmpty
                    ? "Check the folder."
                    : "It does hold \(found.joined(separator: ", ")): convert that to safetensors first "
                        + "(in Python, `model.save_pretrained(folder, safe_serialization=True)`); Hone reads no pickle files.")
        case .ambiguousCheckpoint(let folder, let files):
            "\(folder) holds \(files.joined(separator: " and ")), so it is unclear which one counts. Remove the stale one."
        default: ""
        }
    }

    var keyText: String {
        switch self {
        case .missingKey(let file, let key, let suggestions):
            "\(file) has no tensor `\(key)`. "
                + (suggestions.isEmpty
                    ? "Nothing in it has a similar name: check that the checkpoint belongs to this model."
                    : "Did you mean \(suggestions.map { "`\($0)`" }.joined(separator: ", "))?")
        case .unexpectedKeys(let file, let keys):
            "\(file) holds \(keys.count) tensor\(keys.count == 1 ? "" : "s") that the model has no place for: \(list(keys)). "
                + "Check that the checkpoint belongs to this model."
        case .shape(let file, let key, let found, let expected):
            "\(file): tensor `\(key)` has shape \(found), expected \(expected). "
                + "Check that the configuration beside the checkpoint describes this very checkpoint."
        case .dtype(let file, let key, let found, let expected):
            "\(file): tensor `\(key)` holds \(found.safetensorsName), expected "
                + "\(expected.map(\.safetensorsName).joined(separator: " or ")). Convert the tensor, or use the matching checkpoint."
        default: ""
        }
    }

    private func list(_ keys: [String], first count: Int = 5) -> String {
        let shown = keys.prefix(count).map { "`\($0)`" }.joined(separator: ", ")
        return keys.count > count ? "\(shown) and \(keys.count - count) more" : shown
    }
}

extension WeightError.HeaderProblem: CustomStringConvertible {
    /// The problem in words, without the file's name.
    public var description: String {
        switch self {
        case .tooShort(let bytes):
            "the file has \(bytes) bytes, and a safetensors file has at least 10. It was cut short; fetch it again."
        case .lengthBeyondFile(let length, let available):
            "the header should be \(length) bytes long, but only \(available) follow. The file was cut short or is not safetensors."
        case .tooLong(let length, let limit):
            "the header claims \(length) bytes, more than the limit of \(limit). This is not a sound safetensors file."
        case .notAnObject(let byte):
            "the header starts with byte \(byte), not with `{`. This is not a safetensors file."
        case .looksLike(let kind): "this is \(kind), not a safetensors file."
        case .notUTF8: "the header is not valid UTF-8. The file is damaged; fetch it again."
        case .syntax(let byte, let reason):
            "the header is not valid JSON at byte \(byte): \(reason). The file is damaged; fetch it again."
        case .duplicateKey(let key):
            "the header names `\(key)` twice, so it is unclear which one counts. Write the file again with one of them."
        case .metadata(let reason): "`__metadata__` must map strings to strings: \(reason)."
        case .hole(let from, let to):
            "bytes \(from) ..< \(to) of the data belong to no tensor. The file is damaged or was written by a faulty program."
        }
    }
}

extension WeightError.TensorProblem: CustomStringConvertible {
    /// The problem in words, to follow the tensor's name.
    public var description: String {
        switch self {
        case .field(let reason): "is described wrongly: \(reason)."
        case .unknownDType(let name):
            "has element type `\(name)`, which Hone does not hold. It holds "
                + DType.allCases.map(\.safetensorsName).joined(separator: ", ") + "; convert the checkpoint to one of these."
        case .shapeOverflow(let shape): "has shape \(shape), whose size does not fit in 63 bits. The file is damaged."
        case .sizeMismatch(let shape, let dtype, let needed, let given):
            "has shape \(shape) of \(dtype.safetensorsName), which takes \(needed) bytes, but its offsets span \(given). The file is damaged."
        case .reversedOffsets(let begin, let end): "ends (\(end)) before it begins (\(begin)). The file is damaged."
        case .outsideFile(let begin, let end, let available):
            "lies at bytes \(begin) ..< \(end) of the data, but the file has \(available). It was cut short; fetch it again."
        case .overlap(let other): "shares bytes with `\(other)`. The file is damaged or was written by a faulty program."
        }
    }
}

extension WeightError.IndexProblem: CustomStringConvertible {
    /// The problem in words, without the file's name.
    public var description: String {
        switch self {
        case .syntax(let byte, let reason): "not valid JSON at byte \(byte): \(reason). Fetch the file again."
        case .notUTF8: "not valid UTF-8. Fetch the file again."
        case .duplicateKey(let key): "names `\(key)` twice. Write the index again with one of them."
        case .structure(let reason): "not an index of shards: \(reason)."
        case .shardName(let name): "names the shard `\(name)`; a shard is a .safetensors file beside the index, without a folder."
        case .missingShard(let shard, let key):
            "says that `\(key)` is in \(shard), which is not there. Fetch every shard that the index names."
        case .notInShard(let key, let shard):
            "says that `\(key)` is in \(shard), which does not hold it. Index and shards are of different versions; fetch them again."
        case .twice(let key, let first, let second):
            "`\(key)` is in both \(first) and \(second). Index and shards are of different versions; fetch them again."
        }
    }
}

extension WeightError.SourceProblem: CustomStringConvertible {
    /// The problem in words, to follow the tensor's name.
    public var description: String {
        switch self {
        case .duplicateName: "is given twice. Give each tensor its own name."
        case .reservedName: "has a name that the format keeps for itself. Rename the tensor."
        case .shape(let shape): "has shape \(shape), which is negative or too large. Check the tensor."
        case .byteCount(let given, let needed): "gave \(given) bytes where its shape and element type need \(needed)."
        }
    }
}
