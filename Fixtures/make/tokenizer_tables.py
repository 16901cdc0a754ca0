"""Writes Sources/HoneText/UnicodeTableData.swift: the character classes of the `tokenizers` library, asked of the library itself.

    python Fixtures/make/tokenizer_tables.py

Every code point is put through the library's own components, so the tables hold exactly its Unicode version and rules, which are
older than those of the Swift standard library. Needs: tokenizers. No randomness.
"""

import pathlib
import textwrap
import unicodedata

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

TARGET = pathlib.Path(__file__).resolve().parents[2] / "Sources/HoneText/UnicodeTableData.swift"
POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
HANGUL = range(0xAC00, 0xD7A4)  # decomposed by arithmetic
# One long-standing mark for each combining class.
MARKS = [
    0x334, 0x93C, 0x3099, 0x94D, 0x5B0, 0x5B1, 0x5B2, 0x5B3, 0x5B4, 0x5B5, 0x5B6, 0x5B7, 0x5B8, 0x5B9, 0x5BB, 0x5BC, 0x5BD, 0x5BF,
    0x5C1, 0x5C2, 0xFB1E, 0x64B, 0x64C, 0x64D, 0x64E, 0x64F, 0x650, 0x651, 0x652, 0x670, 0x711, 0xC55, 0xC56, 0xE38, 0xE48, 0xEB8,
    0xEC8, 0xF71, 0xF72, 0xF74, 0x321, 0x1DCE, 0x31B, 0x302A, 0x316, 0x59A, 0x302E, 0x1D16D, 0x5AE, 0x18A9, 0x300, 0x315, 0x35C,
    0x35D, 0x345,
]


def ranges(points):
    """Consecutive code points as pairs: gap since the end of the range before, length; hexadecimal."""
    out, end, i, points = [], 0, 0, sorted(points)
    while i < len(points):
        j = i
        while j + 1 < len(points) and points[j + 1] == points[j] + 1:
            j += 1
        out.append(f"{points[i] - end:x} {j - i + 1:x}")
        end, i = points[j] + 1, j + 1
    return out


def mappings(pairs):
    """Code point to text, as `key=a.b.c`; hexadecimal."""
    return [f"{key:x}=" + ".".join(f"{ord(c):x}" for c in text) for key, text in pairs]


def combining_classes():
    nfd = normalizers.NFD().normalize_str
    values = sorted({unicodedata.combining(chr(m)): chr(m) for m in MARKS}.items())
    found = {}
    for c in POINTS:
        if c in HANGUL:
            continue
        s = chr(c)
        if nfd(s) != s:
            continue  # never seen after decomposition
        if nfd(s + "\u0334") == "\u0334" + s or nfd("\u0345" + s) == s + "\u0345" or c == 0x345:
            found[c] = next((v for v, mark in values if mark == s or nfd(s + mark) != mark + s), 255)
    return found


def word_characters():
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "x": 1}, unk_token="[UNK]"))
    tokenizer.add_tokens([AddedToken("☃", single_word=True, normalized=False)])
    words = []
    for start in range(0, len(POINTS), 50000):
        chunk = POINTS[start : start + 50000]
        for c, e in zip(chunk, tokenizer.encode_batch([chr(c) + "☃" for c in chunk], add_special_tokens=False)):
            if c != 0x2603 and len(e.ids) == 1:
                words.append(c)
    return words


CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co".split()
EVERYTHING = "".join(map(chr, POINTS))


def matching(splitter):
    """The code points that a pre-tokenizer keeps when it is given one of each."""
    return {ord(c) for piece, _ in splitter.pre_tokenize_str(EVERYTHING) for c in piece}


def regex(pattern):
    return matching(pre_tokenizers.Split(Regex(pattern), "removed", invert=True))


def categories():
    out, seen = [], set()
    for name in CATEGORIES:
        points = regex(r"\p{%s}" % name)
        assert points.isdisjoint(seen), name
        seen |= points
        out += [f"{name}:"] + [r.replace(" ", "+") for r in ranges(points)]
    return out


