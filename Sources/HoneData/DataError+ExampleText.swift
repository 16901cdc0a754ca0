// Tested by DataErrorTests.swift

extension DataError {
    /// The messages about examples; nil for all others.
    var exampleText: String? {
        switch self {
        case .unknownEnding(let file, let found, let known):
            "“\(file)” ends in “\(found)”; examples are read from \(known.joined(separator: ", "))."
                + ([".gz", ".zip", ".xz", ".zst", ".bz2"].contains(found) ? " Unpack it first." : " Convert it or rename it.")
        case .missingField(let place, let format, let field, let keys, let suggestion):
            "\(place) has no “\(field)”, which \(format.title) needs; it has \(list(keys)).\(Self.rename(suggestion, to: field, in: format))"
                + " \(format.title) is \(format.shape)."
        case .wrongField(let place, let format, let field, let expected, let found):
            "\(place) has \(found) as “\(field)”; expected \(expected). \(format.title) is \(format.shape)."
        case .unknownRow(let place, let keys, let nearest?, let missing):
            "\(place) has the keys \(list(keys)), which are no known format. The nearest is \(nearest.title)"
                + "\(missing.allSatisfy { nearest.shape.contains("\"\($0)\"") } ? ", " + nearest.shape : "");"
                + " it lacks \(list(missing)). Rename the keys, or name the columns under data."
        case .unknownRow(let place, let keys, nil, _):
            "\(place) has the keys \(list(keys)), which are no known format."
                + (keys.count == 1 && (keys[0].contains(";") || keys[0].contains("\t"))
                    ? " Is another character than a comma between its columns? Use commas, or the ending .tsv for tabs." : "")
                + " Name the columns under data, or write the rows as"
                + " \(ExampleFormat.messages.shape) or \(ExampleFormat.promptCompletion.shape)."
        case .notTrainable(let place, let name, let advice):
            "\(place) is \(name), which nothing trains on yet. \(advice)"
        case .mixedFormats(let place, let file, let row):
            "\(place) is \(row.title), but the file began as \(file.title). Put rows of one format into one file."
        case .badTagLine(let place, let found, let expected):
            "\(place) is “\(clip(found))”; expected \(expected). A blank line ends a sentence."
        case .badTag(let place, let tag, let after?):
            "\(place) has the tag “\(clip(tag))” after “\(clip(after))”; in BIO a name begins with “B-”."
                + " Correct the tag, or set data.tagging to repair or keep."
        case .badTag(let place, let tag, nil):
            "\(place) has the tag “\(clip(tag))”; expected “O”, “B-NAME” or “I-NAME”. Correct it, or set data.tagging to keep."
        case .unknownTag(let place, let tag, let nearest):
            "\(place) has the tag “\(clip(tag))”, which no training row has.\(nearest.map { " The nearest known tag is “\($0)”." } ?? "")"
                + " Correct the tag, or move rows with it into training."
        case .answerNotThere(let place, let id, let start, let expected, let found, let elsewhere):
            "\(place)\(id.map { " (id \($0))" } ?? "") says that the answer “\(clip(expected))” begins at character \(start) of the context;"
                + " there stands “\(clip(found))”\(elsewhere.map { ", and the answer stands at \($0)" } ?? "")."
                + " Correct answer_start: it counts Unicode characters from 0, as Python does."
        case .noWindow(let place, let question, let room, let stride, let maximum):
            "\(place): of \(maximum) tokens the question takes \(question) and leaves \(room) for a context that is longer;"
                + " windows that share data.stride \(stride) tokens cannot be made of them."
                + " Raise data.maximumTokens, lower data.stride, or shorten the question."
        case .noExamples(let file, let format):
            "“\(file)” was read as \(format.title) and has no rows. Was it written completely?"
        default: nil
        }
    }

    /// Says what to do about a key that is nearly the field's name.
    ///
    /// `field` may be a path to that name. A name that is none of the format's own comes from the recipe, so there the key may be right.
    private static func rename(_ key: String?, to field: String, in format: ExampleFormat) -> String {
        let name = field.split(separator: ".").last.map { String($0) } ?? field
        guard let key, format.shape.contains("\"\(name)\"") else { return meant(key) }
        return " Rename “\(key)” to “\(name)”."
    }
}
