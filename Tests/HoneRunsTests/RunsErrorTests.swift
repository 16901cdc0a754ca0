import Foundation
import Testing

@testable import HoneRuns

@Suite("Errors")
struct RunsErrorTests {
    static let all: [RunsError] = [
        .invalidID("x"), .notFound("x", folder: "runs", near: [], total: 2), .ambiguous("x", matches: Array(repeating: "a", count: 12)),
        .cannotCreate(path: "p", reason: "r"), .cannotRead(path: "p", reason: "r"), .cannotWrite(path: "p", reason: "r"),
        .cannotRemove(path: "p", reason: "r"), .exists(path: "p"), .corrupt(path: "p", line: 4, reason: "r"),
        .newerSchema(path: "p", found: 2, supported: 1), .locked(run: "x", pid: nil), .running(run: "x", pid: 5),
        .illegalMove(from: .running, input: "start"), .index(path: "p", doing: "d", reason: "r"), .tooFewToCompare(1),
    ]

    @Test("each says what to do, in sentences", arguments: all)
    func text(_ error: RunsError) {
        #expect(error.description.hasSuffix("."))
        #expect(error.description.split(separator: " ").count > 6, "\(error)")
        #expect(error.localizedDescription == error.description)
    }
}
