"""Chat templates: what Transformers renders, for Tests/HoneTextTests/Fixtures/chat.

Each template renders the conversations written out here, which test its edges, and hundreds that _conversations.py makes of what it accepts,
in three ways: as they are, with a prompt, and with the last message to be continued. Of each conversation the last 32 bits of a 64-bit
FNV-1a hash over its three texts are kept, so that nothing of a third party's template is committed, and a letter for how each went.
`--reference FOLDER` also writes every expected text to FOLDER/<template>/<case>.txt; HONE_TEMPLATE_REFERENCE=FOLDER makes the test
compare the texts.
"""

import argparse
import datetime as real
import json
import random
from pathlib import Path

import _conversations
from _fixture import ROOT, fnv, folder, header, write_json

import jinja2
from transformers.utils import chat_template_utils as utils


class Fixed(real.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 11, 3, 14, 5, 9)


utils.datetime = Fixed
SHARED = ROOT / ".." / "shared" / "data" / "chat-templates"
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}

VARIABLES = {
    "t": "Hello World", "e": "", "u": "naïve Ως ÀÉ ß 日本 😀", "w": "  \t pad ded \n ", "n": 7, "z": 0, "m": -3, "f": 2.5, "g": 1e16,
    "yes": True, "no": False, "nil": None, "l": [3, 1, 2], "s": ["b", "A", "c", "a"], "el": [], "d": {"k": "v", "a": 1, "B": [1, {"x": None}]},
    "ed": {}, "q": "it's \"quoted\"\n", "p": [{"name": "Bo", "age": 30, "in": {"c": "X"}}, {"name": "al", "age": 25, "in": {"c": "y"}},
    {"name": "Cy", "age": 30, "in": {"c": "x"}}, {"name": "di"}], "ln": "one\ntwo\n\nthree\r\nfour", "dict1": {"items": "own", "get": 1},
}
EXPRESSIONS = r"""
1 + 2 * 3 | 7 // 2 | -7 // 2 | 7 % 3 | -7 % 3 | 7 % -3 | 7 / 2 | 6 / 2 | 2 ** 10 | 2 ** -1 | -2 ** 2 | 2 ** 3 ** 2 | 7.5 // 2 | -7.5 % 2
1 + 2.0 | 1e16 | 1e15 | 0.1 + 0.2 | 1e-5 | 0.0001 | 123456789.123 | 1.5e300 * 1e10 | f | g | -0.0 | 5 // 0 | 5 / 0 | 5 % 0 | 2.0 ** 0.5
true + 1 | true + true | yes * 3 | "a" * 3 | 3 * "ab" | "a" * -1 | [1] * 2 | l + [4] | (1,) + (2, 3) | "a" + 1 | 1 + "a" | [1] + (2,) | "a" ~ 1 ~ none ~ true
1 == 1.0 | true == 1 | "1" == 1 | [1, 2] == [1.0, 2] | {"a": 1} == {"a": true} | none == false | x == y | 1 < 2 < 3 | 1 < 3 < 2 | "a" < "b" | "a" < 1 | [1, 2] < [1, 3]
1 in l | 9 not in l | "ell" in t | "" in e | 1 in "1" | "k" in d | "v" in d | x in l | 2 in x | none in [none] | not 1 in l | "a" in s and "b" in s
yes and n | no and n | z or "alt" | e or el or "last" | not e | not (yes and no) | yes if no else nil | "a" if yes | "a" if no | ("a" if no) is defined | n if n > 5 else z
(1, 2) | (1,) | () | [1, "a", none, true, 1.5] | {"a": 1, 2: "b", none: [], true: {}} | d | q | [q] | u | [u] | ["\n\t\\\x01\u200b"] | ['"'] | ["'"] | [e] | p[0]
t[0] | t[-1] | t[99] | t[1:4] | t[::-1] | t[-3:] | t[:-3] | t[::2] | t[4:1:-1] | u[6:9] | l[0] | l[-1] | l[5] | l[1:] | l[::-1] | l[:1] | l[5:] | l["0"] | l[::0] | (1, 2, 3)[1:] | range(10)[2:8:3] | l["a":]
d.k | d["k"] | d.missing | d["missing"] | d.B[1].x | d.missing.more | d.missing["x"] | x.y | x["y"] | none.x | nil.y.z | n.x | d.items() | d.keys() | d.values() | d.items | dict1.items() | dict1["items"] | dict1.get | dict1["get"]
d.get("k") | d.get("zz") | d.get("zz", 5) | d.get("zz", default=5) | d.get() | d.get([]) | d.update({}) | d.pop("k") | l.append(1) | l.index(2) | l.index(99) | l.count(1) | d.clear | l.pop() | d.__class__ | t.__class__.__mro__ | d.copy()
t.upper() | t.lower() | u.upper() | u.lower() | u.title() | u.capitalize() | u.swapcase() | t.title() | "they're bill's".title() | "they're bill's"|title | "ΑΣ".lower() | "ab-cd ef"|title | u|upper | u|lower | u|title | u|capitalize
w.strip() ~ "|" | w.lstrip() ~ "|" | w.rstrip() ~ "|" | "xxaxx".strip("x") | "xyaxy".lstrip("yx") | "abc".rstrip("cb") | w|trim ~ "|" | "xax"|trim("x") | "\u3000a\xa0".strip() | "a".strip(none) | "a".strip(1)
t.split() | t.split("o") | t.split("o", 1) | t.rsplit("o", 1) | w.split() | " a  b ".split(" ") | "a,b,,c".split(",") | "a b c d".split(none, 2) | "a b c d".rsplit(none, 2) | "".split() | "".split(",") | "abc".split("") | t.split("o", maxsplit=1) | ln.splitlines() | ln.splitlines(true) | t.split("World")[-1]
t.startswith("He") | t.startswith(("x", "H")) | t.endswith("ld") | t.endswith(("a", "ld")) | t.startswith("l", 2) | t.startswith(["H"]) | t.endswith("") | e.startswith("") | t.find("o") | t.find("zz") | t.rfind("o") | t.index("W") | t.index("zz") | u.find("日") | t.count("l") | t.count("") | t.find("o", 5) | "aaa".count("aa")
t.replace("l", "L") | t.replace("l", "L", 1) | t.replace("", "-") | t|replace("o", "0") | n|replace(7, 8) | t.replace("l") | t|replace("l", "L", 2) | "abc".replace("b", "") | t.removeprefix("Hello ") | t.removesuffix("World") | t.partition(" ") | t.rpartition("o") | t.partition("zz") | "aaa".replace("aa", "b")
", ".join(s) | "-".join("abc") | "-".join(l) | l|join | l|join(", ") | p|map(attribute="name")|join(",") | p|join(",", attribute="name") | d|join("+") | e|join("x") | x|join | n|join | s|join(1)
"7".isdigit() | "a7".isalnum() | "ab".isalpha() | " ".isspace() | "AB".isupper() | "ab1".islower() | "".isdigit() | "²".isdigit() | "½".isnumeric() | "x".center(5) ~ "|" | "ab".center(5, "*") | "x".ljust(3) ~ "|" | "x".rjust(3, "0") | "-7".zfill(4) | "x"|center(4) ~ "|"
"%s is %d" % ("a", 3) | "%s" % t | "%5.2f|%-5s|%05d" % (3.14159, "a", 42) | "%(k)s" % d | "%x %X %o %e %g" % (255, 255, 8, 12345.678, 0.0001) | "%%" % () | "%s %s" % "a" | "%d" % "a" | "%r" % q | "%s" % (l,) | "%s"|format(n) | "%(a)s"|format(a=1) | "%c" % 65 | "%+d" % 5
"{} {}".format(1, "a") | "{0} {1} {0}".format(1, 2) | "{a}".format(a=5) | "{0[k]} {0.k}".format(d) | "{:>5}|{:<5}|{:^5}".format("a", "b", "c") | "{:05d} {:,} {:.2f} {:%}".format(42, 1234567, 3.14159, 0.25) | "{!r}".format("a") | "{{}}".format() | "{}".format() | "{".format() | "{:x}".format(255) | "{:.3}".format("abcdef") | "{}".format(none)
t|length | u|length | l|length | d|length | x|length | n|length | none|length | range(5)|length | d.items()|length | l|count | l|map("string")|length
l|first | l|last | el|first | el|last | t|first | t|last | d|first | x|first | x|last | n|first | d|last | l|map("string")|first | l|map("string")|last
l|sort | l|sort(reverse=true) | s|sort | s|sort(case_sensitive=true) | p[:3]|sort(attribute="age")|map(attribute="name")|list | p[:3]|sort(attribute="age,name")|map(attribute="name")|list | [1, "a"]|sort | p[:3]|sort(attribute="in.c", reverse=true)|map(attribute="name")|list | d|sort | x|sort
l|sum | l|sum(start=10) | p[:3]|sum(attribute="age") | s|sum | el|sum | [1.5, 2]|sum | l|min | l|max | s|min | s|max | el|min | p[:3]|max(attribute="age") | l|reverse|list | t|reverse | s|unique|list | [1, 1.0, true, 2]|unique|list | x|reverse
p|map(attribute="age")|list | p|map(attribute="age", default=0)|list | l|map("string")|list | s|map("upper")|list | s|map("replace", "a", "z")|list | l|map("nosuch")|list | l|map|list | s|map(attribute=0)|list | x|map("upper")|list | n|map("abs")|list
l|select|list | l|select("odd")|list | l|reject("odd")|list | l|select(">", 1)|list | p|selectattr("age")|map(attribute="name")|list | p|selectattr("age", "equalto", 30)|map(attribute="name")|list | p|rejectattr("age", "defined")|map(attribute="name")|list | p|selectattr("in.c", "defined")|list|length | l|select("nosuch")|list | l|selectattr|list | l|select("in", [1, 2])|list
d|items|list | x|items|list | l|items|list | d|dictsort | d|dictsort(true) | {"b": 1, "a": 2}|dictsort(by="value") | {"b": 1, "a": 2}|dictsort(reverse=true) | l|dictsort | d|list | t|list | n|list | range(3)|list
p[:3]|groupby("age")|map("first")|list | p[:3]|groupby("in.c")|map("list")|map("first")|list | p|groupby("age", default=1)|map(attribute="grouper")|list | p[:3]|groupby("in.c", case_sensitive=true)|map(attribute="grouper")|list | l|batch(2)|list | l|batch(2, "x")|list | l|slice(2)|list | l|slice(2, "x")|list | range(7)|slice(3)|list
"42"|int | "42.9"|int | "x"|int | "x"|int(5) | "0x1f"|int(0, 16) | "1f"|int(base=16) | 3.9|int | -3.9|int | none|int | true|int | " 7 "|int | "1_000"|int | x|int | "2.5"|float | "x"|float | "x"|float(1.5) | none|float | "1e3"|float | "inf"|float | 7|float
2.5|round | 3.5|round | 2.675|round(2) | 7|round | 2.1|round(0, "ceil") | 2.19|round(1, "floor") | 1234|round(-2) | -3|abs | -2.5|abs | "a"|abs | "a"|round | 2.5|round("x") | true|round
x|default("d") | e|default("d") | e|default("d", true) | nil|default("d") | x|d | d.missing|default(1) | d.missing.more|default(1) | nil|default("d", boolean=true) | x|default
d|tojson | u|tojson | u|tojson(ensure_ascii=true) | d|tojson(indent=2) | d|tojson(separators=(",", ":")) | {"b": 1, "a": [1.0, 1e20, none, true]}|tojson(sort_keys=true) | q|tojson | [1.5, -0.0]|tojson | {1: 2, none: 3, true: 4, 1.5: 6}|tojson | x|tojson | el|tojson(indent=4) | "</script>&'"|tojson | "\x7f\u2028"|tojson | (1, 2)|tojson | range(2)|tojson | d.items()|tojson | "inf"|float|tojson | ed|tojson(indent=1) | d|tojson(indent="--") | d|tojson(4)
"<a href='x'>&\"</a>"|e | "<b>"|escape | "<b>"|safe | n|string | d|string | none|string | u|wordcount | "a b, c_d e-f"|wordcount | ln|indent | ln|indent(2, true) | ln|indent("> ", blank=true) | "a b c d e f g h"|truncate(9) | "abcdefghijklmnop"|truncate(8, true) | "abc"|truncate(2) | 1500000|filesizeformat | 2048|filesizeformat(true)
x is defined | t is defined | d.k is defined | d.zz is undefined | nil is none | nil is not none | yes is true | n is true | yes is boolean | n is integer | f is float | n is number | yes is number | yes is integer | t is string | d is mapping | l is sequence | t is sequence | n is sequence | d is sequence | l is iterable | n is iterable | x is iterable | x is sequence | range is callable | t is callable | d.items() is sequence | d.items() is iterable
3 is odd | 4 is even | 9 is divisibleby 3 | 9 is divisibleby(2) | 3 is eq 3 | 3 is equalto(3.0) | 3 is ne 4 | 3 is lt 4 | 3 is gt 4 | 3 is ge 3 | 3 is le 2 | 3 is in l | "a" is in "abc" | "abc" is lower | "ABC" is upper | "a1" is lower | none is sameas none | l is sameas l | [] is sameas [] | "upper" is filter | "odd" is test | "a" is odd | x is odd | 3 is nosuch | t|nosuch | not 3 is even | 3 is not even | d is not mapping or yes
range(3) | range(1, 4) | range(5, 0, -2)|list | range(0) | range(3)[1] | range(1, 2, 0) | range(200000) | range("a") | range() | dict(a=1, b=2) | dict({"a": 1}, b=2) | dict([("a", 1)]) | dict(1) | namespace(a=1).a | namespace(a=1).b | namespace(a=1)["a"] | namespace(_a=1) | joiner()() | cycler(1, 2).next() | cycler() | nosuch() | t() | none() | (1)(2)
raise_exception("no: " ~ n) | raise_exception() | strftime_now("%Y-%m-%d %H:%M:%S %j %A %b %d") | strftime_now("%-d/%-m/%y %I:%M %p %B %a %w %U") | strftime_now("%c %x %X %%")
"a" "b" 'c' | "\x41\u00e9\U0001F600\101\q\n" | 'a\
b' | 1_000 | 0x1F | 0b101 | 0o17 | 1.5e3 | 1E2 | 007 | 1__0 | .5 | 5. | 1.a | "unterminated | [1, 2 | (1 + 2 | {"a": 1, } | [1, 2, ] | [,] | {"a"} | 1 + | * 2 | a b | {{1}} | (((1))) | - - 1 | +1 | -t | not not 1 | -x | +"a"
d.k.upper() | (d.k)[0] | d["B"][0] | d.B.0 | d.B.1.x | "abc".upper().lower()|upper|lower | (1, 2)|first | -1|abs | 1 if 2 if 0 else 3 else 4 | (l|sort)[0] | l|sort|first + 1 | 1 + l|sort|first | 2 * 3|string | "a" ~ "b"|upper | t|upper == "HELLO WORLD" | t|length > 3 and 1 | t.split(" ")|map("first")|join | l is defined and l|length == 3 | none is none is none | 1 is defined + 1
x | x ~ "a" | x + "a" | x == none | x or 5 | x|upper | x|trim | x|list | [x] | {"a": x} | x < 1 | x() | x.y() | x|string | -x | x * 2 | not x | x|replace("a", "b") | x in "abc" | x.y is defined | d.zz.y is defined | d.k.zz.y
l|attr("count") | d|attr("k") | d|attr("get") is callable | t|attr("upper") is callable | t|forceescape | {"a": {"b": [1, 2, {"c": none}]}}.a.b[2].c | {"a b": 1}["a b"] | {"k": 1, "k": 2} | {l: 1} | {(1, 2): 3}[(1, 2)] | {1: "a"}[1.0] | {1: "a"}[true]
"<"|safe + "<" | "<" + "<"|safe | ("<"|e) + "<&" | "<"|safe ~ "<" | ("<"|safe) * 2 + ">" | "<%s>"|safe % "<" | ("<%s>"|safe)|format("<") | ("<"|safe).upper() + "<" | ("a<b"|safe).split("<") | [("a"|safe)] | ("a"|safe)[0] + "<" | ("<"|safe).join(["<", "a"]) | ("a"|safe).replace("a", "<") | ("a"|safe)|replace("a", "<") + "<" | ("a"|safe)|trim + "<" | ("{}"|safe).format("<") | ("a"|safe) is string | ("a"|safe) is escaped | ("a"|safe) == "a" | {("a"|safe): 1} | ("a"|safe) in ["a"] | ("a"|safe) in "abc" | ("<"|safe)|e|e | ("<"|e)|e | ("<"|e)|forceescape | ("<"|safe) + 1 | 1 + ("<"|safe) | ("b"|safe) < "c" | ("a"|safe)|tojson | ("a"|safe)|string + "<" | ["<"|safe, "<"]|join + "<" | ("a"|safe)|length | ("<"|safe)|default("x") + "<" | x|default("<"|safe) + "<"
{("a"|safe): 1}["a"] | {"a": 1}["a"|safe] | {("a"|safe): 1, "a": 2} | {"a": 2, ("a"|safe): 1} | {("<"|safe): 1}.keys()|list | {("a"|safe): 1}|tojson | {("a"|safe): 1}|dictsort | {("a"|safe): 1}.a | "a" in {("a"|safe): 1} | {("a"|safe): 1} == {"a": 1} | {("a"|safe, 1): 2}[("a", 1)] | {("a"|safe, 1): 2} | dict({("a"|safe): 1}, b=2) | {("b"|safe): 1, "a": 2}|dictsort | {("b"|safe): 1, "a": 2}|tojson(sort_keys=true) | {("a"|safe): 1}|items|list | {("a"|safe): 1}.items()|list | {("a"|safe): 1}.get("a") | {("a"|safe): 1}.get("b"|safe, "<"|safe) + "<" | namespace({("a"|safe): 1}).a | {("a"|safe): 1}|string | "%(a)s"|format(**{("a"|safe): 1}) | "%(a)s" % {("a"|safe): 1} | ("%(a)s"|safe) % {("a"|safe): "<"} | {("a"|safe): 1}|map("upper")|list | {("a"|safe): 1}|first + "<" | ({("a"|safe): 1}|first) ~ "<" | [{("k"|safe): 3}]|map(attribute="k")|list
t|upper(1) | t.upper(1) | t|default(1, 2, 3) | t|default(nosuch=1) | t|join(a=1, b=2) | d.get(key="k") | t.replace(old="l", new="L") | t|indent(width=2) | *l | range(*[1, 4])|list | dict(**{"a": 1}) | dict(a=1, a=2) | dict(**d) | "{}{}".format(*[1, 2]) | dict(**l)
""".strip()
BLOCKS = [
    "{% for k in {('<'|safe): 1, '>': 2} %}{{ k + '<' }}{% endfor %}{% for k, v in {('<'|safe): 1}|items %}{{ k ~ '<' }}{% endfor %}",
    "{% for i in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }};{% endfor %}",
    "{% for i in l %}{{ loop.previtem }}-{{ i }}-{{ loop.nextitem }} {{ loop.cycle('a', 'b') }} {{ loop.changed(i > 1) }} {{ loop.depth }}{{ loop.depth0 }}\n{% endfor %}",
    "{% for i in el %}x{% else %}none{% endfor %}|{% for i in l if i > 5 %}x{% else %}none{% endfor %}|{% for i in x %}x{% else %}undefined{% endfor %}",
    "{% for i in l if i != 1 %}{{ i }}{{ loop.index }}/{{ loop.length }}{{ loop.last }} {% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for k, v in d|items %}{{ k }}{% endfor %}",
    "{% for a, (b, c) in [(1, (2, 3)), (4, [5, 6])] %}{{ a }}{{ b }}{{ c }};{% endfor %}", "{% for a, b in l %}{{ a }}{% endfor %}", "{% for i in n %}{% endfor %}",
    "{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% for i in l %}{% for j in s %}{{ loop.index }}{% if j == 'c' %}{% break %}{% endif %}{% endfor %}{{ loop.index }};{% endfor %}",
    "{% set a = 1 %}{% for i in l %}{% set a = a + i %}{{ a }} {% endfor %}{{ a }}", "{% set ns = namespace(a=0) %}{% for i in l %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns }}",
    "{% for i in l %}{{ a }}{% set a = i %}{{ a }};{% endfor %}{{ a }}", "{% if yes %}{% set a = 5 %}{% endif %}{{ a }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set (a, b) = (1, 2) %}{{ a }}{{ b }}", "{% set a = 1, 2 %}{{ a }}",
    "{% set ns = namespace(f=false) %}{% for i in l if not ns.f %}{{ i }}{% set ns.f = true %}{% endfor %}", "{% set d.x = 1 %}", "{% set ns = namespace() %}{% set ns._x = 1 %}", "{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}{{ ns.c }}|",
    "{% set a %}block {{ n }}{% endset %}[{{ a }}]", "{% set a | upper | trim %} block {% endset %}[{{ a }}]", "{% set a %}{% set b = 1 %}{% endset %}{{ b }}|",
    "{% macro m(a, b=2, c=a) %}({{ a }},{{ b }},{{ c }}){% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(1, c=9) }}{{ m() }}{{ m(b=1, a=4) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(z=2) }}",
    "{% macro m(a) %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, x=4) }}", "{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}in{% endcall %}", "{% macro m() %}[{{ caller(1, 2) }}]{% endmacro %}{% call(a, b) m() %}{{ a }}{{ b }}{% endcall %}",
    "{% macro m() %}x{% endmacro %}{% call m() %}in{% endcall %}", "{% macro m() %}{{ caller }}|{{ caller is defined }}{% endmacro %}{{ m() }}", "{% macro m(x) %}{% if x > 0 %}{{ x }}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(4) }}",
    "{% macro m() %}{{ g }}{% endmacro %}{% set g = 1 %}{{ m() }}{% set g = 2 %}{{ m() }}", "{% for i in l %}{% macro m() %}{{ i }}{{ loop.index }}{% endmacro %}{{ m() }}{% endfor %}{{ m is defined }}", "{% macro m(a) %}{% set a = 5 %}{{ a }}{% endmacro %}{{ m(1) }}{{ a }}|{{ m.name }}{{ m.arguments }}{{ m }}",
    "{% macro m() %}  {{ t }}  {% endmacro %}{{ m()|trim|upper }}{{ m()|length }}{{ m() is string }}", "{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a }}|", "{% with %}{% set z = 3 %}{{ z }}{% endwith %}{{ z }}", "{% with a = 1 %}{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}{% endwith %}",
    "{% filter upper %}abc {{ t }}{% endfilter %}", "{% filter replace('a', 'b')|upper %}aaa{% endfilter %}", "{% raw %}{{ x }}{% if %}{% endraw %}", "a {%- raw -%}  b  {%- endraw -%} c", "{% raw %}\n  x\n{% endraw %}\ny", "{# c #}a{#- c -#} b {# multi\nline #}\nc", "{% generation %}a{{ n }}{% set y = 1 %}{% endgeneration %}{{ y }}|",
    "  {% if yes %}\n    a\n  {% endif %}\nb\n", "  {%- if yes %}\n    a\n  {%- endif %}\nb\n", "  {%+ if yes %}\n    a\n  {%+ endif +%}\nb\n\n", "a\n  {{- n -}}\n  b", "x {% if yes -%}  \n y {%- endif -%} \n z", "  {# c #}\n  {{ n }}\n", "\n\n{{ n }}\n\n", "a\r\nb\r{{ n }}\r\n", "{{ n }}  {% if yes %} b {% endif %}  c", "\t {% set a = 1 %} \n{{ a }}", "{{ '{{' }} }} %} #}", "{{ n }}\n{{- n }}", "é{%- if yes %}ü{% endif -%}\u3000ö",
    "{% if z %}a{% elif n %}b{% else %}c{% endif %}", "{% if x %}a{% elif x.y is defined %}b{% endif %}", "{% if no %}{{ 1/0 }}{% endif %}ok", "{% if no %}{{ n|nosuch }}{% endif %}ok", "{% for i in l %}{{ i|nosuch }}{% endfor %}", "{% if no %}{% for i in l %}{{ i|nosuch }}{% endfor %}{% endif %}", "{{ n|nosuch if no else 1 }}", "{% if n is nosuch %}{% endif %}",
    "{% for i in [[1, [2, [3]]], [4]] recursive %}{% if i is iterable %}({{ loop(i) }}){% else %}{{ i }}:{{ loop.depth }}{% endif %}{% endfor %}", "{% for i in l %}{{ loop(l) }}{% endfor %}", "{% for loop in l %}{% endfor %}", "{% set loop = 1 %}{{ loop }}", "{% for i in l %}{% set loop = 1 %}{% endfor %}", "{% break %}", "{% for i in l %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
    "{% nosuch %}", "{% if yes %}", "{% endif %}", "{% for i in l %}{% endif %}", "{% if %}{% endif %}", "{% set %}", "{% set 1 = 2 %}", "{% set a + 1 = 2 %}", "{% set none = 2 %}", "{{", "{{ n", "{% if n", "{# never", "{% raw %} never", "{{ n }", "{{ }}", "{% %}", "{{ n %}", "{% print n, t %}", "{% print %}", "{% block b %}in{{ n }}{% endblock %}", "{% block b %}in{% endblock b %}", "{% include 'x' %}", "{% extends 'x' %}", "{% import 'x' as y %}", "{% autoescape false %}<{{ n }}{% endautoescape %}",
    "{% set j = joiner('; ') %}{% for i in l %}{{ j() }}{{ i }}{% endfor %}", "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.current }}", "{% set g = l|map('string') %}{{ g|list }}{{ g|list }}{{ 'y' if g }}", "{% set i = l|select('odd') %}{% for a in i %}{{ a }}{{ loop.last }}{% endfor %}{% if i %}y{% endif %}", "{% for g, i in p[:3]|groupby('age') %}{{ g }}:{{ i|map(attribute='name')|join(',') }};{% endfor %}", "{% for g in p[:3]|groupby('age') %}{{ g.grouper }}{{ g.list|length }}{% endfor %}",
    "{% for row in range(5)|batch(2, 0) %}{{ row }}{% endfor %}", "{% for c in u %}{{ c }}.{% endfor %}", "{% set messages = [{'role': 'a'}] + [{'role': 'b'}] %}{% for m in messages[1:] %}{{ m.role }}{{ m['role'] }}{{ m.role == 'b' }}{% endfor %}", "{% set a = {'x': 1} %}{% set a = dict(a, y=2) %}{{ a }}", "{{ caller }}{{ caller is defined }}|", "{% for i in l %}{{ i }}{% else %}e{% endfor %}{{ i }}|",
    "{% set x = 5 %}{% macro f() %}{{ x }}{% set x = 6 %}{% endmacro %}{{ f() }}{{ x }}", "{% for i in l %}{% if loop.first %}{% set q2 = 1 %}{% endif %}{{ q2 }}|{% endfor %}", "{% for i in l %}{% generation %}{{ i }}{{ loop.index }}{% endgeneration %}{% endfor %}", "{% for i in l %}{% generation %}{% break %}{% endgeneration %}{% endfor %}", "{% for i in l %}{% set a %}{{ i }}{% if i == 1 %}{% continue %}{% endif %}{% endset %}{{ a }}{% endfor %}",
]
SPLIT = " | "


