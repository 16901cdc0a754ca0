import Foundation
import Hone
import HoneRuns

/// Follows a training from its events and sums it up in one line.
struct TrainingProgress: Sendable {
    private(set) var step = 0
    private(set) var totalSteps = 0
    private(set) var epoch = 0.0
    /// Exponential mean of the steps' losses, corrected for its start.
    private(set) var loss: Double?
    private(set) var learningRate = 0.0
    /// The newest numbers of the validation rows.
    private(set) var validation: [String: Double] = [:]
    private var countsTokens = false
    private var sum = 0.0
    private var weight = 0.0
    /// When the last steps ended, with their rows; evaluations in between are taken out.
    private var window: [(seconds: Double, rows: Int, tokens: Int)] = []
    private static let windowSize = 64

    mutating func take(_ event: RunEvent) {
        switch event {
        case .plan(let rows, let tokens, let steps, _, _, _, _):
            totalSteps = steps
            // Rows of running text say little: they are as long as the recipe cuts them.
            countsTokens = tokens > 64 * rows
        case .resumed(let at): step = at
        case .step(let index, let epoch, let loss, _, let rate, let tokens, let rows, let seconds):
            (step, self.epoch, learningRate) = (index, epoch, rate)
            if loss.isFinite {
                (sum, weight) = (0.95 * sum + 0.05 * loss, 0.95 * weight + 0.05)
                self.loss = sum / weight
            }
            window.append((seconds, rows, tokens))
            if window.count > Self.windowSize { window.removeFirst() }
        case .evaluation(_, let split, let metrics, let seconds):
            guard split == "validation" else { return }
            validation = metrics
            window = window.map { ($0.seconds + seconds, $0.rows, $0.tokens) }
        default: break
        }
    }

    /// Rows learned from in a second, over the last steps.
    var examplesPerSecond: Double? { perSecond { $0.rows } }

    /// Tokens read in a second, over the last steps.
    var tokensPerSecond: Double? { perSecond { $0.tokens } }

    private func perSecond(_ count: ((seconds: Double, rows: Int, tokens: Int)) -> Int) -> Double? {
        guard let first = window.first, let last = window.last, last.seconds > first.seconds else { return nil }
        return Double(window.dropFirst().reduce(0) { $0 + count($1) }) / (last.seconds - first.seconds)
    }

    /// Seconds that the rest of the steps should take.
    var secondsLeft: Double? {
        guard let first = window.first, let last = window.last, last.seconds > first.seconds, totalSteps > 0 else { return nil }
        return Double(max(0, totalSteps - step)) * (last.seconds - first.seconds) / Double(window.count - 1)
    }

    /// The most telling validation number.
    static func headline(_ metrics: [String: Double]) -> String? {
        let wanted = ["accuracy", "microF1", "pearson", "macroF1", "entityF1", "perplexity", "loss"]
        return wanted.lazy.compactMap { name in metrics[name].map { "\(Format.title(name)) \(Format.metric(name, $0))" } }.first
    }

    /// Everything in at most `width` columns; the least important parts go first.
    func line(width: Int) -> String {
        let total = totalSteps > 0 ? "/\(totalSteps)" : ""
        // In the order of the line, with the rank in which parts are kept.
        var parts: [(rank: Int, text: String)] = [(0, "step \(step)\(total)")]
        if totalSteps > 0 { parts.append((6, bar(16) + " \(step * 100 / totalSteps) %")) }
        if let loss { parts.append((1, "loss \(Format.loss(loss))")) }
        parts.append((5, "rate \(Format.rate(learningRate))"))
        if countsTokens, let speed = tokensPerSecond {
            parts.append((4, "\(Format.short(Int(speed.rounded()))) tokens/s"))
        } else if let speed = examplesPerSecond {
            parts.append((4, String(format: speed < 10 ? "%.1f rows/s" : "%.0f rows/s", speed)))
        }
        if let left = secondsLeft { parts.append((2, "\(Format.duration(left)) left")) }
        if let best = Self.headline(validation) { parts.append((3, "validation \(best)")) }
        while parts.count > 1, parts.map(\.text).joined(separator: " · ").columns > width {
            guard let least = parts.indices.max(by: { parts[$0].rank < parts[$1].rank }) else { break }
            parts.remove(at: least)
        }
        return parts.map(\.text).joined(separator: " · ").clipped(to: width)
    }

    private func bar(_ cells: Int) -> String {
        let full = min(cells, step * cells / max(1, totalSteps))
        return "[" + String(repeating: "=", count: full) + String(repeating: " ", count: cells - full) + "]"
    }
}
