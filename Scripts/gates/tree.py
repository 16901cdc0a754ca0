"""What every gate reads: the files of the checkout, the manifest's arrows, and Swift text without its comments and strings."""

import functools
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Finding:
    """One offence. A warning is shown and does not fail the check."""

    path: str
    line: int
    message: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'warning: ' if self.is_warning else ''}{self.message}"


class Tree:
    """A folder under check: the checkout, or a self-test's few offending files."""

    def __init__(self, root: Path, arrows: dict[str, list[str]] | None = None):
        self.root = root
        self.given_arrows = arrows

    @functools.cached_property
    def files(self) -> list[str]:
        """Tracked files and new ones that git does not ignore, as paths relative to the root."""
        if (self.root / ".git").exists():
            listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                    cwd=self.root, capture_output=True, text=True, check=True).stdout.split("\0")
            return sorted({name for name in listed if name and (self.root / name).is_file()})
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())

    def matching(self, pattern: str) -> list[str]:
        """The files whose whole path matches the regular expression."""
        return [name for name in self.files if re.fullmatch(pattern, name)]

    @functools.lru_cache(maxsize=None)
    def text(self, name: str) -> str:
        """The file's text; empty for a binary file."""
        data = (self.root / name).read_bytes()
        return "" if b"\0" in data else data.decode("utf-8", errors="replace")

    def lines(self, name: str) -> list[str]:
        return self.text(name).splitlines()

    @functools.lru_cache(maxsize=None)
    def code(self, name: str) -> list[str]:
        """The lines of a Swift file with comments and string literals blanked out."""
        return mask(self.text(name)).splitlines()

    def search(self, names: list[str], pattern: str, code: bool = True) -> Iterator[tuple[str, int, re.Match]]:
        """Each match with its file and line number, in code only or in the whole text."""
        wanted = re.compile(pattern)
        for name in names:
            for number, line in enumerate(self.code(name) if code else self.lines(name), 1):
                for match in wanted.finditer(line):
                    yield name, number, match

    @functools.cached_property
    def arrows(self) -> dict[str, list[str]]:
        """Each target of Package.swift with the names of the targets and products it declares."""
        if self.given_arrows is not None:
            return self.given_arrows
        dumped = subprocess.run(["swift", "package", "--scratch-path", ".out/manifest", "dump-package"],
                                cwd=self.root, capture_output=True, text=True, check=False)
        if dumped.returncode != 0:
            raise RuntimeError(f"Package.swift does not load:\n{dumped.stderr.strip()[-2000:]}")
        targets = json.loads(dumped.stdout)["targets"]
        return {t["name"]: [next(iter(d.values()))[0] for d in t["dependencies"]] for t in targets}

    @property
    def rooms(self) -> list[str]:
        """The targets that are not tests."""
        return [name for name in self.arrows if not name.endswith("Tests")]


TOKEN = re.compile(r'//[^\n]*|/\*|(#*)("""|")')


def mask(source: str) -> str:
    """Blanks comments and string literals, keeping every line's number. Code inside an interpolation is blanked with its string."""
    out, at = [], 0
    while found := TOKEN.search(source, at):
        out.append(source[at:found.start()])
        if found[0] == "/*":
            end = end_of_comment(source, found.end())
        elif found[0].startswith("//"):
            end = found.end()
        else:
            end = end_of_string(source, found.end(), found[2] + found[1], "\\" + found[1])
        out.append(re.sub(r"[^\n]", " ", source[found.start():end]))
        at = end
    return "".join(out) + source[at:]


def end_of_comment(source: str, at: int) -> int:
    """Swift's block comments nest."""
    depth = 1
    for found in re.compile(r"/\*|\*/").finditer(source, at):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return found.end()
    return len(source)


def end_of_string(source: str, at: int, close: str, escape: str) -> int:
    """Skips escapes, and interpolations with the strings inside them."""
    while at < len(source):
        if source.startswith(escape, at):
            at += len(escape)
            if source[at:at + 1] != "(":
                at += 1
                continue
            at = end_of_interpolation(source, at + 1)
        elif source.startswith(close, at):
            return at + len(close)
        elif source[at] == "\n" and not close.startswith('"""'):
            return at
        else:
            at += 1
    return at


def end_of_interpolation(source: str, at: int) -> int:
    depth = 1
    while at < len(source) and depth:
        if inner := TOKEN.match(source, at):
            if inner[2]:
                at = end_of_string(source, inner.end(), inner[2] + inner[1], "\\" + inner[1])
                continue
        depth += {"(": 1, ")": -1}.get(source[at], 0)
        at += 1
    return at
