import HoneData
import Testing

@Suite("StratifiedSplitter")
struct StratifiedSplitterTests {
    /// Random rows: `classes` labels, some texts repeated if `repeats`.
    static func sample(_ generator: inout SplitMix64, count: Int, classes: Int, repeats: Bool) -> [TextRow] {
        (0..<count).map { index in
            let number = repeats ? generator.index(below: count) : index
            let label = "class \(generator.index(below: classes))"
            return TextRow(file: "f", line: index + 1, text: "Text \(number)", target: .label(label))
        }
    }

    @Test("appending rows moves none of the earlier ones")
    func stable() throws {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let count = 1 + generator.index(below: 120)
            let rows = Self.sample(&generator, count: count, classes: 6, repeats: true)
            let splitter = try StratifiedSplitter(validation: 0.2, test: 0.1, seed: seed)
            let all = splitter.assign(rows)
            let cut = generator.index(below: count + 1)
            #expect(splitter.assign(Array(rows.prefix(cut))) == Array(all.prefix(cut)), "seed \(seed)")
        }
    }

    @Test("every class keeps a training row and comes within two rows of its share")
    func shares() throws {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let rows = Self.sample(&generator, count: 1 + generator.index(below: 300), classes: 5, repeats: false)
            let splitter = try StratifiedSplitter(validation: 0.15, test: 0.25, seed: seed)
            let splits = splitter.assign(rows)
            for name in Set(rows.flatMap(\.target.names)) {
                let mine = zip(rows, splits).filter { $0.0.target == .label(name) }.map(\.1)
                #expect(mine.contains(.train), "seed \(seed)")
                for (split, share) in [(SplitName.validation, 0.15), (.test, 0.25)] {
                    let difference = Double(mine.count { $0 == split }) - share * Double(mine.count)
                    #expect(abs(difference) <= 2, "seed \(seed): \(name), \(split): \(difference)")
                }
            }
        }
    }

    @Test("a repeated text goes where it went first, so no text of a class is in two splits")
    func noLeak() throws {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            var rows = Self.sample(&generator, count: 100, classes: 1, repeats: true)
            for index in rows.indices where generator.index(below: 2) == 0 { rows[index].text = rows[index].text.uppercased() + " " }
            let splits = try StratifiedSplitter(validation: 0.3, test: 0.3, seed: seed).assign(rows)
            var byText: [String: Set<SplitName>] = [:]
            for (row, split) in zip(rows, splits) {
                byText[row.text.lowercased().split(separator: " ").joined(separator: " "), default: []].insert(split)
            }
            #expect(byText.values.allSatisfy { $0.count == 1 }, "seed \(seed)")
        }
    }

    @Test("another seed gives another split")
    func seeded() throws {
        var generator = SplitMix64(state: 1)
        let rows = Self.sample(&generator, count: 200, classes: 3, repeats: false)
        let splits = try (0..<5).map { try StratifiedSplitter(validation: 0.2, test: 0, seed: $0).assign(rows) }
        #expect(Set(splits).count == 5)
        #expect(splits.allSatisfy { !$0.contains(.test) })
    }

    @Test("works without classes, and with several labels in a row")
    func otherTargets() throws {
        let numbers = (0..<100).map { TextRow(file: "f", line: $0, text: "t\($0)", target: .value(Double($0))) }
        let splits = try StratifiedSplitter(validation: 0.2, test: 0.2, seed: 3).assign(numbers)
        #expect(splits[0] == .train)
        #expect((19...21).contains(splits.count { $0 == .validation }))
        let labels = (0..<60).map { TextRow(file: "f", line: $0, text: "t\($0)", target: .labels($0 == 59 ? ["rare", "a"] : ["a", "b"])) }
        #expect(try StratifiedSplitter(validation: 0.4, test: 0.4, seed: 3).assign(labels)[59] == .train)
    }

    @Test("refuses shares that leave no training rows", arguments: [(0.5, 0.5), (-0.1, 0), (0, 1), (.nan, 0.1)])
    func badShares(validation: Double, test: Double) {
        #expect(throws: DataError.self) { try StratifiedSplitter(validation: validation, test: test, seed: 0) }
    }
}
