"""Does Transformers compute the same logits as Hone from a model folder that Hone wrote?

    python Fixtures/make/verify_checkpoint.py MODEL_FOLDER LOGITS.safetensors [--tolerance 1e-5]

LOGITS.safetensors holds what Hone was given and what it computed: `input_ids`, `attention_mask` and optionally
`token_type_ids` (integers, [rows, tokens]) and `logits` (float32, [rows, labels]).
Exit code: 0 the logits agree, 1 they differ, 2 the folder or file could not be read completely.
"""

import sys

from verify_adapter import DIFFER, UNREADABLE, arguments, compare, inputs_of, quiet, say


def main() -> int:
    options = arguments(__doc__, "model", "logits")
    quiet()
    from transformers import AutoModelForSequenceClassification

    try:
        given, logits = inputs_of(options.logits)
        model, report = AutoModelForSequenceClassification.from_pretrained(
            options.model, attn_implementation="eager", output_loading_info=True)
    except Exception as error:  # whatever the libraries raise, the folder is unreadable for a user
        return say(f"cannot read: {type(error).__name__}: {error}", UNREADABLE)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if report.get(kind):
            return say(f"{options.model}: {kind.replace('_', ' ')}: {sorted(map(str, report[kind]))}", UNREADABLE)
    return compare(model, given, logits, options.tolerance)


if __name__ == "__main__":
    sys.exit(main())
