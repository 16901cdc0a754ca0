import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights

@testable import HoneModels

let fixtures = FixtureFolder("HoneModels")

extension FlatBatch {
    var input: ModelInput { ModelInput(ids: ids, typeIDs: typeIDs, positions: positions) }

    func context(training: Bool = false, compute: DType = .float32, seed: UInt64 = 0) -> Context {
        Context(documents: documents, isTraining: training, compute: compute, seed: seed)
    }
}

/// The tiny classifier of the fixtures, with every weight prepared.
func tinyBert(trainable: Bool = false, compute: DType = .float32, folder: URL = fixtures("tiny-bert")) throws -> ClassifierModel {
    let model = try ModelFolder(folder).classifier(labels: 7, head: .checkpoint, seed: 0).model
    for named in model.namedParameters() { try named.parameter.prepare(trainable: trainable, compute: compute) }
    guard let bert = model as? ClassifierModel else { throw CheckFailure("\(type(of: model)) is no ClassifierModel") }
    return bert
}

func logits(_ model: any SequenceClassifier, _ batch: FlatBatch, compute: DType = .float32) throws -> Tensor {
    try withGradients(false) { try model.logits(batch.input, batch.context(compute: compute)) }
}

/// A copy of a fixture folder whose `config.json` and weights a test may change.
struct EditableFolder {
    private let home: TemporaryFolder
    let url: URL

    init(_ name: String) throws {
        home = try TemporaryFolder()
        url = try home.copy(fixtures(name), as: "model")
    }

    var config: URL { url.appending(path: "config.json") }

    /// Sets keys of `config.json`; nil removes one.
    func configure(_ changes: [String: Any?]) throws {
        var json = try JSONSerialization.jsonObject(with: Data(contentsOf: config)) as? [String: Any] ?? [:]
        for (key, value) in changes { json[key] = value }
        try JSONSerialization.data(withJSONObject: json).write(to: config)
    }

    /// Writes the weights again, each under the name and with the values that `change` gives; nil leaves one out.
    func rewrite(adding extra: [String: Tensor] = [:], _ change: (String, Tensor) throws -> (String, Tensor)?) throws {
        let fixture = try TensorFixture(url.appending(path: "model.safetensors"))
        let tensors = try fixture.keys.compactMap { try change($0, fixture($0)) } + extra.map { ($0, $1) }
        try FileManager.default.removeItem(at: url.appending(path: "model.safetensors"))
        try SafetensorsWriter().write(
            tensors.map { WeightSource(name: $0.0, tensor: $0.1) }, to: url.appending(path: "model.safetensors"))
    }

    func load(labels: Int = 7, head: ModelFolder.Head = .checkpoint, seed: UInt64 = 0) throws -> (
        model: any SequenceClassifier, report: LoadReport
    ) {
        try exclusively { try ModelFolder(url).classifier(labels: labels, head: head, seed: seed) }
    }
}

extension ClassifierModel {
    /// The body, where it is BERT's.
    var bert: BertModel {
        guard let bert = backbone as? BertModel else { preconditionFailure("\(type(of: backbone)) is no BertModel") }
        return bert
    }
}
