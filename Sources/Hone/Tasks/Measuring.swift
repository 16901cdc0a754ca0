// Tested by LanguageRunTests.swift.
internal import HoneEvaluation
internal import HoneTensors

/// How a model is measured: in which type, where, and with what certainty.
struct Measuring {
    var compute: DType
    var device: Device
    /// The token in slots of no row.
    var padID: Int32
    /// The recipe's wishes.
    var evaluation: Recipe.EvaluationSpec
    /// Seeds intervals, and which tokens of held-out texts are hidden.
    var seed: UInt64

    var bootstrap: Bootstrap {
        var bootstrap = Bootstrap()
        (bootstrap.confidence, bootstrap.resamples, bootstrap.seed) = (evaluation.confidence, evaluation.resamples, seed)
        return bootstrap
    }
}
