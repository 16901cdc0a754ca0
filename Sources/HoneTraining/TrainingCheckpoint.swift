public import Foundation
public import HoneLayers
public import HoneOptimizers
internal import HoneTensors
internal import HoneWeights

/// Writes and reads folders that hold all that resuming needs: `weights.safetensors` (what trains), `optimizer.safetensors` and `state.json`.
///
/// A folder gets its name `step-<n>` by one rename when it is whole, and loses it by one rename before it is removed; so whatever moment a
/// process is killed at, a folder of that name is whole. No pickle is written or read.
public enum TrainingCheckpoint {
    private static let weights = "weights.safetensors", moments = "optimizer.safetensors", counters = "state.json"
    /// What is on its way in or out; removed when the next checkpoint is pruned.
    private static let draftPrefix = ".draft-", discardPrefix = ".discard-"
    private static let version = 1

    private struct Saved: Codable {
        var version: Int
        var optimizerSteps: Int
        var state: TrainingState
    }

    /// Writes `step-<n>` inside `folder`; a checkpoint of that step that is there already is replaced.
    /// - Returns: the checkpoint's folder.
    /// - Throws: `WeightError`, or ``TrainingError/checkpointUnwritable(folder:reason:)``; the draft is removed and older checkpoints stay.
    public static func write(
        _ state: TrainingState, _ parameters: [NamedParameter], _ optimizer: any Optimizer, in folder: URL
    ) throws -> URL {
        let draft = folder.appending(path: "\(draftPrefix)\(state.step)"), final = folder.appending(path: "step-\(state.step)")
        try? FileManager.default.removeItem(at: draft)  // left by a crash; absence is the normal answer
        do {
            try FileManager.default.createDirectory(at: draft, withIntermediateDirectories: true)
            let saved = Saved(version: version, optimizerSteps: optimizer.steps, state: state)
            try putOnDisk(JSONEncoder().encode(saved), at: draft.appending(path: counters))
            let writer = SafetensorsWriter()
            try writer.write(parameters.map { WeightSource(name: $0.key, tensor: $0.parameter.stored) }, to: draft.appending(path: weights))
            try writer.write(optimizer.state().map { WeightSource(name: $0.name, tensor: $0.tensor) }, to: draft.appending(path: moments))
            if FileManager.default.fileExists(atPath: final.path) { try discard(final) }
            try FileManager.default.moveItem(at: draft, to: final)
        } catch {
            try? FileManager.default.removeItem(at: draft)  // the first error is the one to report
            let isSystem = [NSCocoaErrorDomain, NSPOSIXErrorDomain].contains((error as NSError).domain)
            throw isSystem ? TrainingError.checkpointUnwritable(folder: final.path, reason: reason(error)) : error
        }
        return final
    }

    /// Finds the newest whole checkpoint in `folder`; nil if there is none.
    public static func newest(in folder: URL) -> URL? { all(in: folder).last?.folder }

    /// Finds every whole checkpoint in `folder`, oldest first.
    public static func all(in folder: URL) -> [(step: Int, folder: URL)] {
        let found = names(in: folder).compactMap { name -> (step: Int, folder: URL)? in
            guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)) else { return nil }
            let url = folder.appending(path: name)
            let isWhole = [weights, moments, counters].allSatisfy { FileManager.default.fileExists(atPath: url.appending(path: $0).path) }
            return isWhole ? (step, url) : nil
        }
        return found.sorted { $0.step < $1.step }
    }

    /// Removes what crashes left behind, and all checkpoints but the newest `keep` (at least 1) and the one of `best`.
    /// - Throws: a Foundation error naming the folder that cannot be removed.
    public static func prune(_ folder: URL, keep: Int, best: Int?) throws {
        for old in all(in: folder).dropLast(max(1, keep)) where old.step != best { try discard(old.folder) }
        for name in names(in: folder) where name.hasPrefix(draftPrefix) || name.hasPrefix(discardPrefix) {
            try FileManager.default.removeItem(at: folder.appending(path: name))
        }
    }

    /// Puts the weights of a checkpoint into a model that trains the same tensors.
    /// - Throws: `WeightError` if a tensor is missing, superfluous or of another shape, or the file is damaged.
    public static func restoreWeights(_ folder: URL, into parameters: [NamedParameter]) throws {
        let checkpoint = try Checkpoint(file: folder.appending(path: weights))
        try checkpoint.refuseKeys(beyond: parameters.map(\.key))
        let entries = try parameters.map { try checkpoint.entry($0.key, shape: $0.parameter.shape) }  // before the first is touched
        for (named, entry) in zip(parameters, entries) { try named.parameter.restore(entry.tensor()) }
    }

    /// Puts weights and optimizer state back.
    /// - Returns: the counters.
    /// - Throws: ``TrainingError/checkpointBroken(folder:reason:)``, `WeightError` or `OptimizerError` if the checkpoint is damaged, or of
    ///   another model, method or optimizer.
    public static func restore(_ folder: URL, _ parameters: [NamedParameter], _ optimizer: any Optimizer) throws -> TrainingState {
        func broken(_ reason: String) -> TrainingError { .checkpointBroken(folder: folder.path, reason: reason) }
        let saved: Saved
        do { saved = try JSONDecoder().decode(Saved.self, from: Data(contentsOf: folder.appending(path: counters))) } catch {
            throw broken("\(counters) is not readable (\(reason(error)))")
        }
        guard saved.version == version else { throw broken("\(counters) has version \(saved.version), and this program reads \(version)") }
        try restoreWeights(folder, into: parameters)
        let checkpoint = try Checkpoint(file: folder.appending(path: moments))
        var state: [String: Tensor] = [:]
        for key in checkpoint.keys { state[key] = try checkpoint.entry(key).tensor() }
        try optimizer.restore(state, steps: saved.optimizerSteps)
        let known = Set(optimizer.state().map(\.name))
        if let extra = checkpoint.keys.first(where: { !known.contains($0) }) {
            throw broken("\(moments) holds “\(extra)”, which the optimizer does not have; it was written with another optimizer")
        }
        return saved.state
    }

    private static func names(in folder: URL) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []  // no folder, no checkpoints
    }

    /// Takes a checkpoint's name away before its files, because removing a folder is many steps.
    private static func discard(_ checkpoint: URL) throws {
        let doomed = checkpoint.deletingLastPathComponent().appending(path: discardPrefix + checkpoint.lastPathComponent)
        try? FileManager.default.removeItem(at: doomed)  // left by a crash; absence is the normal answer
        try FileManager.default.moveItem(at: checkpoint, to: doomed)
        try FileManager.default.removeItem(at: doomed)
    }

    private static func putOnDisk(_ data: Data, at file: URL) throws {
        try data.write(to: file)
        let handle = try FileHandle(forUpdating: file)
        try handle.synchronize()
        try handle.close()
    }

    /// The system's words, without the full stop, because they end up in the middle of a sentence.
    private static func reason(_ error: any Error) -> String {
        let system = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        let words = system?.localizedDescription ?? error.localizedDescription
        return words.hasSuffix(".") ? String(words.dropLast()) : words
    }
}
