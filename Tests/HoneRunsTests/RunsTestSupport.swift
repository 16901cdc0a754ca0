import Foundation

@testable import HoneRuns

/// A folder of its own for one test; it goes when the value goes.
final class Scratch {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "hone-runs-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}

/// Repeatable numbers: SplitMix64.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// 2026-11-23T21:30:45.123Z, so many seconds later.
func moment(_ seconds: Double = 0) -> Date { Date(timeIntervalSince1970: 1_795_469_445.123 + seconds) }

func makeFolder(_ runs: URL, seed: UInt64 = 1, at date: Date = moment()) throws -> RunFolder {
    var generator = Seeded(seed)
    return try RunFolder.create(in: runs, at: date, using: &generator)
}

func makeRecord(_ id: RunID, name: String? = "support", accuracy: Double = 0.9, status: RunStatus = .finished) -> RunRecord {
    var record = RunRecord(
        id: id, name: name, created: moment(),
        recipe: [
            "model": "./minilm", "training": ["epochs": 3, "learningRate": 0.0001, "seed": 17], "tuning": ["method": "lora", "rank": 8],
        ])
    record.status = status
    record.finished = moment(90)
    record.method = "lora"
    record.adapter = ["rank": 8, "targets": ["query", "value"]]
    record.data = [.init(role: "train", path: "train.csv", sha256: String(repeating: "ab", count: 32), rows: 1203)]
    record.base = .init(path: "./minilm", sha256: String(repeating: "cd", count: 32), family: "bert")
    record.tokenizerHash = String(repeating: "ef", count: 32)
    record.versions = .init(hone: "0.1.0", libtorch: "2.13.0", swift: "6.3.1", system: "Debian 12")
    record.hardware = .init(cpu: "Zen 4", cores: 2, threads: 2, memory: 24 << 30, device: "cpu")
    record.seed = .max - 5
    (record.precision, record.precisionReason) = ("bfloat16", "the processor has AMX")
    record.counts = .init(rows: 1203, tokens: 20_000, steps: 114, trainableParameters: 147_456, totalParameters: 22_713_216)
    record.cost = .init(predictedBytes: 1 << 30, measuredBytes: 900 << 20, predictedSeconds: 60, measuredSeconds: 55.5)
    record.metrics = [
        .init(phase: .before, split: "test", name: "accuracy", value: 0.7, low: 0.65, high: 0.75, confidence: 0.95),
        .init(split: "test", name: "accuracy", value: accuracy, low: accuracy - 0.03, high: accuracy + 0.03, confidence: 0.95),
    ]
    record.bestStep = 100
    record.warnings = [.init(code: "duplicates", message: "3 rows appear twice.", counts: ["rows": 3])]
    return record
}

let sampleEvents: [RunEvent] = [
    .plan(
        rows: 1203, tokens: 20_000, steps: 114, trainableParameters: 147_456, totalParameters: 22_713_216, predictedBytes: 1 << 30,
        predictedSeconds: 60.5),
    .plan(rows: 1, tokens: 2, steps: 3, trainableParameters: 4, totalParameters: 5, predictedBytes: nil, predictedSeconds: nil),
    .step(index: 1, epoch: 0.03, loss: 3.2, gradientNorm: 1.5, learningRate: 1e-5, tokens: 512, rows: 32, seconds: 0.4),
    .step(index: 2, epoch: 0.05, loss: -.infinity, gradientNorm: .infinity, learningRate: 2e-5, tokens: 512, rows: 32, seconds: 0.8),
    .step(index: 3, epoch: 0.08, loss: 2.75, gradientNorm: nil, learningRate: 3e-5, tokens: 512, rows: 32, seconds: 1.2),
    .evaluation(step: 3, split: "validation", metrics: ["loss": 2.5, "macroF1": 0.25], seconds: 0.5),
    .sample(step: 3, prompt: "ROMEO:", text: " O,\n\"no\"\u{7}"), .checkpoint(step: 3, folder: "checkpoints/step-3", isBest: true),
    .warning(code: "tooLong", message: "2 rows are \"too\" long,\nby a line", counts: ["rows": 2]),
    .guardTripped(name: "nonFiniteLoss", step: 4, message: "the loss is NaN"),
    .finished(step: 114, reason: "all epochs done"),
    .failed(step: 4, message: "out of memory"),
    .interrupted(step: 7, reason: "Ctrl-C"),
    .resumed(step: 3),
]
