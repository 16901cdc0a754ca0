"""Writes Tests/HoneTextTests/Fixtures/bert-*.json: small WordPiece tokenizers and what the `tokenizers` library makes of hard text.

    python Fixtures/make/tokenizer_bert.py

The vocabulary is made here from the text below. Each file holds a header, a whole tokenizer.json and cases of
`[text, pair, addSpecialTokens, ids, typeIDs, offsets flattened, isSpecial, decoded without and with special tokens]`.
Needs: tokenizers. No randomness.
"""

import json
import pathlib
from collections import Counter

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/HoneTextTests/Fixtures"
CORPUS = [
    "The customer wrote that the card did not arrive and that nobody answered the telephone.",
    "She isn't sure whether they're coming; we've waited, and I'm tired of waiting, don't you see?",
    "Unbelievable results are not reliable results; reliability is measured, measuring is work.",
    "A naive cafe serves creme brulee to uber drivers in Zurich and Malmo.",
    "Numbers: 0 1 2 3 4 5 6 7 8 9, prices like $12.50, 100% and 3/4, e-mail a@b.org, #tag & more!",
    "日 本 語 中 文 字 한 국 어 привет мир שלום مرحبا ελλάδα",
    "the the the and and and card card payment payments paying pay paid refunded refund refunding",
]
MARK_ORDER = "q\u0307\u0323 a\u0344\u0323 \u0f73\u0f71 \u1e69 s\u0323\u0307 s\u0307\u0323 \u0301alone"
TEXTS = [
    "", " ", "   \t\n ", "Hello", "the card", "The CARD didn't arrive!", "don't they're we've I'm ain't it's", "a.b.c ... (x) [y] {z}",
    "café cafe\u0301 CAFÉ Ünbelievable naïve", "ÅÅÅ \u212b \u1e9b\u0323", MARK_ORDER, "İstanbul ıI ǅ ß ẞ ﬁ Σσς ΑΣ",
    "日本語中文字", "中a文b 漢字かな交じり文", "豈 更 \U0002f800 \U00020000x", "한국어 각 \u1112\u1161\u11ab", "שָׁלוֹם مَرْحَبًا \u202bRTL\u202c",
    "👩\u200d👩\u200d👧 🏳️\u200d🌈 👍🏽 🦙.cpp", "e\u200bx\u200cy\u200dz\ufeffw\u2060v", "nul\x00 bell\x07 del\x7f esc\x1b nel\x85 fs\x1c tab\tcr\rlf\nvt\x0bff\x0c",
    "nb\u00a0sp thin\u2009sp ideo\u3000sp line\u2028para\u2029end ogham\u1680", "soft\u00adhyphen repl\ufffdace priv\ue000ate \U000f0000 \U0010ffff",
    "¡Hola! «quoted» “curly” – — … ‰ € £ § ¿", "٣٫٤ ½ ² Ⅷ ① ㍿", "#tag @user a_b a-b a/b\\c ^`~|<>=+$", "x" * 100, "y" * 101, "the " + "é" * 100,
    "e\u0301" * 60, "z\u0301" * 101, "[CLS] the [SEP] card [MASK]", "[cls] [ CLS ] [CLS][SEP]", "a[SEP]b [PAD] [UNK] ##ing # #", "paying##ed payments refunding",
    "\ufeffthe", "the\u0000card", "ab\u0301\u0001\u0323c", "\u0e01\u0e33 \u0915\u094d\u0937 \u0b95\u0bcb", "\u302e\u1100\u1161\u302f", "１２ ＡＢ ｱ゛",
]
SHORT = ["The CARD", "café cafe\u0301 Ü İ", "中a文b", "nul\x00 nb\u00a0sp\x85\u200b", MARK_ORDER, "a[SEP]b, c!", ""]


def vocabulary():
    """Special tokens, every character, then the most frequent pieces; the library's own trainer gives other ids on every run."""
    normalize = normalizers.BertNormalizer().normalize_str
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    words = [word for line in CORPUS for word, _ in split(normalize(line))]
    pieces = Counter()
    for word in words:
        for start in range(len(word)):
            for end in range(start + 1, len(word) + 1):
                pieces[("##" if start else "") + word[start:end]] += end - start
    single = sorted(p for p in pieces if len(p.removeprefix("##")) == 1)
    longer = sorted((p for p in pieces if len(p.removeprefix("##")) > 1), key=lambda p: (-pieces[p], p))
    extra = ["\u00c9", "\u00e9", "e\u0301", "\u00fc", "\u0130", "C", "##\u00e9", "Ca", "\u8c48", "\ufa0b"]  # some differ in bytes only
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + single + longer[:190] + extra
    return {token: id for id, token in enumerate(dict.fromkeys(tokens))}


