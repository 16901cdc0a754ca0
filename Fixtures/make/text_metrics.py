"""Writes the text metrics' fixtures of HoneEvaluation with sacrebleu, rouge-score, nltk and seqeval, on awkward inputs.

Run from the root of the checkout:
    python Fixtures/make/text_metrics.py
"""

import logging
import random
import re
import string
import warnings
from collections import Counter

from _fixture import folder, header, write_json

SEED = 20261123

# Text, references.
SEGMENTS = [
    ("The cat sat on the mat.", ["The cat sat on the mat."]),
    ("the the the the the the the", ["The cat is on the mat.", "There is a cat on the mat."]),
    ("", ["An empty answer."]),
    ("An empty reference", [""]),
    ("", [""]),
    ("   \t \n ", ["  "]),
    ("It costs 1,234.56 dollars, or 3.5-4.5% more (10-20).", ["It costs 1,234.56 dollars or 3.5 - 4.5 % more (10 -20)."]),
    ("&quot;Tom &amp; Jerry&quot; &lt;b&gt; &amp;lt; &apos;", ["\"Tom & Jerry\" <b> &lt; '"]),
    ("a hyphen-\nated word\nand a <skipped> mark", ["a hyphenated word and a mark"]),
    ("我们在北京，今天天气很好。", ["我们在北京。今天的天气很好！", "今天天气很好"]),
    ("こんにちは 世界", ["こんにちは、世界。"]),
    ("caf\u00e9 na\u00efve", ["cafe\u0301 nai\u0308ve", "caf\u00e9 naive"]),
    ("\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3 \u0130stanbul STRASSE \u212a", ["\u03bf\u03b4\u03c5\u03c3\u03c3\u03b5\u03c5\u03c2 i\u0307stanbul stra\u00dfe k"]),
    ("a\u00a0b\u2003c\u3000d\u200be\x1cf", ["a b c d e f"]),
    ("Hello, world!!! (hi) \"quoted\" it's don't...", ["hello , world ! ( hi ) quoted its don't ."]),
    ("one two three four five six seven", ["one two three four five six seven eight nine", "seven six five four"]),
    ("x", ["x"]),
    ("..,,..1.2,3.,4-5--6", ["., 1.2,3 4-5-6"]),
    ("\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 ok {~}|[`] @/:?", ["\U0001f600 ok {~} | [`] @ / : ?"]),
    ("a\r\nb\rc", ["a b c", "a\nb\nc"]),
]

SUMMARIES = [
    ("the quick brown fox jumps over the lazy dog", ["The quick brown dog jumps on the log."]),
    ("Police killed the gunman.\nThe gunman was killed by police.", ["The gunman police killed.\nPolice ended the siege."]),
    ("line one\nline two\n\nline three one two", ["line two\nthree lines one\nline one two two"]),
    ("a b c d a b c\nb c d e", ["c b a d c b a\n\n\ne d c b b"]),
    ("", ["something"]),
    ("something", [""]),
    ("", [""]),
    ("...", ["!!!"]),
    ("\u212aelvin \u0130stanbul caf\u00e9 na\u00efve 1,234", ["kelvin istanbul cafe naive 1 234"]),
    ("我们 running", ["我们 runs", "ran"]),
    ("running runner runs easily relational conditional", ["run runners run easy relate condition", "runs runner running"]),
    ("generalizations of the oscillators were formally hopefulness", ["generalize oscillate formal hope", "general"]),
]

ANSWERS = [
    ("The Eiffel Tower", ["Eiffel Tower", "eiffel tower."]),
    ("a", ["the"]),
    ("", [""]),
    ("", ["x"]),
    ("an apple, a day", ["apple day", "The apple - a day!"]),
    ("theory", ["the ory"]),
    ("a\u0301 b", ["\u0301 b"]),
    ("\u00e9 a\u00e9 the\u4e2d", ["\u00e9 \u00e9 \u4e2d"]),
    ("1,000 (one thousand)", ["1000", "one thousand"]),
    ("a_b a-b the_", ["ab ab the"]),
    ("to be or not to be", ["be to be", "not be"]),
    ("UPPER\tcase\nlines", ["upper case lines"]),
]

