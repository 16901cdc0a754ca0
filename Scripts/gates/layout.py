"""Gates about what must stand beside what: tests beside sources, makers beside fixtures, pages beside targets, arrows as declared."""

import fnmatch
import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tree import Finding, Tree

OUTSIDE = {"GRDB", "Yams", "Crypto", "ArgumentParser"}  # products whose module has the product's name
FENCE = re.compile(r"```(sh|bash|shell|console|zsh)?\s*\n(.*?)```", re.DOTALL)


def arrows(tree: Tree) -> Iterator[Finding]:
    """a target imports only what Package.swift declares for it"""
    known = set(tree.arrows) | OUTSIDE
    pattern = r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+"
    pattern += r"(?:(?:struct|class|enum|protocol|func|typealias|var|let)\s+)?(\w+)"
    for target, declared in tree.arrows.items():
        folder = "Tests" if target.endswith("Tests") else "Sources"
        for name, number, match in tree.search(tree.matching(rf"{folder}/{target}/.*\.swift"), pattern):
            if match[1] in known and match[1] not in declared and match[1] != target:
                allowed = ", ".join(declared) or "nothing"
                yield Finding(name, number, f"{target} imports {match[1]}, but Package.swift lets it import only {allowed}")


def tests_beside_sources(tree: Tree) -> Iterator[Finding]:
    """every source file X.swift has XTests.swift, or a first line `// Tested by YTests.swift.`"""
    tests = {PurePosixPath(name).name for name in tree.matching(r"Tests/.*\.swift")}
    for name in tree.matching(r"Sources/(?!HoneCLI/)[^/]+/.*\.swift"):
        stem = PurePosixPath(name).stem
        if {f"{stem}Tests.swift", f"{stem.replace('+', '')}Tests.swift"} & tests:
            continue
        first = (tree.lines(name) or [""])[0]
        named = re.match(r"// Tested by ([\w+]+\.swift)", first)
        if not named:
            yield Finding(name, 1, f"no {stem}Tests.swift under Tests; write it, or begin this file with `// Tested by <Other>Tests.swift.`")
        elif named[1] not in tests:
            yield Finding(name, 1, f"names {named[1]}, which is not under Tests")


def fixtures_have_makers(tree: Tree) -> Iterator[Finding]:
    """every fixture names the script that wrote it, in its header or in a MAKERS file (`pattern: script`)"""
    for name in tree.matching(r"(Tests/[^/]+/)?Fixtures/.*"):
        base = name[:name.index("Fixtures/") + len("Fixtures/")]
        inside = name.removeprefix(base)
        if inside.startswith("make/") or PurePosixPath(inside).name in (".gitkeep", "MAKERS", "README.md"):
            continue
        makers = makers_of(tree, base + "MAKERS")
        script = next((script for _, pattern, script in makers if fnmatch.fnmatch(inside, pattern)), None) or named_in_folder(tree, base, name)
        if script is None:
            yield Finding(name, 1, f"no maker: name the script in the file's header (`make/….py`) or in {base}MAKERS")
        elif not exists(tree, base, script):
            yield Finding(name, 1, f"its maker {script} is neither in {base} nor in Fixtures/")
        size = (tree.root / name).stat().st_size
        if name.endswith(".json") and size > 32 * 1024 and not PurePosixPath(inside).name.startswith(("tokenizer", "vocab")):
            yield Finding(name, 1, f"{size // 1024} KB of JSON: above 32 KB use safetensors", is_warning=True)
    for manifest in tree.matching(r"(Tests/[^/]+/)?Fixtures/MAKERS"):
        base = manifest.removesuffix("MAKERS")
        for number, pattern, script in makers_of(tree, manifest):
            if not any(fnmatch.fnmatch(name.removeprefix(base), pattern) for name in tree.files if name.startswith(base)):
                yield Finding(manifest, number, f"`{pattern}` matches no file")
            if not exists(tree, base, script):
                yield Finding(manifest, number, f"the script {script} is neither in {base} nor in Fixtures/")


def exists(tree: Tree, base: str, script: str) -> bool:
    return bool({base + script, "Fixtures/" + script} & set(tree.files))


