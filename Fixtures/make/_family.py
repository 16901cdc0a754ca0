"""Shared by families.py: random weights, batches, saving in both config spellings, and what is written down of a model.

Every array at a padded position is zero in the files (Transformers leaves arbitrary values there).
"""

import json
import re
from contextlib import contextmanager

from _fixture import folder, header, write_tensors

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

SEED = 20_261_123
LENGTHS = (13, 5, 9)
NEW_TOKENS = 12
LIBRARIES = ("torch", "transformers", "safetensors")
SEQUENCE_LABELS = torch.tensor([3, 0, 4])
SPANS = (torch.tensor([2, 4, 0]), torch.tensor([11, 4, 6]))


def seed_of(name: str) -> int:
    return SEED + sum((place + 1) * ord(letter) for place, letter in enumerate(name))


def randomise(model: torch.nn.Module, seed: int, norm_centre: float = 1.0) -> None:
    """Every parameter random: norm weights around `norm_centre`, biases around 0, none of them trivial."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("relative_attention_bias.weight"):
                parameter.copy_(noise)
            elif parameter.dim() == 1 and name.endswith("weight"):
                parameter.copy_(norm_centre + 0.2 * noise)
            elif parameter.dim() == 1:
                parameter.copy_(0.1 * noise)
            elif re.search(r"embed|wte|wpe|shared|lm_head", name):
                parameter.copy_(0.5 * noise)
            else:
                parameter.copy_(0.3 * noise)


def blocks(seed: int, vocabulary: int, pad: int, segments: bool = False) -> dict[str, torch.Tensor]:
    """Three right-padded rows of 13, 5 and 9 tokens; ids from 3, so that none is a special one."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.full((len(LENGTHS), max(LENGTHS)), pad, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    types = torch.zeros_like(ids)
    for row, length in enumerate(LENGTHS):
        ids[row, :length] = torch.randint(3, vocabulary, (length,), generator=generator)
        mask[row, :length] = 1
        if segments:
            types[row, length // 2 : length] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}


def ignoring(labels: torch.Tensor, mask: torch.Tensor, every: int) -> torch.Tensor:
    """-100 in the padding and at every `every`-th place."""
    places = torch.arange(labels.numel()).reshape(labels.shape)
    return labels.masked_fill((mask == 0) | (places % every == every - 2), -100)


def total(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits.flatten(0, -2).float(), labels.flatten(), ignore_index=-100, reduction="sum")


def real(tensor: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Zero where there is padding."""
    return tensor * mask.reshape(mask.shape + (1,) * (tensor.dim() - 2)).to(tensor.dtype)


def parameters(model) -> dict[str, torch.nn.Parameter]:
    """Each parameter once, a shared one under the name that files give it: the one that is not declared a copy."""
    copies = getattr(model, "all_tied_weights_keys", None) or {}
    names: dict[int, tuple[str, torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        if id(parameter) not in names or names[id(parameter)][0] in copies:
            names[id(parameter)] = (name, parameter)
    return dict(names.values())


def gradients(model: torch.nn.Module, head_only: bool = False) -> dict[str, torch.Tensor]:
    """Of every parameter, or of the head and the first layer."""
    skipped = r"\.(layers|layer|h)\.[1-9]|embed|wte|wpe|relative" if head_only else r"(?!)"
    found = {f"grad.{name}": parameter.grad for name, parameter in parameters(model).items() if not re.search(skipped, name)}
    # BERT's pooler and the last layer's dead ends have none: those keys are absent from the file.
    return {name: gradient.clone() for name, gradient in found.items() if gradient is not None}


# MARK: configurations


def older(config: dict) -> dict:
    """The same configuration as Transformers 4 spells it."""
    result = {key: value for key, value in config.items() if key not in {"dtype", "layer_types", "rope_parameters"}}
    result.update(torch_dtype="float32", transformers_version="4.57.6")
    rope = config.get("rope_parameters")
    kind = config["model_type"]
    if kind == "modernbert":
        result.update(
            global_rope_theta=rope["full_attention"]["rope_theta"], local_rope_theta=rope["sliding_attention"]["rope_theta"],
            global_attn_every_n_layers=3)
        if any((kind == "full_attention") != (layer % 3 == 0) for layer, kind in enumerate(config["layer_types"])):
            result["layer_types"] = config["layer_types"]  # Transformers 4 has no spelling for other patterns
    elif kind == "gemma3_text":
        scaling = {key: value for key, value in rope["full_attention"].items() if key != "rope_theta"}
        result.update(
            rope_theta=rope["full_attention"]["rope_theta"], rope_local_base_freq=rope["sliding_attention"]["rope_theta"],
            rope_scaling=None if scaling["rope_type"] == "default" else scaling, sliding_window_pattern=6)
        result.pop("_sliding_window_pattern", None)
    elif rope:
        outside = {"rope_theta", "partial_rotary_factor"}
        scaling = {key: value for key, value in rope.items() if key not in outside}
        if kind == "phi3":
            scaling.pop("original_max_position_embeddings", None)
            scaling["type"] = scaling.pop("rope_type")
            scaling = {"rope_type": "default"} if scaling["type"] == "default" else scaling
        elif scaling["rope_type"] == "linear":
            scaling["type"] = scaling.pop("rope_type")  # as the first checkpoints spelt it
        result.update({key: rope[key] for key in outside if key in rope})
        result["rope_scaling"] = None if scaling.get("rope_type") == "default" else scaling
    if kind == "t5":
        result["tie_word_embeddings"] = result.pop("scale_decoder_outputs")
        for key in ("is_gated_act", "dense_act_fn"):
            result.pop(key, None)
    return result


def write_sorted(path, body: dict) -> None:
    path.write_text(json.dumps(body, indent=2, sort_keys=True) + "\n")


def save(model, name: str, note: str):
    """Writes the model folder and reads it back: what is written down next is what the files hold."""
    path = folder("HoneModels", name)
    for stale in path.iterdir():
        stale.unlink()
    model.save_pretrained(path)
    config = json.loads((path / "config.json").read_text())
    config.pop("_name_or_path", None)
    write_sorted(path / "config.json", config)
    write_sorted(path / "config-v4.json", older(config))
    write_sorted(path / "ORIGIN.json", header(seed_of(name), *LIBRARIES, note=note))
    loaded, report = type(model).from_pretrained(path, attn_implementation="eager", output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys")), report
    check_keys(loaded, path)
    # The older spelling must mean the same model.
    again = type(model).from_pretrained(
        path, config=type(model.config).from_dict(older(config)), attn_implementation="eager")
    return loaded.eval(), again.eval(), path


def check_keys(model, path) -> None:
    from safetensors import safe_open

    with safe_open(path / "model.safetensors", "pt") as file:
        saved, named = set(file.keys()), parameters(model).keys()
    assert saved == named, f"{path.name}: saved only {sorted(saved - named)}, named only {sorted(named - saved)}"


def construct(cls, config, name: str, norm_centre: float = 1.0):
    config._attn_implementation = "eager"
    model = cls(config).eval()
    randomise(model, seed_of(name), norm_centre)
    return model


def finish(path, name: str, note: str, tensors: dict) -> None:
    for key in [key for key in tensors if key.startswith("exact.")]:
        exact, plain = tensors[key].detach(), tensors[key.removeprefix("exact.")].detach()
        assert exact.dtype == torch.float64, f"{key} is {exact.dtype}"
        tensors[key] = exact.float()
        if "grad" not in key:
            print(f"    {key}: float32 is {((plain - exact).abs().max() / exact.abs().max()).item():.2g} of the largest away")
    write_tensors(path / "expected.safetensors", header(seed_of(name), *LIBRARIES, note=note), tensors)
    size = sum(file.stat().st_size for file in path.iterdir())
    assert size < 400_000, f"{name}: {size} bytes"
    print(f"    {name}: {size} bytes in all")


def same(first: torch.Tensor, second: torch.Tensor, what: str, tolerance: float = 2e-5) -> None:
    worst = (first - second).abs().max().item()
    assert worst <= tolerance, f"{what}: {worst}"


def must_matter(model, path, given: dict, logits: torch.Tensor, changes) -> None:
    """Each of these changes to the configuration must change the logits visibly: a loader that ignores one is caught."""
    for change in changes:
        values = {**json.loads((path / "config.json").read_text()), **change}
        other = type(model).from_pretrained(path, config=type(model.config).from_dict(values), attn_implementation="eager").eval()
        with torch.no_grad():
            worst = (other(**given).logits - logits).abs().max().item()
        assert worst > 1e-2, f"{path.name}: {change} changes the logits by {worst} only"


def rounded(path, cls):
    """The model loaded as bfloat16. (`.to(torch.bfloat16)` would also round the RoPE frequencies, which loading does not.)"""
    return cls.from_pretrained(path, dtype=torch.bfloat16, attn_implementation="eager").eval()


class _Doubled(TorchFunctionMode):
    """float64 wherever the library asks for float32: norms, softmax and angles, which it never computes in more."""

    def __torch_function__(self, function, types, arguments=(), options=None):
        function = torch.Tensor.double if function is torch.Tensor.float else function
        arguments = [torch.float64 if value is torch.float32 else value for value in arguments]
        options = {key: torch.float64 if value is torch.float32 else value for key, value in (options or {}).items()}
        return function(*arguments, **options)


@contextmanager
def exactly(model):
    """The model in float64, every step of it; what it computes inside is rounded to float32 when it is written."""
    model.double()
    with _Doubled():
        yield
    model.float()


# MARK: generation


def greedy(model, ids: torch.Tensor) -> torch.Tensor:
    """The 12 tokens after one unpadded row, without a cache, not stopping at any token."""
    with torch.no_grad():
        for _ in range(NEW_TOKENS):
            ids = torch.cat([ids, model(input_ids=ids, use_cache=False).logits[:, -1:].argmax(-1)], 1)
    return ids[0, -NEW_TOKENS:]


def continuations(model, ids: torch.Tensor) -> dict[str, torch.Tensor]:
    """`greedy.<row>`; the same in float64, and by `generate` with its cache."""
    model.generation_config.eos_token_id = None
    found = {}
    rows = [ids[row : row + 1, :length] for row, length in enumerate(LENGTHS)]
    for row, prompt in enumerate(rows):
        found[f"greedy.{row}"] = greedy(model, prompt)
    for row, prompt in enumerate(rows):
        by_library = model.generate(
            prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=NEW_TOKENS, do_sample=False, pad_token_id=0)
        if not torch.equal(by_library[0, prompt.shape[1] :], found[f"greedy.{row}"]):
            print(f"    note: generate() differs in row {row}: {by_library[0, prompt.shape[1]:].tolist()}")
    model.double()
    for row, prompt in enumerate(rows):
        assert torch.equal(greedy(model, prompt), found[f"greedy.{row}"]), "greedy is not robust: change the seed"
    model.float()
    return found


def left_padded(model, inputs: dict) -> dict[str, torch.Tensor]:
    """The same rows with the padding in front and positions counted from each row's first token."""
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    shifted = [torch.roll(block, 0, 1).clone() for block in (ids, mask)]
    for row, length in enumerate(LENGTHS):
        for block in shifted:
            block[row] = torch.roll(block[row], max(LENGTHS) - length)
    positions = (shifted[1].cumsum(1) - 1).clamp(min=0)
    with torch.no_grad():
        logits = model(input_ids=shifted[0], attention_mask=shifted[1], position_ids=positions, use_cache=False).logits
        right = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
    for row, length in enumerate(LENGTHS):
        same(logits[row, max(LENGTHS) - length :], right[row, :length], "left-padded logits")
    return {
        "left.input_ids": shifted[0], "left.attention_mask": shifted[1], "left.position_ids": positions,
        "left.logits": real(logits, shifted[1])}
