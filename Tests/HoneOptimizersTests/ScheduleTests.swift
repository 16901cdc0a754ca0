import Foundation
import HoneTestSupport
import Testing

@testable import HoneOptimizers

private struct ScheduleFixture: Decodable {
    struct Case: Decodable {
        var schedule: Schedule.Shape
        var steps: Int
        var warmup: Int
        var floor: Double?
        var factors: [Double]
    }

    var cases: [Case]
}

@Suite("Learning-rate schedules")
struct ScheduleTests {
    @Test("every factor of every step is Transformers'", arguments: Schedule.Shape.allCases)
    func reference(_ shape: Schedule.Shape) throws {
        let fixture: ScheduleFixture = try fixtures.json("schedules.json")
        let cases = fixture.cases.filter { $0.schedule == shape }
        #expect(cases.count == (shape == .constant ? 8 : 12))
        for subject in cases {
            let schedule = Schedule(
                shape: shape, warmupSteps: subject.warmup, totalSteps: subject.steps, floor: subject.floor ?? 0)
            try requireClose(
                (0...subject.steps).map(schedule.factor), subject.factors, .float64Sum, "\(shape), \(subject.warmup) of \(subject.steps)")
        }
    }

    @Test("stays in 0 ... 1, rises through the warm-up, and never rises after it", arguments: Schedule.Shape.allCases)
    func bounds(_ shape: Schedule.Shape) throws {
        try checkCases(200, seed: 7) { generator in
            let total = generator.integer(1...300)
            let floor = Double(generator.integer(0...10)) / 10
            let schedule = Schedule(shape: shape, warmupSteps: generator.integer(0...total), totalSteps: total, floor: floor)
            let factors = (0...total).map(schedule.factor)
            try require(factors.allSatisfy { 0...1 ~= $0 }, "\(schedule): outside 0 ... 1")
            let rise = factors.prefix(schedule.warmupSteps)
            try require(zip(rise, rise.dropFirst()).allSatisfy { $0 < $1 }, "\(schedule): the warm-up does not rise")
            let fall = factors.dropFirst(schedule.warmupSteps)
            try require(zip(fall, fall.dropFirst()).allSatisfy { $0 >= $1 }, "\(schedule): rises after the warm-up")
            try require(fall.allSatisfy { $0 >= floor }, "\(schedule): falls below its floor")
        }
    }

    @Test("survives JSON")
    func codable() throws {
        let schedule = Schedule(shape: .cosine, warmupSteps: 3, totalSteps: 11)
        #expect(try JSONDecoder().decode(Schedule.self, from: JSONEncoder().encode(schedule)) == schedule)
    }
}
