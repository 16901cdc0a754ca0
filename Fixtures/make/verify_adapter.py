"""Does PEFT compute the same logits as Hone from an adapter folder that Hone wrote?

    python Fixtures/make/verify_adapter.py BASE_FOLDER ADAPTER_FOLDER LOGITS.safetensors [--tolerance 1e-5]

LOGITS.safetensors holds what Hone was given and what it computed: `input_ids`, `attention_mask` and optionally
`token_type_ids` (integers, [rows, tokens]) and `logits` (float32, [rows, labels]). BASE_FOLDER may be a classifier or a
bare encoder; the adapter brings the classifier and says how many labels there are. Logits of shape [rows, tokens, words] are
a causal language model's, or those of T5 where there are `decoder_input_ids` and `decoder_attention_mask`; they are compared
at the tokens that the mask lets through.
Exit code: 0 the logits agree, 1 they differ, 2 a folder or file could not be read completely.
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

# A script here may have the name of a library (safetensors.py): libraries come first.
HERE = str(Path(__file__).resolve().parent)
sys.path[:] = [entry for entry in sys.path if entry != HERE] + [HERE]

AGREE, DIFFER, UNREADABLE = 0, 1, 2


def arguments(description: str, *names: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in names:
        parser.add_argument(name, type=Path)
    parser.add_argument("--tolerance", type=float, default=1e-5, help="largest difference, in parts of the largest value (default: %(default)s)")
    return parser.parse_args()


def quiet() -> None:
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", HF_HUB_DISABLE_PROGRESS_BARS="1")
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", message="Could not find a config file")
    import transformers

    transformers.utils.logging.disable_progress_bar()


def say(text: str, code: int) -> int:
    print(text, file=sys.stdout if code == AGREE else sys.stderr)
    return code


def inputs_of(path: Path):
    from safetensors.torch import load_file

    tensors = load_file(path)
    absent = {"input_ids", "attention_mask", "logits"} - tensors.keys()
    if absent:
        raise ValueError(f"{path} has no {', '.join(sorted(absent))}")
    names = ("input_ids", "attention_mask", "token_type_ids", "decoder_input_ids", "decoder_attention_mask")
    given = {key: tensors[key].long() for key in names if key in tensors}
    return given, tensors["logits"].float()


def compare(model, given: dict, logits, tolerance: float) -> int:
    import torch

    with torch.no_grad():
        expected = model.eval().float()(**given).logits
    if expected.shape != logits.shape:
        return say(f"shapes differ: {list(expected.shape)} here, {list(logits.shape)} from Hone", DIFFER)
    if logits.dim() == 3:
        real = given.get("decoder_attention_mask", given["attention_mask"]).bool()
        expected, logits = expected[real], logits[real]
    difference = (expected - logits).abs()
    if not torch.isfinite(difference).all():
        return say("a logit is not finite", DIFFER)
    worst = difference.max().item()
    scale = expected.abs().max().item()
    if worst > tolerance * scale:
        row, label = divmod(int(difference.argmax()), logits.shape[1])
        values = f"{expected[row, label]:.8g} here, {logits[row, label]:.8g} from Hone"
        return say(f"logits differ by up to {worst:.3g} (row {row}, label {label}: {values}); at most {tolerance:g} of the largest is right", DIFFER)
    return say(f"{logits.shape[0]} rows of {logits.shape[1]} logits agree; largest difference {worst:.3g} (largest value {scale:.3g})", AGREE)


def main() -> int:
    options = arguments(__doc__, "base", "adapter", "logits")
    quiet()
    import transformers
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors.torch import load_file

    try:
        given, logits = inputs_of(options.logits)
        if logits.dim() == 3:
            pairs = "decoder_input_ids" in given
            kind = transformers.AutoModelForSeq2SeqLM if pairs else transformers.AutoModelForCausalLM
            base = kind.from_pretrained(options.base, attn_implementation="eager")
        else:
            base = transformers.AutoModelForSequenceClassification.from_pretrained(
                options.base, attn_implementation="eager", num_labels=logits.shape[1])
        model = PeftModel.from_pretrained(base, options.adapter)
        saved = set(load_file(options.adapter / "adapter_model.safetensors"))
    except Exception as error:  # whatever the libraries raise, the folder is unreadable for a user
        return say(f"cannot read: {type(error).__name__}: {error}", UNREADABLE)
    wanted = set(get_peft_model_state_dict(model))
    if saved != wanted:
        text = f"keys PEFT wants and the file lacks: {sorted(wanted - saved)}; keys PEFT does not know: {sorted(saved - wanted)}"
        return say(text, UNREADABLE)
    return compare(model, given, logits, options.tolerance)


if __name__ == "__main__":
    sys.exit(main())
