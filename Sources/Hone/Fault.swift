// Tested by ExitReasonTests.swift.
internal import Foundation
internal import HoneAdapters
internal import HoneData
internal import HoneEvaluation
internal import HoneGeneration
internal import HoneModels
internal import HoneRuns
internal import HoneTensors
internal import HoneText
internal import HoneTraining
internal import HoneWeights

/// Sorts any error of Hone by where it comes from and by who can mend it.
public struct Fault: Sendable, Equatable {
    /// Says who can mend it, and when.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// What was given is wrong: a recipe, data, a model folder, the name of a run. The user mends it and starts again.
        case input
        /// Something broke at work: the disk is full, memory ran out.
        case running
        /// The training ran away to numbers that are not finite.
        case diverged
    }

    /// A short name of the part that complains, for programs, such as `data`.
    public var code: String
    /// Who can mend it.
    public var kind: Kind
    /// What happened, where, and what to do.
    public var message: String

    /// Sorts an error; one that Hone does not know has the code `unexpected`.
    public init(_ error: any Error) {
        (code, kind) = Self.place(error)
        message = code == "unexpected" ? error.localizedDescription : "\(error)"
    }

    private static func place(_ error: any Error) -> (String, Kind) {
        switch error {
        case is RecipeError: ("recipe", .input)
        case is DataError: ("data", .input)
        case is TokenizerError: ("tokenizer", .input)
        case is TemplateError: ("template", .input)
        case is MaskError: ("mask", .input)
        case is GenerationError: ("generation", .input)
        case is ModelError: ("model", .input)
        case is AdapterError: ("adapter", .input)
        case is HoneError: ("setup", .input)
        case is EvaluationError: ("evaluation", .input)
        case let error as WeightError: ("weights", error.kind)
        case let error as RunsError: ("runs", error.kind)
        case let error as TrainingError: error.kind == .diverged ? ("diverged", .diverged) : ("training", error.kind)
        case is TensorError: ("tensor", .running)
        default: ("unexpected", .running)
        }
    }
}

extension WeightError {
    fileprivate var kind: Fault.Kind {
        switch self {
        case .unwritable, .diskFull, .source: .running
        default: .input
        }
    }
}

extension RunsError {
    fileprivate var kind: Fault.Kind {
        switch self {
        case .cannotWrite, .cannotRemove, .index: .running
        case .invalidID, .notFound, .ambiguous, .cannotCreate, .cannotRead, .exists, .corrupt, .newerSchema, .locked, .running,
            .illegalMove, .tooFewToCompare:
            .input
        }
    }
}

extension TrainingError {
    fileprivate var kind: Fault.Kind {
        switch self {
        case .nonFinite, .nonFiniteWeights: .diverged
        case .checkpointMissing, .checkpointBroken, .metricMissing, .nothingTrains: .input
        default: .running
        }
    }
}
