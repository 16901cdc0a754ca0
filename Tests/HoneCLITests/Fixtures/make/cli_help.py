"""Saves the help text of every verb, as the program prints it in 80 columns.

Run it when a verb, an option or a help text was changed on purpose, and look at the difference:
    Scripts/build && python3 Tests/HoneCLITests/Fixtures/make/cli_help.py
"""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "help"
PROGRAM = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER.parents[3] / ".build/release/hone"
VERBS = ["quickstart", "train", "pretrain", "data", "data show", "data check", "plan", "chat", "evaluate", "predict", "embed", "merge", "runs", "runs list", "runs show", "runs compare", "runs delete",
         "runs rebuild", "recipe", "recipe new", "doctor"]


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    environment = {**os.environ, "COLUMNS": "80"}
    for verb in ["", *VERBS]:
        command = [str(PROGRAM), *verb.split(), "--help"]
        text = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
        (FOLDER / f"{'-'.join(['hone', *verb.split()])}.txt").write_text(text)


if __name__ == "__main__":
    main()
