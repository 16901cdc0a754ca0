"""Writes Sources/HoneText/UnicodeFormTableData.swift: what the NFC and NFKC family needs beyond UnicodeTableData, asked of `tokenizers`.

    python Fixtures/make/tokenizer_forms.py

Needs: tokenizers. No randomness.
"""

import pathlib
import textwrap

import tokenizers
from tokenizers import normalizers

TARGET = pathlib.Path(__file__).resolve().parents[2] / "Sources/HoneText/UnicodeFormTableData.swift"
HANGUL = range(0xAC00, 0xD7A4)  # composed and decomposed by arithmetic
POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF and c not in HANGUL]


def literal(name, comment, items):
    body = textwrap.fill(" ".join(items), 130, break_long_words=False, break_on_hyphens=False)
    body = textwrap.indent(body, "        ")
    return f'    /// {comment}\n    static let {name} = """\n{body}\n        """\n'


def spelt(text):
    return ".".join(f"{ord(c):x}" for c in text)


def main():
    nfd, nfkd, nfc = (n().normalize_str for n in (normalizers.NFD, normalizers.NFKD, normalizers.NFC))
    compatible = [(c, nfkd(chr(c))) for c in POINTS if nfkd(chr(c)) != nfd(chr(c))]
    pairs = []
    for c in POINTS:
        whole = nfd(chr(c))
        if whole == chr(c) or nfc(whole) != chr(c):
            continue  # stands for itself, or is never the result of composing
        first = nfc(whole[:-1])
        assert len(first) == 1, hex(c)
        pairs.append((c, first + whole[-1]))
    sections = [
        literal("compatibility", "Full compatibility decompositions that differ from the canonical ones.",
                [f"{c:x}={spelt(text)}" for c, text in compatible]),
        literal("compositions", "Characters and the two characters that compose to them.", [f"{c:x}={spelt(text)}" for c, text in pairs]),
    ]
    TARGET.write_text(
        "// Tested by UnicodePropertiesTests.swift\n"
        f"// Written by Fixtures/make/tokenizer_forms.py with tokenizers {tokenizers.__version__}; do not edit.\n"
        "// Tables only, hence the length.\n\n"
        "/// Compatibility decompositions and compositions as the `tokenizers` library has them; numbers are hexadecimal.\n"
        "enum UnicodeFormTableData {\n" + "\n".join(sections) + "}\n"
    )
    print(len(compatible), len(pairs), "mappings")


main()
