"""Windows of questions and contexts as Transformers' example for question answering cuts them, with the folders of tokenizer_folders.py.

    python Fixtures/make/question_windows.py

Writes HoneDataTests/Fixtures/questions/<folder>-<maximum>.json. `rows`: for each window [question number, input_ids, token_type_ids as the
model gets them, first context token, number of context tokens, start, end, offsets of the context's tokens flattened].
The code for positions follows examples/pytorch/question-answering/run_qa.py (prepare_train_features).
"""

from _fixture import folder, header, write_json

import transformers

CONTEXT = (
    "The customer wrote that the card did not arrive and that nobody answered the telephone. In Zürich, on 3 May 1999, a café "
    "called “Malmö” was opened by Ann-Marie O'Neil; it cost $12.50.\n\nNobody measured the results, which isn't reliable."
)
SHORT = "Bob lives in Oslo."


def at(context: str, text: str) -> dict:
    return {"text": text, "answer_start": context.index(text)}


QUESTIONS = [
    ("What did the customer write?", CONTEXT, at(CONTEXT, "the card did not arrive")),
    ("Where?", CONTEXT, at(CONTEXT, "Zürich")),
    ("Who opened it", CONTEXT, at(CONTEXT, "Ann-Marie O'Neil")),
    ("What did it cost?", CONTEXT, at(CONTEXT, "12.50")),
    ("The first word?", CONTEXT, at(CONTEXT, "The")),
    ("The last?", CONTEXT, at(CONTEXT, "reliable.")),
    ("Nothing?", CONTEXT, None),
    ("Where does Bob live?", SHORT, at(SHORT, "Oslo")),
    ("Half a word?", SHORT, at(SHORT, "sl")),
    ("With its space?", SHORT, at(SHORT, " in ")),
]


def windows(tokenizer, maximum: int, stride: int) -> list[list]:
    found = tokenizer(
        [q for q, _, _ in QUESTIONS], [c for _, c, _ in QUESTIONS], truncation="only_second", max_length=maximum, stride=stride,
        return_overflowing_tokens=True, return_offsets_mapping=True, return_token_type_ids=True)
    # RoBERTa and its like read no types; the library gives those of overflowing parts, which nobody uses, another number.
    reads_types = tokenizer.cls_token == "[CLS]"
    rows = []
    for window, sample in enumerate(found["overflow_to_sample_mapping"]):
        offsets, sequences = found["offset_mapping"][window], found.sequence_ids(window)
        first = sequences.index(1)
        last = len(sequences) - 1 - sequences[::-1].index(1)
        answer = QUESTIONS[sample][2]
        start = end = 0  # the first token
        if answer:
            begin, finish = answer["answer_start"], answer["answer_start"] + len(answer["text"])
            token_start, token_end = first, last
            if offsets[token_start][0] <= begin and offsets[token_end][1] >= finish:
                while token_start < len(offsets) and offsets[token_start][0] <= begin and sequences[token_start] == 1:
                    token_start += 1
                start = token_start - 1
                while offsets[token_end][1] >= finish and token_end >= first:
                    token_end -= 1
                end = token_end + 1
        types = found["token_type_ids"][window] if reads_types else [0] * len(offsets)
        rows.append([sample, found["input_ids"][window], types, first, last - first + 1, start, end,
                     [n for offset in offsets[first : last + 1] for n in offset]])
    return rows


def main() -> None:
    questions = [{"question": q, "context": c, "answer": a["text"] if a else None, "start": a["answer_start"] if a else -1}
                 for q, c, a in QUESTIONS]
    head = header(None, "transformers", "tokenizers", note="windows of only_second truncation with a stride")
    for name, maximum, stride in [("distilbert", 60, 12), ("distilbert", 47, 0), ("roberta", 100, 20), ("modernbert", 110, 31),
                                  ("xlm-roberta", 80, 15)]:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder("HoneText", "folders", name))
        body = {"folder": name, "maximum": maximum, "stride": stride, "questions": questions, "rows": windows(tokenizer, maximum, stride)}
        write_json(folder("HoneData", "questions") / f"{name}-{maximum}.json", head, body)


if __name__ == "__main__":
    main()
