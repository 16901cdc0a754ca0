// Tested by DataErrorTests.swift

extension DataError {
    /// The messages about examples; nil for all others.
    var exampleText: String? {
        switch self {
        case .unknownEnding(let file, let found, let known):
            "“\(file)” ends in “\(found)”; examples are read from \(known.joined(separator: ", ")). Convert it or rename it."
        case .missingField(let place, let format, let field, let keys, let suggestion):
            "\(place) has no “\(field)”, which \(format.title) needs; it has \(list(keys)).\(meant(suggestion))"
                + " \(format.title) is \(format.shape)."
        case .wrongField(let place, let format, let field, let expected, let found):
            "\(place) has \(found) as “\(field)”; expected \(expected). \(format.title) is \(format.shape)."
        case .unknownRow(let place, let keys, let nearest?, let missing):
            "\(place) has the keys \(list(keys)), which are no known format. The nearest is \(nearest.title), \(nearest.shape);"
                + " it lacks \(list(missing)). Rename the keys, or name the columns under data."
        case .unknownRow(let place, let keys, nil, _):
            "\(place) has the keys \(list(keys)), which are no known format. Name the columns under data, or write the rows as"
                + " \(ExampleFormat.messages.shape) or \(ExampleFormat.promptCompletion.shape)."
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
        case .noExamples(let file, let format):
            "“\(file)” was read as \(format.title) and has no rows. Was it written completely?"
        default: nil
        }
    }
}
