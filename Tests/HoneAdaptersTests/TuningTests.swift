import HoneLayers
import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneAdapters
@testable import HoneModels

/// A method and the beginnings of the keys that it must train.
struct TuningCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var tuning: Tuning
    var trains: [String]

    static func partial(_ layers: Int?, _ patterns: [String] = [], freezes: Bool = true) -> Tuning {
        .partial(PartialConfig(lastLayers: layers, patterns: patterns, freezesEmbeddings: freezes))
    }

    static let all = [
        TuningCase(testDescription: "full", tuning: .full, trains: [""]),
        TuningCase(testDescription: "only the head", tuning: partial(0), trains: ["classifier."]),
        TuningCase(testDescription: "no count, no patterns", tuning: partial(nil), trains: ["classifier."]),
        TuningCase(testDescription: "the last layer", tuning: partial(1), trains: ["classifier.", "bert.encoder.layer.2."]),
        TuningCase(
            testDescription: "every layer but no embeddings", tuning: partial(3), trains: ["classifier.", "bert.encoder.layer."]),
        TuningCase(
            testDescription: "the last layer and the embeddings", tuning: partial(1, freezes: false),
            trains: ["classifier.", "bert.encoder.layer.2.", "bert.embeddings."]),
        TuningCase(
            testDescription: "patterns", tuning: partial(nil, ["bert.pooler", "layer.1.attention.self.query", "*.0.output.*"]),
            trains: [
                "classifier.", "bert.pooler.", "bert.encoder.layer.1.attention.self.query.", "bert.encoder.layer.0.output.",
            ]),
    ]
}

@Suite("What trains")
struct TuningTests {
    @Test("exactly the expected keys train, get a gradient, and are counted", arguments: TuningCase.all)
    func keys(_ subject: TuningCase) throws {
        let model = try tinyBert()
        let report = try apply(subject.tuning, to: model)
        let expected = model.namedParameters().filter { named in subject.trains.contains { named.key.hasPrefix($0) } }
        #expect(!expected.isEmpty && model.trainableParameters().map(\.key) == expected.map(\.key))
        #expect(report.method == subject.tuning.name && report.adapted.isEmpty)
        #expect(report.trainableParameters == expected.reduce(0) { $0 + $1.parameter.count })
        #expect(report.totalParameters == model.namedParameters().reduce(0) { $0 + $1.parameter.count })
        try logits(model, batch()).squared().sum().backward()
        for named in model.namedParameters() {
            let hasGradient = try named.parameter.value.gradient() != nil
            #expect(hasGradient == expected.contains { $0.key == named.key }, "\(named.key)")
        }
    }

    @Test("nothing below the lowest trained weight builds a graph", arguments: [(0, 3), (1, 2), (2, 1), (3, 0)])
    func noGraph(_ last: Int, _ firstWithGraph: Int) throws {
        let model = try #require(try tinyBert() as? ClassifierModel)
        try apply(TuningCase.partial(last), to: model)
        let batch = try batch()
        let context = Context(documents: batch.documents, isTraining: false, compute: .float32)
        var x = try model.bert.embeddings(input(batch))
        #expect(!x.hasGraph)
        for (index, layer) in model.bert.layers.enumerated() {
            x = try layer(x, context, BertDropout(hidden: 0, attention: 0), keeping: nil)
            #expect(x.hasGraph == (index >= firstWithGraph), "layer \(index)")
        }
        #expect(try logits(model, batch).hasGraph)
    }

    @Test("LoRA on one layer builds no graph below it")
    func noGraphBelowAdapter() throws {
        let model = try #require(try tinyBert() as? ClassifierModel)
        var config = LoRAConfig.tiny
        config.targets = ["layer.2.attention.self.query"]
        let report = try apply(.lora(config), to: model)
        #expect(report.adapted == ["bert.encoder.layer.2.attention.self.query"])
        #expect(report.trainableParameters == 2 * 3 * 30 + 7 * 30 + 7)
        let batch = try batch()
        let context = Context(documents: batch.documents, isTraining: false, compute: .float32)
        var x = try model.bert.embeddings(input(batch))
        for layer in model.bert.layers.dropLast() { x = try layer(x, context, BertDropout(hidden: 0, attention: 0), keeping: nil) }
        #expect(!x.hasGraph)
        #expect(try model.bert.layers[2](x, context, BertDropout(hidden: 0, attention: 0), keeping: nil).hasGraph)
    }

    @Test("counting beforehand gives what applying gives, and the lowest trained block")
    func counts() throws {
        for (subject, lowest) in zip(TuningCase.all, [0, nil, nil, 2, 0, 0, 0] as [Int?]) {
            let count = try exclusively { try subject.tuning.count(tinyBert().target) }
            let report = try apply(subject.tuning, to: tinyBert())
            #expect(count.trainable == report.trainableParameters && count.total == report.totalParameters, "\(subject)")
            #expect(count.lowestBlock == lowest, "\(subject)")
            #expect(
                count.trainableInTables
                    == (count.lowestBlock == 0 && subject.trains != ["classifier.", "bert.encoder.layer."]
                        && !subject.trains.contains("bert.pooler.") ? (97 + 37 + 2) * 30 : 0),
                "\(subject)")
        }
        let lora = try exclusively { try Tuning.lora(.tiny).count(tinyBert().target) }
        #expect(lora.trainable == 6 * 2 * 3 * 30 + 7 * 30 + 7 && lora.lowestBlock == 0)
    }

    @Test("modules that started at random train and are saved whole, whatever the method")
    func whole() throws {
        let model = try tinyBert()
        let target = TuningTarget(
            model: model, wholePaths: ["classifier", "bert.pooler"], blockPrefix: model.blockPrefix, blockCount: 3,
            embeddingPrefix: model.embeddingPrefix)
        _ = try Tuning.partial(PartialConfig(lastLayers: 0, patterns: [], freezesEmbeddings: true)).apply(to: target, compute: .float32)
        #expect(
            model.trainableParameters().map(\.key).sorted()
                == ["bert.pooler.dense.bias", "bert.pooler.dense.weight", "classifier.bias", "classifier.weight"])
    }

    @Test("a count beyond the model, or a pattern that matches nothing, is an error", arguments: [4, -1])
    func errors(_ last: Int) throws {
        let model = try tinyBert()
        let many = try #require(throws: AdapterError.self) { try apply(TuningCase.partial(last), to: model) }
        #expect(many == .tooManyLayers(asked: last, model: 3))
        let none = try #require(throws: AdapterError.self) { try apply(TuningCase.partial(1, ["bert.poolr"]), to: model) }
        #expect(none == .nothingMatched(method: "partial", patterns: ["bert.poolr"], candidates: model.namedParameters().map(\.key)))
    }
}
