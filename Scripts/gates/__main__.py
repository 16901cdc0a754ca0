"""Runs every gate over the checkout and lists each offence as file:line. Run through Scripts/check."""

import argparse
import sys
import time
from pathlib import Path

import layout
import selftest
import source
import toolchain
from tree import Tree

ROOT = Path(__file__).resolve().parents[2]
GATES = source.GATES + layout.GATES + toolchain.GATES


def main() -> int:
    parser = argparse.ArgumentParser(prog="Scripts/check", description=__doc__)
    parser.add_argument("gates", nargs="*", metavar="gate", help="only these gates; see --list")
    parser.add_argument("--list", action="store_true", help="name the gates")
    parser.add_argument("--self-test", action="store_true", help="feed each gate an offending example, which it must reject, and a good one")
    options = parser.parse_args()
    known = {gate.__name__.replace("_", "-"): gate for gate in GATES}
    if unknown := [name for name in options.gates if name not in known]:
        parser.error(f"no gate {', '.join(unknown)}; there are: {', '.join(known)}")
    chosen = {name: gate for name, gate in known.items() if not options.gates or name in options.gates}
    if options.list:
        for name, gate in chosen.items():
            print(f"{name:22} {gate.__doc__}")
        return 0
    if options.self_test:
        return selftest.run(chosen)
    return check(Tree(ROOT), chosen)


def check(tree: Tree, gates: dict) -> int:
    failed = []
    for name, gate in gates.items():
        started = time.monotonic()
        found = sorted(set(gate(tree)), key=lambda f: (f.path, f.line, f.message))
        errors = [finding for finding in found if not finding.is_warning]
        verdict = "FAIL" if errors else "ok"
        print(f"{verdict:4}  {name}: {gate.__doc__} ({time.monotonic() - started:.1f} s)", flush=True)
        for finding in found:
            print(f"      {finding}")
        if errors:
            failed.append(f"{name} ({len(errors)})")
    print(f"\n{len(gates) - len(failed)} of {len(gates)} gates passed" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
