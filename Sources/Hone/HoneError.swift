// Tested by ClassifierTests.swift.
public import Foundation

/// Describes why a plan or a run cannot go ahead, where no single part can say it.
public enum HoneError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    case precision(wanted: String, available: [String], device: String)
    case vocabulary(tokenizer: Int, model: Int, folder: String)
    case noValidation(key: String)
    case noTest(run: String)
    case tooLittleMemory(needed: Int, available: Int)
    case wrongTask(found: String, needed: String, what: String)
    case notAModel(folder: String)
    case notResumable(run: String, status: String)
    case noModel(run: String, status: String)
    case dataChanged(path: String, run: String)
    case probe(folder: String, drift: Double, limit: Double)
    case tokens(folder: String, text: String)
    case headLabels(checkpoint: [String], data: [String])
    case baseMissing(path: String, folder: String)
    case baseChanged(path: String, expected: String, found: String)

    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .precision(let wanted, let available, let device):
            "training.precision is \(wanted), which \(device) does not compute; available: \(available.joined(separator: ", "))."
        case .vocabulary(let tokenizer, let model, let folder):
            "\(folder): the tokenizer has \(tokenizer) tokens, the model only \(model) rows. They do not belong together."
        case .noValidation(let key): "\(key) needs validation rows. Give data.validation or a data.validationFraction above 0."
        case .noTest(let run): "The run \(run) has no test rows. Name a file with --data."
        case .tooLittleMemory(let needed, let available):
            "This run needs about \(megabytes(needed)), the machine has \(megabytes(available)). Use a smaller training.batchSize, "
                + "a training.tokenBudget, or tuning.method lora."
        case .wrongTask(let found, let needed, let what): "\(what) needs task.kind \(needed); this is \(found)."
        case .notAModel(let folder): "\(folder) is neither a run nor a model folder that Hone wrote."
        case .notResumable(let run, let status): "The run \(run) is \(status); only an interrupted or failed run can be resumed."
        case .noModel(let run, let status):
            "The run \(run) is \(status) and has no model yet. "
                + (status == "running" ? "Wait until it is done." : "Go on with it: `hone train --resume \(run)`.")
        case .dataChanged(let path, let run):
            "\(path) is not the file that the run \(run) was split from, so its test rows cannot be found again. Name a file with --data."
        case .probe(let folder, let drift, let limit):
            "\(folder): the probe logits differ from the recorded ones by \(drift) (limit \(limit)). The weights are not those that were saved."
        case .tokens(let folder, let text): "\(folder): “\(text)” does not give the recorded token ids. The tokenizer was changed."
        case .headLabels(let checkpoint, let data):
            "The model's head knows the labels \(listed(checkpoint)); the data has \(listed(data)). Set model.head to new, or list task.labels."
        case .baseMissing(let path, let folder):
            "\(folder) adapts \(path), which is not there. Put the base model back, or give its new place with --base."
        case .baseChanged(let path, let expected, let found):
            "\(path) is not the base model that this adapter was trained on: its weights hash to \(found.prefix(12))…, not \(expected.prefix(12))…."
        }
    }
}

private func listed(_ names: [String]) -> String {
    names.prefix(6).joined(separator: ", ") + (names.count > 6 ? ", … (\(names.count))" : "")
}
private func megabytes(_ bytes: Int) -> String { "\(bytes / 1_000_000) MB" }
