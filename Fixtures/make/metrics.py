"""Writes the fixture of HoneEvaluation with scikit-learn and SciPy, on inputs chosen to be awkward.

Run from the root of the checkout, in an environment that has scikit-learn and scipy:
    python Fixtures/make/metrics.py
"""

import json
import math
import warnings
from pathlib import Path

import numpy
import scipy
import sklearn
from scipy import stats
from sklearn import metrics

SEED = 4711
FILE = Path(__file__).resolve().parents[2] / "Tests" / "HoneEvaluationTests" / "Fixtures" / "metrics.json"


def header():
    return {
        "command": "python Fixtures/make/metrics.py",
        "seed": SEED,
        "versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": numpy.__version__},
    }


def number(value):
    value = float(value)
    return None if math.isnan(value) else value


def classification(name, count, truths, predictions):
    truths, predictions = [int(i) for i in truths], [int(i) for i in predictions]
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truths, predictions, labels=range(count), zero_division=0
    )

    def score(function, average):
        return number(function(truths, predictions, average=average, zero_division=0))

    return {
        "name": name,
        "classCount": count,
        "truths": truths,
        "predictions": predictions,
        "confusion": metrics.confusion_matrix(truths, predictions, labels=range(count)).ravel().tolist(),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
        "values": {
            "accuracy": number(metrics.accuracy_score(truths, predictions)),
            "macroPrecision": score(metrics.precision_score, "macro"),
            "macroRecall": score(metrics.recall_score, "macro"),
            "macroF1": score(metrics.f1_score, "macro"),
            "weightedF1": score(metrics.f1_score, "weighted"),
            "microF1": score(metrics.f1_score, "micro"),
            "matthews": number(metrics.matthews_corrcoef(truths, predictions)),
        },
    }


def classifications(random):
    truths = random.integers(0, 5, 60)
    noisy = numpy.where(random.random(60) < 0.6, truths, random.integers(0, 5, 60))
    return [
        classification("five classes", 5, truths, noisy),
        classification("all right", 3, [0, 1, 2, 2], [0, 1, 2, 2]),
        classification("all wrong", 3, [0, 1, 2, 2], [1, 2, 0, 1]),
        classification("constant prediction", 3, [0, 1, 2, 2, 1], [2, 2, 2, 2, 2]),
        classification("constant truth", 3, [1, 1, 1, 1], [1, 0, 2, 1]),
        classification("one class only, all right", 3, [1, 1], [1, 1]),
        classification("a class without rows", 4, [0, 0, 1, 3, 3], [0, 2, 1, 3, 0]),
        classification("a class that never occurs", 5, [0, 0, 1, 3, 3], [0, 1, 1, 3, 0]),
        classification("a class never predicted", 3, [0, 1, 2, 2], [0, 1, 1, 0]),
        classification("two classes, skewed", 2, [0] * 40 + [1] * 3, [0] * 39 + [1, 1, 0, 0]),
        classification("one row", 2, [1], [0]),
    ]


def top_k(truths, table, count):
    if count == 2:  # scikit-learn treats two classes by a threshold, not by rank
        return None
    return metrics.top_k_accuracy_score(truths, table, k=2, labels=range(count))


