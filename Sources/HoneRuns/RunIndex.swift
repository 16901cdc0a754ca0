public import Foundation
import GRDB

/// Lists, finds, compares and deletes the runs of one folder.
///
/// The index is `runs.sqlite` beside the runs. It holds only what the folders hold: every question first looks which folders came,
/// changed or went, so it is right whoever wrote them. Several processes may use it at once. Value, safe anywhere.
public final class RunIndex: Sendable {
    /// The folder that holds the runs.
    public let runs: URL
    private let pool: DatabasePool

    /// The database file.
    public var file: URL { runs.appending(path: "runs.sqlite") }

    /// Opens the index of a folder, making both if need be.
    ///
    /// - Throws: `RunsError.cannotCreate` where the folder cannot be made or written, `RunsError.index` if SQLite refuses.
    public init(_ runs: URL) throws(RunsError) {
        self.runs = runs
        do {
            try FileManager.default.createDirectory(at: runs, withIntermediateDirectories: true)
        } catch {
            throw .cannotCreate(path: runs.path, reason: error.localizedDescription)
        }
        let path = runs.appending(path: "runs.sqlite").path
        // Two processes that turn one new file to WAL at once get SQLITE_BUSY, whatever the time-out: one after the other.
        let gate = open(runs.appending(path: ".runs.lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard gate >= 0 else { throw .cannotCreate(path: path, reason: RunsError.systemReason()) }
        defer { close(gate) }
        while flock(gate, LOCK_EX) != 0, errno == EINTR {}
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.label = "hone.runs"
            pool = try DatabasePool(path: path, configuration: configuration)
            try Self.migrator.migrate(pool)
        } catch {
            throw .index(path: path, doing: "opening it", reason: "\(error)")
        }
    }

    /// Each change of the tables, by name; a released one is never edited.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: runs") { db in
            try db.create(table: "run") { table in
                table.primaryKey("id", .text)
                table.column("stamp", .text).notNull()  // size and time of record.json when it was read
                table.column("created", .text).notNull().indexed()
                table.column("method", .text).notNull()
                table.column("search", .text).notNull()
                table.column("summary", .text).notNull()
                table.column("problem", .text)
            }
        }
        return migrator
    }

    /// Writes a run's record into its folder, and the row of the index.
    public func save(_ record: RunRecord) throws(RunsError) {
        let folder = RunFolder(id: record.id, in: runs)
        try folder.write(record)
        try refresh([folder])
    }

    /// Lists the runs that a query asks for, and every run that cannot be read.
    public func list(_ query: RunQuery = RunQuery()) throws(RunsError) -> (runs: [RunSummary], problems: [RunProblem]) {
        try refresh()
        let rows = try reading("listing") { db in try Row.fetchAll(db, Self.request(query)).map(ListedRow.init) }
        var (found, problems): ([RunSummary], [RunProblem]) = ([], [])
        for row in rows {
            if let message = row.problem {
                problems.append(RunProblem(id: try RunID(parsing: row.id), message: message))
                continue
            }
            var summary = try decodeSummary(row.summary)
            summary.status = actual(summary.status, RunFolder(id: summary.id, in: runs))
            if query.statuses?.contains(summary.status) ?? true { found.append(summary) }
        }
        Self.sort(&found, by: query.order)
        return (Array(found.prefix(query.limit ?? .max)), problems)
    }

    /// Finds the folder of the run that `text` means; see `RunID.find`.
    public func find(_ text: String) throws(RunsError) -> RunFolder { try RunFolder.find(text, in: runs) }

    /// Reads the whole record of the run that `text` means; a run whose process is gone shows as `interrupted`.
    public func show(_ text: String) throws(RunsError) -> RunRecord {
        let folder = try find(text)
        var record = try folder.readRecord()
        record.status = actual(record.status, folder)
        return record
    }

    /// Compares the runs that the texts mean, from the first one on.
    public func compare(_ texts: [String]) throws(RunsError) -> RunComparison {
        var records: [RunRecord] = []
        for text in texts { records.append(try show(text)) }
        return try RunComparison(records)
    }

    /// Deletes the run that `text` means, with its folder.
    ///
    /// The folder is first renamed away, so a crash leaves a whole run or none; leftovers of such a crash go too.
    /// - Throws: `RunsError.running` while a process holds the run.
    @discardableResult
    public func delete(_ text: String) throws(RunsError) -> RunID {
        let folder = try find(text)
        let lock: RunLock
        do {
            lock = try RunLock.acquire(folder)
        } catch {
            if case .locked(let run, let pid) = error { throw .running(run: run, pid: pid) }
            throw error
        }
        defer { withExtendedLifetime(lock) {} }
        let trash = folder.runs.appending(path: "\(Self.trash)\(folder.id).\(UUID().uuidString.prefix(8))")
        guard rename(folder.url.path, trash.path) == 0 else {
            throw .cannotRemove(path: folder.url.path, reason: RunsError.systemReason())
        }
        try writing("deleting") { db in try db.execute(sql: "DELETE FROM run WHERE id = ?", arguments: [folder.id.description]) }
        try emptyTrash()
        return folder.id
    }

    /// Forgets everything and reads all folders again.
    public func rebuild() throws(RunsError) {
        try writing("rebuilding") { db in try db.execute(sql: "DELETE FROM run") }
        try emptyTrash()
        try refresh()
    }

    private static let trash = ".deleted-"

    private func emptyTrash() throws(RunsError) {
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: runs.path) where name.hasPrefix(Self.trash) {
                let url = runs.appending(path: name)
                try removeShared(url)
            }
        } catch {
            throw .cannotRemove(path: runs.path, reason: error.localizedDescription)
        }
    }
}

