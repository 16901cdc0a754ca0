import HoneData
import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneObjectives

@Suite("Mean squared error")
struct MeanSquaredErrorTests {
    @Test("value, gradient and divisor are PyTorch's", arguments: Losses.all.meanSquared.filter { $0.shape[1] == 1 })
    func reference(_ subject: Losses.Case) throws {
        try check(.regression(MeanSquaredError()), subject, subject.targets.map { .value($0) })
    }

    @Test("several outputs are refused instead of spread over")
    func outputs() throws {
        let error = try #require(throws: ObjectiveError.self) { try MeanSquaredError()(.zeros([2, 3]), [.value(1), .value(2)]) }
        #expect(error.description == "Row 0 of the batch needs 1 outputs; the model has 3. Does the model's head fit the task?")
    }
}
