import Foundation

/// What only the command line can complain about.
enum CommandError: Error, Equatable, CustomStringConvertible, LocalizedError {
    case unknownVerb(String, nearest: String?, verbs: [String])
    case noQuickstart(searched: [String])
    case noEncoder(path: String)
    case noSuchModel(String)
    case needsData(model: String)
    case notEmpty(folder: String)
    case noText
    case needsModel(file: String)
    case badLine(String)
    case noRowOfLine(String, split: String)
    case cannotCreate(path: String, reason: String)
    case cannotSave(path: String, reason: String)
    case notJSONLines(String)
    case outputExists(path: String, rows: Int)
    case notVectorFile(String)
    case vectorsExist(path: String)
    case pairs(file: String, columns: [String])
    case noSystem(input: String)
    case noContext
    case chat(line: Int?, String)
    case notForTask(options: [String], task: String)
    case pastEnd(skip: Int, rows: Int)
    case unknownKey(String, near: [String])
    case unknownMetric(String, known: [String])
    case cannotAsk(runs: Int)
    case badTime(String)

    var errorDescription: String? { description }

    /// The command is wrong, but for a file that was right and could not be written to its end.
    var status: ExitReason { if case .cannotSave = self { .failure } else { .input } }

    var description: String {
        switch self {
        case .unknownVerb(let word, let nearest, let verbs):
            "There is no verb \(word). " + (nearest.map { "Did you mean \($0)?" } ?? "There are: \(verbs.joined(separator: ", ")).")
        case .noQuickstart(let searched):
            "Recipes/support was not found in \(searched.joined(separator: " or ")). Go to the checkout of Hone, or name it with --folder."
        case .noEncoder(let path):
            "The encoder is not in \(path). `Scripts/bootstrap` fetches it; `make quickstart` does that by itself."
        case .noSuchModel(let text): "There is no run or model folder \(text). `hone runs` lists the runs."
        case .needsData(let model): "\(model) does not lie in a run, so its test rows are not known. Name a labelled file with --data."
        case .notEmpty(let folder): "\(folder) exists and is not empty. Name a new folder with --output."
        case .needsModel(let file):
            "\(file) is no recipe (.yaml or .json); to look at a data file, name the model that reads it with --model."
        case .badLine(let text): "\(text) is not the line of a file; write 12, or rows.jsonl:12."
        case .noRowOfLine(let line, let split): "No row of \(split) comes from line \(line). Is it in another split? Give --split."
        case .noText: "There is no text. Give one or more, name a file with --file, or pipe lines in."
        case .cannotCreate(let path, let reason), .cannotSave(let path, let reason): "\(path) cannot be written: \(reason)."
        case .notJSONLines(let path): "\(path): what is saved is one JSON object a line. Name a file that ends in .jsonl."
        case .outputExists(let path, let rows):
            "\(path) has \(Format.plural(rows, "line")) already. Name another file, or go on with it: --append --skip \(rows)."
        case .notVectorFile(let path):
            "\(path): vectors are saved as .npy (float32, one row a text) or .jsonl (one object a line). Name a file that ends so."
        case .vectorsExist(let path): "\(path) exists already. Name another file, or remove it."
        case .pairs(let file, let columns):
            "\(file) has pairs of texts (\(columns.joined(separator: ", "))), and a vector is made of one. Name its column with --text-column."
        case .noSystem(let input): "This model reads one \(input) at a time; a system message would not reach it. Leave --system out."
        case .noContext: "Questions are answered from a text. Give it with --context, or name a file with contexts and questions."
        case .chat(let line, let text): (line.map { "standard input, line \($0): " } ?? "") + text
        case .notForTask(let options, let task):
            "\(options.joined(separator: ", ")): this model is \(task), and the option has no meaning for it. Leave it out."
        case .pastEnd(let skip, let rows): "--skip \(skip) leaves none of the \(Format.plural(rows, "row"))."
        case .unknownKey(let key, let near):
            "A recipe has no key \(key)." + (near.isEmpty ? " `hone recipe` lists them all." : " Near: \(near.joined(separator: ", ")).")
        case .unknownMetric(let name, let known): "There is no metric \(name) here. Choose one of \(known.joined(separator: ", "))."
        case .cannotAsk(let runs):
            "Deleting \(runs == 1 ? "a run" : "\(runs) runs") must be confirmed, and there is no terminal to ask on. Add --yes."
        case .badTime(let text): "\(text) is not a day such as 2026-11-23."
        }
    }
}
