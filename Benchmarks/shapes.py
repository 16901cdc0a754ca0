"""Model folders of real shapes with random weights, and the tokenizers that go with them; nothing is downloaded.

    python Benchmarks/shapes.py --shared ../shared --into .out/bench/models SHAPE…

Writes a Hugging Face folder for each shape, from a seed, once. Weights are never zero and large enough that every layer shows in the
output: what is measured does not depend on their values, what is compared does. Tokenizers are cut from published vocabularies.

    smollm, smollm-small-vocabulary     SmolLM2-135M (30 layers of 576, 9 heads, 3 key/value heads, tied), in bfloat16 as published
    gpt2                                GPT-2 of 124M parameters, in float32 as published
    t5                                  T5-small, in float32 as published
    smollm-words                        SmolLM2-135M in float32, and a tokenizer whose words are its ids
"""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

CHATML = ("{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
          "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
LAST_MESSAGE = "{{ messages[-1]['content'] }}"
SEED = 17
SMOLLM = dict(
    vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
    max_position_embeddings=8192, rope_parameters={"rope_type": "default", "rope_theta": 100000.0}, rms_norm_eps=1e-5,
    tie_word_embeddings=True, initializer_range=0.04)
SHAPES = ("smollm", "smollm-small-vocabulary", "smollm-words", "gpt2", "t5")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("shapes", nargs="+", choices=SHAPES)
    return parser.parse_args()


def needed(shape: str, shared: Path) -> Path:
    """The file of the tokenizer that the shape takes."""
    return shared / ("data/tok-sentencepiece/t5_tokenizer_base.model" if shape == "t5" else "data/tok-gpt2/gpt2_tokenizer.json")


def byte_level(source: Path, size: int, specials: list[str], folder: Path) -> None:
    """GPT-2's tokenizer with its first merges only, so that it has `size` tokens, and the special tokens last."""
    whole = json.loads(source.read_text())
    kept = size - len(specials)
    by_id = sorted((identifier, token) for token, identifier in whole["model"]["vocab"].items())
    tokens = [token for _, token in by_id if token != "<|endoftext|>"][:kept]
    whole["model"]["vocab"] = {token: identifier for identifier, token in enumerate(tokens)}
    whole["model"]["merges"] = [merge for merge in whole["model"]["merges"] if merge.replace(" ", "") in whole["model"]["vocab"]]
    whole["added_tokens"] = [
        {"id": kept + index, "content": text, "special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
        for index, text in enumerate(specials)]
    (folder / "tokenizer.json").write_text(json.dumps(whole, ensure_ascii=False))


def word_level(size: int, folder: Path) -> None:
    """Token `i` is the word `w<i>`: a text is its ids, so equal texts are equal ids."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({f"w{index}": index for index in range(size)}, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(folder / "tokenizer.json"))


def write_settings(folder: Path, template: str | None, **tokens: str) -> None:
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 8192, "clean_up_tokenization_spaces": False, **tokens}
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, **({"chat_template": template} if template else {})}, indent=1))


def write_tokenizer(shape: str, source: Path, vocabulary: int, folder: Path) -> None:
    if shape == "smollm-words":
        word_level(vocabulary, folder)
        write_settings(folder, LAST_MESSAGE)
    elif shape == "t5":
        from prepare_tokenizers import unigram
        from tokenizers import processors

        tokenizer = unigram(source)
        tokenizer.post_processor = processors.TemplateProcessing("$A </s>", "$A </s> $B </s>", [("</s>", tokenizer.token_to_id("</s>"))])
        tokenizer.save(str(folder / "tokenizer.json"))
        write_settings(folder, None, eos_token="</s>", unk_token="<unk>", pad_token="<pad>")
    elif shape == "gpt2":
        byte_level(source, vocabulary, ["<|endoftext|>"], folder)
        write_settings(folder, None, eos_token="<|endoftext|>")
    else:
        byte_level(source, vocabulary, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], folder)
        write_settings(folder, CHATML, eos_token="<|im_end|>", pad_token="<|endoftext|>")


def model(shape: str):
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, T5Config, T5ForConditionalGeneration

    torch.manual_seed(SEED)
    if shape == "gpt2":
        return GPT2LMHeadModel(GPT2Config(eos_token_id=50256, bos_token_id=50256))
    if shape == "t5":
        return T5ForConditionalGeneration(T5Config(num_layers=6, d_model=512, d_kv=64, d_ff=2048, num_heads=8, decoder_start_token_id=0))
    vocabulary = 4096 if shape == "smollm-small-vocabulary" else SMOLLM["vocab_size"]
    end = None if shape == "smollm-words" else vocabulary - 1
    made = LlamaForCausalLM(LlamaConfig(**{**SMOLLM, "vocab_size": vocabulary}, bos_token_id=None, eos_token_id=end, pad_token_id=None))
    return made if shape == "smollm-words" else made.to(torch.bfloat16)


def main() -> int:
    options = arguments()
    for shape in options.shapes:
        source, folder = needed(shape, options.shared), options.into / shape
        if not source.exists():
            print(f"shapes: {source} does not exist", file=sys.stderr)
            return 2
        if (folder / "made.json").exists():
            continue
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        made = model(shape)
        made.save_pretrained(folder)
        write_tokenizer(shape, source, made.config.vocab_size, folder)
        (folder / "made.json").write_text(json.dumps({"shape": shape, "seed": SEED, "parameters": made.num_parameters()}) + "\n")
        print(f"made {shape}: {made.num_parameters() / 1e6:.1f} million parameters in {folder}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", HF_HUB_DISABLE_PROGRESS_BARS="1")
    sys.exit(main())
