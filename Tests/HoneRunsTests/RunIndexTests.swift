import Foundation
import Testing

@testable import HoneRuns

@Suite("Run index")
struct RunIndexTests {
    /// Five finished runs, one a minute, with accuracies that do not rise with time.
    func fill(_ index: RunIndex) throws -> [RunFolder] {
        try [0.8, 0.95, 0.7, 0.9, 0.85].enumerated().map { number, accuracy in
            let folder = try makeFolder(index.runs, seed: UInt64(number) + 40, at: moment(Double(number) * 60))
            var record = makeRecord(folder.id, name: number == 3 ? nil : "Try \(number)", accuracy: accuracy)
            record.created = moment(Double(number) * 60)
            record.method = number.isMultiple(of: 2) ? "lora" : "full"
            try index.save(record)
            return folder
        }
    }

    @Test("lists by filter and order")
    func list() throws {
        let scratch = try Scratch()
        let index = try RunIndex(scratch.url)
        let folders = try fill(index)
        func picked(_ query: RunQuery) throws -> [Int?] {
            try index.list(query).runs.map { run in folders.firstIndex { $0.id == run.id } }
        }
        #expect(try picked(RunQuery()) == [4, 3, 2, 1, 0])
        #expect(try picked(RunQuery(order: .oldest, limit: 2)) == [0, 1])
        #expect(try picked(RunQuery(order: .highest(metric: "test.accuracy"))) == [1, 3, 4, 0, 2])
        #expect(try picked(RunQuery(method: "lora", order: .lowest(metric: "test.accuracy"))) == [2, 0, 4])
        #expect(try picked(RunQuery(text: "TRY 1")) == [1])
        #expect(try picked(RunQuery(text: "%")) == [])
        #expect(try picked(RunQuery(since: moment(150))) == [4, 3])
        #expect(try picked(RunQuery(statuses: [.failed])) == [])
        #expect(try picked(RunQuery(order: .name)).prefix(2) == [0, 1] || folders[3].id.words < "Try")
    }

    @Test("sees runs that others wrote, changed and removed")
    func refresh() throws {
        let scratch = try Scratch()
        let index = try RunIndex(scratch.url)
        let folders = try fill(index)
        let other = try makeFolder(index.runs, seed: 99, at: moment(900))
        try other.write(makeRecord(other.id, name: "elsewhere"))
        var changed = try folders[0].readRecord()
        changed.name = "renamed"
        try folders[0].write(changed)
        try FileManager.default.removeItem(at: folders[1].url)
        let names = try index.list(RunQuery(order: .oldest)).runs.map(\.name)
        #expect(names == ["renamed", "Try 2", nil, "Try 4", "elsewhere"])
    }

    @Test("rebuilt from the folders it says the same")
    func rebuild() throws {
        let scratch = try Scratch()
        let index = try RunIndex(scratch.url)
        _ = try fill(index)
        let before = try index.list().runs
        try index.rebuild()
        #expect(try index.list().runs == before)
        for name in ["runs.sqlite", "runs.sqlite-wal", "runs.sqlite-shm"] {
            try? FileManager.default.removeItem(at: scratch.url.appending(path: name))
        }
        #expect(try RunIndex(scratch.url).list().runs == before)
    }

    @Test("a run marked running whose lock is free shows as interrupted")
    func orphan() throws {
        let scratch = try Scratch()
        let index = try RunIndex(scratch.url)
        let folder = try makeFolder(index.runs)
        try index.save(makeRecord(folder.id, status: .running))
        #expect(try index.list().runs.map(\.status) == [.interrupted])
        #expect(try index.show("latest").status == .interrupted)
        let lock = try RunLock.acquire(folder)
        #expect(try index.list(RunQuery(statuses: [.running])).runs.count == 1)
        withExtendedLifetime(lock) {}
    }

    @Test("a broken record is a problem in the list, not the end of it")
    func problem() throws {
        let scratch = try Scratch()
        let index = try RunIndex(scratch.url)
        let folders = try fill(index)
        try Data("{".utf8).write(to: folders[2].record)
        let listed = try index.list()
        #expect(listed.runs.count == 4)
        #expect(listed.problems.map(\.id) == [folders[2].id])
        try folders[2].write(makeRecord(folders[2].id))
        #expect(try index.list().problems.isEmpty)
    }

    @Test("deletes a run, and refuses one in progress")
    func delete() throws {
        let scratch = try Scratch()
        let index = try RunIndex(scratch.url)
        let folders = try fill(index)
        var lock: RunLock? = try RunLock.acquire(folders[0])
        #expect(throws: RunsError.running(run: folders[0].id.description, pid: getpid())) {
            try index.delete(folders[0].id.description)
        }
        #expect(folders[0].exists && lock != nil)
        lock = nil
        try FileManager.default.createDirectory(at: scratch.url.appending(path: ".deleted-old"), withIntermediateDirectories: true)
        #expect(try index.delete(folders[0].id.description) == folders[0].id)
        #expect(!folders[0].exists)
        #expect(try index.list().runs.count == 4)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).allSatisfy { !$0.hasPrefix(".deleted-") })
        #expect(throws: RunsError.self) { try index.delete(folders[0].id.description) }
    }

    @Test("compares the runs that the names mean")
    func compare() throws {
        let scratch = try Scratch()
        let index = try RunIndex(scratch.url)
        let folders = try fill(index)
        let comparison = try index.compare([folders[0].id.description, "latest"])
        #expect(comparison.runs == [folders[0].id, folders[4].id])
        #expect(abs((comparison.metrics[0].deltas[1] ?? 0) - 0.05) < 1e-12)
    }

    @Test("a file that is no database is an error with advice")
    func notADatabase() throws {
        let scratch = try Scratch()
        try Data(repeating: 65, count: 4096).write(to: scratch.url.appending(path: "runs.sqlite"))
        let error = try #require(throws: RunsError.self) { try RunIndex(scratch.url) }
        #expect(error.description.contains("delete it and it is made again"), "\(error)")
    }

    @Test("eight connections opened at once on a new folder write and list together")
    func concurrency() async throws {
        let scratch = try Scratch()
        let runs = scratch.url.appending(path: "runs")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    let index = try RunIndex(runs)
                    for number in 0..<6 {
                        let folder = try makeFolder(runs, seed: UInt64(writer * 100 + number), at: moment(Double(number)))
                        try index.save(makeRecord(folder.id, name: "w\(writer)"))
                        if number.isMultiple(of: 3) { _ = try index.list() }
                    }
                    try index.delete(try #require(try index.list(RunQuery(text: "w\(writer)")).runs.first).id.description)
                }
            }
            try await group.waitForAll()
        }
        let listed = try RunIndex(runs).list()
        #expect(listed.runs.count == 40 && listed.problems.isEmpty)
    }
}
