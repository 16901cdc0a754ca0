"""The peer: one classification job by Transformers' Trainer (and PEFT for LoRA), measured from the start of its process.

    python Benchmarks/peer_classification.py --method full --train train.csv --test test.csv --model start --output out --like-for-like

Prints one JSON object on standard output when it is done; everything else goes to standard error.
`--like-for-like`: rows in the file's order, dropout 0, float32, nothing saved in between.
`--defaults`: the Trainer's own defaults: shuffled, the model's dropout, float32, a checkpoint every 500 steps.
Each of those choices can be set by itself as well. In both: AdamW, linear schedule without warm-up, weight decay 0,
gradients clipped at 1.0, batches padded to their longest row, the Trainer's defaults all of them.
"""

import argparse
import csv
from pathlib import Path

import peer
from process import peak_bytes, seconds_since_start


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", choices=("full", "lora"), required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--label-column", default="category")
    parser.add_argument("--model", type=Path, required=True, help="a BertForSequenceClassification folder with tokenizer")
    parser.add_argument("--adapter", type=Path, help="the LoRA adapter to start from")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--max-steps", type=int, default=-1)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--order", choices=("file", "shuffled", "grouped"))
    parser.add_argument("--dropout", choices=("0", "default"))
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, required=True)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--defaults", action="store_true")
    which.add_argument("--like-for-like", action="store_true")
    options = parser.parse_args()
    options.order = options.order or ("shuffled" if options.defaults else "file")
    options.dropout = options.dropout or ("default" if options.defaults else "0")
    if options.method == "lora" and not options.adapter:
        parser.error("--method lora needs --adapter")
    return options


OPTIONS = arguments()
peer.set_threads(OPTIONS.threads)

import torch  # noqa: E402  (the thread count must be in the environment before)
from transformers import AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, Trainer, TrainingArguments  # noqa: E402


class Rows(torch.utils.data.Dataset):
    """Rows tokenised once, all in one call."""

    def __init__(self, path: Path, tokenizer, labels: dict[str, int]):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.encoded = tokenizer([row[OPTIONS.text_column] for row in rows], truncation=False, padding=False)
        self.labels = [labels[row[OPTIONS.label_column]] for row in rows]
        self.tokens = sum(map(len, self.encoded["input_ids"]))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> dict:
        return {**{key: values[index] for key, values in self.encoded.items()}, "labels": self.labels[index]}


def load():
    tokenizer = AutoTokenizer.from_pretrained(OPTIONS.model)
    tokenizer.model_max_length = max(tokenizer.model_max_length, 512)
    changes = {}
    if OPTIONS.dropout == "0":
        changes = dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, classifier_dropout=0.0)
    model = AutoModelForSequenceClassification.from_pretrained(OPTIONS.model, dtype=torch.float32, **changes)
    if OPTIONS.method == "lora":
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, OPTIONS.adapter, is_trainable=True)
    return tokenizer, model


def training_arguments() -> TrainingArguments:
    sampling = {"file": "sequential", "shuffled": "random", "grouped": "group_by_length"}[OPTIONS.order]
    choices = dict(train_sampling_strategy=sampling, bf16=OPTIONS.precision == "bf16")
    if not OPTIONS.defaults:
        choices.update(save_strategy="no", per_device_eval_batch_size=OPTIONS.batch_size)
    return TrainingArguments(
        output_dir=str(OPTIONS.output / "checkpoints"), learning_rate=OPTIONS.learning_rate, num_train_epochs=OPTIONS.epochs,
        max_steps=OPTIONS.max_steps, per_device_train_batch_size=OPTIONS.batch_size, use_cpu=True, disable_tqdm=True, **choices)


def accuracy(trainer: Trainer, rows: Rows) -> float:
    predictions = trainer.predict(rows).predictions
    right = (torch.from_numpy(predictions).argmax(-1) == torch.tensor(rows.labels)).sum().item()
    return right / len(rows)


def main() -> None:
    with peer.OnlyJSON() as output:
        torch.set_num_threads(OPTIONS.threads)
        tokenizer, model = load()
        label_ids = model.config.label2id
        rows = Rows(OPTIONS.train, tokenizer, label_ids)
        trainer = peer.recording(Trainer)(
            model=model, args=training_arguments(), train_dataset=rows, processing_class=tokenizer,
            data_collator=DataCollatorWithPadding(tokenizer))
        peer.clock(trainer)
        trainer.train()
        trainer.save_model(str(OPTIONS.output / "model"))
        saved = seconds_since_start()
        result = {"rows": len(rows), "tokens": rows.tokens, **trainer.facts(), "savedSeconds": saved, "trainPeakBytes": peak_bytes()}
        if OPTIONS.test:
            result["accuracy"] = accuracy(trainer, Rows(OPTIONS.test, tokenizer, label_ids))
        result["versions"] = peer.versions("torch", "transformers", "peft", "accelerate", "tokenizers")
        result["settings"] = {
            "method": OPTIONS.method, "order": OPTIONS.order, "dropout": OPTIONS.dropout, "precision": OPTIONS.precision,
            "threads": torch.get_num_threads(), "learningRate": OPTIONS.learning_rate, "epochs": OPTIONS.epochs,
            "optimizer": trainer.args.optim.value, "attention": model.config._attn_implementation}
        output.tell(result)


if __name__ == "__main__":
    main()
