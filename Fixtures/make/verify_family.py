"""Does Transformers compute the same as Hone from a model folder of any family that Hone wrote?

    python Fixtures/make/verify_family.py MODEL_FOLDER OUTPUT.safetensors [--tolerance 1e-5] [--architecture NAME]

The class is the one `config.json` names first under `architectures`, unless --architecture names another.
OUTPUT.safetensors holds what Hone was given and what it computed: `input_ids`, `attention_mask`, and as the family asks
`token_type_ids`, `position_ids`, `decoder_input_ids`, `decoder_attention_mask` (integers, [rows, tokens]); and at least one
of `logits`, `start_logits`, `end_logits`, `last_hidden_state`, `pooler_output` (floats). Values with one entry per token are
compared at the tokens that a mask lets through, all others whole.
Exit code: 0 the outputs agree, 1 they differ, 2 the folder or file could not be read completely.
"""

import argparse
import inspect
import sys
from pathlib import Path

from verify_adapter import AGREE, DIFFER, UNREADABLE, quiet, say

OUTPUTS = ("logits", "start_logits", "end_logits", "last_hidden_state", "pooler_output")
INPUTS = ("input_ids", "attention_mask", "token_type_ids", "position_ids", "decoder_input_ids", "decoder_attention_mask")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--tolerance", type=float, default=1e-5, help="largest difference, in parts of the largest value (default: %(default)s)")
    parser.add_argument("--architecture", help="a class of Transformers, instead of the one the folder names")
    options = parser.parse_args()
    quiet()
    import transformers

    try:
        given, wanted = read(options.output)
        config = transformers.AutoConfig.from_pretrained(options.model)
        name = options.architecture or (config.architectures or [None])[0]
        if not name or not hasattr(transformers, name):
            raise ValueError(f"config.json names the architecture {name}, which Transformers has not; give --architecture")
        cls = getattr(transformers, name)
        model, report = cls.from_pretrained(options.model, attn_implementation="eager", output_loading_info=True)
        accepted = inspect.signature(model.forward).parameters
        if not given.get("token_type_ids", given["input_ids"]).any():
            del given["token_type_ids"]  # zeros are what every family assumes, but GPT-2 would add token 0's embedding for them
        for key in [key for key in given if key not in accepted]:
            if given[key].any():
                raise ValueError(f"{name} takes no {key}, but {options.output} gives one that is not all zeros")
            del given[key]
        if (largest := int(given["input_ids"].max())) >= model.get_input_embeddings().num_embeddings:
            raise ValueError(f"{options.output} has the token {largest}, beyond the model's vocabulary")
    except Exception as error:  # whatever the libraries raise, the folder is unreadable for a user
        return say(f"cannot read: {type(error).__name__}: {error}", UNREADABLE)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if report.get(kind):
            return say(f"{options.model}: {kind.replace('_', ' ')}: {sorted(map(str, report[kind]))}", UNREADABLE)
    return compare(model, given, wanted, options.tolerance)


def read(path: Path):
    from safetensors.torch import load_file

    tensors = load_file(path)
    given = {key: tensors[key].long() for key in INPUTS if key in tensors}
    wanted = {key: tensors[key].float() for key in OUTPUTS if key in tensors}
    if absent := {"input_ids", "attention_mask"} - given.keys():
        raise ValueError(f"{path} has no {', '.join(sorted(absent))}")
    if not wanted:
        raise ValueError(f"{path} has none of {', '.join(OUTPUTS)}")
    return given, wanted


def compare(model, given: dict, wanted: dict, tolerance: float) -> int:
    import torch

    with torch.no_grad():
        output = model.eval().float()(**given, output_hidden_states="last_hidden_state" in wanted)
    code = AGREE
    for key, here in wanted.items():
        there = output.get(key)
        if there is None and key == "last_hidden_state" and output.get("hidden_states"):
            there = output.hidden_states[-1]  # what the head reads
        if there is None:
            return say(f"{type(model).__name__} computes no {key}", UNREADABLE)
        there = there.float()
        if there.shape != here.shape:
            return say(f"shapes of {key} differ: {list(there.shape)} here, {list(here.shape)} from Hone", DIFFER)
        difference = (there - here).abs()
        per_token = here.dim() == 3 or key in ("start_logits", "end_logits")
        if per_token:
            mask = given.get("decoder_attention_mask", torch.ones(here.shape[:2], dtype=torch.int64)) \
                if "decoder_input_ids" in given else given["attention_mask"]
            # Selected, not multiplied by zero: what stands in the padding may be anything.
            difference = difference[mask.bool()]
        if not torch.isfinite(difference).all():
            return say(f"a value of {key} is not finite", DIFFER)
        worst, scale = difference.max().item(), there.abs().max().item()
        agrees = worst <= tolerance * scale
        text = f"{key} {list(here.shape)}: largest difference {worst:.3g} (largest value {scale:.3g})"
        say(text if agrees else f"{text}; at most {tolerance:g} of the largest is right", AGREE if agrees else DIFFER)
        code = max(code, AGREE if agrees else DIFFER)
    return code


if __name__ == "__main__":
    sys.exit(main())
