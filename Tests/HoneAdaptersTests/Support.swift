import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport

@testable import HoneAdapters
@testable import HoneModels

let fixtures = FixtureFolder("HoneAdapters")
private let base = FixtureFolder("HoneModels")("tiny-bert")

extension TextModel {
    var target: TuningTarget {
        TuningTarget(
            model: self, wholePaths: headPaths, blockPrefix: blockPrefix, blockCount: sizes.layers, embeddingPrefix: embeddingPrefix)
    }
}

/// The tiny classifier, weights mapped and not yet prepared.
func tinyBert(labels: Int = 7, head: ModelFolder.Head = .checkpoint) throws -> any SequenceClassifier {
    try exclusively { try ModelFolder(base).classifier(labels: labels, head: head, seed: 0).model }
}

/// Attaching draws the values of A, so it waits for its turn.
@discardableResult
func apply(_ tuning: Tuning, to model: any TextModel, compute: DType = .float32) throws -> TuningReport {
    try exclusively { try tuning.apply(to: model.target, compute: compute) }
}

func batch() throws -> FlatBatch {
    try FlatBatch(FixtureFolder("HoneModels").tensors("tiny-bert/expected.safetensors"), layout: .packed)
}

func input(_ batch: FlatBatch) -> ModelInput { ModelInput(ids: batch.ids, typeIDs: batch.typeIDs, positions: batch.positions) }

func logits(_ model: any SequenceClassifier, _ batch: FlatBatch, training: Bool = false) throws -> Tensor {
    try model.logits(input(batch), Context(documents: batch.documents, isTraining: training, compute: .float32))
}

func still(_ model: any SequenceClassifier) throws -> Tensor { try withGradients(false) { try logits(model, batch()) } }

extension LoRAConfig {
    static let tiny = LoRAConfig(rank: 3, alpha: 6, dropout: 0, rankStabilized: false, targets: ["query", "value"])
}

extension ClassifierModel {
    /// The body, where it is BERT's.
    var bert: BertModel {
        guard let bert = backbone as? BertModel else { preconditionFailure("\(type(of: backbone)) is no BertModel") }
        return bert
    }
}
