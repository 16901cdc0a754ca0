import HoneData
import Testing

@Suite("MaskedLanguageModelling")
struct MaskedLanguageModellingTests {
    static let rule = MaskedLanguageModelling(maskID: 3, specialIDs: [0, 1, 2], vocabularySize: 1000, seed: 5)

    static func row(_ count: Int) -> EncodedRow {
        let ids = [1] + (0..<count).map { Int32(10 + $0 % 900) } + [2]
        return EncodedRow(ids: ids, typeIDs: ids.map { _ in 0 }, target: .none, source: 0)
    }

    @Test("15 % of tokens are chosen; of those 80 % are hidden, 10 % replaced, 10 % kept")
    func shares() throws {
        let row = Self.row(100_000)
        let masked = Self.rule.masked(row, index: 0, epoch: 0)
        guard case .perToken(let targets) = masked.target else { return }
        let chosen = targets.indices.filter { targets[$0] != TokenTarget.ignored }
        let hidden = chosen.count { masked.ids[$0] == 3 }, kept = chosen.count { masked.ids[$0] == row.ids[$0] }
        #expect(abs(Double(chosen.count) / 100_000 - 0.15) < 0.005)
        #expect(abs(Double(hidden) / Double(chosen.count) - 0.8) < 0.015)
        #expect(abs(Double(kept) / Double(chosen.count) - 0.1) < 0.01)
        #expect(chosen.allSatisfy { targets[$0] == row.ids[$0] && ![0, 1, 2].contains(masked.ids[$0]) })
        #expect(row.ids.indices.allSatisfy { targets[$0] != TokenTarget.ignored || masked.ids[$0] == row.ids[$0] })
        #expect(targets.first == TokenTarget.ignored && targets.last == TokenTarget.ignored)
    }

    @Test("seed, row and epoch decide, and every row has a target")
    func deterministic() {
        for index in 0..<200 {
            let row = Self.row(1 + index % 6)
            let once = Self.rule.masked(row, index: index, epoch: 3)
            #expect(once == Self.rule.masked(row, index: index, epoch: 3))
            #expect(once.target.targetCount >= 1)
        }
        let long = Self.row(200)
        #expect(Self.rule.masked(long, index: 0, epoch: 0) != Self.rule.masked(long, index: 0, epoch: 1))
        #expect(Self.rule.masked(long, index: 0, epoch: 0) != Self.rule.masked(long, index: 1, epoch: 0))
        #expect(
            Self.rule.masked(EncodedRow(ids: [1, 2], typeIDs: [0, 0], target: .none, source: 0), index: 0, epoch: 0).target.targetCount == 0
        )
    }
}
