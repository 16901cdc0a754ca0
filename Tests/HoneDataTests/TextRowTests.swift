import Foundation
import Testing

@testable import HoneData

@Suite("TextRow")
struct TextRowTests {
    @Test(
        "survives encoding",
        arguments: [RowTarget.none, .label("a"), .labels(["a", "b"]), .labels([]), .value(-0.25)])
    func codable(target: RowTarget) throws {
        let row = TextRow(file: "f.csv", line: 3, text: "x \u{1F642}", pair: "y", target: target)
        #expect(try JSONDecoder().decode(TextRow.self, from: JSONEncoder().encode(row)) == row)
        #expect("\(row.place)" == "f.csv:3")
    }

    @Test("names the recipe's words")
    func recipeWords() {
        #expect(TaskKind.allCases.map(\.rawValue) == ["classification", "multiLabel", "regression"])
        #expect(Batching.allCases.map(\.rawValue) == ["packed", "bucketed", "padded"])
        #expect(TooLongPolicy.allCases.map(\.rawValue) == ["error", "drop", "truncate", "split"])
        #expect(FindingPolicy.allCases.map(\.rawValue) == ["report", "drop", "error"])
        #expect(SplitName.allCases.map(\.rawValue) == ["train", "validation", "test"])
    }
}
