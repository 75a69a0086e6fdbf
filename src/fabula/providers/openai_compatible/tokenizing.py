"""POST /tokenize of llama.cpp and vLLM: many texts, one request.

Sources: llama.cpp, tools/server/README.md ("POST /tokenize"; `content` may mix texts and token ids, and each text is
split by itself); vLLM, "Tokenizer API" of its OpenAI-compatible server (one text a request, and its count).
"""

from collections.abc import Sequence

import msgspec

from fabula.plugins import ModelGarbage
from fabula.providers.openai_compatible.wire import DECODE_ERRORS

LLAMA, VLLM = "llama.cpp", "vllm"
# Ids that every vocabulary has, in an order that no text has: what stands between two texts.
_BETWEEN = (7, 11, 7, 13)


class _Tokens(msgspec.Struct):
    tokens: list[int]


class _Count(msgspec.Struct):
    count: int


_decode_tokens = msgspec.json.Decoder(_Tokens).decode
_decode_count = msgspec.json.Decoder(_Count).decode


def write_question(family: str, model: str, texts: Sequence[str]) -> bytes:
    """The request's body."""
    if family == VLLM:
        return msgspec.json.encode({"model": model, "prompt": "".join(texts), "add_special_tokens": False})
    content: list[str | int] = []
    for text in texts:
        content += [text, *_BETWEEN]
    return msgspec.json.encode({"content": content, "add_special": False})


def read_answer(provider: str, family: str, texts: Sequence[str], data: bytes) -> list[int]:
    """How many tokens each text has; raises `ModelGarbage`.

    vLLM counts the texts as one: its count is shared out by their bytes, of which a token has about as many in any
    script. The sum is right, and with it the one new text of a usual turn.
    """
    try:
        if family == VLLM:
            return _share(_decode_count(data).count, [len(text.encode()) for text in texts])
        return _split(_decode_tokens(data).tokens, len(texts))
    except (*DECODE_ERRORS, ValueError) as error:
        raise ModelGarbage(provider, f"its answer to /tokenize is none ({error})") from error


def _split(tokens: Sequence[int], count: int) -> list[int]:
    counts, start, at = list[int](), 0, 0
    while at < len(tokens):
        if tokens[at] == _BETWEEN[0] and tuple(tokens[at : at + len(_BETWEEN)]) == _BETWEEN:
            counts.append(at - start)
            start = at = at + len(_BETWEEN)
        else:
            at += 1
    if len(counts) != count:
        raise ValueError(f"{len(counts)} texts in place of {count}")
    return counts


def _share(total: int, sizes: Sequence[int]) -> list[int]:
    """By running sums, so that what rounding takes from one the next has."""
    whole, passed, given = sum(sizes), 0, 0
    counts = []
    for size in sizes:
        passed += size
        upto = round(total * passed / whole) if whole else 0
        counts.append(upto - given)
        given = upto
    return counts
