"""What a chat completion looks like on the wire, and how an answer is put together from it.

Source: OpenAI's API reference, "Chat completions" and its streaming chunk object. `reasoning_content` is DeepSeek's
name for the reasoning (llama.cpp, vLLM), `reasoning` OpenRouter's and Ollama's; a server that sends both repeats itself.
"""

from collections.abc import Sequence

import msgspec

from fabula.plugins import ChatBatch, ModelCut, ModelError, ModelGarbage, ModelRejected, TokenUsage
from fabula.providers.openai_compatible.faults import clean_reason
from fabula.providers.openai_compatible.shape import Shape, cut_out, find_text
from fabula.providers.openai_compatible.sse import ends_in_data, iter_payloads

_DATA = b"data: "
_NEXT = b"\n\ndata: "
_DONE = b"data: [DONE]\n\n"
# A text that no model says, as JSON writes it and as it is read.
_SAMPLE, _SAMPLED = rb"\u0000\u0001", "\x00\x01"
# How many reads in a row are looked at for a shape: some servers put something new into each chunk.
_LOOKS = 8
# msgspec checks UTF-8 only where it builds a str, and gives up on deep nesting.
DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Delta(msgspec.Struct, gc=False):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, gc=False):
    index: int = 0
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class ErrorBody(msgspec.Struct, gc=False):
    """The inside of `{"error": …}`."""

    message: str | None = None
    code: int | str | None = None
    type: str | None = None


class Chunk(msgspec.Struct, gc=False):
    """One `data:` payload of a stream, or a whole answer of a server that does not stream."""

    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: ErrorBody | str | None = None
    message: str | None = None  # an error object that forgot its wrapping


decode_chunk = msgspec.json.Decoder(Chunk).decode
_decode_chunks = msgspec.json.Decoder(list[Chunk]).decode


