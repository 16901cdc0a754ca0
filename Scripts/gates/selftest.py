"""Proves that each gate bites: every example is a small tree that its gate must reject at a known file, or must pass."""

import shutil
import tempfile
from pathlib import Path

from tree import Tree

ROOT = Path(__file__).resolve().parents[2]
A, B = "Sources/HoneText/A.swift", "Sources/HoneTensors/B.swift"
ARROWS = {"HoneTensors": ["CTorch"], "HoneText": [], "HoneTextTests": ["HoneText"]}
FIXTURE = "Tests/HoneTextTests/Fixtures/words.json"
DOC = "/// Adds.\n"

# gate: [(files, the file that must be named or None when the tree is good)]
EXAMPLES = {
    "forbidden-calls": [
        ({A: "func f() { print(1) }\n"}, A),
        ({A: "func f() { fatalError() }\n"}, A),
        ({A: "let x = y as! Int\n"}, A),
        ({A: "let x = try! f()\n"}, A),
        ({A: "// print(1)\nlet a = \"print(1) \\(f(\"try! \")) as!\"\n/* fatalError( /* */ as! */\nlet b = s.print(1)\n"
          "let c = \"\"\"\n  \"quoted\" as!\n  \"\"\"\nlet d = #\"a\" \\( try! \"#\n",
          "Sources/HoneCLI/Main.swift": "print(1)\n"}, None),
    ],
    "unchecked-sendable": [
        ({A: "final class C: @unchecked Sendable {}\n"}, A),
        ({A: "nonisolated(unsafe) var x = 1\n"}, A),
        ({B: "final class C: @unchecked Sendable {}\n"}, None),
    ],
    "seeded-randomness": [
        ({A: "let x = rows.shuffled()\n"}, A),
        ({A: "let x = Int.random(in: 0..<3)\n"}, A),
        ({A: "let x = rows.shuffled(using: &rng)\nlet y = Int.random(in: 0..<f(3), using: &rng)\n"}, None),
    ],
    "torch-headers": [
        ({"Sources/HoneTensors/x.cpp": "#include <torch/torch.h>\n"}, "Sources/HoneTensors/x.cpp"),
        ({"Sources/CTorch/include/c.h": "#include <ATen/ATen.h>\n"}, "Sources/CTorch/include/c.h"),
        ({"Sources/CTorch/ops.cpp": "#include <ATen/ATen.h>\n"}, None),
    ],
    "file-length": [
        ({A: "let x = 1\n" * 601}, A),
        ({A: "// Length: still too long\n" + "let x = 1\n" * 600}, A),
        ({A: "let x = 1\n" * 400, B: "// Length: one table\n" + "let x = 1\n" * 500}, None),
    ],
    "machine-paths": [
        ({A: "let x = \"/" + "home/someone/data\"\n"}, A),
        ({A: "let x = \"../home/page\" // https://example.com/home/page\n"}, None),
    ],
    "registry-hosts": [
        ({"setup.py": "index = 'https://pypi" + ".org/simple'\n"}, "setup.py"),
        ({"setup.py": "index = os.environ['HONE_TORCH_INDEX']\n"}, None),
    ],
    "arrows": [
        ({A: "import HoneTensors\n"}, A),
        ({A: "public import struct GRDB.Row\n"}, A),
        ({"Tests/HoneTextTests/ATests.swift": "@testable import HoneTensors\n"}, "Tests/HoneTextTests/ATests.swift"),
        ({A: "import Foundation\n// import HoneTensors\n", B: "internal import CTorch\n",
          "Tests/HoneTextTests/ATests.swift": "@testable import HoneText\n"}, None),
    ],
    "tests-beside-sources": [
        ({A: "let x = 1\n"}, A),
        ({A: "// Tested by BTests.swift.\n"}, A),
        ({A: "// Tested by BTests.swift.\n", "Sources/HoneText/B+C.swift": "", "Tests/HoneTextTests/BTests.swift": "",
          "Tests/HoneTextTests/BCTests.swift": ""}, None),
    ],
    "fixtures-have-makers": [
        ({FIXTURE: "{}"}, FIXTURE),
        ({FIXTURE: '{"header": {"command": "make/words.py"}}'}, FIXTURE),
        ({FIXTURE: "{}", "Tests/HoneTextTests/Fixtures/MAKERS": "words.json: make/gone.py\n"}, FIXTURE),
        ({FIXTURE: "{}", "Tests/HoneTextTests/Fixtures/MAKERS": "*.json: make/words.py\n*.csv: make/words.py\n",
          "Tests/HoneTextTests/Fixtures/make/words.py": ""}, "Tests/HoneTextTests/Fixtures/MAKERS"),
        ({FIXTURE: '{"header": {"command": "make/words.py"}}', "Fixtures/make/words.py": ""}, None),
        ({"Fixtures/tiny/config.json": "{}", "Fixtures/tiny/model.bin": "made by make/tiny.py", "Fixtures/make/tiny.py": ""}, None),
        ({FIXTURE: "{}", "Tests/HoneTextTests/Fixtures/MAKERS": "*.json: make/words.py\n",
          "Tests/HoneTextTests/Fixtures/make/words.py": ""}, None),
    ],
    "pages": [
        ({A: "", B: "", "Sources/HoneText/HoneText.docc/HoneText.md": "# ``HoneText``\n"},
         "Sources/HoneTensors/HoneTensors.docc/HoneTensors.md"),
        ({A: "", B: "", "Sources/HoneText/HoneText.docc/HoneText.md": "# ``HoneText``\n",
          "Sources/HoneTensors/HoneTensors.docc/HoneTensors.md": "# ``HoneTensors``\n"}, None),
    ],
    "documented-commands": [
        ({"README.md": "```sh\nmake tea\n```\n", "Makefile": "test:\n"}, "README.md"),
        ({"README.md": "```sh\nhone dance --json\n```\n"}, "README.md"),
        ({"README.md": "```\n$ cd x && Scripts/gone\n```\n"}, "README.md"),
        ({"README.md": "```sh\nmake test   # passes\n.build/release/hone show-runs x\n./Scripts/build\n```\n", "Makefile": "test:\n",
          "Scripts/build": "", "Sources/HoneCLI/ShowRuns.swift": "struct ShowRuns: ParsableCommand {}\n"}, None),
    ],
    "formatting": [
        ({A: "func f()  {\n}\n"}, A),
        ({A: "let x = f()!\n"}, A),
        ({A: "public func f() {}\n"}, A),
        ({A: f"{DOC}public func f() {{}}\n"}, None),
    ],
    "strict-build": [
        ({"Sources/Low/Low.swift": "public func low() {}\n", "Sources/High/High.swift": "import Low\n\nfunc high() { low() }\n"},
         "Sources/High/High.swift"),
        ({"Sources/Low/Low.swift": "func low() { let unused = 1 }\n", "Sources/High/High.swift": "\n"}, "Sources/Low/Low.swift"),
    ],
    "documentation": [],  # needs a build; a page with a link to nothing makes docc fail, see `toolchain.build_page`
}
MANIFEST = """// swift-tools-version: 6.2
import PackageDescription
let package = Package(name: "example", targets: [.target(name: "Low"), .target(name: "High")])
"""


