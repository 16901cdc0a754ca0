import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights

@testable import HoneModels

/// What Transformers computed with a tiny model of one family with one head, and the same model here.
struct FamilyCase {
    enum Kind { case causal, masked, sequence, token, span }

    let name: String
    let kind: Kind
    let reference: TensorFixture

    /// Language models that write.
    static let decoders = [
        "llama", "llama-tied-3", "mistral", "qwen2", "qwen2-window", "qwen3", "gemma", "gemma2", "gemma3", "phi3", "gpt2",
    ]
    /// Other heads on them, all that Transformers has.
    static let decoderHeads =
        ["llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "phi3", "gpt2"].map { "\($0)-sequence" }
        + ["llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "phi3", "gpt2"].map { "\($0)-token" }
        + ["llama", "mistral", "qwen2", "qwen3", "gpt2"].map { "\($0)-span" }
    /// Language models that fill in, one of each family.
    static let masked = ["bert-mlm", "roberta-mlm", "camembert-mlm", "distilbert-mlm", "modernbert-mlm", "modernbert-biases"]
    static let encoderHeads = [
        "bert-token", "bert-span", "roberta-sequence", "roberta-token", "roberta-span", "xlm-roberta-token", "distilbert-sequence",
        "distilbert-token", "distilbert-span", "modernbert-sequence-cls", "modernbert-sequence-mean", "modernbert-token",
        "modernbert-span",
    ]
    static let all = decoders + decoderHeads + masked + encoderHeads

    init(_ name: String) throws {
        self.name = name
        kind =
            if name.contains("sequence") { .sequence } else if name.hasSuffix("token") { .token } else if name.hasSuffix("span") {
                .span
            } else if Self.masked.contains(name) { .masked } else { .causal }
        reference = try fixtures.tensors("\(name)/expected.safetensors")
    }

    var folder: URL { fixtures(name) }
    var labels: Int { kind == .sequence ? 5 : kind == .token ? 4 : 2 }

    func model(
        trainable: Bool = false, compute: DType = .float32, folder: URL? = nil
    ) throws -> (model: any TextModel, report: LoadReport) {
        let folder = try ModelFolder(folder ?? self.folder)
        let (model, report): (any TextModel, LoadReport) = try exclusively {
            switch kind {
            case .causal, .masked: try folder.languageModel(seed: 0)
            case .sequence: try folder.classifier(labels: labels, head: .checkpoint, seed: 0)
            case .token: try folder.tagger(labels: labels, head: .checkpoint, seed: 0)
            case .span: try folder.answerer(head: .checkpoint, seed: 0)
            }
        }
        try require(report.new.isEmpty, "new weights: \(report.new)")
        for named in model.namedParameters() { try named.parameter.prepare(trainable: trainable, compute: compute) }
        return (model, report)
    }

    func languageModel(trainable: Bool = false, compute: DType = .float32, folder: URL? = nil) throws -> any LanguageModel {
        let model = try model(trainable: trainable, compute: compute, folder: folder).model
        guard let model = model as? any LanguageModel else { throw CheckFailure("\(type(of: model)) is no language model") }
        return model
    }

    /// The logits of the kept rows, or of all real ones: `[R, C]`, or `[B, C]` for whole documents.
    func logits(_ model: any TextModel, _ batch: FlatBatch, compute: DType = .float32, keeping rows: Tensor? = nil) throws -> Tensor {
        let context = batch.context(compute: compute)
        func real(_ all: Tensor) throws -> Tensor { rows == nil ? try all.selecting(batch.realPositions()) : all }
        switch model {
        case let model as any LanguageModel:
            return try real(model.vocabularyHead.logits(model.outputStates(batch.input, context, keeping: rows)))
        case let model as any SequenceClassifier: return try model.logits(batch.input, context)
        case let model as any TokenClassifier: return try real(model.logits(batch.input, context, keeping: rows))
        default: throw CheckFailure("\(type(of: model)) has no logits")
        }
    }

    /// What the logits of a batch should be.
    ///
    /// - Parameters before, after: what stands around the reference's names: `exact.` for float64, `.bfloat16`.
    func expected(_ batch: FlatBatch, _ before: String = "", _ after: String = "") throws -> Tensor {
        switch kind {
        case .span: try spanScores(reference, batch, before, after)
        case .sequence: try reference("\(before)logits\(after)").selecting(Tensor(batch.rows, shape: [batch.rows.count]))
        case .causal, .masked, .token: try rows(reference("\(before)logits\(after)"), batch)
        }
    }

    /// The rows of a reference tensor `[3, T, ..]` that are in a batch.
    func rows(_ tensor: Tensor, _ batch: FlatBatch) throws -> Tensor {
        try tensor.reshaped([-1, tensor.size(-1)]).selecting(Tensor(batch.slots, shape: [batch.slots.count]))
    }

    /// The summed loss of a batch, with only the rows computed that have a target.
    func loss(_ model: any TextModel, _ batch: FlatBatch) throws -> Tensor {
        switch kind {
        case .span: return try spanLoss(logits(model, batch), batch, reference)
        case .sequence:
            return try logits(model, batch).crossEntropy(reference("labels").selecting(Tensor(batch.rows, shape: [batch.rows.count])))
        case .causal, .masked, .token:
            let labels = try reference("labels").integers(), width = try reference("labels").shape[1]
            func target(_ slot: Int) -> Int {
                guard kind == .causal else { return labels[slot] }
                return (slot + 1) % width == 0 ? -100 : labels[slot + 1]
            }
            let kept = try zip(batch.realPositions().integers(), batch.slots.map(target)).filter { $1 != -100 }
            let rows = try Tensor(kept.map(\.0), shape: [kept.count]), targets = try Tensor(kept.map(\.1), shape: [kept.count])
            guard let model = model as? any LanguageModel else { return try logits(model, batch, keeping: rows).crossEntropy(targets) }
            return try model.vocabularyHead.crossEntropy(model.outputStates(batch.input, batch.context(), keeping: rows), targets).sum
        }
    }

    /// Writes the model as its task asks.
    func write(_ model: any TextModel, from source: URL? = nil, to target: URL) throws {
        let folder = try ModelFolder(source ?? self.folder)
        let names = (0..<labels).map { "label \($0)" }
        switch (kind, model) {
        case (.causal, _): try folder.write(model, .causalLanguageModelling, to: target)
        case (.masked, _): try folder.write(model, .maskedLanguageModelling, to: target)
        case (.sequence, let model as any SequenceClassifier):
            try folder.write(model, head: HeadFacts(labels: names, problem: .single), to: target)
        case (.token, let model as any TokenClassifier): try folder.write(model, labels: names, to: target)
        case (.span, let model as any TokenClassifier): try folder.write(answerer: model, to: target)
        default: throw CheckFailure("\(type(of: model)) cannot be written")
        }
    }

    /// Checks that a folder which Hone writes holds the same weights and gives the same logits.
    ///
    /// A person can have the folder checked by Transformers, where `HONE_VERIFY_FOLDER` says where to keep it: `verify_family.py`.
    /// - Parameter layout: all rows, or the first alone where Transformers would place a row's tokens by its neighbours' lengths.
    func checkWriting(
        _ model: any TextModel, from source: URL? = nil, as written: String, layout: FlatBatch.Layout = .packed
    ) throws {
        let home = try TemporaryFolder()
        let kept = ProcessInfo.processInfo.environment["HONE_VERIFY_FOLDER"].map { URL(filePath: $0).appending(path: written) }
        let target = kept ?? home("out")
        try write(model, from: source, to: target)
        let again = try self.model(folder: target).model
        for (old, new) in zip(model.namedParameters(), again.namedParameters()) {
            try require(old.key == new.key, "\(new.key) instead of \(old.key)")
            try requireClose(new.parameter.stored, old.parameter.stored, .exact, old.key)
        }
        let batch = try FlatBatch(reference, layout: layout)
        let found = try withGradients(false) { try logits(model, batch) }
        try requireClose(withGradients(false) { try logits(again, batch) }, found, .exact, "logits")
        if kept != nil { try writeVerification(found, batch, to: target) }
    }

    /// What verify_family.py compares with: the outputs of the padded block.
    private func writeVerification(_ found: Tensor, _ batch: FlatBatch, to folder: URL) throws {
        var tensors: [String: Tensor] = [:]
        for name in ["input_ids", "attention_mask", "token_type_ids"] {
            tensors[name] = try reference(name).slice(0, 0..<batch.rows.count).contiguous()
        }
        let shape = [batch.rows.count, try reference("input_ids").shape[1]]
        if kind == .sequence {
            tensors["logits"] = found
        } else {
            let all = try Tensor.zeros([shape[0] * shape[1], found.size(1)]).adding(
                found, at: Tensor(batch.slots, shape: [batch.slots.count]))
            let block = try all.reshaped(shape + [found.size(1)])
            if kind == .span {
                for (column, name) in ["start_logits", "end_logits"].enumerated() {
                    tensors[name] = try block.slice(2, column..<(column + 1)).squeezed(2).contiguous()
                }
            } else {
                tensors["logits"] = block
            }
        }
        let file = folder.appending(path: "verify.safetensors")
        try? FileManager.default.removeItem(at: file)  // of an earlier run
        try SafetensorsWriter().write(tensors.map { WeightSource(name: $0.key, tensor: $0.value) }, to: file)
    }
}

/// Checks that narrow logits are hardly further from float32's than those of Transformers in the same type.
///
/// - Parameter factor: how much further, as root mean square; what two sets of roundings of thousands of numbers differ by, or more for few.
func requireAsClose(_ found: Tensor, _ theirs: Tensor, to expected: Tensor, factor: Double = 1.25, _ what: String) throws {
    func distance(_ logits: Tensor) throws -> Double { try (logits.to(.float32) - expected).sumOfSquares().squareRoot() }
    let (mine, reference) = (try distance(found), try distance(theirs))
    try require(mine <= factor * reference, "\(what): \(mine) from float32 here, \(reference) in Transformers")
}
