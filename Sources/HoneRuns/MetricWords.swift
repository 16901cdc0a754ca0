/// What people call metrics, and how their numbers read: the same in a terminal and on a page.
public enum MetricWords {
    /// The name in a table; the metric's own where there is no other.
    public static func title(_ metric: String) -> String {
        switch metric {
        case "macroF1": "macro-F1"
        case "weightedF1": "weighted F1"
        case "microF1": "micro-F1"
        case "macroPrecision": "macro precision"
        case "macroRecall": "macro recall"
        case "matthews": "Matthews correlation"
        case "pearson": "Pearson correlation"
        case "spearman": "Spearman correlation"
        case "subsetAccuracy": "subset accuracy"
        case "meanSquaredError": "mean squared error"
        case "meanAbsoluteError": "mean absolute error"
        case "rSquared": "R squared"
        case "logLoss": "log loss"
        case "tokenAccuracy": "token accuracy"
        case "exactMatch": "exact match"
        case "tokenF1": "token F1"
        case "bleu": "BLEU"
        case "rouge1": "ROUGE-1"
        case "rouge2": "ROUGE-2"
        case "rougeL": "ROUGE-L"
        case "entityF1": "entity F1"
        case "hasAnswerF1": "token F1 with an answer"
        case "hasAnswerExactMatch": "exact match with an answer"
        case "noAnswerAccuracy": "none where there is none"
        case "entityPrecision": "entity precision"
        case "entityRecall": "entity recall"
        default: metric
        }
    }

    /// Whether the number is a share of 1, which reads best in per cent.
    public static func isShare(_ metric: String) -> Bool {
        let name = metric.lowercased()
        return ["accuracy", "f1", "precision", "recall", "exactmatch"].contains(where: name.hasSuffix) || name.hasPrefix("rouge")
    }

    /// Whether less is better.
    public static func isBetterLow(_ metric: String) -> Bool {
        ["loss", "logLoss", "perplexity", "meanSquaredError", "meanAbsoluteError"].contains(metric)
    }
}
