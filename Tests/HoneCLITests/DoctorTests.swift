import Foundation
import Hone
import Testing

@testable import HoneCLI

@Suite("Doctor")
struct DoctorTests {
    @Test("the report says what the machine has")
    func report() throws {
        let report = try HostReport()
        #expect(report.hone == Host.version && report.cores >= 1 && report.devices.first == "cpu")
        #expect(report.gigaflops.values.allSatisfy { $0 > 0 } && report.gigaflops.count == 2)
        #expect(try JSONDecoder().decode(HostReport.self, from: JSONEncoder().encode(report)) == report)
        #expect(DoctorCommand.table(report).allSatisfy { $0.count == 2 && !$0[1].isEmpty })
    }

    @Test("a full disk, little memory and missing downloads are findings with advice")
    func findings() throws {
        var report = try HostReport()
        (report.freeDisk, report.availableMemory, report.threads) = (10_000_000_000, 10_000_000_000, report.cores)
        #expect(DoctorCommand.findings(report, root: nil).isEmpty)
        (report.freeDisk, report.availableMemory) = (1_000_000, 1_000_000)
        let nowhere = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let found = DoctorCommand.findings(report, root: nowhere)
        #expect(found.count == 4)
        #expect(found.filter { $0.contains("Scripts/bootstrap") }.count == 2)
    }
}