TAGS = [
    (["O", "O", "B-PER", "I-PER", "O", "B-LOC"], ["O", "O", "B-PER", "I-PER", "O", "B-LOC"]),
    (["B-PER", "I-PER", "O", "B-LOC"], ["B-PER", "I-LOC", "O", "I-LOC"]),
    (["I-ORG", "I-ORG", "I-PER", "B-PER", "B-PER"], ["I-ORG", "B-ORG", "I-PER", "I-PER", "B-PER"]),
    (["O", "O"], ["B-MISC", "I-MISC"]),
    (["B-MISC", "I-MISC"], ["O", "O"]),
    (["O"], ["O"]),
    (["S-PER", "B-LOC", "E-LOC", "I-LOC"], ["S-PER", "B-LOC", "I-LOC", "E-LOC"]),
    (["B", "I", "O", "B-A-B", "I-A-B"], ["B", "O", "I", "B-A-B", "I-A"]),
    ([], []),
]

WORDS = """caresses ponies ties cats feed agreed plastered bled motoring sing conflated troubled sized hopping tanned falling hissing
fizzed failing filing happy sky enjoy relational conditional rational valenci hesitanci digitizer conformabli radicalli differentli
vileli analogousli vietnamization predication operator feudalism decisiveness hopefulness callousness formaliti sensitiviti sensibiliti
triplicate formative formalize electriciti electrical hopeful goodness revival allowance inference airliner gyroscopic adjustable
defensible irritant replacement adjustment dependent adoption homologou communism activate angulariti homologous effective bowdlerize
probate rate cease controll roll died dies spied spies flies tried dying lying news innings outings cannings howe proceed exceed succeed
skies yyyy syzygy toying ions ion sion hopefulli geologi theologi archaeologi really finally usefully easily generically the as is us a1s
123s 1990s x2ing abcdeed eed ieds ied ings ing eds ed owed rowing aging using ate able ness ousness fulness logi bli alli ally
university universal universities happily hesitancy oscillate oscillators generalizations multidimensional characterization""".split()


def lower_f1(answer, reference):
    """SQuAD 2.0's F1 of normalised words."""
    own, other = normal(answer).split(), normal(reference).split()
    if not own or not other:
        return float(own == other)
    shared = sum((Counter(own) & Counter(other)).values())
    return 0.0 if shared == 0 else 2 * shared / (len(own) + len(other))


