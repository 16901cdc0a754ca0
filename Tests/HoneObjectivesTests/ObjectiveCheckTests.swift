import HoneTensors
import HoneTestSupport
import Testing

/// `Σ z²` over rows, divided by the number of rows; each break is one way of being wrong.
private enum Break: CaseIterable {
    case value
    case gradient
    case divisor
    case batchMean
    case narrow
    case shape
}

@Suite("The objective checker")
struct ObjectiveCheckTests {
    private let reference = ObjectiveReference(
        shape: [2, 3], logits: [1, -2, 3, 0.5, 0.3, -1], sum: 15.34, denominator: 2, gradient: [2, -4, 6, 1, 0.6, -2])

    private func loss(_ logits: Tensor, _ rows: Range<Int>, _ broken: Break?) throws -> (sum: Tensor, weight: Double) {
        let wide = broken == .narrow ? logits : try logits.to(.float32)
        var sum = try wide.squared().sum()
        switch broken {
        case .value: sum = try sum + 0.01
        case .gradient: sum = try wide.detached().squared().sum() + (wide - wide.detached()).sum()
        case .batchMean: sum = try sum / Double(rows.count) * 2
        case .shape: sum = try sum.reshaped([1])
        case .divisor, .narrow, nil: break
        }
        return (sum, broken == .divisor ? 1 : Double(rows.count))
    }

    @Test("accepts a loss that is right")
    func accepts() throws { try checkObjective(reference) { try loss($0, $1, nil) } }

    @Test("rejects a wrong value, gradient, divisor, type or shape, and a loss that divides by its batch", arguments: Break.allCases)
    private func rejects(_ broken: Break) {
        #expect(throws: CheckFailure.self) { try checkObjective(reference) { try loss($0, $1, broken) } }
    }
}
