"""Gates that run the toolchain: formatting, the build with its strict flags, the documentation pages."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tree import Finding, Tree

UNSAID = re.compile(r"Parameter '\w+' is missing documentation")  # a comment may leave out what a name already says
DIAGNOSTIC = re.compile(r"^(/?[^\s:]+):(\d+):\d+: (?:error|warning): (.*)$")


def formatting(tree: Tree) -> Iterator[Finding]:
    """`swift format lint --strict` with the rules of .swift-format"""
    folders = [name for name in ("Sources", "Tests", "Package.swift") if (tree.root / name).exists()]
    done = run(tree, ["swift", "format", "lint", "--strict", "--recursive", "--parallel", "--configuration", ".swift-format", *folders])
    yield from diagnostics(tree, done, "swift format")


def strict_build(tree: Tree) -> Iterator[Finding]:
    """the build, tests included: no warning, no import that Package.swift does not declare"""
    done = run(tree, ["Scripts/build", "--build-tests"])
    yield from diagnostics(tree, done, "the build")


def documentation(tree: Tree) -> Iterator[Finding]:
    """the documentation pages build without warnings (after the build)"""
    modules = tree.root / ".build" / "release" / "Modules"
    docc, extract = beside_swift("docc"), beside_swift("swift-symbolgraph-extract")
    if docc is None or extract is None or not modules.exists():
        yield Finding("Package.swift", 1, "the toolchain has no docc, or nothing is built: pages not checked", is_warning=True)
        return
    target = json.loads(run(tree, ["swift", "-print-target-info"]).stdout)["target"]["unversionedTriple"]
    for name in tree.rooms:
        page = tree.root / "Sources" / name / f"{name}.docc"
        if page.exists() and (modules / f"{name}.swiftmodule").exists():
            yield from build_page(tree, name, page, docc, [extract, "-target", target, "-I", str(modules), *module_maps(tree)])


def module_maps(tree: Tree) -> list[str]:
    """What the compiler needs to find the C targets that a module was built on."""
    build = tree.root / ".build"
    found = [*build.glob("release/*.build/module.modulemap"), *build.glob("checkouts/*/Sources/**/module.modulemap")]
    return [word for path in found for word in ("-Xcc", f"-fmodule-map-file={path}")]


def build_page(tree: Tree, name: str, page: Path, docc: str, extract: list[str]) -> Iterator[Finding]:
    headers = tree.root / "Sources" / "CTorch" / "include"
    with tempfile.TemporaryDirectory() as folder:
        graphs = Path(folder) / "graphs"
        graphs.mkdir()
        done = run(tree, [*extract, "-I", str(headers), "-module-name", name, "-minimum-access-level", "public", "-output-dir", str(graphs)])
        if done.returncode != 0:
            yield Finding(str(page.relative_to(tree.root)), 1, f"its symbols cannot be read: {done.stderr.strip()[-500:]}")
            return
        done = run(tree, [docc, "convert", str(page), "--additional-symbol-graph-dir", str(graphs), "--fallback-display-name", name,
                          "--fallback-bundle-identifier", name, "--warnings-as-errors", "--output-path", str(Path(folder) / "out"),
                          "--ide-console-output"])
        yield from (finding for finding in diagnostics(tree, done, f"docc on {name}") if not UNSAID.match(finding.message))


def beside_swift(tool: str) -> str | None:
    found = shutil.which(tool)
    beside = Path(shutil.which("swift") or "swift").resolve().parent / tool
    return found or (str(beside) if beside.exists() else None)


def diagnostics(tree: Tree, done: subprocess.CompletedProcess, what: str) -> Iterator[Finding]:
    """The places a failed command names; the end of its output when it names none."""
    if done.returncode == 0:
        return
    output = done.stdout + done.stderr
    seen = set()
    for line in output.splitlines():
        if found := DIAGNOSTIC.match(line.strip()):
            path = found[1].removeprefix(str(tree.root.resolve()) + "/").removeprefix(str(tree.root) + "/")
            if (path, found[2], found[3]) not in seen:
                seen.add((path, found[2], found[3]))
                yield Finding(path, int(found[2]), found[3])
    if not seen:
        yield Finding("Package.swift", 1, f"{what} failed:\n{output.strip()[-2000:]}")


def run(tree: Tree, command: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=tree.root, capture_output=True, text=True, errors="replace", check=False, stdin=subprocess.DEVNULL)


GATES = [formatting, strict_build, documentation]
