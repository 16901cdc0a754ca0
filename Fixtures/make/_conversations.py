"""Seeded conversations for chat_templates.py, written as places in a pool of messages, tools and documents so that hundreds stay small."""

import json
import random

TEXTS = [
    "Hi", "", "  spaced out \n", "Zwölf Boxkämpfer 😀\n\nzwei", "a < b && \"c\" 'd' {{ x }}", "<think>\nhm\n</think>\n\nYes.", "1\n2\r\n3\t", "日本語のテキスト",
    "What is the weather in Zürich tomorrow?", "It will rain; take an umbrella.", "No", "print(f\"{a!r}\")\n\tif a:\n\t\treturn {'k': [1, 2]}", "مرحبا بالعالم",
    "Résumé – naïve café…", "100 % of 3.5 € is 3,50 €", "{% if x %}{{ y }}{% endif %} {# note #}", "# Title\n\n- one\n- two\n\n> quote", "\\n is not a newline \\\\",
    "Привет, как дела?", "Say it in one word.", "<|im_end|> [INST] <s> </s> <|eot_id|>", "हिन्दी में लिखिए", "👩\u200d👩\u200d👧 🇩🇪", "null", "true", "[]", "\u00a0\u3000x\u2028y",
    "And now?", "Translate: “the quick brown fox”.", "x" * 70,
]
SYSTEM = ["Be brief.", "You are a pirate.\nArr!", "  Answer in German. ", "", "Never say \"no\"; use {braces} & <tags>.", "簡潔に。"]


def schema(kind, description, **more):
    return {"type": kind, "description": description, **more}


def tool(name, description, required=None, **properties):
    found = list(properties) if required is None else required
    return {"type": "function", "function": {"name": name, "description": description,
                                             "parameters": {"type": "object", "properties": properties, "required": found}}}


TOOLS = [
    tool("get_weather", "Looks up the weather – \"now\" or later.", ["city"], city=schema("string", "The city's name."),
         days=schema("integer", "How many days ahead", minimum=0, maximum=7, default=1)),
    tool("stop", "Stops."),
    tool("find", "Finds notes", ["tags"], tags=schema("array", "Tags to look for", items={"type": "string"}), exact=schema("boolean", "Whole words only.", default=False)),
    tool("convert", "Converts an amount & shows <b>it</b>.", amount=schema("number", "The amount", examples=[1.5, "2"]),
         unit=schema("string", " The unit ", enum=["kg", "lb"])),
    tool("brave_search", "Searches the web.", query=schema("string", "What to look for.", maxLength=80)),
    tool("store", "Stores settings", ["values"], values=schema("object", "Name and value", additionalProperties={"type": "integer"}),
         label=schema("string", "A label", default="none", nullable=True)),
    tool("plan", "Plans a journey über alles.", ["stops"], stops=schema("array", "Where to stop", items={"type": "object", "properties": {
        "place": {"type": "string", "description": "A place"}, "nights": {"type": "integer"}}, "required": ["place"]}),
         when=schema(["string", "integer"], "A date", format="date")),
    tool("matrix", "Multiplies", rows=schema("array", "Rows of numbers", items={"type": "array", "items": {"type": "number"}}),
         level=schema("array", "Levels", items={"type": "string", "enum": ["low", "high"]})),
    {"type": "function", "function": {**tool("time", "Tells the time", zone=schema("string", "A zone such as “Europe/Zürich”"))["function"],
                                      "return": {"type": "string", "description": "Hours and minutes"}}},
]
ARGUMENTS = [
    ("get_weather", {"city": "Zürich", "days": 2}), ("get_weather", {"city": "\"X\" & <Y>\n", "days": 0}), ("stop", {}), ("find", {"tags": ["a", "日"], "exact": True}),
    ("convert", {"amount": 1.5, "unit": "kg"}), ("convert", {"amount": 1e16, "unit": None}), ("brave_search", {"query": "swift 6"}),
    ("store", {"values": {"a": 1, "B": -2}}), ("plan", {"stops": [{"place": "Bern", "nights": 1}, {"place": "Chur"}], "when": "2026-11-03"}),
    ("matrix", {"rows": [[1, 2.5], []], "level": ["low"]}), ("time", {"zone": "UTC"}), ("brave_search", {"query": "naïve café"}),
]
RESULTS = ["{\"t\": 3}", "3", "no result", "{\"rows\": [1, 2],\n \"ok\": true}", "Fehler: <nicht gefunden>", ""]
DOCUMENTS = [{"title": "One", "text": "First text.\nMore."}, {"title": "Zwei", "text": "\"Zitat\" 😀", "url": "x/y?a=1&b=2"}, {"title": "", "text": ""}]


