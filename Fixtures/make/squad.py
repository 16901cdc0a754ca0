"""Small SQuAD files in both versions, predictions as places in the contexts, and what the official scripts' definitions make of them.

    python Fixtures/make/squad.py

Writes HoneTests/Fixtures/squad/: squad-v1.json (one line), squad-v2.json (several lines), flat-v2.jsonl (Hugging Face's rows) and
expected.json (header, predictions, scores). The scores follow the definitions of SQuAD's evaluate-v2.0.py (arXiv:1806.03822), written anew.
"""

import collections
import json
import re
import string

from _fixture import folder, header, write_json

ARTICLES = [
    ("Telephones", [
        ("The customer wrote that the telephone, a Model 500, did not arrive on 3 May 1999; nobody answered.", [
            ("What did not arrive?", ["the telephone", "telephone, a Model 500"], "telephone"),
            ("Which model was it?", ["a Model 500", "500"], "Model 500,"),
            ("When?", ["3 May 1999"], "on 3 May"),
            ("Who answered?", ["nobody"], "The"),
            ("What colour was it?", [], None),
            ("How much was paid?", [], "nobody answered"),
            ("Who wrote?", ["The customer"], None),
        ]),
        ("Ann-Marie O'Neil opened the café “Malmö” 👍🏽 in Zürich. It is the the.", [
            ("Who opened it?", ["Ann-Marie O'Neil"], "Ann-Marie O'Neil"),
            ("What is it called?", ["Malmö", "“Malmö”"], "“Malmö” 👍🏽"),
            ("Where is it?", ["Zürich"], "Zürich"),
            ("What is it?", ["the the", "the"], "the"),
        ]),
    ]),
    ("Cities", [("Bob lives in Oslo.", [("Where does Bob live?", ["Oslo", "in Oslo"], "in Oslo"), ("Who lives in Rome?", [], None)])]),
]


def normalise(text: str) -> str:
    text = "".join(letter for letter in text.lower() if letter not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text, flags=re.UNICODE).split())


def exact(gold: str, found: str) -> int:
    return int(normalise(gold) == normalise(found))


def f1(gold: str, found: str) -> float:
    golds, founds = normalise(gold).split() if gold else [], normalise(found).split() if found else []
    if not golds or not founds:
        return float(golds == founds)
    same = sum((collections.Counter(golds) & collections.Counter(founds)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(founds), same / len(golds)
    return 2 * precision * recall / (precision + recall)


def scores(rows: list[dict]) -> dict:
    def best(row, measure):
        golds = [text for text in row["golds"] if normalise(text)] or [""]
        return max(measure(gold, row["text"]) for gold in golds)

    def mean(kept, measure):
        return sum(best(row, measure) for row in kept) / len(kept)

    has, none = [row for row in rows if row["golds"]], [row for row in rows if not row["golds"]]
    result = {"exactMatch": mean(rows, exact), "tokenF1": mean(rows, f1)}
    if none:
        result |= {"hasAnswerExactMatch": mean(has, exact), "hasAnswerF1": mean(has, f1), "noAnswerAccuracy": mean(none, exact)}
    return result


def build(version: int):
    articles, rows, flat = [], [], []
    for title, paragraphs in ARTICLES:
        made = []
        for context, questions in paragraphs:
            qas = []
            for question, golds, found in questions:
                if version == 1 and not golds:
                    continue
                number = len(rows)
                answers = [{"text": gold, "answer_start": context.index(gold)} for gold in golds]
                qa = {"id": f"{version}-{number:03}", "question": question, "answers": answers}
                if version == 2:
                    qa |= {"is_impossible": not golds}
                    if not golds:
                        qa |= {"plausible_answers": [{"text": context[:3], "answer_start": 0}]}
                qas.append(qa)
                start = context.index(found) if found else None
                rows.append({"id": qa["id"], "golds": golds, "text": found or "", "start": start, "length": len(found or "")})
                flat.append({"id": qa["id"], "title": title, "context": context, "question": question, "answers": {
                    "text": golds, "answer_start": [answer["answer_start"] for answer in answers]}})
            made.append({"context": context, "qas": qas})
        articles.append({"title": title, "paragraphs": made})
    return {"version": f"{version}.0" if version == 2 else "1.1", "data": articles}, rows, flat


def main() -> None:
    target = folder("Hone", "squad")
    body = {}
    for version in (1, 2):
        file, rows, flat = build(version)
        text = json.dumps(file, ensure_ascii=version == 1, indent=1 if version == 2 else None)
        (target / f"squad-v{version}.json").write_text(text + "\n")
        if version == 2:
            (target / "flat-v2.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in flat))
        body[f"v{version}"] = {"scores": scores(rows), "predictions": [[row["id"], row["start"], row["length"]] for row in rows]}
    write_json(target / "expected.json", header(None, note="scores by the definitions of evaluate-v2.0.py"), body)


if __name__ == "__main__":
    main()