extension RunIndex {
    /// Brings the rows in line with the folders: new and changed ones are read, rows without a folder are dropped.
    private func refresh() throws(RunsError) {
        let folders = try RunFolder.all(in: runs)
        let known = try reading("reading") { db in
            Set(try String.fetchAll(db, sql: "SELECT id FROM run"))
        }
        let gone = known.subtracting(folders.map(\.id.description))
        if !gone.isEmpty {
            try writing("dropping vanished runs") { db in
                for id in gone { try db.execute(sql: "DELETE FROM run WHERE id = ?", arguments: [id]) }
            }
        }
        try refresh(folders)
    }

    private func refresh(_ folders: [RunFolder]) throws(RunsError) {
        let stamps = try reading("reading") { db in
            Dictionary(
                try Row.fetchAll(db, sql: "SELECT id, stamp FROM run").map { row -> (String, String) in (row["id"], row["stamp"]) },
                uniquingKeysWith: { _, last in last })
        }
        var fresh: [IndexRow] = []
        for folder in folders {
            let stamp = Self.stamp(of: folder.record)
            if stamps[folder.id.description] != stamp { fresh.append(try IndexRow(folder, stamp: stamp)) }
        }
        guard !fresh.isEmpty else { return }
        let rows = fresh
        try writing("noting runs") { db in for row in rows { try row.upsert(db) } }
    }

    /// Tells one state of a file from another: inode, size and time of change.
    ///
    /// A rename in place gives a new inode.
    private static func stamp(of url: URL) -> String {
        var facts = stat()
        guard stat(url.path, &facts) == 0 else { return "missing" }
        #if canImport(Darwin)
            let time = facts.st_mtimespec
        #else
            let time = facts.st_mtim
        #endif
        return "\(facts.st_ino) \(facts.st_size) \(time.tv_sec).\(time.tv_nsec)"
    }

    private func actual(_ status: RunStatus, _ folder: RunFolder) -> RunStatus {
        status == .running && !RunLock.isHeld(folder) ? .interrupted : status
    }

    private static func request(_ query: RunQuery) -> SQLRequest<Row> {
        var conditions = ["1"]
        var arguments: [any DatabaseValueConvertible] = []
        if let method = query.method {
            conditions.append("method = ?")
            arguments.append(method)
        }
        if let text = query.text {
            conditions.append("instr(search, ?) > 0")
            arguments.append(text.lowercased())
        }
        if let since = query.since {
            conditions.append("created >= ?")
            arguments.append(Timestamp.text(since))
        }
        let sql =
            "SELECT id, summary, problem FROM run WHERE problem IS NOT NULL OR (\(conditions.joined(separator: " AND "))) ORDER BY id DESC"
        return SQLRequest(sql: sql, arguments: StatementArguments(arguments))
    }

