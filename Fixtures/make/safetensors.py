"""Writes the fixtures of HoneWeights with the reference libraries.

Run from the root of the checkout, in an environment that has torch, safetensors and huggingface_hub:
    python Fixtures/make/safetensors.py
"""

import sys

# This file has the name of the library it imports: look for modules anywhere but in its folder.
sys.path.pop(0)

import json
from pathlib import Path

import huggingface_hub
import safetensors
import torch
from safetensors.torch import save_file

SEED = 20260
FOLDER = Path(__file__).resolve().parents[2] / "Tests" / "HoneWeightsTests" / "Fixtures"


def header():
    return {
        "command": "python Fixtures/make/safetensors.py",
        "seed": SEED,
        "versions": {
            "safetensors": safetensors.__version__,
            "torch": torch.__version__,
            "huggingface_hub": huggingface_hub.__version__,
        },
    }


def every_type():
    random = torch.Generator().manual_seed(SEED)
    tensors = {}
    for name in ["float64", "float32", "float16", "bfloat16"]:
        tensors[f"layer.{name}"] = torch.randn(2, 3, 5, generator=random).to(getattr(torch, name))
    for name in ["int64", "int32", "int16", "int8", "uint8"]:
        kind = getattr(torch, name)
        low = 0 if name == "uint8" else -100
        tensors[f"layer.{name}"] = torch.randint(low, 100, (7, 3), generator=random).to(kind)
    tensors["layer.bool"] = torch.randint(0, 2, (3,), generator=random).bool()
    tensors["single"] = torch.tensor(-1.5)
    tensors["empty"] = torch.zeros(0, 3)
    tensors["one"] = torch.tensor([7], dtype=torch.int64)
    tensors['a "quoted"\\ name\n\t\x01, caf\u00e9 \U0001f600 /'] = torch.tensor([1.0, 2.0], dtype=torch.float16)
    special = [float("nan"), float("inf"), float("-inf"), -0.0, 1e-40]
    tensors["special"] = torch.tensor(special, dtype=torch.float32)
    return tensors


def facts(tensor):
    raw = tensor.contiguous().reshape(-1).view(torch.uint8) if tensor.numel() else torch.zeros(0, dtype=torch.uint8)
    return {
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "bytes": bytes(raw.tolist()).hex(),
    }


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    tensors = every_type()
    save_file(tensors, FOLDER / "everyType.safetensors", metadata={"format": "pt"})
    save_file({}, FOLDER / "noTensors.safetensors")
    listing = {"header": header(), "tensors": {name: facts(tensor) for name, tensor in tensors.items()}}
    (FOLDER / "everyType.json").write_text(json.dumps(listing, indent=1, sort_keys=True) + "\n")

    random = torch.Generator().manual_seed(SEED)
    state = {f"layer.{i}.weight": torch.randn(5, 3, generator=random) for i in range(5)}
    state["head.bias"] = torch.randn(2, generator=random).to(torch.bfloat16)
    sharded = FOLDER / "sharded"
    sharded.mkdir(exist_ok=True)
    huggingface_hub.save_torch_state_dict(state, sharded, max_shard_size=130)
    listing = {"header": header(), "tensors": {name: facts(tensor) for name, tensor in state.items()}}
    (FOLDER / "sharded.json").write_text(json.dumps(listing, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
