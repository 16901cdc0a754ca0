"""Shared by the fixture scripts: where fixtures live, the header each one carries, and how they are written."""

import json
import os
import platform
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

ROOT = Path(__file__).resolve().parents[2]

# A script here may have the name of a library (safetensors.py): libraries come first.
HERE = str(Path(__file__).resolve().parent)
sys.path[:] = [entry for entry in sys.path if entry != HERE] + [HERE]

# The day the committed fixtures were last made. Written down, not read from the clock, so that a second run changes
# no byte; change it when requirements.txt changes.
DATE = "2026-11-23"


def folder(target: str, *parts: str) -> Path:
    """`Tests/<target>Tests/Fixtures/<parts>`, created when absent."""
    path = ROOT.joinpath("Tests", f"{target}Tests", "Fixtures", *parts)
    path.mkdir(parents=True, exist_ok=True)
    return path


def header(seed: int | None, *libraries: str, note: str | None = None) -> dict[str, str]:
    """What made a fixture. All values are strings, so that it also fits a safetensors header."""
    from importlib.metadata import version

    result = {
        "command": f"python Fixtures/make/{Path(sys.argv[0]).name}",
        "date": DATE,
        "libraries": ", ".join(f"{name} {version(name)}" for name in libraries),
        "python": platform.python_version(),
        "seed": "none" if seed is None else str(seed),
    }
    if note:
        result["note"] = note
    return result


def write_json(path: Path, head: dict[str, str], body: dict) -> None:
    """One value per line at the top two levels, numbers in full; at most 32 KB."""
    lines = [f'  "origin": {json.dumps(head)}']
    for key, value in body.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n".join("    " + json.dumps(row, allow_nan=False) for row in value)
            lines.append(f"  {json.dumps(key)}: [\n{rows}\n  ]")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value, allow_nan=False)}")
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    assert len(text) <= 32 * 1024, f"{path.name} has {len(text)} bytes; a JSON fixture has at most 32 KB"
    path.write_text(text)
    print(f"{path.relative_to(ROOT)}: {len(text)} bytes")


def write_tensors(path: Path, head: dict[str, str], tensors: dict) -> None:
    """A safetensors file whose metadata is the header (metadata keys sorted, so that the bytes are the same each time)."""
    from safetensors.torch import save_file

    save_file({key: value.detach().contiguous().clone() for key, value in tensors.items()}, path)
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    described = {"__metadata__": dict(sorted(head.items())), **json.loads(raw[8 : 8 + size])}
    encoded = json.dumps(described, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    path.write_bytes(len(encoded).to_bytes(8, "little") + encoded + raw[8 + size :])
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes, {len(tensors)} tensors")


def fnv(text: str) -> str:
    """The 64-bit FNV-1a hash of a text in UTF-8, as 16 hexadecimal digits."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def deterministic() -> None:
    import torch

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
