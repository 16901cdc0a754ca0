import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneTraining

/// A text classifier of a few hundred weights with everything the loop meets in a real one: a table whose gradient is collected as rows,
/// attention inside documents, slots for adapters, dropout of both kinds, a head on first tokens.
final class TinyModel: Module {
    static let vocabulary = 37, width = 12, heads = 3

    let table: Embedding
    let query, key, value, head: Slot
    let dropout: Double
    /// A layer outside the loss, for tests of the guard.
    var stray: Slot?
    /// Multiplies the logits, for tests of guards.
    var gain = 1.0

    init(outputs: Int, dropout: Double, seed: UInt64 = 5) throws {
        let D = Self.width
        table = try Embedding(Self.vocabulary, D, isTable: true)
        (query, key, value) = (Slot("query", try Linear(D, D)), Slot("key", try Linear(D, D)), Slot("value", try Linear(D, D)))
        head = Slot("head", try Linear(D, outputs))
        self.dropout = dropout
        var generator = SeededGenerator(seed: seed)
        for named in namedParameters() { try named.parameter.load(generator.tensor(named.parameter.shape, scale: 0.3)) }
    }

    var slots: [Slot] { [query, key, value, head] + (stray.map { [$0] } ?? []) }
    var children: [Child] { [Child("table", table)] }

    func logits(_ batch: BatchTensors, _ context: Context) throws -> Tensor {
        let x = try context.dropout(table(batch.ids), dropout).to(context.compute)  // [N, D]
        let mixed = try query(x).documentAttention(
            keys: key(x), values: value(x), documents: context.documents, heads: Self.heads, scale: 0.5,
            dropout: context.isTraining ? dropout : 0, seed: context.nextSeed())
        let first = try (x + mixed).tanh().selecting(context.documents.starts.to(.int64))  // [B, D]
        let logits = try head(context.dropout(first, dropout))  // [B, C]
        return gain == 1 ? logits : try logits * gain
    }
}
