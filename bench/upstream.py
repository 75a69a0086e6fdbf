"""A fake OpenAI-compatible server, fast enough never to be what is measured.

    python -m bench.upstream --port 0        prints {"port": N} when it listens

The model's name says how the answer goes; `count` deltas of four characters each, the text of `expected_text(count)`:

    fake-COUNT          as fast as the reader takes them
    fake-COUNT@RATE     RATE deltas a second, each on its own time
    fake-cut@COUNT      the connection is cut after COUNT deltas
    fake-garbage@COUNT  what follows COUNT deltas is not JSON
    fake-stall@COUNT    nothing follows COUNT deltas
    fake-slow@SECONDS   nothing at all for SECONDS, then ten deltas
    fake-endless        never ends
    fake-429  fake-500  an HTTP error (429 with Retry-After: 1)
    fake-refuse         the connection is reset without an answer
"""

import argparse
import asyncio
import json
import re
import signal
from dataclasses import dataclass
from typing import cast

import uvloop

PERIOD = 1000  # the text repeats after as many deltas
_BURST = 1  # deltas in one write, as servers send tokens: one step of a model gives each of its answers one
_MODEL = re.compile(rb'"model":\s*"fake-([a-z]*)(\d*)(?:@([\d.]+))?"')
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


def delta_text(index: int) -> str:
    """The text of delta number `index`, from 0."""
    return f"{index % PERIOD:03d} "


def expected_text(count: int) -> str:
    """The whole text of an answer of `count` deltas."""
    return "".join(map(delta_text, range(count)))


def _frame(payload: str) -> bytes:
    """One event in one HTTP chunk, as servers write them."""
    event = f"data: {payload}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(event), event)


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    head = {"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "fake"}
    return _frame(json.dumps({**head, "choices": [choice]}, separators=(",", ":")))


_DELTAS = [_chunk({"content": delta_text(index)}) for index in range(PERIOD)]
_BURSTS = [b"".join(_DELTAS[at : at + _BURST]) for at in range(0, PERIOD, _BURST)]
_OPEN = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_END = _chunk({}, "stop")
_DONE = _frame("[DONE]") + b"0\r\n\r\n"
_MODELS = json.dumps({"object": "list", "data": [{"id": "fake-10", "object": "model", "owned_by": "bench"}]})


def _document(status: str, text: str, extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{extra}Content-Length: {len(text)}\r\n\r\n"
    return (head + text).encode()


def _error(status: str, message: str, extra: str = "") -> bytes:
    return _document(status, json.dumps({"error": {"message": message, "type": "fake", "code": None}}), extra)


def _usage(count: int) -> bytes:
    usage = {"prompt_tokens": 7, "completion_tokens": count, "total_tokens": 7 + count}
    return _frame(json.dumps({"id": "chatcmpl-fake", "choices": [], "usage": usage}, separators=(",", ":")))


@dataclass(slots=True)
class _Plan:
    """One answer under way: `left` deltas to send of `count`, then `ending` (cut: no ending but the end)."""

    count: int
    left: int
    ending: bytes
    is_cut: bool = False
    gap: float = 0.0
    due: float = 0.0


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._plan: _Plan | None = None
        self._step: asyncio.Handle | None = None
        self._is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        self._plan = None
        if self._step is not None:
            self._step.cancel()

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        if self._plan is not None and not self._plan.gap:
            self._step = self._loop.call_soon(self._burst)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(b"\r\n\r\n") + 4
        if head_end < 4:
            return
        length = _LENGTH.search(self._received, 0, head_end)
        end = head_end + (int(length[1]) if length else 0)
        if len(self._received) >= end:
            request = bytes(self._received[:end])
            del self._received[:end]
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        if request.startswith(b"GET"):
            self._transport.write(_document("200 OK", _MODELS))
            return
        model = _MODEL.search(request)
        if model is None:
            self._transport.write(_error("404 Not Found", "no such model"))
            return
        fault, number, argument = model[1].decode(), model[2].decode(), float(model[3] or 0)
        if fault == "refuse":
            self._transport.abort()
        elif number == "429":
            self._transport.write(_error("429 Too Many Requests", "slow down", "Retry-After: 1\r\n"))
        elif number == "500":
            self._transport.write(_error("500 Internal Server Error", "out of order"))
        else:
            self._start(fault, int(number or 10), argument, has_usage=b"include_usage" in request)

    def _start(self, fault: str, count: int, argument: float, *, has_usage: bool) -> None:
        ending = _END + (_usage(count) if has_usage else b"") + _DONE
        at = int(argument)
        plans = {
            "": _Plan(count, count, ending, gap=1 / argument if argument else 0.0),
            "cut": _Plan(at, at, b"", is_cut=True),
            "garbage": _Plan(at, at, _frame("{this is no JSON") + ending),
            "stall": _Plan(at, at, b""),
            "slow": _Plan(count, count, ending),
            "endless": _Plan(1 << 62, 1 << 62, b""),
        }
        self._plan = plan = plans[fault]
        if fault == "slow":
            self._step = self._loop.call_later(argument, self._open)
            return
        plan.due = self._loop.time()
        self._open()

    def _open(self) -> None:
        self._transport.write(_OPEN)
        if self._plan is not None and self._plan.gap:
            self._tick()
        else:
            self._burst()

    def _tick(self) -> None:
        """Send one delta, and come back when the next is due: late ones do not push the rest back."""
        plan = self._plan
        if plan is None:
            return
        if not plan.left:
            self._finish(plan)
            return
        self._transport.write(_DELTAS[(plan.count - plan.left) % PERIOD])
        plan.left -= 1
        plan.due += plan.gap
        self._step = self._loop.call_at(plan.due, self._tick)

    def _burst(self) -> None:
        plan = self._plan
        if plan is None or self._is_paused:
            return
        start = (plan.count - plan.left) % PERIOD
        if plan.left >= _BURST:
            self._transport.write(_BURSTS[start // _BURST])
            plan.left -= _BURST
            self._step = self._loop.call_soon(self._burst)
        else:
            self._transport.write(b"".join(_DELTAS[start : start + plan.left]))
            self._finish(plan)

    def _finish(self, plan: _Plan) -> None:
        self._plan = None
        self._transport.write(plan.ending)
        if plan.is_cut:
            self._transport.close()


async def start(port: int = 0, host: str = "127.0.0.1") -> asyncio.Server:
    """Listen on `host`; port 0 takes a free one."""
    return await asyncio.get_running_loop().create_server(_Connection, host, port, backlog=4096)


async def _serve(port: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = await start(port)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await stop.wait()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    uvloop.run(_serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