def normal(text):
    """SQuAD's normalisation, as its paper's evaluation describes it."""
    text = "".join(c for c in text.lower() if c not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def bleu_cases():
    from sacrebleu.metrics import BLEU

    texts, references = [s[0] for s in SEGMENTS], [s[1] for s in SEGMENTS]
    streams = [[r[i] if i < len(r) else None for r in references] for i in range(max(map(len, references)))]
    result = []
    for tokenize in ["13a", "char", "none"]:
        for lowercase in [False, True]:
            for smooth, value in [("exp", None), ("floor", 0.1), ("add-k", 1), ("none", None)]:
                if smooth != "exp" and (tokenize, lowercase) != ("13a", False):
                    continue
                make = dict(tokenize=tokenize, lowercase=lowercase, smooth_method=smooth, smooth_value=value)
                corpus = BLEU(**make)
                score = corpus.corpus_score(texts, streams)
                sentence = BLEU(**make, effective_order=True)
                result.append({
                    "tokenizer": tokenize, "lowercase": lowercase, "smooth": smooth,
                    "corpus": score.score, "precisions": score.precisions, "penalty": score.bp,
                    "counts": [score.sys_len, score.ref_len, *([] if smooth == "add-k" else score.counts + score.totals)],
                    "sentences": [sentence.sentence_score(t, r).score for t, r in SEGMENTS],
                    "signature": corpus.get_signature().format().rsplit("|", 1)[0],
                })
    return result


def chrf_cases():
    from sacrebleu.metrics import CHRF

    texts, references = [s[0] for s in SEGMENTS], [s[1] for s in SEGMENTS]
    streams = [[r[i] if i < len(r) else None for r in references] for i in range(max(map(len, references)))]
    result = []
    for make in [
        {}, {"word_order": 2}, {"word_order": 2, "lowercase": True}, {"whitespace": True}, {"word_order": 1, "eps_smoothing": True},
        {"char_order": 3, "beta": 1},
    ]:
        metric = CHRF(**make)
        corpus = metric.corpus_score(texts, streams).score
        signature = metric.get_signature().format().rsplit("|", 1)[0]
        result.append({
            "characterOrder": metric.char_order, "wordOrder": metric.word_order, "beta": metric.beta, "lowercase": metric.lowercase,
            "whitespace": metric.whitespace, "countsEmptyOrders": metric.eps_smoothing,
            "corpus": corpus,
            "sentences": [metric.sentence_score(t, r).score for t, r in SEGMENTS],
            "signature": signature,
        })
    return result


def rouge_cases():
    from rouge_score.rouge_scorer import RougeScorer

    kinds = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    result = []
    for stems in [False, True]:
        scorer = RougeScorer(kinds, use_stemmer=stems)
        for text, references in SUMMARIES:
            scores = scorer.score_multi(references, text)
            result.append({
                "stems": stems, "text": text, "references": references,
                "scores": {k: [scores[k].precision, scores[k].recall, scores[k].fmeasure] for k in kinds},
            })
    return result


def stems():
    from nltk.stem.porter import PorterStemmer

    draw = random.Random(SEED)
    parts = ["hop", "rel", "y", "ay", "oper", "gen", "er", "at", "ion", "al", "ize", "ed", "ing", "eed", "ies", "ful", "li", "ness", "bl",
             "tt", "ll", "ss", "zz", "iv", "ous", "e", "s", "ement", "icate", "logi", "alli", "x", "w", "i"]
    words = WORDS + ["".join(draw.choice(parts) for _ in range(draw.randint(1, 4))) for _ in range(300)]
    stemmer = PorterStemmer()
    return [[word, stemmer.stem(word)] for word in words]


def entities():
    from seqeval.metrics import accuracy_score
    from seqeval.metrics.sequence_labeling import get_entities, precision_recall_fscore_support as scores

    draw = random.Random(SEED)
    tags = ["O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC", "I-ORG"]
    noisy = [[draw.choice(tags) for _ in range(draw.randint(1, 12))] for _ in range(30)]
    many = TAGS + [(row, [t if draw.random() < 0.7 else draw.choice(tags) for t in row]) for row in noisy]
    result = []
    for name, rows in [("awkward", TAGS), ("many", many), ("one type", TAGS[3:5]), ("nothing", TAGS[5:6])]:
        truths, predictions = [r[0] for r in rows], [r[1] for r in rows]
        types = sorted({e[0] for e in get_entities(truths)} | {e[0] for e in get_entities(predictions)})
        each = scores(truths, predictions, average=None) if types else ([], [], [], [])
        averages = {}
        for average in ["micro", "macro", "weighted"]:
            if types:
                averages[average] = [float(v) for v in scores(truths, predictions, average=average)[:3]]
        result.append({
            "name": name, "truths": truths, "predictions": predictions, "averages": averages,
            "types": {t: [float(each[0][i]), float(each[1][i]), float(each[2][i]), float(each[3][i])] for i, t in enumerate(types)},
            "accuracy": float(accuracy_score(truths, predictions)),
            "entities": [[list(e) for e in get_entities(row)] for row in predictions],
        })
    return result


def main():
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    place = folder("HoneEvaluation")
    head = header(SEED, "sacrebleu")
    segments = [{"text": t, "references": r} for t, r in SEGMENTS]
    write_json(place / "bleu.json", head, {"segments": segments, "bleu": bleu_cases(), "chrf": chrf_cases()})
    write_json(place / "rouge.json", header(SEED, "rouge-score", "nltk"), {"rouge": rouge_cases(), "stems": stems()})
    answers = [{
        "text": t, "references": r, "exact": max(float(normal(t) == normal(x)) for x in r), "f1": max(lower_f1(t, x) for x in r),
    } for t, r in ANSWERS]
    write_json(place / "answers.json", header(None, note="the normalisation and F1 of the SQuAD 2.0 paper, in Python"), {"answers": answers})
    write_json(place / "entities.json", header(SEED, "seqeval"), {"entities": entities()})


if __name__ == "__main__":
    main()
