"""What the peers' scripts share. Import it before torch: the number of threads must be in the environment by then."""

from __future__ import annotations

import argparse
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

from process import seconds_since_start


def set_threads(threads: int) -> None:
    os.environ.update(OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads), HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="true",
                      RAYON_NUM_THREADS=str(threads), TRANSFORMERS_VERBOSITY="error", HF_HUB_DISABLE_PROGRESS_BARS="1",
                      HF_DATASETS_DISABLE_PROGRESS_BARS="1")


def decoding_options(heading: str) -> argparse.Namespace:
    """What the scripts that write text take."""
    parser = argparse.ArgumentParser(description=heading, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), required=True)
    parser.add_argument("--new-tokens", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def versions(*packages: str) -> dict[str, str]:
    return {"python": sys.version.split()[0], **{name: version(name) for name in packages}}


class OnlyJSON:
    """Libraries print; inside this, what they say goes to standard error, so that the result stands alone on standard output."""

    def __enter__(self) -> OnlyJSON:
        self.output, sys.stdout = sys.stdout, sys.stderr
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout = self.output

    def tell(self, result: dict) -> None:
        print(json.dumps(result), file=self.output, flush=True)


def recording(base: type) -> type:
    """A trainer class that keeps what the Trainer's own log rounds and averages: each step's loss, targets and time."""
    import torch

    class Recording(base):
        def __init__(self, *args, **kwargs):
            self.losses: list[float] = []
            self.targets: list[int] = []
            self.tokens: list[int] = []
            self.times: list[float] = []
            super().__init__(*args, **kwargs)

        def training_step(self, model, inputs, *args, **kwargs):
            labels, mask = inputs["labels"], inputs.get("attention_mask")
            self.targets.append(int((labels[..., 1:] != -100).sum()) if labels.dim() > 1 else labels.numel())
            self.tokens.append(int(mask.sum() if isinstance(mask, torch.Tensor) else inputs["input_ids"].numel()))
            loss = super().training_step(model, inputs, *args, **kwargs)
            self.losses.append(loss.item())
            return loss

        def facts(self) -> dict:
            weighted = sum(loss * count for loss, count in zip(self.losses, self.targets))
            return {
                "steps": len(self.times), "firstStepSeconds": self.times[0], "lastStepSeconds": self.times[-1],
                "losses": self.losses[:20], "finalLoss": self.losses[-1], "meanLoss": weighted / sum(self.targets),
                "tokensAfterFirst": sum(self.tokens[1:]), "targetsAfterFirst": sum(self.targets[1:]),
            }

    return Recording


def clock(trainer) -> None:
    """Lets a recording trainer note when each optimizer step was done."""
    from transformers import TrainerCallback

    class Clock(TrainerCallback):
        def on_optimizer_step(self, args, state, control, **kwargs):
            trainer.times.append(seconds_since_start())

    trainer.add_callback(Clock())
