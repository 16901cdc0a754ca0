internal import HoneData
internal import HoneModels
internal import HoneTensors
internal import HoneTraining

/// The "before" of a classification run: the frozen encoder with the nearest class centroid.
///
/// Each class is the mean of its training rows' sentence embeddings (mean-pooled, length 1); a row gets the class with the largest cosine.
/// Source: arXiv:1703.05175, section 2.2, without training. Its scores stand where logits would: `[R][C]`, cosines.
enum CentroidBaseline {
    static func scores(
        _ model: any SequenceClassifier, train: [EncodedRow], rows: [EncodedRow], classes: Int, compute: DType, device: Device, budget: Int,
        paddingID: Int32
    ) throws -> [[Float]] {
        let width = model.sizes.width
        let predictor = Predictor(
            forward: { batch, context in
                try model.sentenceEmbeddings(
                    batch.input, context, normalized: true)
            }, compute: compute, device: device, budget: budget, paddingID: paddingID)
        var sums = [Float](repeating: 0, count: classes * width)
        for (embedding, row) in zip(try predictor.logits(of: train), train) {
            guard case .classIndex(let index) = row.target else { continue }
            for (place, value) in embedding.enumerated() { sums[Int(index) * width + place] += value }
        }
        return try withGradients(false) {
            let centroids = try Tensor(sums, shape: [classes, width])
            let unit = try centroids / centroids.norm(-1, keepingAxis: true).clamped(1e-12, .infinity)
            let embeddings = try Tensor(predictor.logits(of: rows).flatMap(\.self), shape: [rows.count, width])
            let values = try embeddings.matmul(unit.transposed()).floats()
            return rows.indices.map { Array(values[$0 * classes..<($0 + 1) * classes]) }
        }
    }
}
