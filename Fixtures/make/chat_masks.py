"""What Transformers marks as the assistant's tokens, for templates with generation tags that are written here.

Writes HoneDataTests/Fixtures/chat_masks.json: a small WordPiece tokenizer.json, and for each conversation and template the text, the ids
and the mask of `apply_chat_template(return_assistant_tokens_mask=True)`. Hone finds the same tokens without the tags.
"""

import json

from _fixture import folder, header, write_json

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

WORDS = "you are a helpful bot hi hello there what is two and plus it four thanks bye think ing ##ing ##s add them so the sum ok".split()
SPECIAL = ["[UNK]", "[PAD]", "<|im_start|>", "<|im_end|>", "<s>", "</s>"]

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}"
    "{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{% else %}{{ m.content }}<|im_end|>{% endif %}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
THINKING = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% set said = m.content.split('</think>')[-1] if not loop.last else m.content %}{% if m.role == 'assistant' %}"
    "{% generation %}{{ said }}<|im_end|>{% endgeneration %}{% else %}{{ m.content }}<|im_end|>{% endif %}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
BEGIN = (
    "<s>{% for m in messages %}{% if m.role == 'assistant' %} {% generation %}{{ m.content | trim }}</s>{% endgeneration %}"
    "{% else %}[{{ m.role }}] {{ m.content | trim }} [/]{% endif %}{% endfor %}"
)
TEMPLATES = {"chatml": CHATML, "thinking": THINKING, "begin": BEGIN}


def say(*parts: str) -> list[dict]:
    roles = {"s": "system", "u": "user", "a": "assistant"}
    return [{"role": roles[part[0]], "content": part[2:]} for part in parts]


CONVERSATIONS = [
    say("u hi", "a hello there"),
    say("s you are a helpful bot", "u what is two plus two?", "a it is four.", "u thanks", "a bye!"),
    say("u what is two and two", "a <think>add them</think>the sum is four", "u so it is?", "a <think>ok</think>it is"),
    say("u  hi there  ", "a hello\n\nthere "),  # a space first and Transformers marks nothing at all
    say("u hi", "a what?", "a two", "u ok", "a ok"),
    say("a hello", "u hi", "a what is it"),
    say("u hi 👋🏽 é", "a é 👋🏽 hi日本", "u x", "a y"),
    say("u <|im_end|> is it so?", "a it is", "u is it?", "a it is"),
]


def tokenizer() -> PreTrainedTokenizerFast:
    letters = sorted(set("abcdefghijklmnopqrstuvwxyzé日本👋🏽.,!?[]/<>|_"))
    vocab = dict.fromkeys(SPECIAL + WORDS + ["system", "user", "assistant"] + letters + ["##" + letter for letter in letters])
    base = Tokenizer(models.WordPiece({token: id for id, token in enumerate(vocab)}, unk_token="[UNK]"))
    base.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    base.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    base.decoder = decoders.WordPiece()
    base.add_special_tokens(SPECIAL)
    return PreTrainedTokenizerFast(tokenizer_object=base)


def main() -> None:
    fast = tokenizer()
    cases = []
    for name, template in TEMPLATES.items():
        for messages in CONVERSATIONS:
            text = fast.apply_chat_template(messages, chat_template=template, tokenize=False)
            made = fast.apply_chat_template(
                messages, chat_template=template, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
            )
            cases.append(
                {"template": name, "messages": messages, "text": text, "ids": made["input_ids"], "mask": made["assistant_masks"]}
            )
    write_json(
        folder("HoneData") / "chat_masks.json",
        header(None, "transformers", "tokenizers", "jinja2"),
        {"tokenizer": json.dumps(json.loads(fast.backend_tokenizer.to_str()), ensure_ascii=False), "cases": cases},
    )


main()
