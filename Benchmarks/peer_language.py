"""The peers: one training of a language model by Transformers' Trainer or TRL's SFTTrainer, with PEFT for LoRA.

    python Benchmarks/peer_language.py --trainer transformers --model FOLDER --rows rows.ids.jsonl --batch-size 4 --output out
        [--adapter FOLDER] [--weights float32] [--autocast] [--order file] [--packing N] [--defaults]

Prints one JSON object on standard output when it is done; everything else goes to standard error. Rows have token ids and labels.
One epoch, AdamW, linear schedule without warm-up, weight decay 0, gradients clipped at 1.0, nothing saved but the end.
`--weights` is the type the weights are loaded in: float32, bfloat16, or auto, Transformers' default: as they are stored.
`--defaults` leaves order, saving, precision and gradient checkpointing as the trainer has them.
"""

import argparse
import json
from pathlib import Path

import peer
from process import peak_bytes, seconds_since_start


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trainer", choices=("transformers", "trl"), required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--adapter", type=Path, help="the LoRA adapter to start from; without it all weights are trained")
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--max-steps", type=int, default=-1)
    parser.add_argument("--weights", choices=("auto", "float32", "bfloat16"), default="float32")
    parser.add_argument("--autocast", action="store_true", help="products in bfloat16")
    parser.add_argument("--order", choices=("file", "grouped"), default="file")
    parser.add_argument("--packing", type=int, help="TRL: lay rows end to end, up to so many tokens")
    parser.add_argument("--compile", action="store_true", help="torch.compile")
    parser.add_argument("--defaults", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, required=True)
    return parser.parse_args()


OPTIONS = arguments()
peer.set_threads(OPTIONS.threads)

import torch  # noqa: E402  (the thread count must be in the environment before)
from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForSeq2Seq, Trainer, TrainingArguments  # noqa: E402


def load():
    tokenizer = AutoTokenizer.from_pretrained(OPTIONS.model)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(OPTIONS.model, dtype=OPTIONS.weights)
    if OPTIONS.adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, OPTIONS.adapter, is_trainable=True)
    return tokenizer, model


def choices() -> dict:
    """What both trainers are told alike."""
    told = dict(
        output_dir=str(OPTIONS.output / "checkpoints"), learning_rate=OPTIONS.learning_rate, num_train_epochs=1, max_steps=OPTIONS.max_steps,
        per_device_train_batch_size=OPTIONS.batch_size, use_cpu=True, disable_tqdm=True, report_to="none")
    if not OPTIONS.defaults:
        sampling = {"file": "sequential", "grouped": "group_by_length"}[OPTIONS.order]
        told.update(train_sampling_strategy=sampling, save_strategy="no", bf16=OPTIONS.autocast, gradient_checkpointing=False,
                    torch_compile=OPTIONS.compile)
    return told


def transformers_trainer(tokenizer, model, rows: list[dict]):
    return peer.recording(Trainer)(
        model=model, args=TrainingArguments(**choices()), train_dataset=rows, processing_class=tokenizer,
        data_collator=DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=-100))


def trl_trainer(tokenizer, model, rows: list[dict]):
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    longest = max(len(row["input_ids"]) for row in rows)
    config = SFTConfig(**choices(), max_length=OPTIONS.packing or longest, packing=bool(OPTIONS.packing))
    return peer.recording(SFTTrainer)(model=model, args=config, train_dataset=Dataset.from_list(rows), processing_class=tokenizer)


def main() -> None:
    with peer.OnlyJSON() as output:
        torch.set_num_threads(OPTIONS.threads)
        tokenizer, model = load()
        rows = [json.loads(line) for line in OPTIONS.rows.open(encoding="utf-8")]
        make = {"transformers": transformers_trainer, "trl": trl_trainer}[OPTIONS.trainer]
        trainer = make(tokenizer, model, rows)
        peer.clock(trainer)
        trainer.train()
        trainer.save_model(str(OPTIONS.output / "model"))
        result = {**trainer.facts(), "savedSeconds": seconds_since_start(), "trainPeakBytes": peak_bytes()}
        result["versions"] = peer.versions("torch", "transformers", "peft", "trl", "accelerate", "tokenizers")
        result["settings"] = {
            "trainer": OPTIONS.trainer, "weights": str(next(model.parameters()).dtype), "autocast": trainer.args.bf16,
            "gradientCheckpointing": trainer.args.gradient_checkpointing, "packing": OPTIONS.packing, "compiled": trainer.args.torch_compile,
            "order": trainer.args.train_sampling_strategy, "threads": torch.get_num_threads(), "optimizer": trainer.args.optim.value,
            "attention": model.config._attn_implementation}
        output.tell(result)


if __name__ == "__main__":
    main()
