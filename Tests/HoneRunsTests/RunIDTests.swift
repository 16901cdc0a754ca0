import Foundation
import Testing

@testable import HoneRuns

@Suite("Run names")
struct RunIDTests {
    static let names = [
        "20261123-213045-brisk-otter", "20261123-213045-calm-otter", "20261124-080000-brisk-heron", "20261201-000000-keen-lynx",
    ]
    static func ids() throws -> [RunID] { try names.map { try RunID(parsing: $0) } }

    @Test("tell the time in UTC and two words")
    func make() throws {
        var generator = Seeded(5)
        let id = RunID(at: moment(), using: &generator)
        #expect(id.description.hasPrefix("20261123-213045-"))
        #expect(try RunID(parsing: id.description) == id)
    }

    @Test("sort by time, 200 pairs")
    func sorting() {
        var generator = Seeded(6)
        for _ in 0..<200 {
            let (a, b) = (Double.random(in: 0...1e9, using: &generator), Double.random(in: 0...1e9, using: &generator))
            guard abs(a - b) >= 1 else { continue }
            let (x, y) = (RunID(at: moment(a), using: &generator), RunID(at: moment(b), using: &generator))
            #expect((x < y) == (a < b), "\(x) \(y)")
        }
    }

    @Test(
        "are refused when they are something else",
        arguments: [
            "", "latest", "20261123", "20261123-213045-brisk", "20261323-213045-brisk-otter", "20261123-243045-brisk-otter",
            "20261123-213045-Brisk-otter", "20261123-213045-brisk-otter-2", "../20261123-213045-brisk-otter", "20261123-213045--otter",
            "20261123-213045-brisk-ötter",
        ])
    func refuse(_ text: String) { #expect(throws: RunsError.invalidID(text)) { try RunID(parsing: text) } }

    @Test(
        "are found by a unique part",
        arguments: [
            ("20261123-213045-brisk-otter", 0), ("brisk-otter", 0), ("calm", 1), ("20261124", 2), ("heron", 2), ("LYNX", 3), ("latest", 3),
        ])
    func find(_ text: String, _ index: Int) throws {
        let ids = try Self.ids()
        #expect(try RunID.find(text, among: ids.reversed(), in: "runs") == ids[index])
    }

    @Test("list every match of an ambiguous part")
    func ambiguous() throws {
        let ids = try Self.ids()
        #expect(throws: RunsError.ambiguous("otter", matches: [Self.names[1], Self.names[0]])) {
            try RunID.find("otter", among: ids, in: "runs")
        }
    }

    @Test("suggest the nearest where nothing matches")
    func suggestion() throws {
        let ids = try Self.ids()
        let error = try #require(throws: RunsError.self) { try RunID.find("brisk-oter", among: ids, in: "runs") }
        #expect(error.description.contains("Did you mean 20261123-213045-brisk-otter"), "\(error)")
        let none = try #require(throws: RunsError.self) { try RunID.find("latest", among: [], in: "runs") }
        #expect(none.description.contains("there are no runs in runs"), "\(none)")
        let empty = try #require(throws: RunsError.self) { try RunID.find("", among: ids, in: "runs") }
        #expect(empty.description.contains("among the 4"), "\(empty)")
    }

    @Test("survive a round trip in JSON, and are checked on the way in")
    func codable() throws {
        let ids = try Self.ids()
        #expect(try RunJSON.decoder().decode([RunID].self, from: RunJSON.encoder().encode(ids)) == ids)
        #expect(throws: DecodingError.self) { try RunJSON.decoder().decode([RunID].self, from: Data("[\"nonsense\"]".utf8)) }
    }
}
