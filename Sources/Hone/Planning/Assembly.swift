// Tested by PlanTests.swift.
internal import Foundation
internal import HoneAdapters
internal import HoneData
internal import HoneEvaluation
internal import HoneModels
internal import HoneObjectives
internal import HoneOptimizers
internal import HoneTraining

// Where the recipe's words become the parts' values.

extension Recipe {
    /// Reads the rows of a task with one target per row.
    func dataLoader(_ kind: TaskKind) -> DataLoader {
        func source(_ held: DataSpec.HeldOut) -> SplitSource {
            switch held {
            case .file(let path): .file(dataFile(path))
            case .fraction(let share): share > 0 ? .fraction(share) : .none
            }
        }
        return DataLoader(
            task: kind, train: dataFile(data.train), validation: source(data.validation), test: source(data.test),
            columns: ColumnMapping(text: data.text, pair: data.pair, label: data.label, labelSeparator: data.labelSeparator),
            labels: task.labels, duplicates: data.duplicates, leakage: data.leakage, seed: training.seed)
    }

    func tuningMethod(defaultTargets: [String]) throws -> Tuning {
        switch tuning {
        case .full: return .full
        case .partial(let part):
            return .partial(PartialConfig(lastLayers: part.lastLayers, patterns: part.patterns, freezesEmbeddings: part.freezeEmbeddings))
        case .lora(let lora):
            if let folder = lora.initialAdapter {
                var config = try PEFTFolder.config(in: URL(filePath: folder))
                config.dropout = lora.dropout
                return .lora(config)
            }
            return .lora(
                LoRAConfig(
                    rank: lora.rank, alpha: lora.alpha, dropout: lora.dropout, rankStabilized: lora.rankStabilized,
                    targets: lora.targets.isEmpty ? defaultTargets : lora.targets))
        }
    }

    var initialAdapter: URL? {
        if case .lora(let lora) = tuning { return lora.initialAdapter.map { URL(filePath: $0) } }
        return nil
    }

    var optimizer: HoneOptimizers.OptimizerSpec {
        switch training.optimizer {
        case .adamW(let spec):
            .adamW(AdamW.Config(beta1: spec.beta1, beta2: spec.beta2, epsilon: spec.epsilon, decay: training.weightDecay))
        case .sgd(let spec): .sgd(SGD.Config(momentum: spec.momentum, nesterov: spec.nesterov, decay: training.weightDecay))
        }
    }

    func objective(_ kind: TaskKind, labels: LabelSet?, train: [TextRow]) -> ObjectiveSpec {
        let weights = labels.flatMap { classWeights($0, train) }
        switch kind {
        case .classification: return .classification(CrossEntropy(smoothing: training.labelSmoothing, classWeights: weights))
        case .multiLabel: return .multiLabel(BinaryCrossEntropy(positiveWeights: weights))
        case .regression: return .regression(MeanSquaredError())
        }
    }

    /// Balanced: `n / (C · n_c)` for classes (scikit-learn); for labels that may hold together, rows without over rows with (PyTorch).
    private func classWeights(_ labels: LabelSet, _ train: [TextRow]) -> [Float]? {
        switch training.classWeights {
        case .none: return nil
        case .weights(let table): return labels.names.map { Float(table[$0] ?? 1) }
        case .balanced:
            let counts = labels.counts(in: train).map(Double.init)
            let total = Double(train.count)
            return counts.map { count in
                guard count > 0 else { return 1 }
                return Float(task.kind == .multiLabel ? (total - count) / count : total / (Double(counts.count) * count))
            }
        }
    }

    func selection(by metric: MetricName) -> Selection {
        Selection(
            metric: metric.rawValue, higherIsBetter: metric.direction == .higher, patience: training.earlyStopping?.patience,
            minimumImprovement: training.earlyStopping?.minimumImprovement ?? 0)
    }

    func schedule(totalSteps: Int) -> Schedule {
        let warmup =
            switch training.warmup {
            case .steps(let steps): steps
            case .fraction(let share): Int((share * Double(totalSteps)).rounded(.up))
            }
        let shape: Schedule.Shape =
            switch training.schedule {
            case .linear: .linear
            case .cosine: .cosine
            case .constant: .constant
            }
        return Schedule(shape: shape, warmupSteps: warmup, totalSteps: totalSteps, floor: training.learningRateFloor)
    }

    private func dataFile(_ path: String) -> DataFile { DataFile(URL(filePath: path), name: path) }
}

extension Recipe.Cadence {
    var interval: HoneTraining.Interval {
        switch self {
        case .epoch: .epoch
        case .steps(let count): .steps(count)
        case .never: .never
        }
    }
}

extension TaskKind {
    var problem: HeadFacts.Problem {
        switch self {
        case .classification: .single
        case .multiLabel: .multiple
        case .regression: .regression
        }
    }
}
