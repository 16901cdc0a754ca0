public import Foundation
public import HoneLayers
public import HoneOptimizers
internal import HoneTensors
internal import HoneWeights

/// One folder that holds all that resuming needs, renamed into place once: `weights.safetensors` (what trains), `optimizer.safetensors`
/// and `state.json`. No pickle is written or read.
public enum TrainingCheckpoint {
    private static let weights = "weights.safetensors", moments = "optimizer.safetensors", counters = "state.json"

    private struct Saved: Codable {
        var version = 1
        var optimizerSteps: Int
        var state: TrainingState
    }

    /// Writes `step-<n>` inside `folder`. A checkpoint of that step that is there already is replaced.
    /// - Throws: `WeightError` or a Foundation error naming the file; a draft is removed and older checkpoints stay.
    public static func write(_ state: TrainingState, _ parameters: [NamedParameter], _ optimizer: any Optimizer, in folder: URL) throws -> URL {
        let files = FileManager.default
        let draft = folder.appending(path: ".draft-\(state.step)"), final = folder.appending(path: "step-\(state.step)")
        try? files.removeItem(at: draft)  // left by a crash; absence is the normal answer
        do {
            try files.createDirectory(at: draft, withIntermediateDirectories: true)
            let writer = SafetensorsWriter()
            try writer.write(parameters.map { WeightSource(name: $0.key, tensor: $0.parameter.stored) }, to: draft.appending(path: weights))
            try writer.write(optimizer.state().map { WeightSource(name: $0.name, tensor: $0.tensor) }, to: draft.appending(path: moments))
            let data = try JSONEncoder().encode(Saved(optimizerSteps: optimizer.steps, state: state))
            try data.write(to: draft.appending(path: counters), options: .atomic)
            if files.fileExists(atPath: final.path) { try files.removeItem(at: final) }
            try files.moveItem(at: draft, to: final)
        } catch {
            try? files.removeItem(at: draft)  // the first error is the one to report
            throw error
        }
        return final
    }

    /// The newest whole checkpoint in `folder`; nil if there is none.
    public static func newest(in folder: URL) -> URL? { all(in: folder).last.map(\.folder) }

    /// Every whole checkpoint in `folder`, oldest first.
    public static func all(in folder: URL) -> [(step: Int, folder: URL)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []  // no folder, no checkpoints
        let found = names.compactMap { name -> (step: Int, folder: URL)? in
            guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)) else { return nil }
            let url = folder.appending(path: name)
            return FileManager.default.fileExists(atPath: url.appending(path: counters).path) ? (step, url) : nil
        }
        return found.sorted { $0.step < $1.step }
    }

    /// Removes drafts and all checkpoints but the newest `keep` and the one of `best`.
    public static func prune(_ folder: URL, keep: Int, best: Int?) throws {
        let present = all(in: folder)
        for old in present.dropLast(keep) where old.step != best { try FileManager.default.removeItem(at: old.folder) }
    }

    /// Puts the weights of a checkpoint into a model that trains the same tensors.
    public static func restoreWeights(_ folder: URL, into parameters: [NamedParameter]) throws {
        let checkpoint = try Checkpoint(file: folder.appending(path: weights))
        try checkpoint.refuseKeys(beyond: parameters.map(\.key))
        for named in parameters { try named.parameter.restore(checkpoint.entry(named.key, shape: named.parameter.shape).tensor()) }
    }

    /// Puts weights and optimizer state back and returns the counters.
    /// - Throws: ``TrainingError``/`WeightError`/`OptimizerError` if the checkpoint is of another model, method or optimizer.
    public static func restore(_ folder: URL, _ parameters: [NamedParameter], _ optimizer: any Optimizer) throws -> TrainingState {
        guard let data = try? Data(contentsOf: folder.appending(path: counters)) else {
            throw TrainingError.checkpointBroken(folder: folder.path, reason: "state.json is missing")
        }
        let saved: Saved
        do { saved = try JSONDecoder().decode(Saved.self, from: data) } catch {
            throw TrainingError.checkpointBroken(folder: folder.path, reason: "state.json is not readable: \(error)")
        }
        try restoreWeights(folder, into: parameters)
        let checkpoint = try Checkpoint(file: folder.appending(path: moments))
        var state: [String: Tensor] = [:]
        for key in checkpoint.keys { state[key] = try checkpoint.entry(key).tensor() }
        try optimizer.restore(state, steps: saved.optimizerSteps)
        return saved.state
    }
}
