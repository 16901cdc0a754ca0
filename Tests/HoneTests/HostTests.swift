import Hone
import Testing

@Suite("Host")
struct HostTests {
    @Test("the clock counts from the start of this process")
    func clock() async throws {
        let first = Host.secondsSinceStart()
        try await Task.sleep(for: .milliseconds(20))
        let second = Host.secondsSinceStart()
        #expect(first >= 0 && second - first >= 0.019 && second < 3600 * 24)
    }

    @Test("the machine has cores and memory")
    func machine() { #expect(Host.cores > 0 && Host.memory > 1 << 28 && !Host.processor.isEmpty) }
}