def numeric():
    # The rest of the text is letters, so that only what Digits takes is cut off by itself.
    pieces = pre_tokenizers.Digits(individual_digits=True).pre_tokenize_str("".join(chr(c) + "a" for c in POINTS))
    return {ord(piece) for piece, _ in pieces if len(piece) == 1 and piece != "a"}


def literal(name, comment, items):
    body = textwrap.fill(" ".join(items), 132, break_long_words=False, break_on_hyphens=False)
    body = textwrap.indent(body, "        ")
    return f'    /// {comment}\n    static let {name} = """\n{body}\n        """\n'


def main():
    bert = normalizers.BertNormalizer
    clean = bert(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False).normalize_str
    chinese = bert(clean_text=False, handle_chinese_chars=True, strip_accents=False, lowercase=False).normalize_str
    accents = bert(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False).normalize_str
    strip, nfd, lower = (n().normalize_str for n in (normalizers.StripAccents, normalizers.NFD, normalizers.Lowercase))
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    pieces = {c: len(split("a" + chr(c) + "a")) for c in POINTS}
    spaces = {c for c in POINTS if pieces[c] == 2}
    removed = [c for c in POINTS if clean(chr(c)) == ""]
    for c in POINTS:
        s = chr(c)
        expected = "" if clean(s) == "" else " " if (c in spaces or s in "\t\n\r") else s
        assert clean(s) == expected, hex(c)
        assert chinese(s) in (s, f" {s} "), hex(c)
    classes = combining_classes()
    by_class = []
    for value in sorted(set(classes.values())):
        by_class += [f"{value:x}:"] + [r.replace(" ", "+") for r in ranges([c for c in classes if classes[c] == value])]
    sections = [
        literal("removedByCleaning", "What `clean_text` removes.", ranges(removed)),
        literal("whitespace", "What separates words.", ranges(spaces)),
        literal("punctuation", "What the BERT pre-tokenizer makes a word of its own.", ranges(c for c in POINTS if pieces[c] == 3)),
        literal("chinese", "What `handle_chinese_chars` puts spaces around.", ranges(c for c in POINTS if chinese(chr(c)) != chr(c))),
        literal("nonspacingMarks", "What `strip_accents` of BertNormalizer removes after decomposition.",
                ranges(c for c in POINTS if accents(chr(c)) == "")),
        literal("combiningMarks", "What the StripAccents normalizer removes.", ranges(c for c in POINTS if strip(chr(c)) == "")),
        literal("wordCharacters", "What may not touch an added token marked `single_word`.", ranges(word_characters())),
        literal("categories", "General categories of the library's regular expressions: each category and its ranges as `gap+length`.", categories()),
        literal("regexSpaces", "What `\\\\s` matches in the library's regular expressions.", ranges(regex(r"\s"))),
        literal("regexWords", "What `\\\\w` matches in the library's regular expressions.", ranges(regex(r"\w"))),
        literal("numerics", "What the Digits pre-tokenizer takes for a digit.", ranges(numeric())),
        literal("combiningClasses", "Canonical combining classes other than 0: each class and its ranges as `gap+length`.", by_class),
        literal("decompositions", "Full canonical decompositions, without Hangul syllables.",
                mappings((c, nfd(chr(c))) for c in POINTS if c not in HANGUL and nfd(chr(c)) != chr(c))),
        literal("lowercase", "Lower-case forms.", mappings((c, lower(chr(c))) for c in POINTS if lower(chr(c)) != chr(c))),
    ]
    TARGET.write_text(
        "// Tested by UnicodePropertiesTests.swift\n"
        f"// Written by Fixtures/make/tokenizer_tables.py with tokenizers {tokenizers.__version__}; do not edit.\n"
        "// Tables only, hence the length.\n\n"
        "/// Character classes as the `tokenizers` library has them; numbers are hexadecimal, ranges are `gap length` pairs.\n"
        "enum UnicodeTableData {\n" + "\n".join(sections) + "}\n"
    )


main()
