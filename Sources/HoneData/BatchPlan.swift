/// Decides which rows share a batch, and in which order; a function of the settings, the seed and the epoch, with no state.
///
/// - `packed` and `padded` cut the order of rows into batches as it comes.
/// - `bucketed` sorts rows by length inside windows of 20 batches, cuts each window, then shuffles the batches.
///
/// Every row is in exactly one batch of an epoch; the last batch may be smaller. Without a token budget there are
/// `⌈rows / batchSize⌉` batches.
public struct BatchPlan: Sendable, Equatable {
    private enum Order: Sendable {
        case shuffled
        case file
        case longestFirst
    }

    /// How many batches' worth of rows `bucketed` sorts at a time.
    public static let windowBatches = 20

    /// How rows share a batch.
    public let batching: Batching
    /// The most rows of a batch.
    public let batchSize: Int
    /// The most slots of a batch, padding included; nil sets no limit.
    public let tokenBudget: Int?
    /// Seeds the order.
    public let seed: UInt64
    private let lengths: [Int]
    private let order: Order

    /// Plans training batches over rows with `lengths` tokens.
    ///
    /// - Parameter shuffle: false keeps the rows' own order (`bucketed` still sorts inside its windows), the same in every epoch.
    /// - Throws: `DataError.badBatchSetting` for a size or budget below 1; `DataError.rowOverBudget` for a row over the budget.
    public init(
        lengths: [Int], batching: Batching, batchSize: Int, tokenBudget: Int? = nil, shuffle: Bool = true, seed: UInt64
    ) throws(DataError) {
        try self.init(lengths, batching, batchSize, tokenBudget, shuffle ? .shuffled : .file, seed)
    }

    private init(
        _ lengths: [Int], _ batching: Batching, _ batchSize: Int, _ tokenBudget: Int?, _ order: Order, _ seed: UInt64
    ) throws(DataError) {
        guard batchSize > 0 else { throw DataError.badBatchSetting(name: "training.batchSize", found: batchSize) }
        if let tokenBudget {
            guard tokenBudget > 0 else { throw DataError.badBatchSetting(name: "the token budget", found: tokenBudget) }
            if let row = lengths.firstIndex(where: { $0 > tokenBudget }) {
                throw DataError.rowOverBudget(row: row, tokens: lengths[row], budget: tokenBudget)
            }
        }
        (self.lengths, self.batching, self.batchSize, self.tokenBudget) = (lengths, batching, batchSize, tokenBudget)
        (self.order, self.seed) = (order, seed)
    }

    /// Plans batches for evaluation: longest rows first, so that padding is small and a lack of memory shows at once.
    ///
    /// The rows' own order is restored through `TokenBatch.rows`.
    /// - Throws: as `init` does.
    public static func evaluation(
        lengths: [Int], batching: Batching, batchSize: Int = .max, tokenBudget: Int?
    ) throws(DataError) -> BatchPlan {
        try BatchPlan(lengths, batching, batchSize, tokenBudget, .longestFirst, 0)
    }

    /// Returns the row indices of each batch of `epoch`, counted from 0.
    ///
    /// O(rows · log rows).
    public func batches(epoch: Int) -> [[Int]] {
        var rows = Array(lengths.indices)
        var generator = SplitMix64(seed: seed, epoch: epoch)
        switch order {
        case .file: break
        case .shuffled: generator.shuffle(&rows)
        case .longestFirst:
            rows.sort { (lengths[$1], $0) < (lengths[$0], $1) }
            return cut(rows[...])
        }
        guard batching == .bucketed else { return cut(rows[...]) }
        var batches: [[Int]] = []
        let window = batchSize.multipliedReportingOverflow(by: Self.windowBatches)
        let width = window.overflow ? max(rows.count, 1) : window.partialValue
        for start in stride(from: 0, to: rows.count, by: width) {
            let place = rows[start..<min(start + width, rows.count)].enumerated()
            let sorted = place.sorted { (lengths[$0.element], $0.offset) < (lengths[$1.element], $1.offset) }.map(\.element)
            batches += cut(sorted[...])
        }
        if order == .shuffled { generator.shuffle(&batches) }
        return batches
    }

    /// How many batches `epoch` has.
    ///
    /// Cheap without a token budget, else as costly as `batches(epoch:)`.
    public func batchCount(epoch: Int) -> Int {
        guard tokenBudget != nil else { return lengths.count / batchSize + (lengths.count % batchSize == 0 ? 0 : 1) }
        return batches(epoch: epoch).count
    }

    /// Calls `body` with every batch of the first epochs; once for each batch where the epochs are all the same.
    public func forEachBatch(epochs: Int, _ body: ([Int]) -> Void) {
        for epoch in 0..<(order == .shuffled ? epochs : min(1, epochs)) { batches(epoch: epoch).forEach(body) }
    }

    /// The batch of the first epochs with the most slots, padding included; the first of equals, empty if there are no rows.
    ///
    /// Whoever runs this one first learns at once whether the memory is enough. As costly as `batches(epoch:)` of each epoch.
    /// - Parameter besides: what a row needs besides its slots, in slots, such as the tokens of a decoder.
    public func heaviestBatch(epochs: Int, besides: (Int) -> Int = { _ in 0 }) -> [Int] {
        var heaviest: (rows: [Int], slots: Int) = ([], 0)
        forEachBatch(epochs: epochs) { batch in
            let used = batch.reduce(slots(of: batch)) { $0 + besides($1) }
            if used > heaviest.slots || heaviest.rows.isEmpty { heaviest = (batch, used) }
        }
        return heaviest.rows
    }

    /// Splits a batch into consecutive parts of at most `slots` slots, padding included; a row that is longer is a part of its own.
    ///
    /// Nil for `slots` gives the batch itself.
    public func parts(of batch: [Int], slots limit: Int?) -> [[Int]] {
        guard let limit, slots(of: batch) > limit else { return batch.isEmpty ? [] : [batch] }
        var parts: [[Int]] = []
        var part: [Int] = []
        for row in batch {
            if !part.isEmpty, slots(of: part + [row]) > limit {
                parts.append(part)
                part = []
            }
            part.append(row)
        }
        return parts + [part]
    }

    /// How many slots a batch of these rows has, padding included.
    public func slots(of batch: [Int]) -> Int {
        if batching == .packed { return batch.reduce(0) { $0 + lengths[$1] } }
        return batch.reduce(0) { max($0, lengths[$1]) } * batch.count
    }

    /// Splits the rows of a batch into at most `parts` micro-batches whose sizes differ by one row at most; none is empty.
    ///
    /// Their target counts add up to the batch's, so a loss that is summed over all and divided once is the same for every split.
    public static func microBatches(_ batch: [Int], parts: Int) -> [[Int]] {
        guard !batch.isEmpty else { return [] }
        let parts = max(1, min(parts, batch.count))
        return (0..<parts).map { part in Array(batch[batch.count * part / parts..<batch.count * (part + 1) / parts]) }
    }

    private func cut(_ rows: ArraySlice<Int>) -> [[Int]] {
        var batches: [[Int]] = []
        var batch: [Int] = []
        var (tokens, longest) = (0, 0)
        for row in rows {
            let length = lengths[row]
            let slots = batching == .packed ? tokens + length : max(longest, length) * (batch.count + 1)
            if batch.count == batchSize || !batch.isEmpty && slots > tokenBudget ?? .max {
                batches.append(batch)
                batch = []
                (tokens, longest) = (0, 0)
            }
            batch.append(row)
            tokens += length
            longest = max(longest, length)
        }
        if !batch.isEmpty { batches.append(batch) }
        return batches
    }
}
