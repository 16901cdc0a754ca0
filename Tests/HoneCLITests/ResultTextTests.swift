import Foundation
import Hone
import HoneRuns
import Testing

@testable import HoneCLI

@Suite("Results for people")
struct ResultTextTests {
    private let console = Console(isJSON: false, isTerminal: false, hasColour: false, width: .max)

    private func result() throws -> EvaluationResult {
        let json = """
            {"rows": 10, "confidence": 0.95, "labels": [], "mistakes": [], "notes": [],
            "metrics": [{"name": "accuracy", "value": 0.9, "low": 0.8, "high": 0.95}, {"name": "loss", "value": 0.25}]}
            """
        return try JSONDecoder().decode(EvaluationResult.self, from: Data(json.utf8))
    }

    @Test("a run that went on shows beside the last numbers those that its record has from before")
    func recorded() throws {
        let alone = ResultText(result: try result()).table(console)
        #expect(alone[0].contains("10 rows (95 % interval)") && !alone.joined().contains("before"))
        let earlier = [RunRecord.Metric(phase: .before, split: "test", name: "accuracy", value: 0.125, low: 0.1, high: 0.2)]
        let lines = ResultText(result: try result(), recorded: earlier).table(console)
        #expect(lines[0].contains("before (95 % interval)") && lines[0].contains("after"))
        let accuracy = try #require(lines.first { $0.contains("12.5 %") })
        let (before, after) = (
            try #require(accuracy.range(of: "12.5 % (10.0 to 20.0)")), try #require(accuracy.range(of: "90.0 % (80.0 to 95.0)"))
        )
        #expect(before.upperBound < after.lowerBound)
        #expect(lines.count == alone.count, "a number without an earlier one has its row all the same")
    }
}