def outcome(render) -> str:
    """The text, `!raised:message` or `!failed`."""
    try:
        return render()
    except jinja2.exceptions.TemplateError as error:
        return f"!raised:{error.message}" if type(error) is jinja2.exceptions.TemplateError else "!failed"
    except Exception:
        return "!failed"


def expressions() -> list[dict]:
    sources = [f"{{{{ {part} }}}}" for line in EXPRESSIONS.replace("\\\nb'", "\0b'").split("\n") for part in line.replace("\0", "\\\n").split(SPLIT)]
    rows = []
    for source in sources + BLOCKS:
        text = outcome(lambda: utils._compile_jinja_template(source).render(**VARIABLES))
        if " at 0x" in text:
            continue  # Python's address of an object
        rows.append({"template": source, "expected": text})
    return rows


def tool(name: str, **properties) -> dict:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": f"Calls {name} – \"now\".", "parameters": parameters}}


TOOLS = [
    tool("get_weather", city={"type": "string", "description": "The city's name."}, days={"type": "integer", "enum": [1, 2]}),
    tool("stop"),
    {**tool("find", tags={"type": "array", "items": {"type": ["string", "null"]}}, exact={"type": "boolean", "default": False})},
]


def conversations() -> list[dict]:
    source = random.Random(7)
    texts = ["Hi", "", "  spaced out \n", "Zwölf Boxkämpfer 😀\n\nzwei", "a < b && \"c\" 'd' {{ x }}", "<think>\nhm\n</think>\n\nYes.", "1\n2\r\n3\t", "日本語のテキスト"]
    rows = []

    def add(messages, tools=None):
        rows.append({"messages": messages, "tools": tools})

    def say(role, text=None):
        return {"role": role, "content": source.choice(texts) if text is None else text}

    for text in texts:
        add([say("user", text)])
        add([say("system", text), say("user", "Q"), say("assistant", text)])
    for turns in range(1, 6):
        add([say(("user", "assistant")[index % 2]) for index in range(turns)])
        add([say("system")] + [say(("user", "assistant")[index % 2]) for index in range(turns)], TOOLS[:turns])
    call = {"id": "abcdefghi", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "Zürich", "days": 2, "f": 1.5, "n": None}}}
    text_call = {"id": "call00001", "type": "function", "function": {"name": "find", "arguments": "{\"tags\": [\"a\"]}"}}
    for calls in ([call], [text_call], [call, {**text_call, "id": "123456789"}]):
        results = [{"role": "tool", "name": item["function"]["name"], "tool_call_id": item["id"], "content": "{\"t\": 3}"} for item in calls]
        ask = {"role": "assistant", "content": None, "tool_calls": calls}
        add([say("user"), ask], TOOLS)
        add([say("system"), say("user"), ask, *results], TOOLS)
        add([say("user"), {**ask, "content": ""}, *results, say("assistant", "It is 3.")], TOOLS[:1])
        add([say("user"), {"role": "assistant", "tool_calls": calls}, *results, say("assistant", "Done"), say("user", "And?")], TOOLS)
    add([])
    add([say("assistant", "first")])
    add([say("user"), say("user")])
    add([say("user"), say("system", "late")])
    add([say("user"), say("assistant"), say("assistant")])
    add([{"role": "user"}])
    add([{"content": "x"}])
    add([say("critic", "x")])
    add([{"role": "user", "content": [{"type": "text", "text": "part"}, {"type": "image"}]}])
    add([say("user"), {"role": "assistant", "content": "x", "reasoning_content": "why"}])
    add([say("user"), {"role": "assistant", "content": "x", "thinking": "why"}, say("user")])
    add([say("user")], [])
    return rows


