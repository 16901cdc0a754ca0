public import HoneLayers
public import HoneTensors

/// Checks everything that holds for any model family.
///
/// The parameters are the checkpoint's keys, no more and no fewer, and none is left at zero; outputs equal the reference's whether rows
/// are packed, padded or alone, so padding and neighbours change nothing.
/// - Parameters:
///   - model: loaded from the checkpoint.
///   - keys: what the checkpoint holds for this family.
///   - reference: `input_ids`, `token_type_ids`, `attention_mask` as a padded block.
///   - expected: `[B, C]`, one row per row of the reference.
///   - output: the model's output on a batch, one row per document.
/// - Throws: ``CheckFailure`` naming the property.
public func checkFamily(
    _ model: any Module, keys: [String], reference: TensorFixture, expected: Tensor, output: (FlatBatch) throws -> Tensor
) throws {
    let parameters = model.namedParameters()
    let names = parameters.map(\.key)
    try require(Set(names).count == names.count, "two parameters have one key")
    let (found, wanted) = (Set(names), Set(keys))
    try require(
        found == wanted,
        "keys without a parameter: \(wanted.subtracting(found).sorted()); without a key: \(found.subtracting(wanted).sorted())")
    for named in parameters { try require(named.parameter.stored.sumOfSquares() > 0, "\(named.key) was not filled") }

    let rows = expected.shape[0]
    for layout in [FlatBatch.Layout.packed, .padded] + (0..<rows).map(FlatBatch.Layout.alone) {
        let batch = try FlatBatch(reference, layout: layout)
        let wanted = try expected.selecting(Tensor(batch.rows, shape: [batch.rows.count]))
        try requireClose(withGradients(false) { try output(batch) }, wanted, .float32Sum, "output, \(layout)")
    }
}
