public import Foundation

/// Points at one run's folder, `runs/<id>/`, and names what lies in it.
public struct RunFolder: Sendable, Hashable {
    /// The run.
    public let id: RunID
    /// The folder itself.
    public let url: URL

    /// Points at the folder of a run; touches no disk.
    public init(id: RunID, in runs: URL) {
        self.id = id
        url = runs.appending(path: id.description, directoryHint: .isDirectory)
    }

    /// The folder that holds all runs.
    public var runs: URL { url.deletingLastPathComponent() }
    /// The recipe as it was given.
    public var recipe: URL { url.appending(path: "recipe.yaml") }
    /// What was done, with what, and how it went: a `RunRecord`.
    public var record: URL { url.appending(path: "record.json") }
    /// What happened, one JSON object a line: an `EventLog`.
    public var events: URL { url.appending(path: "events.jsonl") }
    /// Lines of the log that a crash tore.
    public var tornEvents: URL { url.appending(path: "events.jsonl.torn") }
    /// All checkpoints.
    public var checkpoints: URL { url.appending(path: "checkpoints", directoryHint: .isDirectory) }
    /// The deliverable, in the ecosystem's format.
    public var model: URL { url.appending(path: "model", directoryHint: .isDirectory) }
    /// The configuration and tokenizer of a model that started from random weights.
    public var start: URL { url.appending(path: "start", directoryHint: .isDirectory) }
    /// The page about the run.
    public var report: URL { url.appending(path: "report.html") }
    /// The file whose lock says that a process works in the folder.
    public var lock: URL { url.appending(path: "run.lock") }

    /// The folder of the checkpoint after `step` optimizer steps.
    public func checkpoint(step: Int) -> URL { checkpoints.appending(path: "step-\(step)", directoryHint: .isDirectory) }

    /// Makes the folder of a new run, with `checkpoints/` in it; its parents are made too.
    ///
    /// The folder is made exclusively, so two processes in one second never share one: the later draws other words.
    /// - Parameters:
    ///   - runs: the folder for all runs.
    ///   - date: when the run is made.
    ///   - generator: draws the words of the name.
    /// - Throws: `RunsError.cannotCreate` with the system's reason where the parent cannot be written.
    public static func create(
        in runs: URL, at date: Date, using generator: inout some RandomNumberGenerator
    ) throws(RunsError) -> RunFolder {
        do {
            try FileManager.default.createDirectory(at: runs, withIntermediateDirectories: true)
        } catch {
            throw .cannotCreate(path: runs.path, reason: error.localizedDescription)
        }
        for _ in 0..<64 {
            let folder = RunFolder(id: RunID(at: date, using: &generator), in: runs)
            if mkdir(folder.url.path, 0o755) == 0 {
                try folder.makeInside()
                return folder
            }
            guard errno == EEXIST else { throw .cannotCreate(path: folder.url.path, reason: RunsError.systemReason()) }
        }
        throw .cannotCreate(path: runs.path, reason: "64 names were tried and all of them are taken")
    }

    private func makeInside() throws(RunsError) {
        guard mkdir(checkpoints.path, 0o755) != 0 else { return }
        let reason = RunsError.systemReason()
        rmdir(url.path)
        throw .cannotCreate(path: checkpoints.path, reason: reason)
    }

    /// Points at an existing run, given its folder.
    ///
    /// - Throws: `RunsError.invalidID` if the folder's name is not that of a run, `RunsError.cannotRead` if it is not there.
    public init(opening url: URL) throws(RunsError) {
        let path = url.standardizedFileURL
        try self.init(id: RunID(parsing: path.lastPathComponent), in: path.deletingLastPathComponent())
        guard exists else { throw .cannotRead(path: path.path, reason: "there is no such folder") }
    }

    /// Whether the folder is there.
    public var exists: Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// The folders of all runs, oldest first; other names in the folder are passed over, and no folder means no runs.
    ///
    /// - Throws: `RunsError.cannotRead` where the folder is there but cannot be listed.
    public static func all(in runs: URL) throws(RunsError) -> [RunFolder] {
        guard FileManager.default.fileExists(atPath: runs.path) else { return [] }
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: runs.path)
            // A name that is not a run's belongs to somebody else: not ours to complain about.
            return names.compactMap { try? RunID(parsing: $0) }.sorted().map { RunFolder(id: $0, in: runs) }.filter(\.exists)
        } catch {
            throw .cannotRead(path: runs.path, reason: error.localizedDescription)
        }
    }

    /// Finds the folder of the run that `text` means: a path to a run's folder, or what `RunID.find` understands.
    public static func find(_ text: String, in runs: URL) throws(RunsError) -> RunFolder {
        if text.contains("/") { return try RunFolder(opening: URL(filePath: text)) }
        let id = try RunID.find(text, among: all(in: runs).map(\.id), in: runs.path)
        return RunFolder(id: id, in: runs)
    }

    /// Writes `recipe.yaml`, in one rename.
    public func writeRecipe(_ text: String) throws(RunsError) { try AtomicFile.write(Data(text.utf8), to: recipe) }

    /// Writes `record.json`, in one rename; any older record is replaced or untouched.
    public func write(_ record: RunRecord) throws(RunsError) {
        do {
            let data = try RunJSON.encoder(pretty: true).encode(record)
            try AtomicFile.write(data + Data("\n".utf8), to: self.record)
        } catch let error as RunsError {
            throw error
        } catch {
            throw .cannotWrite(path: self.record.path, reason: RunJSON.explain(error))
        }
    }

    /// Reads `record.json`.
    ///
    /// - Throws: `RunsError.newerSchema`, `RunsError.corrupt` naming the key, or `RunsError.cannotRead`.
    public func readRecord() throws(RunsError) -> RunRecord {
        let data = try AtomicFile.read(record)
        struct Head: Decodable { var schema: Int }
        do {
            let head = try RunJSON.decoder().decode(Head.self, from: data)
            guard head.schema <= RunRecord.currentSchema else {
                throw RunsError.newerSchema(path: record.path, found: head.schema, supported: RunRecord.currentSchema)
            }
            let found = try RunJSON.decoder().decode(RunRecord.self, from: data)
            guard found.id == id else {
                throw RunsError.corrupt(path: record.path, line: nil, reason: "it is the record of \(found.id), in the folder of \(id)")
            }
            return found
        } catch let error as RunsError {
            throw error
        } catch {
            throw .corrupt(path: record.path, line: nil, reason: RunJSON.explain(error))
        }
    }

}
