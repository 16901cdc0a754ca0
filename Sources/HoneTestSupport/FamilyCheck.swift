public import HoneLayers
public import HoneTensors

/// Checks everything that holds for any model family.
///
/// The parameters are the checkpoint's keys, no more and no fewer, and none is left at zero; outputs equal the reference's whether rows
/// are packed, padded on either side or alone, so padding and neighbours change nothing.
/// - Parameters:
///   - model: loaded from the checkpoint.
///   - keys: what the checkpoint holds for this family.
///   - reference: `input_ids`, `token_type_ids`, `attention_mask` as a padded block.
///   - bound: how far outputs may be from the expected ones, on the scale of the largest.
///   - expected: what the output of a batch should be.
///   - output: the model's output on a batch: one row per document, or per real token.
/// - Throws: ``CheckFailure`` naming the property.
public func checkFamily(
    _ model: any Module, keys: [String], reference: TensorFixture, bound: Tolerance = .float32Model,
    expected: (FlatBatch) throws -> Tensor, output: (FlatBatch) throws -> Tensor
) throws {
    let parameters = model.namedParameters()
    let names = parameters.map(\.key)
    try require(Set(names).count == names.count, "two parameters have one key")
    let (found, wanted) = (Set(names), Set(keys))
    try require(
        found == wanted,
        "keys without a parameter: \(wanted.subtracting(found).sorted()); without a key: \(found.subtracting(wanted).sorted())")
    for named in parameters { try require(named.parameter.stored.sumOfSquares() > 0, "\(named.key) was not filled") }

    for layout in try FlatBatch.Layout.all(reference("input_ids").shape[0]) {
        let batch = try FlatBatch(reference, layout: layout)
        try requireCloseInScale(withGradients(false) { try output(batch) }, expected(batch), bound, "output, \(layout)")
    }
}
