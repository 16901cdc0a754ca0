public import HoneLayers
public import HoneTensors

/// What is tuned: everything, a part, or an adapter.
public enum Tuning: Sendable, Equatable {
    /// Every weight trains.
    case full
    /// Chosen blocks and weights train, and the head.
    case partial(PartialConfig)
    /// Low-rank changes beside frozen weights train, and the head.
    case lora(LoRAConfig)

    /// The name that recipes and records give the method.
    public var name: String {
        switch self {
        case .full: "full"
        case .partial: "partial"
        case .lora: "lora"
        }
    }
}

/// The settings of partial tuning: the head always trains.
public struct PartialConfig: Sendable, Equatable {
    /// Train the last so many blocks; nil for none by count.
    public var lastLayers: Int?
    /// Train what these patterns match (``NamePattern``).
    public var patterns: [String]
    /// Whether the tables of the embeddings stay as they are; a pattern can still name them.
    public var freezesEmbeddings: Bool

    /// Makes settings; nothing is checked before they are applied to a model.
    public init(lastLayers: Int?, patterns: [String], freezesEmbeddings: Bool) {
        (self.lastLayers, self.patterns, self.freezesEmbeddings) = (lastLayers, patterns, freezesEmbeddings)
    }
}

/// What a method needs to know about a model, without importing models.
public struct TuningTarget {
    /// The module whose slots and parameters are meant.
    public let model: any Module
    /// Paths of modules that are trained and saved whole whatever the method: the head, and anything that started at random.
    public let wholePaths: [String]
    /// The path of the repeated blocks; block `i` is `<prefix>.<i>`.
    public let blockPrefix: String
    /// The number of repeated blocks.
    public let blockCount: Int
    /// The path of the embeddings.
    public let embeddingPrefix: String

    /// States the paths of a model; they are those of its checkpoint keys.
    public init(model: any Module, wholePaths: [String], blockPrefix: String, blockCount: Int, embeddingPrefix: String) {
        (self.model, self.wholePaths, self.blockPrefix) = (model, wholePaths, blockPrefix)
        (self.blockCount, self.embeddingPrefix) = (blockCount, embeddingPrefix)
    }

    func isWhole(_ key: String) -> Bool { wholePaths.contains { key == $0 || key.hasPrefix($0 + ".") } }
}

/// Counts of what a method trains; goes into the plan and the record.
public struct TuningReport: Sendable, Equatable, Codable {
    /// The name of the method.
    public var method: String
    /// Numbers that training changes.
    public var trainableParameters: Int
    /// All numbers of the model, those of adapters included.
    public var totalParameters: Int
    /// Paths that carry an adapter.
    public var adapted: [String]
}

extension Tuning {
    /// Attaches the method and decides for every parameter whether it trains and in which type it computes.
    ///
    /// Frozen parameters need no gradient, so nothing below the lowest trainable one builds a graph.
    ///
    /// - Parameter leavesNarrow: frozen weights that are stored in 16 bits stay so, and are widened for each product.
    /// - Throws: ``AdapterError`` if a name matches nothing.
    public func apply(
        to target: TuningTarget, compute: DType, device: Device = .cpu, leavesNarrow: Bool = false
    ) throws -> TuningReport {
        let base = target.model.namedParameters()
        var adapted: [String] = []
        if case .lora(let config) = self { adapted = try LoRA.attach(config, to: target.model) }
        let trains = try predicate(target, keys: base.map(\.key))
        for named in base {
            try named.parameter.prepare(trainable: trains(named.key), compute: compute, device: device, leavesNarrow: leavesNarrow)
        }
        for named in target.model.wrapperParameters() { try named.parameter.prepare(trainable: true, compute: compute, device: device) }
        let all = base + target.model.wrapperParameters()
        return TuningReport(
            method: name, trainableParameters: all.filter(\.parameter.isTrainable).reduce(0) { $0 + $1.parameter.count },
            totalParameters: all.reduce(0) { $0 + $1.parameter.count }, adapted: adapted)
    }

    func predicate(_ target: TuningTarget, keys: [String]) throws -> (String) -> Bool {
        switch self {
        case .full: return { _ in true }
        case .lora: return target.isWhole
        case .partial(let config):
            let last = config.lastLayers ?? 0
            guard 0...target.blockCount ~= last else { throw AdapterError.tooManyLayers(asked: last, model: target.blockCount) }
            let blocks = (target.blockCount - last..<target.blockCount).map { "\(target.blockPrefix).\($0)." }
            for pattern in config.patterns where !keys.contains(where: { NamePattern(pattern).matchesWeight($0) }) {
                throw AdapterError.nothingMatched(method: "partial", patterns: [pattern], candidates: keys)
            }
            return { key in
                if target.isWhole(key) || blocks.contains(where: key.hasPrefix) { return true }
                if config.patterns.contains(where: { NamePattern($0).matchesWeight(key) }) { return true }
                return !config.freezesEmbeddings && key.hasPrefix(target.embeddingPrefix)
            }
        }
    }
}

/// How many parameters a method would train, found without preparing anything.
public struct TuningCount: Sendable, Equatable {
    /// Numbers that training would change.
    public var trainable = 0
    /// All numbers of the model, those of adapters included.
    public var total = 0
    /// Trainable parameters in tables whose gradient is collected as rows.
    public var trainableInTables = 0
    /// Frozen parameters that layers need in float32 whatever the compute type is.
    public var frozenFloat32 = 0
    /// The lowest block with something to train; nil if no block has.
    public var lowestBlock: Int?
}

extension Tuning {
    /// Attaches the method's layers and counts; weights stay mapped and untouched.
    ///
    /// - Throws: ``AdapterError`` if a name matches nothing.
    public func count(_ target: TuningTarget) throws -> TuningCount {
        let base = target.model.namedParameters()
        if case .lora(let config) = self { _ = try LoRA.attach(config, to: target.model) }
        let trains = try predicate(target, keys: base.map(\.key))
        var result = TuningCount()
        let added = target.model.wrapperParameters()
        for named in base + added {
            result.total += named.parameter.count
            guard added.contains(where: { $0.parameter === named.parameter }) || trains(named.key) else {
                if named.parameter.staysFloat32 { result.frozenFloat32 += named.parameter.count }
                continue
            }
            result.trainable += named.parameter.count
            if named.parameter.isTable { result.trainableInTables += named.parameter.count }
            if let block = block(of: named.key, target) { result.lowestBlock = min(result.lowestBlock ?? block, block) }
            if named.key.hasPrefix(target.embeddingPrefix) { result.lowestBlock = 0 }
        }
        return result
    }

    private func block(of key: String, _ target: TuningTarget) -> Int? {
        guard key.hasPrefix(target.blockPrefix + ".") else { return nil }
        return key.dropFirst(target.blockPrefix.count + 1).split(separator: ".").first.flatMap { Int($0) }
    }
}
