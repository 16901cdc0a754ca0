"""Gates that read the text of a file: what may be called, where, and how long a file may be."""

import re
from collections.abc import Iterator

from tree import Finding, Tree

LIBRARY = r"Sources/(?!HoneCLI/)[^/]+/.*\.swift"
SWIFT = r"Sources/.*\.swift"
WARN, FAIL = 400, 600


def forbidden_calls(tree: Tree) -> Iterator[Finding]:
    """no print, fatalError, as! or try! in library targets (HoneCLI may print)"""
    advice = {
        "print": "a library does not print: return the value, emit an event, or pass a logger in",
        "fatalError": "throw an error that says what to do: a bad file or a full device must not end the process",
        "as!": "use `as?` with a thrown error",
        "try!": "let the error out",
    }
    calls = r"(?<![\w.])(print|debugPrint|dump|fatalError)\s*\(|(?<!\w)(as!|try!)"
    for name, number, match in tree.search(tree.matching(SWIFT), calls):
        word = {"debugPrint": "print", "dump": "print"}.get(match[1], match[1]) or match[2]
        if word == "print" and name.startswith("Sources/HoneCLI/"):
            continue
        yield Finding(name, number, f"`{match[1] or match[2]}`: {advice[word]}")


def unchecked_sendable(tree: Tree) -> Iterator[Finding]:
    """@unchecked Sendable and nonisolated(unsafe) only in Sources/HoneTensors"""
    for name, number, match in tree.search(tree.matching(SWIFT), r"@unchecked\s+Sendable|nonisolated\(unsafe\)"):
        if not name.startswith("Sources/HoneTensors/"):
            yield Finding(name, number, f"`{match[0]}` belongs in Sources/HoneTensors only; make it a value or keep it on one actor")


def seeded_randomness(tree: Tree) -> Iterator[Finding]:
    """no shuffle or random number without `using:`"""
    calls = r"\.(shuffled|shuffle|randomElement)\(\s*\)|\.random\((?![^\n]*\busing:)|\bSystemRandomNumberGenerator\b|\barc4random\w*\("
    for name, number, match in tree.search(tree.matching(r"(Sources|Tests)/.*\.swift"), calls):
        yield Finding(name, number, f"`{match[0]}` gives another order on every run: pass a seeded generator with `using:`")


def torch_headers(tree: Tree) -> Iterator[Finding]:
    """torch's headers only in Sources/CTorch"""
    names = [n for n in tree.matching(r"(Sources|Tests)/.*\.(swift|h|hpp|inc|c|cc|cpp|mm|modulemap)") if not n.startswith("Sources/CTorch/")]
    for name, number, match in tree.search(names, r"\b(torch|ATen|c10)/[\w/]+\.h|^\s*#\s*include\s*[<\"](torch|ATen|c10)/", code=False):
        yield Finding(name, number, f"`{match[0].strip()}`: only Sources/CTorch sees torch's headers")
    for name, number, _ in tree.search(tree.matching(r"Sources/CTorch/include/.*"), r"#\s*include\s*[<\"](torch|ATen|c10)/", code=False):
        yield Finding(name, number, "CTorch's public headers are plain C: Swift reads them without torch's")


def file_length(tree: Tree) -> Iterator[Finding]:
    """over 400 lines needs a `// Length:` reason in the first 5, over 600 fails"""
    for name in tree.matching(r"(Sources|Tests|Scripts|Benchmarks|Fixtures)/.*\.(swift|cpp|h|inc|py)|Scripts/\w+"):
        lines = tree.lines(name)
        reason = any(re.match(r"\s*(//|#)\s*Length: \S", line) for line in lines[:5])
        if len(lines) > FAIL:
            yield Finding(name, FAIL + 1, f"{len(lines)} lines, {FAIL} is the most: split it by subject")
        elif len(lines) > WARN and not reason:
            yield Finding(name, WARN + 1, f"{len(lines)} lines: split it, or give the reason in a `// Length:` line at the top", is_warning=True)


def machine_paths(tree: Tree) -> Iterator[Finding]:
    """no path of one person's machine in any file"""
    for name, number, match in tree.search(tree.files, r"(?<![\w.~$}*)\]-])/(?:work|root|home|Users)/[\w.-]*", code=False):
        yield Finding(name, number, f"`{match[0]}` exists on one machine only: make it relative to the checkout")


def registry_hosts(tree: Tree) -> Iterator[Finding]:
    """no package registry's host name: pip's own settings or HONE_TORCH_INDEX choose it"""
    hosts = r"\bpypi\.(?:org|python)|\bpythonhosted\.|\bdownload\.pytorch\.|\bconda\.anaconda\.|\bregistry\.npmjs\.|\b(?:deb|security)\.debian\.org|\barchive\.ubuntu\."
    for name, number, match in tree.search(tree.files, hosts, code=False):
        yield Finding(name, number, f"`{match[0]}`: the user's own settings name the registry")


GATES = [forbidden_calls, unchecked_sendable, seeded_randomness, torch_headers, file_length, machine_paths, registry_hosts]