# What a template accepts; and the variables it asks for, beyond those of Transformers.
ACCEPTS = {
    "chatml": "plain", "strict": "plain", "google-gemma": "turns", "microsoft-Phi": "plain", "CohereForAI-c4ai-command-r-plus": "objects-always",
    "NousResearch-Hermes": "objects-always", "meta-llama": "objects-single", "deepseek-ai": "texts", "llama-cpp-deepseek": "texts-bare",
    "fireworks-ai": "texts", "meetkai-functionary-medium-v3.1": "texts-always", "meetkai-functionary-medium-v3.2": "texts",
}
ASKS = {
    "fireworks-ai": {"functions": json.dumps([tool["function"] for tool in _conversations.TOOLS[:3]]), "datetime": "Nov 03 2026 14:05:09 GMT"},
    "CohereForAI-c4ai-command-r7b": {"enable_citations": True},
    "meta-llama-Llama-3.3": {"builtin_tools": ["code_interpreter", "brave_search"], "tools_in_user_message": False, "date_string": "03 Nov 2026"},
}
SHARE = 0.6  # of a template's cases must render


def named(table: dict, name: str, standard):
    return next((value for start, value in table.items() if name.startswith(start)), standard)


def render(source: str, row: dict, prompt: bool, variables: dict, **options) -> tuple[str, str]:
    """The text as `outcome` gives it; and o for a text, r for a refusal, i for a last message that cannot be continued, u for a value that
    is not there, f for any other failure."""
    why = "o"

    def run():
        nonlocal why
        try:
            texts, _ = utils.render_jinja_template(
                [row["messages"]], tools=row["tools"], documents=row.get("documents"), chat_template=source, add_generation_prompt=prompt,
                **options, **TOKENS, **variables)
            return texts[0]
        except Exception as error:
            inside = type(error) is ValueError and "continue_final_message" in str(error) or isinstance(error, KeyError)
            why = "i" if inside else "r" if type(error) is jinja2.exceptions.TemplateError else \
                "u" if isinstance(error, jinja2.exceptions.UndefinedError) else "f"
            raise
    return outcome(run), why


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reference", type=Path)
    reference = parser.parse_args().reference
    target = folder("HoneText", "chat")
    head = header(7, "jinja2", "transformers")
    rows = expressions()
    size = 190
    for index in range(0, len(rows), size):
        write_json(target / f"expressions-{index // size + 1}.json", head, {"variables": VARIABLES, "cases": rows[index : index + size]})
    edges = conversations()
    write_json(target / "conversations.json", head, {"tokens": TOKENS, "conversations": edges})
    pool, made = _conversations.make()
    seeded = header(_conversations.SEED, "jinja2", "transformers")
    write_json(target / "pool.json", seeded, {"messages": pool.messages, "tools": _conversations.TOOLS, "documents": _conversations.DOCUMENTS})
    for profile, talks in made.items():
        write_json(target / f"conversations-{profile}.json", seeded, {"conversations": "|".join(map(_conversations.compact, talks))})

    def expected(name: str, source: str) -> dict:
        profile, variables = named(ACCEPTS, name, "objects"), named(ASKS, name, {})
        hashes, outcomes = "", ""
        for index, row in enumerate(edges + [_conversations.expand(row, pool) for row in made[profile]]):
            texts = []
            for kind, options in (("0", {}), ("1", {}), ("c", {"continue_final_message": True})):
                text, why = render(source, row, kind == "1", variables, **options)
                texts.append(text)
                outcomes += why
                if reference:
                    (reference / name).mkdir(parents=True, exist_ok=True)
                    (reference / name / f"{index}-{kind}.txt").write_bytes(text.encode())
            hashes += fnv("\0".join(texts))[8:]
        share = outcomes.count("o") / len(outcomes)
        print(f"{name}: {profile}, {len(outcomes)} cases, " + ", ".join(f"{outcomes.count(c)} {c}" for c in "oriuf"))
        assert share >= SHARE, f"{name} renders {share:.0%} of its cases; give it conversations that it accepts"
        return {"template": name, "source": fnv(source), "profile": profile, "variables": variables, "hashes": hashes, "outcomes": outcomes}

    own = [expected(path.name, path.read_text()) for path in sorted((target / "templates").glob("*.jinja"))]
    write_json(target / "own.json", seeded, {"templates": own})
    if SHARED.is_dir():
        shared = [expected(path.name, path.read_text()) for path in sorted(SHARED.glob("*.jinja"))]
        assert shared
        for part in range(0, len(shared), 6):
            write_json(target / f"shared-{part // 6 + 1}.json", seeded, {"templates": shared[part : part + 6]})
    else:
        print("../shared is absent: shared-*.json stay as they are")


if __name__ == "__main__":
    main()
