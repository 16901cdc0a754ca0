// Tested by DataInspectorTests.swift.
internal import Foundation
internal import HoneData
internal import HoneModels

extension Recipe {
    /// Makes the recipe of a data file alone, to look at it with a model: the task follows from the file's format and the model's family.
    ///
    /// Every row is a training row.
    /// - Parameters:
    ///   - data: a file of examples or of labelled rows.
    ///   - model: a model folder.
    ///   - task: the task, if it is not to be found.
    /// - Throws: `DataError` for a file of no known format; `ModelError`; ``HoneError/noTask(file:format:model:)``.
    public static func inspecting(data: String, model: String, task: TaskName? = nil) throws -> Recipe {
        let kind = try task ?? found(data, ModelFolder(URL(filePath: model)), model)
        return Recipe(
            model: ModelSpec(path: model), task: TaskSpec(kind: kind),
            data: DataSpec(train: data, validation: .fraction(0), test: .fraction(0)))
    }

    private static func found(_ data: String, _ folder: ModelFolder, _ model: String) throws -> TaskName {
        let url = try DataFolder(URL(filePath: data), name: data)?.train ?? URL(filePath: data)
        let report = try? ExampleReader().read(url, name: data).report
        // `text` with a label beside it is a row to classify, and so is a row that is no example at all.
        if report == nil || report?.format == .text, (try? RowReader(task: .classification).read(url, name: data)) != nil {
            return .classification
        }
        let format = try report?.format ?? ExampleReader().read(url, name: data).report.format
        let writesAnew = folder.tasks.contains(.sequenceToSequence)
        let isMasked = folder.tasks.contains(.maskedLanguageModelling) || !folder.tasks.contains(.causalLanguageModelling) && !writesAnew
        switch format {
        case .messages, .shareGPT, .conversationalPromptCompletion, .alpaca, .selfInstruct: return .instruction
        case .promptCompletion: return writesAnew ? .sequenceToSequence : .instruction
        case .text, .plainText: return isMasked ? .maskedText : .text
        case .pair: return .sequenceToSequence
        case .taggedLists, .conll: return .tagging
        case .questionAnswering, .squad: return .questionAnswering
        case .openAIPreference, .preference: throw HoneError.noTask(file: data, format: format.title, model: model)
        }
    }
}
