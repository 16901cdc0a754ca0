public import Foundation

/// Tells everything about a run that is needed to understand it, to compare it and to do it again: `record.json`.
///
/// A record is written whole at each change of status, in one rename. Times are UTC; sizes are bytes, durations seconds.
public struct RunRecord: Codable, Sendable, Equatable {
    /// The schema that this Hone writes.
    public static let currentSchema = 1

    /// The schema of this record.
    public private(set) var schema = RunRecord.currentSchema
    /// The run.
    public var id: RunID
    /// The name that a person gave it.
    public var name: String?
    /// Where the run stands.
    public var status = RunStatus.queued
    /// Why it failed or was interrupted.
    public var reason: String?
    /// When the run was made.
    public var created: Date
    /// When it came to its end.
    public var finished: Date?
    /// Every setting with its value, defaults included.
    public var recipe: JSONValue
    /// What was tuned and how: `full`, `partial` or `lora`.
    public var method = ""
    /// What the method attached, and where.
    public var adapter: JSONValue?
    /// The data files.
    public var data: [DataFile] = []
    /// What the checks of the data found.
    public var dataReport: JSONValue?
    /// The weights that training began with.
    public var base: Base?
    /// SHA-256 of the tokenizer's file, in hexadecimal.
    public var tokenizerHash: String?
    /// Versions of the parts.
    public var versions = Versions()
    /// The machine.
    public var hardware = Hardware()
    /// The seed of all randomness.
    public var seed: UInt64 = 0
    /// The precision of the computation, such as `bfloat16`.
    public var precision = ""
    /// Why that precision was chosen.
    public var precisionReason = ""
    /// How much was trained, and on how much.
    public var counts = Counts()
    /// What was foreseen and what was used.
    public var cost = Cost()
    /// The final numbers, before and after training.
    public var metrics: [Metric] = []
    /// The optimizer step of the weights that were kept.
    public var bestStep: Int?
    /// What a person should know.
    public var warnings: [Warning] = []

    /// Makes the record of a run that has not begun.
    public init(id: RunID, name: String? = nil, created: Date, recipe: JSONValue) {
        self.id = id
        self.name = name
        self.created = created
        self.recipe = recipe
    }
}

extension RunRecord {
    /// Names a data file by what is in it.
    public struct DataFile: Codable, Sendable, Equatable {
        /// What it was used for, such as `train`.
        public var role: String
        /// Where it was.
        public var path: String
        /// SHA-256 of its bytes, in hexadecimal.
        public var sha256: String
        /// Rows read from it.
        public var rows: Int

        /// Describes a file that was read.
        public init(role: String, path: String, sha256: String, rows: Int) {
            (self.role, self.path, self.sha256, self.rows) = (role, path, sha256, rows)
        }
    }

    /// Names the weights that training began with.
    public struct Base: Codable, Sendable, Equatable {
        /// The folder they came from.
        public var path: String
        /// SHA-256 of the weights, in hexadecimal.
        public var sha256: String
        /// The family, such as `bert`.
        public var family: String?

        /// Describes a model folder.
        public init(path: String, sha256: String, family: String? = nil) {
            (self.path, self.sha256, self.family) = (path, sha256, family)
        }
    }

    /// Versions of the parts that shape the numbers.
    public struct Versions: Codable, Sendable, Equatable {
        /// Hone itself.
        public var hone: String
        /// The tensor library.
        public var libtorch: String
        /// The compiler.
        public var swift: String
        /// The operating system.
        public var system: String

        /// Lists the versions; an empty text is unknown.
        public init(hone: String = "", libtorch: String = "", swift: String = "", system: String = "") {
            (self.hone, self.libtorch, self.swift, self.system) = (hone, libtorch, swift, system)
        }
    }