    private static func sort(_ runs: inout [RunSummary], by order: RunQuery.Order) {
        func ranked(_ metric: String, _ before: @escaping (Double, Double) -> Bool) -> (RunSummary, RunSummary) -> Bool {
            { a, b in
                switch (a.metrics[metric], b.metrics[metric]) {
                case (let x?, let y?) where x != y && !(x.isNaN && y.isNaN): x.isNaN ? false : y.isNaN || before(x, y)
                case (.some, nil): true
                case (nil, .some): false
                default: a.id > b.id
                }
            }
        }
        switch order {
        case .newest: runs.sort { $0.id > $1.id }
        case .oldest: runs.sort { $0.id < $1.id }
        case .name: runs.sort { ($0.name ?? $0.id.words, $1.id) < ($1.name ?? $1.id.words, $0.id) }
        case .highest(let metric): runs.sort(by: ranked(metric, >))
        case .lowest(let metric): runs.sort(by: ranked(metric, <))
        }
    }

    private func decodeSummary(_ text: String) throws(RunsError) -> RunSummary {
        do {
            return try RunJSON.decoder().decode(RunSummary.self, from: Data(text.utf8))
        } catch {
            throw .index(path: file.path, doing: "reading a row", reason: RunJSON.explain(error))
        }
    }

    private func reading<Value: Sendable>(_ doing: String, _ body: @Sendable (Database) throws -> Value) throws(RunsError) -> Value {
        do {
            return try pool.read(body)
        } catch {
            throw .index(path: file.path, doing: doing, reason: "\(error)")
        }
    }

    private func writing(_ doing: String, _ body: @Sendable (Database) throws -> Void) throws(RunsError) {
        do {
            try pool.write(body)
        } catch {
            throw .index(path: file.path, doing: doing, reason: "\(error)")
        }
    }
}

/// What a list reads of a row.
private struct ListedRow: Sendable {
    var id: String, summary: String, problem: String?

    init(_ row: Row) { (id, summary, problem) = (row["id"], row["summary"], row["problem"]) }
}

/// One row of the table `run`, to be written.
private struct IndexRow: Sendable {
    var id: RunID
    var stamp: String
    var created = ""
    var method = ""
    var search = ""
    var summary = "{}"
    var problem: String?

    /// Reads the run's record; a record that cannot be read makes a row that says why.
    init(_ folder: RunFolder, stamp: String) throws(RunsError) {
        (id, self.stamp) = (folder.id, stamp)
        do {
            let found = RunSummary(try folder.readRecord())
            created = Timestamp.text(found.created)
            method = found.method
            search = [found.id.description, found.name ?? "", found.model ?? ""].joined(separator: "\n").lowercased()
            summary = String(decoding: try RunJSON.encoder().encode(found), as: UTF8.self)
        } catch let error as RunsError {
            problem = error.description
        } catch {
            throw .index(path: folder.url.path, doing: "summing up a run", reason: "\(error)")
        }
    }

    func upsert(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO run (id, stamp, created, method, search, summary, problem) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp, created = excluded.created, method = excluded.method,
                    search = excluded.search, summary = excluded.summary, problem = excluded.problem
                """,
            arguments: [id.description, stamp, created, method, search, summary, problem])
    }
}

/// Removes a folder that another process may be removing as well: what vanished meanwhile is no failure, so it looks again.
private func removeShared(_ url: URL) throws {
    for _ in 0..<100 {
        do {
            return try FileManager.default.removeItem(at: url)
        } catch let error as CocoaError where error.code == .fileNoSuchFile || error.code == .fileReadNoSuchFile {
            if !FileManager.default.fileExists(atPath: url.path) { return }
        } catch  where !FileManager.default.fileExists(atPath: url.path) {
            return
        }
    }
    try FileManager.default.removeItem(at: url)
}
