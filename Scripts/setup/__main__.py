"""The bootstrap: prerequisites, then libtorch, then the encoder. Run through Scripts/bootstrap."""

import argparse
import contextlib
import fcntl
import os
import sys
from pathlib import Path

if sys.version_info < (3, 10):  # before the imports below, which an older Python cannot read
    sys.exit(f"bootstrap: Python 3.10 or newer is needed, `python3` is {sys.version.split()[0]}; install a newer one first on the PATH:\n"
             "  sudo apt-get install -y python3.12   (macOS: brew install python@3.12)")

import prerequisites
import wheels
from report import Stop, say

ROOT = Path(__file__).resolve().parents[2]
DEPS = ROOT / ".deps"


def main() -> int:
    parser = argparse.ArgumentParser(prog="Scripts/bootstrap", description=__doc__)
    parser.add_argument("--quiet", action="store_true", help="say nothing when everything is there already")
    parser.add_argument("--prerequisites-only", action="store_true", help="check the prerequisites, download nothing")
    parser.add_argument("--venv", metavar="FILE", help="also make .deps/venv with the packages of this requirements file")
    options = parser.parse_args()
    DEPS.mkdir(exist_ok=True)
    try:
        with exclusive(DEPS / "lock"):
            prerequisites.ensure(DEPS / "prerequisites.json", venv=options.venv is not None)
            if options.prerequisites_only:
                return 0
            changed = [wheels.ensure_torch(DEPS), wheels.ensure_encoder(DEPS)]
            if options.venv:
                changed.append(wheels.ensure_venv(DEPS, Path(options.venv).resolve()))
        if not (options.quiet and not any(changed)):
            say("ready: .deps/torch and .deps/minilm" + (" and .deps/venv" if options.venv else ""))
        return 0
    except Stop as stop:
        print(f"bootstrap: {stop}", file=sys.stderr)
        return stop.code
    except KeyboardInterrupt:
        print("\nbootstrap: interrupted; run it again to go on, finished downloads are kept", file=sys.stderr)
        return 130
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        print(f"bootstrap: {error.strerror or error}{where}; nothing half-unpacked is kept, run it again when fixed", file=sys.stderr)
        return 1


@contextlib.contextmanager
def exclusive(path: Path):
    """Holds the lock file: two bootstraps at once would unpack over each other. The system frees it if we die."""
    with open(path, "w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another bootstrap is at work in this checkout, waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        yield


if __name__ == "__main__":
    sys.exit(main())
