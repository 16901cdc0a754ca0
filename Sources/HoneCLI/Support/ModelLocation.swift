import Foundation
import Hone
import HoneRuns

/// A model folder that was named on the command line, with its run where there is one.
struct ModelLocation {
    var model: URL
    var run: RunFolder?
    var record: RunRecord?

    /// Understands the name of a run, the folder of a run, or a model folder.
    ///
    /// - Throws: `RunsError` or `HoneError` if there is none, or the run has no model yet.
    init(_ text: String, in runs: URL) throws {
        let url = URL(filePath: text)
        if Self.exists(url), !Self.exists(url.appending(path: "record.json")) {
            model = url
            run = try? RunFolder(opening: url.standardizedFileURL.deletingLastPathComponent())  // a copy elsewhere has no run
            record = try? run?.readRecord()
            return
        }
        guard Self.exists(url) || !text.contains("/") else { throw CommandError.noSuchModel(text) }
        let folder = Self.exists(url) ? try RunFolder(opening: url) : try RunFolder.find(text, in: runs)
        let found = try folder.readRecord()
        // A run that broke while saving may have left part of a model.
        guard found.status == .finished else {
            let isRunning = found.status == .running && RunLock.isHeld(folder)
            let status = found.status == .running && !isRunning ? RunStatus.interrupted : found.status
            throw HoneError.noModel(run: folder.id.description, status: status.rawValue)
        }
        (model, run, record) = (folder.model, folder, found)
    }

    /// Looks at the model's folder.
    ///
    /// - Parameter base: where the base model of an adapter is now.
    func artifact(base: String? = nil) throws -> Artifact { try Artifact(model, base: base.map { URL(filePath: $0) }) }

    /// How the model is named in messages.
    var name: String { run.map { $0.id.description } ?? Program.path(model) }

    /// The recipe of the run, every path absolute; nil without a run.
    func recipe() throws -> Recipe? { try record.map { try RecipeDocument($0).resolved } }

    private static func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
}