def run(gates: dict) -> int:
    failures, count = [], 0
    for name, gate in gates.items():
        for number, (files, offender) in enumerate(EXAMPLES[name], 1):
            count += 1
            if problem := judge(name, gate, files, offender):
                failures.append(f"{name}, example {number}: {problem}")
    for failure in failures:
        print(f"FAIL  {failure}")
    print(f"self-test: {count - len(failures)} of {count} examples judged rightly by {len(gates)} gates")
    return 1 if failures else 0


def judge(name: str, gate, files: dict[str, str], offender: str | None) -> str | None:
    """Why the gate judged the example wrongly, None when it was right."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        if name == "formatting":
            shutil.copy(ROOT / ".swift-format", root)
        if name == "strict-build":
            prepare_package(root)
        found = [finding for finding in gate(Tree(root, ARROWS)) if not finding.is_warning]
    if offender is None:
        return f"a good example was rejected: {found[0]}" if found else None
    named = [finding for finding in found if finding.path == offender]
    return None if named else f"{offender} was let through" + (f" (named instead: {found[0]})" if found else "")


def prepare_package(root: Path) -> None:
    """The example is built by our own build script with our own flags, without the downloads."""
    (root / "Package.swift").write_text(MANIFEST, encoding="utf-8")
    (root / "Scripts").mkdir()
    for script in ("build", "swift-flags"):
        shutil.copy(ROOT / "Scripts" / script, root / "Scripts")
    stub = root / "Scripts" / "bootstrap"
    stub.write_text("#!/bin/sh\n", encoding="utf-8")
    stub.chmod(0o755)