class Answer:
    """One answer as it comes in. `characters` bounds it: more is cut off and finishes with "length".

    After each `take`: `fault` is what went wrong behind the text just returned, `finished` tells that a finish reason
    was seen, `done` that nothing more is to be read, `is_full` that it is so because the bound was reached.
    """

    def __init__(self, provider: str, characters: int) -> None:
        self._provider = provider
        self._room = characters
        self._shape: Shape | None = None
        self._looks = 0
        self.fault: ModelError | None = None
        self.finished = False
        self.done = False
        self.is_full = False

    def take(self, block: bytes) -> ChatBatch:
        """Decode a block of whole events into one batch."""
        found = None if self._shape is None else self._shape.read(block)
        if found is None:
            return self._bound(self._take_unknown(block))
        self._looks = 0
        batch, behind = found
        if behind:
            self._gather(batch, self._decode(behind))
        return self._bound(batch)

    def take_rest(self, block: bytes) -> ChatBatch:
        """Decode what the stream ended with; a chunk cut in the middle is not garbage, just not whole."""
        batch = self.take(block)
        if isinstance(self.fault, ModelGarbage) and ends_in_data(block):
            self.fault = None
        return batch

    def settle(self) -> None:
        """Raise what went wrong before the finish reason, `ModelCut` if none was seen; behind it all text is here."""
        if not self.finished:
            raise self.fault or ModelCut(self._provider)

    def gather(self, chunks: Sequence[Chunk]) -> ChatBatch:
        """Join the deltas of `chunks`."""
        return self._bound(self._gather(ChatBatch(), chunks))

    def _gather(self, batch: ChatBatch, chunks: Sequence[Chunk]) -> ChatBatch:
        """Add what `chunks` say to `batch`."""
        contents: list[str] = [batch.content]
        thoughts: list[str] = [batch.reasoning]
        for chunk in chunks:
            if chunk.error is not None or chunk.message is not None:
                self.fault = _reported(self._provider, chunk)
                break
            if chunk.usage is not None:
                batch.usage = TokenUsage(chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0)
            for choice in chunk.choices or ():
                if choice.index == 0:
                    batch.deltas += _split(choice, contents, thoughts)
                    batch.finish_reason = choice.finish_reason or batch.finish_reason
        batch.content = "".join(contents)
        batch.reasoning = "".join(thoughts)
        return batch

    def _take_unknown(self, block: bytes) -> ChatBatch:
        """Learn the shape of the first chunk that says a text, if what follows may be like it, and read on by it."""
        at = None if self.finished or self._looks >= _LOOKS else find_text(block)
        if at is None:
            return self._gather(ChatBatch(), self._decode(block))
        self._looks += 1
        batch, rest = ChatBatch(), block[at:]
        if at:
            self._gather(batch, self._decode(block[:at]))
            if self.fault is not None or self.done:
                return batch
        self._shape = learn(rest[len(_DATA) : rest.find(b"\n\n")]) if rest.startswith(_DATA) else None
        found = None if self._shape is None else self._shape.read(rest)
        if found is not None:
            said, rest = found
            batch.content += said.content
            batch.reasoning += said.reasoning
            batch.deltas += said.deltas
        return self._gather(batch, self._decode(rest)) if rest else batch

    def _decode(self, block: bytes) -> Sequence[Chunk]:
        """Decode all payloads at once; if the block is not of the plain form, one by one.

        One array per read instead of one object per delta: the events' separators become its commas.
        """
        if block.startswith(_DATA):
            is_last = block.endswith(_DONE)
            plain = block[: -len(_DONE)] if is_last else block
            try:
                chunks = _decode_chunks(b"[%b]" % plain[len(_DATA) : -2].replace(_NEXT, b","))
            except DECODE_ERRORS:
                return self._decode_singly(block)
            self.done = is_last
            return chunks
        return self._decode_singly(block)

    def _decode_singly(self, block: bytes) -> Sequence[Chunk]:
        chunks: list[Chunk] = []
        for payload in iter_payloads(block):
            if payload == b"[DONE]":
                self.done = True
                break
            try:
                chunks.append(decode_chunk(payload))
            except DECODE_ERRORS as error:
                # The bytes themselves stay out of the message: they may be the user's text.
                self.fault = ModelGarbage(self._provider, f"{len(payload)} bytes of data that are no chunk ({error})")
                break
        return chunks

    def _bound(self, batch: ChatBatch) -> ChatBatch:
        """The batch, cut where the answer has reached its bound."""
        self._room -= len(batch.content) + len(batch.reasoning)
        if self._room < 0:
            batch.reasoning = batch.reasoning[: len(batch.reasoning) + min(0, self._room + len(batch.content))]
            batch.content = batch.content[: max(0, len(batch.content) + self._room)]
            batch.finish_reason = "length"
            self.done = self.is_full = True
        if batch.finish_reason:
            self.finished = True
        return batch


def learn(payload: bytes) -> Shape | None:
    """The shape of a chunk that says one text and nothing else, proved by putting another text there."""
    parts = cut_out(payload)
    if parts is None or parts[1] == _SAMPLE:
        return None
    try:
        chunk = decode_chunk(_SAMPLE.join((parts[0], parts[2])))
    except DECODE_ERRORS:
        return None
    contents: list[str] = []
    thoughts: list[str] = []
    for choice in chunk.choices or ():
        if choice.index != 0 or choice.finish_reason is not None or not _split(choice, contents, thoughts):
            return None
    says_more = chunk.error is not None or chunk.message is not None or chunk.usage is not None
    if says_more or [*contents, *thoughts] != [_SAMPLED]:
        return None
    return Shape(parts[0], parts[2], is_thought=bool(thoughts))


def _split(choice: _Choice, contents: list[str], thoughts: list[str]) -> bool:
    """Add the choice's text to its channel; tell whether there was any."""
    delta = choice.delta or choice.message
    if delta is None:
        return False
    content = delta.content or delta.refusal
    thought = delta.reasoning_content or delta.reasoning
    if thought:
        thoughts.append(thought)
    if content:
        contents.append(content)
        return True
    return bool(thought)


def _reported(provider: str, chunk: Chunk) -> ModelRejected:
    """Turn an error object inside a stream into the error it would have been as a status; 502 if it names none."""
    error = chunk.error
    if error is None or isinstance(error, str):
        return ModelRejected(provider, 502, clean_reason(error or chunk.message or ""))
    text = str(error.code)
    status = int(text) if text.isdecimal() and 400 <= int(text[:4]) <= 599 else 502
    return ModelRejected(provider, status, clean_reason(error.message or error.type or text))
