// Tested by ClassifierTests.swift.
public import Foundation
public import HoneData

/// Describes why a plan or a run cannot go ahead, where no single part can say it.
public enum HoneError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    /// The recipe asks for a type that the device does not compute in hardware.
    case precision(wanted: String, available: [String], device: String)
    /// The tokenizer gives ids that the model's word table does not have.
    case vocabulary(tokenizer: Int, model: Int, folder: String)
    /// The tokenizer gives segments that the model's table does not have.
    case segments(found: Int, model: Int, folder: String)
    /// A setting needs validation rows, and the recipe gives none.
    case noValidation(key: String)
    /// A run has no test rows to measure.
    case noTest(run: String)
    /// The predicted memory is above the machine's, both in bytes.
    case tooLittleMemory(needed: Int, available: Int)
    /// Something works for another kind of task only.
    case wrongTask(found: String, needed: String, what: String)
    /// A folder was not written by Hone.
    case notAModel(folder: String)
    /// A run is in a state from which it cannot go on.
    case notResumable(run: String, status: String)
    /// A run has not come as far as writing a model.
    case noModel(run: String, status: String)
    /// The training file is another one now, so a split cannot be found again.
    case dataChanged(path: String, run: String)
    /// The loaded weights give other logits than those recorded when they were saved.
    case probe(folder: String, drift: Double, limit: Double)
    /// The loaded tokenizer gives other ids than those recorded with the model.
    case tokens(folder: String, text: String)
    /// The kept head and the data have different labels, or another order.
    case headLabels(checkpoint: [String], data: [String])
    /// A batch has no targets for tokens, which the task learns.
    case noTokenTargets
    /// A configuration that a recipe names is not there.
    case noConfig(path: String)
    /// A chat template that a recipe names is not there.
    case noTemplate(path: String, builtIn: [String])
    /// A split has no row of this number, counted from 1.
    case noSuchRow(row: Int, split: String, rows: Int)
    /// A row is not what encoding its example gives now.
    case rowChanged(place: RowPlace)
    /// A file is of a format that no task trains on, or the model does none of the tasks for it.
    case noTask(file: String, format: String, model: String)
    /// Examples stand in two splits, and the recipe says that this is an error.
    case leak(split: String, examples: Int, first: String)
    /// Training examples repeat others, and the recipe says that this is an error.
    case duplicates(examples: Int, first: RowPair)
    /// A start folder's text to begin a sample with is empty: no token begins or ends a document.
    case noSampleStart(folder: String)
    /// A tokenizer has no token that hides others.
    case noMaskToken(folder: String)
    /// Neither model nor tokenizer names the token that ends an answer.
    case noEndToken(folder: String)
    /// A folder has no adapter, and a base model was named for one.
    case notAnAdapter(folder: String)
    /// A folder does not say what it was tuned from.
    case noBase(folder: String)
    /// A folder holds the body of a model, and nothing that could answer.
    case noHead(folder: String, architecture: String)
    /// A folder lacks the output layer that its task needs.
    case noTrainedHead(folder: String, task: String, weights: [String])
    /// A text to be filled in hides nothing.
    case nothingHidden(text: String, mask: String)
    /// Rows are longer than the model reads.
    case tooLongToAnswer(rows: Int, of: Int, longest: Int, maximum: Int, first: String)
    /// Texts are longer than a model that makes vectors reads.
    case tooLongToEmbed(texts: Int, of: Int, longest: Int, maximum: Int, first: String, beginning: String)
    /// A text has no tokens, so it has no vector.
    case noTokens(place: String)
    /// A model folder has no prompt of this name.
    case noPrompt(name: String, known: [String], folder: String)
    /// Vectors are made by whole models, and a folder holds an adapter.
    case adapterCannotEmbed(folder: String)
    /// The vector of a text has numbers that are not finite.
    case notFinite(place: String, folder: String)
    /// The base model of an adapter is not where it was.
    case baseMissing(path: String, folder: String)
    /// The base model of an adapter has other weights than at training; both are SHA-256 hashes.
    case baseChanged(path: String, expected: String, found: String)

    /// The same words as the description, for Foundation.
    public var errorDescription: String? { description }

    /// What cannot go ahead, what was found, and what to do.
    public var description: String {
        switch self {
        case .precision(let wanted, let available, let device):
            "training.precision is \(wanted), which \(device) does not compute; available: \(available.joined(separator: ", "))."
        case .vocabulary(let tokenizer, let model, let folder):
            "\(folder): the tokenizer has \(tokenizer) tokens, the model only \(model) rows. They do not belong together."
        case .segments(let found, let model, let folder):
            "\(folder): the tokenizer gives tokens the segment \(found), the model has type_vocab_size \(model). They do not belong together."
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
        case .noTokenTargets: "A batch has no targets for tokens. Do the rows belong to this task?"
        case .noTemplate(let path, let builtIn):
            "task.template is \(path), which cannot be read; give a file with a chat template or one of \(builtIn.joined(separator: ", "))."
        case .noConfig(let path): "model.config is \(path), which cannot be read; give a config.json of a model family that Hone knows."
        case .duplicates(let examples, let first):
            "\(examples) training examples repeat others, the first pair is \(first). Remove them, or set data.duplicates to drop."
        case .noSampleStart(let folder):
            "\(folder): no token begins or ends a document, so a sample has nothing to go on with. Give evaluation.samplePrompt."
        case .noSuchRow(let row, let split, let rows): "There is no row \(row) in \(split); it has \(rows) rows, counted from 1."
        case .rowChanged(let place): "\(place) gives other tokens now than when it was read. Was the file changed meanwhile? Start again."
        case .noTask(let file, let format, let model):
            "\(file) is \(format), and \(model) has no task for it here. Write a recipe with task.kind and give that instead."
        case .leak(let split, let examples, let first):
            "\(examples) examples of \(split) also stand in training, the first at \(first). Remove them, or set data.leakage to drop."
        case .noMaskToken(let folder): "\(folder): the tokenizer has neither [MASK] nor <mask>, so nothing can be hidden (maskedText)."
        case .noEndToken(let folder):
            "\(folder): neither config.json nor the tokenizer names an eos token, so an answer could never end. Add eos_token_id."
        case .notAnAdapter(let folder): "\(folder) holds no adapter, so --base has no use here. Leave it out."
        case .noBase(let folder): "\(folder) does not say which model it was tuned from, so there is nothing to compare with."
        case .noHead(let folder, let architecture):
            "\(folder) is a \(architecture): a model's body without a head that Hone can use, so there is nothing it could answer. "
                + "Train it first (`hone recipe new`), or name a model with a head."
        case .noTrainedHead(let folder, let task, let weights):
            "\(folder) has no output layer for \(task): \(listed(weights)) would be random numbers. Name a model trained for it."
        case .nothingHidden(let text, let mask):
            "“\(text)” hides nothing. Write \(mask) where a word is to be filled in."
        case .tooLongToAnswer(let rows, let all, let longest, let maximum, let first):
            "\(rows) of \(all) texts leave no room in the model's \(maximum) tokens (the longest has \(longest), the first is \(first)). "
                + "Shorten them, or leave them out with --skip-too-long."
        case .tooLongToEmbed(let texts, let all, let longest, let maximum, let first, let beginning):
            "\(texts) of \(all) texts have more than the \(maximum) tokens that this model reads; the longest has \(longest), the first is "
                + "\(first) (“\(beginning)…”). Split them, or have them cut (--truncate)."
        case .noTokens(let place): "\(place): the text has no tokens for this model, so it has no vector. Leave it out."
        case .noPrompt(let name, let known, let folder):
            "\(folder) has no prompt \(name). "
                + (known.isEmpty ? "It names none; give its text instead (--prompt-text)." : "It has: \(known.joined(separator: ", ")).")
        case .adapterCannotEmbed(let folder):
            "\(folder) holds an adapter, and vectors are made by whole models. Merge it first (`hone merge`), and name the new folder."
        case .notFinite(let place, let folder):
            "\(place): the vector has numbers that are not finite. Are the weights in \(folder) whole? Try --precision float32."
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
