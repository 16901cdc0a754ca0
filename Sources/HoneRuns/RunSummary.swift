// Tested by RunIndexTests.swift
public import Foundation

/// Tells in one row what a run is: what lists show.
public struct RunSummary: Codable, Sendable, Equatable, Identifiable {
    /// The run.
    public var id: RunID
    /// The name that a person gave it.
    public var name: String?
    /// Where it stands; a run whose process is gone is `interrupted`, whatever its record says.
    public var status: RunStatus
    /// When it was made.
    public var created: Date
    /// When it came to its end.
    public var finished: Date?
    /// How it was tuned.
    public var method: String
    /// The model folder that the recipe names.
    public var model: String?
    /// Training rows.
    public var rows: Int
    /// Optimizer steps taken.
    public var steps: Int
    /// Parameters trained.
    public var trainableParameters: Int
    /// How long it took, in seconds.
    public var seconds: Double?
    /// Final numbers of the trained model, keyed by split and name, such as `test.accuracy`.
    public var metrics: [String: Double]

    /// Sums up a record.
    public init(_ record: RunRecord) {
        id = record.id
        name = record.name
        status = record.status
        created = record.created
        finished = record.finished
        method = record.method
        model = record.base?.path ?? record.recipe["model"]?["path"]?.text ?? record.recipe["model"]?.text
        rows = record.counts.rows
        steps = record.counts.steps
        trainableParameters = record.counts.trainableParameters
        seconds = record.cost.measuredSeconds
        metrics = Dictionary(
            record.metrics.filter { $0.phase == .after }.map { ("\($0.split).\($0.name)", $0.value) }, uniquingKeysWith: { _, last in last }
        )
    }
}

/// Names a run that could not be listed, and why.
public struct RunProblem: Codable, Sendable, Equatable {
    /// The run.
    public var id: RunID
    /// What is wrong with it, and what to do.
    public var message: String
}

/// Says which runs to list, and in which order.
public struct RunQuery: Sendable, Equatable {
    /// Names what a list is sorted by.
    public enum Order: Sendable, Equatable {
        case newest
        case oldest
        case name
        /// The largest value of a metric first, such as `test.macroF1`; runs without it come last, newest first.
        case highest(metric: String)
        /// The smallest value first.
        case lowest(metric: String)
    }

    /// Only runs in one of these states; nil for all.
    public var statuses: Set<RunStatus>?
    /// Only runs tuned in this way.
    public var method: String?
    /// Only runs whose id, name or model contains this text, in any case.
    public var text: String?
    /// Only runs made at this time or later.
    public var since: Date?
    /// The order.
    public var order: Order
    /// At most so many.
    public var limit: Int?

    /// Makes a query; without arguments, for all runs, newest first.
    public init(
        statuses: Set<RunStatus>? = nil, method: String? = nil, text: String? = nil, since: Date? = nil, order: Order = .newest,
        limit: Int? = nil
    ) {
        (self.statuses, self.method, self.text) = (statuses, method, text)
        (self.since, self.order, self.limit) = (since, order, limit)
    }
}