def base(vocab, **options):
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(**options)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=True)
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    return tokenizer


def template(tokenizer, **parts):
    specials = [("[CLS]", tokenizer.token_to_id("[CLS]")), ("[SEP]", tokenizer.token_to_id("[SEP]"))]
    tokenizer.post_processor = processors.TemplateProcessing(special_tokens=specials, **parts)


def case(tokenizer, text, pair=None, special=True):
    e = tokenizer.encode(text, pair, add_special_tokens=special)
    return [text, pair, special, e.ids, e.type_ids, [n for o in e.offsets for n in o], e.special_tokens_mask,
            tokenizer.decode(e.ids), tokenizer.decode(e.ids, skip_special_tokens=False)]


def write(name, tokenizer, cases):
    rows = [case(tokenizer, *c) if isinstance(c, tuple) else case(tokenizer, c) for c in cases]
    header = {"maker": "Fixtures/make/tokenizer_bert.py", "tokenizers": tokenizers.__version__,
              "command": "python Fixtures/make/tokenizer_bert.py", "seed": None}
    dump = lambda value: json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    text = '{"header":%s,\n"tokenizer":%s,\n"cases":[\n%s\n]}\n' % (
        dump(header), dump(json.loads(tokenizer.to_str())), ",\n".join(dump(r) for r in rows))
    assert len(text) <= 32 * 1024, (name, len(text))
    (FOLDER / f"bert-{name}.json").write_text(text)


def main():
    vocab = vocabulary()
    tokenizer = base(vocab)
    template(tokenizer, single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1")
    write("uncased", tokenizer, TEXTS)

    pairs = [("The card", "did not arrive", True), ("The card", "did not arrive", False), ("", "", True), ("a", "", True), ("é", "中 [SEP] x", True)]
    write("pairs", tokenizer, pairs + [("the card", None, False)])
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", vocab["[SEP]"]), ("[CLS]", vocab["[CLS]"]))
    write("bert-processing", tokenizer, pairs + [("the card", None, False)])
    template(tokenizer, single="$A:2 [SEP]:3 [CLS]", pair="$B:4 [SEP] $A:1")
    write("template", tokenizer, pairs + [("the card", None, False)])
    tokenizer.post_processor = None
    write("no-processor", tokenizer, pairs + ["the card"])

    write("cased", base(vocab, lowercase=False), TEXTS[:24])
    write("accents-kept", base(vocab, strip_accents=False), SHORT)
    write("cased-accents-stripped", base(vocab, lowercase=False, strip_accents=True), SHORT)
    write("not-cleaned", base(vocab, clean_text=False), SHORT)
    write("chinese-kept", base(vocab, handle_chinese_chars=False), SHORT)
    tokenizer = base(vocab)
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()])
    write("sequence", tokenizer, SHORT)
    tokenizer.normalizer = None
    tokenizer.pre_tokenizer = None
    tokenizer.decoder = None
    write("bare", tokenizer, SHORT + ["the", "card"])

    tokenizer = base(vocab)
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    tokenizer.add_tokens([
        AddedToken("<left>", lstrip=True, normalized=False), AddedToken("<right>", rstrip=True, normalized=False),
        AddedToken("<both>", lstrip=True, rstrip=True, special=True, normalized=False), AddedToken("word", single_word=True, normalized=False),
        AddedToken("New York", normalized=True), AddedToken("York", normalized=False), AddedToken("Café", normalized=True, single_word=True),
        AddedToken("<le", normalized=False), AddedToken("wide", normalized=True, lstrip=True, rstrip=True), AddedToken("card", normalized=True),
    ])
    write("added", tokenizer, [
        "a <left> b", "a  \t<left>b", "a<right>  b", "<right>\u3000\n", "a <both> <both> b", "<both>", " <left><right> ", "word sword words a_word word.",
        "wordé éword 中word word\u0301", "in new york NEW YORK New  York", "new York", "a café CAFÉ cafe cafés", "<le <left> <lef", "a  WIDE  wide b",
        "Card cards CARDINAL [SEP]word<left>", "", "  ", "x<both> the <right>  <left> y",
    ])


main()
