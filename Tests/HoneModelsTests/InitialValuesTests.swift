import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneModels

/// Against Fixtures/make/initial_values.py.
@Suite("Initial values")
struct InitialValuesTests {
    struct Row: Decodable {
        var key: String, shape: [Int], mean: Double, deviation: Double, beyond: Double, zeroRows: [Int]

        init(from decoder: any Decoder) throws {
            var row = try decoder.unkeyedContainer()
            (key, shape) = (try row.decode(String.self), try row.decode([Int].self))
            (mean, deviation) = (try row.decode(Double.self), try row.decode(Double.self))
            (beyond, zeroRows) = (try row.decode(Double.self), try row.decode([Int].self))
        }
    }

    /// Name, `config.json` and the tensors of each case.
    private static func cases() throws -> [(name: String, config: [String: Any], tensors: [Row])] {
        struct File: Decodable {
            struct Case: Decodable { var name: String, tensors: [Row] }
            var cases: [Case]
        }
        let url = fixtures("initial_values.json")
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: url))
        let json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
        let configs = try #require(json["cases"] as? [[String: Any]]).map { $0["config"] as? [String: Any] ?? [:] }
        return zip(file.cases, configs).map { ($0.name, $1, $0.tensors) }
    }

    private static func fresh(_ config: [String: Any], seed: UInt64) throws -> any TextModel {
        let folder = try TemporaryFolder()
        try JSONSerialization.data(withJSONObject: config).write(to: folder.url.appending(path: "config.json"))
        let made = try ModelFolder(folder.url)
        return try made.tasks == [.sequenceToSequence] ? made.randomSequenceToSequence(seed: seed) : made.randomLanguageModel(seed: seed)
    }

    @Test("every tensor of every family is distributed as Transformers initialises it")
    func transformers() throws {
        let cases = try Self.cases()
        #expect(cases.count == 12)
        for (name, config, tensors) in cases {
            let model = try Self.fresh(config, seed: 3)
            var found = Dictionary(uniqueKeysWithValues: model.namedParameters().map { ($0.key, $0.parameter) })
            for row in tensors {
                let removed = found.removeValue(forKey: row.key)
                let parameter = try #require(removed, "\(name): \(row.key) is missing")
                try #require(parameter.shape == row.shape, "\(name): \(row.key)")
                Self.compare(try parameter.stored.floats(), row, name)
            }
            #expect(found.isEmpty, "\(name): \(found.keys.sorted())")
        }
    }

    /// Both are samples of one distribution: means and deviations differ by what chance allows.
    private static func compare(_ values: [Float], _ row: Row, _ name: String) {
        let count = Double(values.count)
        let mean = values.reduce(0.0) { $0 + Double($1) } / count
        let deviation = (values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count).squareRoot()
        guard row.deviation > 0 else {
            #expect(deviation == 0 && mean == row.mean, "\(name): \(row.key) is not all \(row.mean)")
            return
        }
        // Five standard errors of a difference.
        #expect(abs(mean - row.mean) < 5 * row.deviation * (2 / count).squareRoot(), "\(name): \(row.key), mean \(mean), not \(row.mean)")
        #expect(
            abs(deviation - row.deviation) < 5 * row.deviation / count.squareRoot(),
            "\(name): \(row.key), deviation \(deviation), not \(row.deviation)")
        let beyond = Double(values.count { abs(Double($0) - mean) > 2 * deviation }) / count
        #expect(abs(beyond - row.beyond) < 5 * (0.09 / count).squareRoot(), "\(name): \(row.key), \(beyond) beyond two deviations")
        let width = row.shape.last ?? 1
        let zeros = (0..<values.count / width).filter { values[$0 * width..<($0 + 1) * width].allSatisfy { $0 == 0 } }
        #expect(zeros == row.zeroRows, "\(name): \(row.key)")
    }

    @Test("the row of zeros is the configuration's padding token, none for null, the family's for an absent key")
    func padding() throws {
        let gemma = try #require(families["gemma"]), llama = try #require(families["llama"])
        let key = "model.embed_tokens.weight"
        #expect(gemma.initialValues(key, [:]).zeroRow == 0 && llama.initialValues(key, [:]).zeroRow == nil)
        #expect(gemma.initialValues(key, ["pad_token_id": NSNull()]).zeroRow == nil)
        #expect(llama.initialValues(key, ["pad_token_id": 9]).zeroRow == 9)
        #expect(llama.initialValues("model.layers.0.mlp.up_proj.weight", ["pad_token_id": 9]).zeroRow == nil)
        // A padding token beyond the table has no row.
        let values = try InitialValues(deviation: 1, zeroRow: 8).tensor([3, 2], key: "k", seed: 1).floats()
        #expect(values.allSatisfy { $0 != 0 })
    }

    @Test("numbers are normal, each place its own, of odd counts too, and differ by key")
    func normal() {
        let values = NormalNumbers(key: "a", seed: 7).values(200_001, deviation: 2).map(Double.init)
        let count = Double(values.count), mean = values.reduce(0, +) / count
        let moments = (2...4).map { power in values.reduce(0) { $0 + pow(($1 - mean) / 2, Double(power)) } / count }
        #expect(abs(mean) < 0.02 && abs(moments[0] - 1) < 0.02 && abs(moments[1]) < 0.03 && abs(moments[2] - 3) < 0.06)
        #expect(Set(values).count > 199_000)
        // Neighbours and the two of a pair have nothing to do with each other.
        for lag in [1, 2, 65_536] {
            let product = zip(values, values.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 } / 4 / count
            #expect(abs(product) < 0.01, "\(lag): \(product)")
        }
        #expect(NormalNumbers(key: "a", seed: 7).values(5, deviation: 2).map(Double.init) == Array(values.prefix(5)))
        #expect(NormalNumbers(key: "b", seed: 7).values(1, deviation: 2)[0] != Float(values[0]))
    }

    @Test("the same seed gives the same weights, another seed others")
    func seeds() throws {
        let config = try #require(try Self.cases().first { $0.name == "llama" }).config
        func values(_ seed: UInt64) throws -> [Float] { try Self.fresh(config, seed: seed).namedParameters()[0].parameter.stored.floats() }
        let first = try values(1)
        #expect(try values(1) == first)
        #expect(try values(2) != first)
    }

    @Test("the output matrix of a T5 is its table unless the configuration says otherwise")
    func untied() throws {
        let config = try #require(try Self.cases().first { $0.name == "t5" }).config
        for (value, isTied) in [(nil, true), (true, true), (false, false)] as [(Bool?, Bool)] {
            var changed = config
            changed["tie_word_embeddings"] = value
            let parameters = try Self.fresh(changed, seed: 1).namedParameters()
            #expect(parameters.contains { $0.key == "lm_head.weight" } == !isTied)
        }
    }
}