def makers_of(tree: Tree, manifest: str) -> list[tuple[int, str, str]]:
    if manifest not in tree.files:
        return []
    lines = enumerate(tree.lines(manifest), 1)
    return [(n, *(part.strip() for part in line.split(":", 1))) for n, line in lines if ":" in line and not line.startswith("#")]


def named_in_folder(tree: Tree, base: str, name: str) -> str | None:
    """The script the file's header names. In a sub-folder, such as a saved model, one file's header serves the whole folder."""
    folder = name.rsplit("/", 1)[0] + "/"
    others = [other for other in tree.files if other.startswith(folder)] if folder != base else []
    return next((script for file in [name, *others] if (script := named_in_header(tree, file))), None)


def named_in_header(tree: Tree, name: str) -> str | None:
    """The script a fixture names: within its first 4 KB, or in a JSON object's small top-level values, where a header sits."""
    pattern = rb"make/[\w-]+\.py"
    data = (tree.root / name).read_bytes()
    if found := re.search(pattern, data[:4096]):
        return found[0].decode()
    if not name.endswith(".json"):
        return None
    try:
        top = json.loads(data)
    except ValueError:
        return None
    values = [json.dumps(v).encode() for v in top.values()] if isinstance(top, dict) else []
    return next((found[0].decode() for v in values if len(v) < 4096 and (found := re.search(pattern, v))), None)


def pages(tree: Tree) -> Iterator[Finding]:
    """every target has its page <Target>.docc/<Target>.md"""
    for target in tree.rooms:
        page = f"Sources/{target}/{target}.docc/{target}.md"
        if not any(name.startswith(f"Sources/{target}/") for name in tree.files):
            yield Finding("Package.swift", 1, f"Sources/{target} is empty")
        elif page not in tree.files:
            yield Finding(page, 1, "missing: what lives here, what must not, the arrow, an example, where the next thing goes")
        elif not re.match(r"# ``\w+``", tree.text(page)):
            yield Finding(page, 1, f"begins with `# ``{target}```")


def documented_commands(tree: Tree) -> Iterator[Finding]:
    """every command that a page shows exists"""
    targets = set(re.findall(r"^([\w-]+):(?!=)", tree.text("Makefile"), re.MULTILINE)) if "Makefile" in tree.files else set()
    verbs = verbs_of(tree)
    if "README.md" not in tree.files:
        yield Finding("README.md", 1, "missing")
    for name in tree.matching(r"[A-Z]+\.md|Docs/.*\.md"):
        text = tree.text(name)
        for fence in FENCE.finditer(text):
            start = text.count("\n", 0, fence.start(2)) + 1
            for offset, line in enumerate(fence[2].splitlines()):
                for problem in problems_of(tree, line, targets, verbs):
                    yield Finding(name, start + offset, problem)


def verbs_of(tree: Tree) -> set[str]:
    text = "\n".join(tree.text(name) for name in tree.matching(r"Sources/HoneCLI/.*\.swift"))
    named = set(re.findall(r"commandName:\s*\"([\w-]+)\"", text))
    typed = re.findall(r"(?:struct|enum)\s+(\w+)\s*:[^{\n]*(?:ParsableCommand|Command)\b", text)
    return named | {re.sub(r"(?<!^)(?=[A-Z])", "-", word).lower().removesuffix("-command") for word in typed}


def problems_of(tree: Tree, line: str, targets: set[str], verbs: set[str]) -> Iterator[str]:
    for part in re.split(r"&&|\|\||[;|]", line.split(" #")[0].removeprefix("$ ")):
        words = [w for w in part.split() if not re.fullmatch(r"\w+=\S*", w)]
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "make":
            yield from (f"`make {w}`: the Makefile has no such target" for w in words[1:] if not w.startswith("-") and w not in targets)
        elif PurePosixPath(words[0]).name == "hone" and len(words) > 1 and re.fullmatch(r"[a-z][a-z-]+", words[1]):
            if words[1] not in verbs:
                yield f"`hone {words[1]}`: the command line has no such verb"
        for word in words:
            path = word.removeprefix("./").rstrip("/")
            if re.match(r"(Scripts|Benchmarks|Recipes|Docs|\.ci)/[\w./-]+$", path) and not (tree.root / path).exists():
                yield f"{path} does not exist"


GATES = [arrows, tests_beside_sources, fixtures_have_makers, pages, documented_commands]
