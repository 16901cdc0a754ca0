import Foundation
import Testing

@testable import Hone

@Suite("Filling in hidden words", .serialized)
struct MaskFillerTests {
    @Test("a folder of another kind is refused")
    func wrongTask() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        await #expect(throws: HoneError.self) { try await MaskFiller(tiny.llama) }
    }
}