class Pool:
    """Messages by place; the same message has one place."""

    def __init__(self):
        self.messages = []
        self.places = {}

    def place(self, message):
        key = json.dumps(message)
        if key not in self.places:
            self.places[key] = len(self.messages)
            self.messages.append(message)
        return self.places[key]


# What templates accept. calls: whether arguments are objects or texts of JSON; most: the calls in one message at most.
PROFILES = {
    "turns": {"system": 0, "tools": 0, "calls": None},
    "plain": {"system": 0.5, "tools": 0, "calls": None},
    "objects": {"system": 0.5, "tools": 0.7, "calls": "objects", "most": 3, "documents": 0.2},
    "objects-always": {"system": 0.5, "tools": 1, "calls": "objects", "most": 3},
    "objects-single": {"system": 0.5, "tools": 0.7, "calls": "objects", "most": 1},
    "texts": {"system": 0.5, "tools": 0.7, "calls": "texts", "most": 3},
    "texts-bare": {"system": 0.5, "tools": 0.1, "calls": "texts", "most": 3},
    "texts-always": {"system": 0.5, "tools": 1, "calls": "texts", "most": 3},
}
COUNT = 320
SEED = 29


def call_messages(kind, most):
    """A few messages that call tools, with the results of each; every call is in one of them."""
    found, numbers = [], list(range(len(ARGUMENTS)))
    while numbers:
        count = min(len(numbers), 1 if most == 1 else 1 + len(found) % most)
        group, numbers = numbers[:count], numbers[count:]
        items = []
        for number in group:
            name, values = ARGUMENTS[number]
            arguments = values if kind == "objects" else json.dumps(values, ensure_ascii=number % 2 == 0)
            items.append({"id": f"call{number:05}", "type": "function", "function": {"name": name, "arguments": arguments}})
        results = [{"role": "tool", "name": item["function"]["name"], "tool_call_id": item["id"], "content": RESULTS[number % len(RESULTS)]}
                   for number, item in zip(group, items)]
        found.append(({"role": "assistant", "content": [None, None, None, "", "Wait."][len(found) % 5], "tool_calls": items}, results))
    return found


def talk(source, profile, pool):
    """One conversation: places of messages, of tools and of documents."""
    messages = []

    def say(role, text, **more):
        messages.append(pool.place({"role": role, "content": text, **more}))

    if source.random() < profile["system"]:
        say("system", source.choice(SYSTEM))
    tools = None
    if source.random() < profile["tools"]:
        tools = source.sample(range(len(TOOLS)), source.randint(1, 5))
    rounds = source.randint(1, 4)
    for number in range(rounds):
        say("user", source.choice(TEXTS))
        is_last = number == rounds - 1
        if profile["calls"] and source.random() < 0.3:
            message, results = source.choice(call_messages(profile["calls"], profile["most"]))
            messages.append(pool.place(message))
            if is_last and source.random() < 0.1:
                break
            messages += map(pool.place, results)
            if is_last and source.random() < 0.3:
                break
        elif is_last and source.random() < 0.5:
            break
        if source.random() < 0.05:
            say("assistant", "Yes.", reasoning_content="Because.")
        else:
            say("assistant", source.choice(TEXTS))
    documents = None
    if source.random() < profile.get("documents", 0):
        documents = source.sample(range(len(DOCUMENTS)), source.randint(1, 2))
    return messages, tools, documents


def make():
    """The pool, and for each profile its conversations."""
    pool = Pool()
    return pool, {name: [talk(random.Random(f"{SEED} {name} {index}"), profile, pool) for index in range(COUNT)] for name, profile in PROFILES.items()}


def compact(row):
    """`1 2 3;0 4;` – a part that is nil is `-`."""
    return ";".join("-" if part is None else " ".join(map(str, part)) for part in row)


def expand(row, pool):
    messages, tools, documents = row
    return {"messages": [pool.messages[place] for place in messages], "tools": None if tools is None else [TOOLS[place] for place in tools],
            "documents": None if documents is None else [DOCUMENTS[place] for place in documents]}
