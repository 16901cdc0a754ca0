"""Finds out what the machine lacks, and installs it or names the command that does."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from report import PREREQUISITE, Stop, say

SWIFT = (6, 2)
IS_MAC = sys.platform == "darwin"


@dataclass(frozen=True)
class Missing:
    """One thing the machine lacks: a Debian package that gives it, or else the command to type."""

    what: str
    package: str | None = None
    command: str | None = None


def ensure(stamp: Path, venv: bool) -> None:
    """Returns when all is there. A stamp skips the slow checks while the toolchain and the headers are the ones last seen."""
    seen = read(stamp)
    if seen and seen["times"] == fingerprint() and (seen["venv"] or not venv):
        return
    missing = find(venv)
    packages = sorted({m.package for m in missing if m.package})
    if packages and (prefix := installer()) is not None:
        install(packages, prefix)
        missing = find(venv)
    if missing:
        raise Stop(describe(missing), PREREQUISITE)
    stamp.write_text(json.dumps({"times": fingerprint(), "venv": venv}), encoding="utf-8")


def find(venv: bool) -> list[Missing]:
    """Lists what is missing, in the order a person would install it."""
    missing = [tool(name, name) for name in ("git", "make") if not shutil.which(name)]
    if not has_module("pip"):
        missing.append(python_part("pip for Python 3", "python3-pip"))
    if venv and not (has_module("venv") and has_module("ensurepip")):
        missing.append(python_part("the venv module of Python 3", "python3-venv"))
    swift = find_swift()
    return missing + (swift or find_cxx())


def find_swift() -> list[Missing]:
    get = "curl -fsSLO https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz && tar xzf swiftly-$(uname -m).tar.gz && ./swiftly init"
    get = "xcode-select --install" if IS_MAC else get
    if not shutil.which("swift"):
        return [Missing("Swift 6.2 or newer (no `swift` on the PATH)", command=get)]
    said = run(["swift", "--version"])
    version = re.search(r"Swift version (\d+)\.(\d+)", said.stdout)
    if said.returncode != 0 or not version:
        return [Missing(f"a working Swift toolchain (`swift --version` said: {(said.stdout + said.stderr).strip()[-300:]})", command=get)]
    if (int(version[1]), int(version[2])) < SWIFT:
        return [Missing(f"Swift 6.2 or newer (found {version[1]}.{version[2]})", command="swiftly install latest" if not IS_MAC else get)]
    return []


def find_cxx() -> list[Missing]:
    """Compiles small files with the toolchain's own clang: only that shows which headers it really sees."""
    clang = clang_path()
    if clang is None:
        return [Missing("clang++ of the Swift toolchain (next to `swift`)", command="swiftly install latest")]
    if not compiles(clang, "#include <stdio.h>\n#include <vector>\n"):
        return [tool("C++ standard library headers", standard_library_package(clang), mac="xcode-select --install")]
    if not compiles(clang, "extern \"C\" {\n#include <sqlite3.h>\n}\n"):
        return [tool("sqlite3.h, which GRDB is built against", "libsqlite3-dev", mac="xcode-select --install")]
    if not IS_MAC and not links(clang):
        return [tool("a linker", "binutils"), tool("libsqlite3.so", "libsqlite3-dev")]
    return []


def standard_library_package(clang: str) -> str:
    """clang takes the newest GCC folder it finds, so the headers must be of that version."""
    selected = re.search(r"Selected GCC installation: \S*/(\d+)", run([clang, "-v", "-x", "c++", "-fsyntax-only", os.devnull]).stderr)
    return f"libstdc++-{selected[1]}-dev" if selected else "g++"


def clang_path() -> str | None:
    swift = Path(os.path.realpath(shutil.which("swift") or ""))
    beside = swift.parent / "clang++"
    if beside.exists() and "swiftly" not in swift.name:
        return str(beside)
    return run(["xcrun", "-f", "clang++"]).stdout.strip() or None if IS_MAC else shutil.which("clang++")


def compiles(clang: str, source: str) -> bool:
    return run([clang, "-std=c++20", "-x", "c++", "-fsyntax-only", "-"], source).returncode == 0


def links(clang: str) -> bool:
    source = "extern \"C\" int sqlite3_libversion_number(void);\nint main() { return sqlite3_libversion_number() == 0; }\n"
    with tempfile.TemporaryDirectory() as folder:
        return run([clang, "-x", "c++", "-", "-o", f"{folder}/a", "-lsqlite3"], source).returncode == 0


def has_module(name: str) -> bool:
    """Asked of a fresh interpreter, because an installation in this run would not show in our own."""
    return run([sys.executable, "-c", f"import {name}"]).returncode == 0


def tool(what: str, package: str, mac: str = "xcode-select --install") -> Missing:
    return Missing(what, command=mac) if IS_MAC else Missing(what, package=package)


def python_part(what: str, package: str) -> Missing:
    """Debian's package serves Debian's Python only; any other Python brings its own `ensurepip`."""
    if not IS_MAC and sys.executable == "/usr/bin/python3":
        return Missing(what, package=package)
    return Missing(what, command=f"{sys.executable} -m ensurepip --upgrade")


def installer() -> list[str] | None:
    """The words before `apt-get` when packages can be installed without asking anyone, None when they cannot."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if shutil.which("sudo") and run(["sudo", "-n", "true"]).returncode == 0 else None


def install(packages: list[str], prefix: list[str]) -> None:
    say(f"installing {', '.join(packages)} with apt-get")
    quiet = prefix + ["env", "DEBIAN_FRONTEND=noninteractive"]
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *packages]):
        done = run(quiet + command)
        if done.returncode != 0:
            raise Stop(f"`{' '.join(command)}` failed:\n{(done.stdout + done.stderr).strip()[-1500:]}", PREREQUISITE)


def describe(missing: list[Missing]) -> str:
    packages = sorted({m.package for m in missing if m.package})
    lines = ["missing before Hone can be built:"] + [f"  - {m.what}" for m in missing]
    if packages:
        known = Path("/etc/debian_version").exists()
        apt = f"sudo apt-get update && sudo apt-get install -y {' '.join(packages)}"
        lines.append(f"install {'' if known else 'the equivalents of Debian’s packages '}with:\n  {apt}")
    for command in dict.fromkeys(m.command for m in missing if m.command):
        lines.append(f"install with:\n  {command}")
    return "\n".join(lines)


def fingerprint() -> dict:
    """Cheap facts that change when a tool or a header goes, or when a toolchain is replaced."""
    watched = [shutil.which(name) or name for name in ("swift", "git", "make")] + [sys.executable]
    watched += [str(p) for p in (Path("/usr/include/sqlite3.h"), Path("/usr/include/c++"), Path("/usr/lib/gcc"))]
    times = {}
    for path in watched:
        real = os.path.realpath(path)
        times[path] = [real, os.stat(real).st_mtime_ns if os.path.exists(real) else None]
    return times


def read(stamp: Path) -> dict | None:
    try:
        seen = json.loads(stamp.read_text(encoding="utf-8"))
        return seen if {"times", "venv"} <= seen.keys() else None
    except (OSError, ValueError, AttributeError):
        return None


def run(command: list[str], text: str | None = None) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(command, input=text, capture_output=True, text=True, errors="replace", check=False,
                              stdin=subprocess.DEVNULL if text is None else None)
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))
