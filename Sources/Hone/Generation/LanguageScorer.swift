// Tested by WriterTests.swift.
internal import HoneGeneration
internal import HoneLayers
internal import HoneModels
internal import HoneTensors

/// Next-token logits of a causal language model, with a cache of what it has read.
///
/// Of a single sequence the cache outlives the answer: a prompt that begins with the same tokens is read from where it differs. Lives on
/// the torch thread.
final class LanguageScorer: TokenScorer {
    private let model: any LanguageModel
    private let compute: DType
    private var cache = KeyValueCache(sequences: 0, capacity: 0)
    /// The tokens in the cache, where it holds one sequence.
    private var held: [Int32] = []
    /// How many tokens of the last prompt had been read before.
    private(set) var reused = 0
    /// The numbers of the last step, which the next one writes over once the caller has let them go.
    private var numbers: [Float] = []
    /// The most tokens that are read at once.
    private static let readBudget = 2048

    init(_ model: any LanguageModel, compute: DType) { (self.model, self.compute) = (model, compute) }

    var vocabulary: Int { model.sizes.vocabulary }
    var maximumLength: Int? { model.sizes.maximumPositions }

    func begin(_ prompts: [[Int32]], capacity: Int) throws -> Logits {
        reused = prompts.count == 1 ? try keep(prompts[0], capacity: capacity) : 0
        if reused == 0 { (cache, held) = (KeyValueCache(sequences: prompts.count, capacity: capacity), []) }
        var rows: [[Float]] = Array(repeating: [], count: prompts.count)
        var group: [Int] = []
        func read() throws {
            let logits = try step(group, group.map { Array(prompts[$0].dropFirst(reused)) })
            for (place, sequence) in group.enumerated() {
                rows[sequence] = Array(logits.values[place * vocabulary..<(place + 1) * vocabulary])
            }
            group = []
        }
        for sequence in prompts.indices {
            let tokens = group.reduce(0) { $0 + prompts[$1].count }
            if !group.isEmpty, tokens + prompts[sequence].count > Self.readBudget { try read() }
            group.append(sequence)
        }
        if !group.isEmpty { try read() }
        return Logits(values: rows.flatMap(\.self), rows: prompts.count, vocabulary: vocabulary)
    }

    /// Makes the cache hold the beginning that a prompt has in common with what was read, the prompt's last token left out.
    ///
    /// - Returns: how many tokens that is; 0 if there is nothing to keep.
    private func keep(_ prompt: [Int32], capacity: Int) throws -> Int {
        guard cache.sequences == 1 else { return 0 }
        // Where places change with the length, what was read of a shorter text is not what would be read of a longer one.
        if let limit = model.placesChangeAbove, max(capacity, cache.capacity) > limit { return 0 }
        let common = zip(held, prompt.dropLast()).prefix { $0 == $1 }.count
        guard common > 0 else { return 0 }
        cache.truncate(to: common)
        held.removeSubrange(common...)
        try cache.grow(to: capacity)
        return common
    }

    func advance(_ tokens: [Int32], live: [Int]) throws -> Logits { try step(live, tokens.map { [$0] }) }

    func reorder(_ sources: [Int]) throws {
        held = []
        try cache.reorder(sources)
    }

    /// Reads new tokens of some sequences.
    ///
    /// - Returns: a row of logits per sequence, after its last token.
    private func step(_ live: [Int], _ tokens: [[Int32]]) throws -> Logits {
        let flat = try FlatTokens(tokens, positions: cache.begin(live: live, counts: tokens.map(\.count)))
        return try withGradients(false) {
            let context = Context(documents: flat.documents, isTraining: false, compute: compute, cache: cache)
            let states = try model.outputStates(flat.input, context, keeping: flat.lastRows)
            cache.commit()
            if cache.sequences == 1 { held += tokens[0] }
            let logits = try model.vocabularyHead.logits(states).to(.float32)
            try logits.floats(into: &numbers)
            return Logits(values: numbers, rows: live.count, vocabulary: vocabulary)
        }
    }
}

/// Token lists of several sequences side by side.
struct FlatTokens {
    let input: ModelInput
    let documents: Documents
    /// The last row of each sequence, int64 `[B]`; nil where every row is one.
    let lastRows: Tensor?

    init(_ tokens: [[Int32]], positions: [Int32]? = nil) throws {
        let lengths = tokens.map(\.count), count = lengths.reduce(0, +)
        var ends: [Int] = []
        for length in lengths { ends.append((ends.last ?? 0) + length) }
        let places = positions?.map(Int.init) ?? lengths.flatMap { 0..<$0 }
        input = ModelInput(
            ids: try Tensor(tokens.joined().map(Int.init), shape: [count]), typeIDs: try .zeros([count], dtype: .int64),
            positions: try Tensor(places, shape: [count]))
        documents = try Documents(starts: zip(ends, lengths).map { Int32($0 - $1) }, lengths: lengths.map(Int32.init))
        lastRows = count == tokens.count ? nil : try Tensor(ends.map { $0 - 1 }, shape: [ends.count])
    }
}
