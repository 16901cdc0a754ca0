// Tested by RunTests.swift.
internal import Foundation
internal import HoneRuns
internal import HoneText
internal import HoneWeights
internal import Synchronization

/// Hashes data, base weights and tokenizer on another thread while training goes on.
final class HashWork: Sendable {
    struct Result: Sendable {
        var data: [RunRecord.DataFile]
        var base: RunRecord.Base
        var tokenizer: String
    }

    private let outcome: Mutex<Swift.Result<Result, any Error>?> = Mutex(nil)
    private let isDone = DispatchSemaphore(value: 0)

    init(_ plan: Plan) {
        let (recipe, start, family, rows) = (plan.recipe, plan.start.url, plan.facts.family, plan.facts.rows)
        DispatchQueue.global(qos: .utility).async { [self] in
            let found = Swift.Result { try Self.work(recipe, start, family, rows) }
            outcome.withLock { $0 = found }
            isDone.signal()
        }
    }

    /// Waits for the hashes.
    func result() throws -> Result {
        isDone.wait()
        isDone.signal()
        guard let found = outcome.withLock({ $0 }) else { preconditionFailure("signalled without a result") }
        return try found.get()
    }

    private static func work(_ recipe: Recipe, _ model: URL, _ family: String, _ rows: [String: Int]) throws -> Result {
        var files = [("train", recipe.data.train)]
        if case .file(let path) = recipe.data.validation { files.append(("validation", path)) }
        if case .file(let path) = recipe.data.test { files.append(("test", path)) }
        // Random weights follow from the configuration and the seed.
        let weights =
            recipe.model.weights == .random
            ? [model.appending(path: "config.json")] : try Checkpoint(folder: model).files.map { URL(filePath: $0.file.path) }
        let tokenizer = Tokenizer.files(in: model)
        return Result(
            data: try files.map { role, path in
                .init(role: role, path: path, sha256: try ContentHash.file(URL(filePath: path)), rows: rows[role] ?? 0)
            },
            base: .init(path: model.path, sha256: try ContentHash.files(weights), family: family),
            tokenizer: try tokenizer.count == 1 ? ContentHash.file(tokenizer[0]) : ContentHash.files(tokenizer))
    }
}
