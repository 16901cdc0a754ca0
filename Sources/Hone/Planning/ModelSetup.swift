// Tested by PlanTests.swift.
internal import HoneAdapters
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneTraining

extension TextModel {
    /// What a tuning method needs to know about this model.
    ///
    /// Modules that started at random are trained and saved whole, besides the head.
    func tuningTarget(new keys: [String]) -> TuningTarget {
        let fresh = Set(
            keys.filter { key in !headPaths.contains { key.hasPrefix($0 + ".") } }.map { key in
                // The module around the layer, or the layer where nothing is around it.
                let parts = key.split(separator: ".")
                return parts.dropLast(parts.count > 2 ? 2 : 1).joined(separator: ".")
            })
        return TuningTarget(
            model: self, wholePaths: headPaths + fresh.sorted(), blockPrefix: blockPrefix, blockCount: sizes.layers,
            embeddingPrefix: embeddingPrefix)
    }
}

extension SequenceClassifier {
    /// How the loop and the predictor reach this model.
    var forward: Forward { { [self] batch, context in try logits(batch.input, context) } }
}

extension EmbeddingModel {
    /// How the predictor reaches this model: its logits are the vectors.
    var forward: Forward { { [self] batch, context in try self(batch.input, context) } }
}

extension Recipe.ModelSpec.Head {
    var loading: ModelFolder.Head {
        switch self {
        case .new: .new
        case .checkpoint: .checkpoint
        }
    }
}
