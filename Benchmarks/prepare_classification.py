"""Puts down what both contenders start from: the rows, a model folder with a new head, an adapter folder.

    python Benchmarks/prepare_classification.py --encoder FOLDER --data FOLDER [--into .out/bench] [--rows N] [--seed 17]

Writes into the folder:
    train.csv, test.csv     the rows (all of them, or the first N after a seeded shuffle); columns text, category
    start/                  BertForSequenceClassification: the encoder, and a head drawn from the seed; dropout 0.1
    start-nodropout/        the same weights; a config.json that says dropout 0
    adapter/                PEFT LoRA r8, alpha 16, on query and value: A drawn from the seed, B zero, the same head
    prepared.json           what made them
Done once: a second run with the same arguments changes nothing.
"""

import argparse
import csv
import hashlib
import json
import os
import random
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, required=True, help="a Hugging Face folder of a bare BERT encoder")
    parser.add_argument("--data", type=Path, required=True, help="a folder with train.csv and test.csv")
    parser.add_argument("--into", type=Path, default=Path(".out/bench"))
    parser.add_argument("--label-column", default="category")
    parser.add_argument("--rows", type=int, help="how many training rows to take (default: all)")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--alpha", type=int, default=16)
    return parser.parse_args()


def read(path: Path) -> list[dict]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[dict], columns: list[str]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def choose(rows: list[dict], count: int | None, seed: int) -> list[dict]:
    """All rows in a seeded order (the file is sorted by label: read in its own order it would train one label at a time)."""
    chosen = list(rows)
    random.Random(seed).shuffle(chosen)
    return chosen[:count]


def save_models(options: argparse.Namespace, labels: list[str]) -> None:
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", HF_HUB_DISABLE_PROGRESS_BARS="1")
    import torch
    from peft import LoraConfig, TaskType, get_peft_model
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(options.seed)
    model = AutoModelForSequenceClassification.from_pretrained(
        options.encoder, num_labels=len(labels), id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)}, dtype=torch.float32)
    with torch.no_grad():
        torch.nn.init.normal_(model.classifier.weight, std=0.02)
        model.classifier.bias.zero_()
    start, still = options.into / "start", options.into / "start-nodropout"
    for target in (start, still):
        model.config.hidden_dropout_prob = 0.1 if target == start else 0.0
        model.config.attention_probs_dropout_prob = 0.1 if target == start else 0.0
        model.save_pretrained(target)
        for name in TOKENIZER_FILES:
            if (options.encoder / name).exists():
                shutil.copyfile(options.encoder / name, target / name)
    config = LoraConfig(task_type=TaskType.SEQ_CLS, r=options.rank, lora_alpha=options.alpha, lora_dropout=0.0,
                        target_modules=["query", "value"])
    get_peft_model(model, config).save_pretrained(options.into / "adapter")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    options = arguments()
    for path in (options.encoder / "config.json", options.data / "train.csv", options.data / "test.csv"):
        if not path.exists():
            print(f"prepare_classification: {path} does not exist", file=sys.stderr)
            return 2
    wanted = {
        "encoder": digest(options.encoder / "model.safetensors"),
        "train": digest(options.data / "train.csv"), "test": digest(options.data / "test.csv"),
        "rows": options.rows, "seed": options.seed, "rank": options.rank, "alpha": options.alpha,
        "versions": {name: version(name) for name in ("torch", "transformers", "peft")},
    }
    record = options.into / "prepared.json"
    if record.exists() and {**json.loads(record.read_text()), "counts": None} == {**wanted, "counts": None}:
        return 0
    options.into.mkdir(parents=True, exist_ok=True)
    record.unlink(missing_ok=True)
    train = choose(read(options.data / "train.csv"), options.rows, options.seed)
    test = read(options.data / "test.csv")
    if options.rows:
        test = choose(test, max(1, options.rows // 2), options.seed)
    labels = sorted({row[options.label_column] for row in read(options.data / "train.csv")})
    for name, rows in (("train.csv", train), ("test.csv", test)):
        write(options.into / name, rows, ["text", options.label_column])
    (options.into / "labels.json").write_text(json.dumps(labels) + "\n")
    save_models(options, labels)
    record.write_text(json.dumps({**wanted, "counts": {"train": len(train), "test": len(test), "labels": len(labels)}}, indent=2) + "\n")
    print(f"prepared {len(train)} training and {len(test)} test rows, {len(labels)} labels, in {options.into}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