def calibration(truths, table, bins):
    """Guo et al. 2017, equation 3, bins (low, high]; scikit-learn has no such function."""
    confidence, given = table.max(axis=1), table.argmax(axis=1)
    bin_of = numpy.clip(numpy.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    total = 0.0
    for index in range(bins):
        inside = bin_of == index
        if inside.any():
            total += inside.sum() * abs((given == truths)[inside].mean() - confidence[inside].mean())
    return total / len(truths)


def probability(name, truths, table):
    table = numpy.asarray(table, dtype=numpy.float32)
    truths = numpy.asarray(truths)
    count = table.shape[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loss = metrics.log_loss(truths, table.astype(numpy.float64), labels=range(count))
        top = top_k(truths, table, count)
    return {
        "name": name,
        "classCount": count,
        "truths": truths.tolist(),
        "probabilities": [float(p) for p in table.ravel()],
        "logLoss": loss,
        "topTwo": top,
        "calibrationError": calibration(truths, table.astype(numpy.float64), 15),
        "accuracy": metrics.accuracy_score(truths, table.argmax(axis=1)),
    }


def probabilities(random):
    table = random.dirichlet([0.4] * 5, 30).astype(numpy.float32)
    return [
        probability("five classes", random.integers(0, 5, 30), table),
        probability("certain and wrong", [0, 1, 2], [[0, 1, 0], [0, 1, 0], [1, 0, 0]]),
        probability("ties", [0, 1, 2, 1], [[1 / 3] * 3, [0.25, 0.25, 0.5], [0.4, 0.4, 0.2], [0.5, 0.25, 0.25]]),
        probability("two classes", [0, 1, 1], [[0.5, 0.5], [0.9, 0.1], [0.2, 0.8]]),
    ]


def regression(name, truths, predictions):
    truths, predictions = [float(i) for i in truths], [float(i) for i in predictions]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        many = len(truths) > 1
        values = {
            "pearson": number(stats.pearsonr(truths, predictions).statistic) if many else None,
            "spearman": number(stats.spearmanr(truths, predictions).statistic) if many else None,
            "meanSquaredError": number(metrics.mean_squared_error(truths, predictions)),
            "meanAbsoluteError": number(metrics.mean_absolute_error(truths, predictions)),
            "rSquared": number(metrics.r2_score(truths, predictions)),
        }
    return {"name": name, "truths": truths, "predictions": predictions, "values": values}


def regressions(random):
    truths = numpy.round(random.normal(size=40), 3)
    return [
        regression("noise", truths, numpy.round(0.7 * truths + random.normal(size=40), 3)),
        regression("many ties", numpy.round(truths), numpy.round(0.5 * truths + 0.3)),
        regression("perfect", truths[:7], truths[:7]),
        regression("reversed", truths[:7], -2 * truths[:7] + 1),
        regression("constant prediction", truths[:5], [0.25] * 5),
        regression("constant truth, wrong", [3.0] * 4, truths[:4]),
        regression("constant truth, right", [3.0] * 4, [3.0] * 4),
        regression("large offset", truths[:9] + 1e6, truths[:9] * 2 + 1e6),
        regression("huge values", truths[:9] * 1e150, -truths[2:11] * 1e150),
        regression("two rows", [1.0, 2.0], [5.0, 4.0]),
        regression("one row", [1.0], [1.5]),
    ]


def multi_label(name, truths, predictions):
    truths, predictions = numpy.asarray(truths, dtype=int), numpy.asarray(predictions, dtype=int)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truths, predictions, zero_division=0)

    def score(average):
        return number(metrics.f1_score(truths, predictions, average=average, zero_division=0))

    return {
        "name": name,
        "labelCount": truths.shape[1],
        "truths": truths.ravel().tolist(),
        "predictions": predictions.ravel().tolist(),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
        "values": {
            "microF1": score("micro"),
            "macroF1": score("macro"),
            "weightedF1": score("weighted"),
            "subsetAccuracy": number(metrics.accuracy_score(truths, predictions)),
        },
    }


def multi_labels(random):
    truths = random.random((20, 4)) < [0.5, 0.2, 0.1, 0.7]
    noisy = truths ^ (random.random((20, 4)) < 0.2)
    return [
        multi_label("four labels", truths, noisy),
        multi_label("all right", truths, truths),
        multi_label("nothing given", truths, numpy.zeros_like(truths)),
        multi_label("nothing there", numpy.zeros_like(truths), noisy),
        multi_label("nothing at all", numpy.zeros((3, 2)), numpy.zeros((3, 2))),
        multi_label("a label that never occurs", [[1, 0, 0], [1, 1, 0]], [[1, 0, 0], [0, 1, 0]]),
    ]


def wilson(successes, count, confidence):
    interval = stats.binomtest(successes, count).proportion_ci(confidence, method="wilson")
    return {"successes": successes, "count": count, "confidence": confidence, "low": interval.low, "high": interval.high}


def mcnemar(first, second):
    p_value = stats.binomtest(min(first, second), first + second).pvalue if first + second else 1.0
    return {"onlyFirst": first, "onlySecond": second, "pValue": p_value}


def main():
    random = numpy.random.default_rng(SEED)
    counts = [(0, 0), (0, 1), (1, 0), (3, 3), (2, 9), (10, 4), (0, 40), (61, 60), (130, 90), (1500, 1400), (0, 900)]
    fixture = {
        "header": header(),
        "classification": classifications(random),
        "probability": probabilities(random),
        "regression": regressions(random),
        "multiLabel": multi_labels(random),
        "wilson": [wilson(*case) for case in [(0, 10, 0.95), (10, 10, 0.95), (7, 9, 0.9), (421, 1000, 0.99), (1, 1, 0.5)]],
        "mcNemar": [mcnemar(*case) for case in counts],
        "quantile": [[p, stats.norm.ppf(p)] for p in [1e-10, 0.025, 0.5, 0.8, 0.975, 0.9995]],
        "percentile": {
            "values": [1.0, 2.0, 4.0, 8.0, 16.0],
            "shares": [[share, numpy.percentile([1.0, 2.0, 4.0, 8.0, 16.0], share * 100)] for share in [0, 0.1, 0.5, 0.975, 1]],
        },
    }
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
