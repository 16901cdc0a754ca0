"""Best answers over windows of random scores, found in the way of examples/pytorch/question-answering/utils_qa.py.

    python Fixtures/make/answer_search.py

Writes HoneDataTests/Fixtures/answer-search.json. Each window is [first context token, spans of the context's tokens flattened, starts,
ends]; `first` and `last` are the answer's characters, -1 for none. Departure from the example, as in Hone: all pairs of first and last
tokens are looked at instead of the 20 best of each, and the probability is over all of them.
"""

import math

from _fixture import folder, header, write_json

import numpy

SEED = 53


def window(random, first_character: int) -> list:
    front, count = int(random.integers(2, 5)), int(random.integers(3, 8))
    spans, place = [], first_character
    for _ in range(count):
        place += int(random.integers(0, 2))
        length = int(random.integers(1, 4))
        spans += [place, place + length]
        place += length
    tokens = front + count + 1
    return [front, spans, *[[round(float(x), 2) for x in random.normal(0, 2, tokens)] for _ in range(2)]]


def search(windows: list, maximum: int, may_be_absent: bool, threshold: float) -> dict:
    none = min(starts[0] + ends[0] for _, _, starts, ends in windows)
    candidates = []
    for front, spans, starts, ends in windows:
        for start in range(front, front + len(spans) // 2):
            for end in range(start, min(start + maximum, front + len(spans) // 2)):
                first, last = spans[2 * (start - front)], spans[2 * (end - front) + 1]
                candidates.append((starts[start] + ends[end], first, last))
    best = max(candidates, key=lambda candidate: candidate[0])
    total = sum(math.exp(score) for score, _, _ in candidates) + (math.exp(none) if may_be_absent else 0)
    score, first, last = best
    if may_be_absent and none - score > threshold:
        score, first, last = none, -1, -1
    return {"maximum": maximum, "mayBeAbsent": may_be_absent, "threshold": threshold, "first": first, "last": last, "score": score,
            "probability": math.exp(score) / total}


def main() -> None:
    random = numpy.random.default_rng(SEED)
    cases = []
    for number in range(24):
        windows = [window(random, 5 * place) for place in range(1 + number % 3)]
        if number % 4 == 3:
            for _, _, starts, ends in windows:
                starts[0], ends[0] = 4.0, 4.5  # the first token is strong everywhere
        threshold = [0.0, 1.5, -2.0][number % 3]
        cases.append({"windows": windows, **search(windows, 1 + number % 5, number % 2 == 1, threshold)})
    absent = sum(case["first"] == -1 for case in cases)
    assert 2 < absent < 12, absent
    write_json(folder("HoneData") / "answer-search.json", header(SEED, "numpy"), {"cases": cases})


if __name__ == "__main__":
    main()