    /// Describes the machine.
    public struct Hardware: Codable, Sendable, Equatable {
        /// The processor's name.
        public var cpu: String
        /// Processor cores.
        public var cores: Int
        /// Threads that the tensor library used.
        public var threads: Int
        /// Main memory, in bytes.
        public var memory: Int
        /// Where the tensors were, such as `cpu` or `cuda:0 (NVIDIA H200)`.
        public var device: String

        /// Describes a machine; zero and an empty text are unknown.
        public init(cpu: String = "", cores: Int = 0, threads: Int = 0, memory: Int = 0, device: String = "") {
            (self.cpu, self.cores, self.threads, self.memory, self.device) = (cpu, cores, threads, memory, device)
        }
    }

    /// Counts what was trained, and on how much.
    public struct Counts: Codable, Sendable, Equatable {
        /// Training rows.
        public var rows: Int
        /// Tokens of one pass over them.
        public var tokens: Int
        /// Optimizer steps taken.
        public var steps: Int
        /// Parameters that were trained.
        public var trainableParameters: Int
        /// All parameters of the model.
        public var totalParameters: Int

        /// Makes the counts.
        public init(rows: Int = 0, tokens: Int = 0, steps: Int = 0, trainableParameters: Int = 0, totalParameters: Int = 0) {
            (self.rows, self.tokens, self.steps) = (rows, tokens, steps)
            (self.trainableParameters, self.totalParameters) = (trainableParameters, totalParameters)
        }
    }

    /// Compares what was foreseen with what was used.
    public struct Cost: Codable, Sendable, Equatable {
        /// Foreseen peak memory, in bytes.
        public var predictedBytes: Int?
        /// Measured peak resident memory, in bytes.
        public var measuredBytes: Int?
        /// Foreseen duration, in seconds.
        public var predictedSeconds: Double?
        /// Measured duration, in seconds, resumed parts added up.
        public var measuredSeconds: Double?

        /// Makes the comparison; nil is unknown.
        public init(
            predictedBytes: Int? = nil, measuredBytes: Int? = nil, predictedSeconds: Double? = nil, measuredSeconds: Double? = nil
        ) {
            (self.predictedBytes, self.measuredBytes) = (predictedBytes, measuredBytes)
            (self.predictedSeconds, self.measuredSeconds) = (predictedSeconds, measuredSeconds)
        }
    }

    /// Holds one number with its interval.
    public struct Metric: Codable, Sendable, Equatable {
        /// Says whether the number is the model's from before the training or from after.
        public enum Phase: String, Codable, Sendable, CaseIterable { case before, after }

        /// When.
        public var phase: Phase
        /// On which rows, such as `test`.
        public var split: String
        /// Which number, such as `macroF1`.
        public var name: String
        /// The number.
        public var value: Double
        /// The lower end of its confidence interval.
        public var low: Double?
        /// The upper end.
        public var high: Double?
        /// The interval's confidence, such as 0.95.
        public var confidence: Double?

        /// Makes a number, with or without an interval.
        public init(
            phase: Phase = .after, split: String, name: String, value: Double, low: Double? = nil, high: Double? = nil,
            confidence: Double? = nil
        ) {
            (self.phase, self.split, self.name, self.value) = (phase, split, name, value)
            (self.low, self.high, self.confidence) = (low, high, confidence)
        }
    }

    /// Says something that a person should know, with counts.
    public struct Warning: Codable, Sendable, Equatable {
        /// A short name for programs.
        public var code: String
        /// A sentence for people.
        public var message: String
        /// The numbers behind it.
        public var counts: [String: Int]

        /// Makes a warning.
        public init(code: String, message: String, counts: [String: Int] = [:]) {
            (self.code, self.message, self.counts) = (code, message, counts)
        }
    }

    /// Finds a final number of the trained model, or of the untrained one.
    public func metric(_ name: String, split: String = "test", phase: Metric.Phase = .after) -> Metric? {
        metrics.first { $0.name == name && $0.split == split && $0.phase == phase }
    }
}
