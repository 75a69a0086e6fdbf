"""Server-sent events cut out of raw reads. Source: WHATWG HTML, section 9.2.6 "Interpreting an event stream"."""

from collections.abc import Iterator

_BOM = b"\xef\xbb\xbf"
_IGNORED = frozenset({b"", b"event", b"id", b"retry"})  # b"" is a comment


class EventTooLong(Exception):
    """No event ended within the limit; carries the limit in bytes."""


class EventSplitter:
    """Gives back whole events, whatever the sizes of the reads; holds at most `limit` bytes of an unfinished one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rest = b""
        self._after_cr = False

    def feed(self, data: bytes) -> bytes:
        """Return the events that `data` completes as one block that ends with a blank line, or b"".

        CR and CRLF become LF. Raises `EventTooLong`.
        """
        if not data:
            return b""  # says nothing about what follows a CR
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]  # the second half of a CRLF cut in two
        self._after_cr = data.endswith(b"\r")
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        whole = self._rest + data if self._rest else data
        end = whole.rfind(b"\n\n") + 2
        if end == 1:
            end = 0
        self._rest = whole[end:]
        if len(self._rest) > self._limit:
            raise EventTooLong(self._limit)
        return whole[:end]

    def flush(self) -> bytes:
        """Return what is left when the stream has ended, as a block: servers forget the last blank line."""
        rest, self._rest = self._rest, b""
        return rest + b"\n\n" if rest.strip() else b""


def iter_payloads(block: bytes) -> Iterator[bytes]:
    """Yield the data of each event of a block from `EventSplitter`; events without data are left out.

    A line that is no field of the standard counts as data: servers put a bare JSON error, or an `error:` field,
    into a stream that has begun, and anything else has to be seen to be named as garbage.
    """
    for event in block.split(b"\n\n"):
        lines = []
        for line in event.removeprefix(_BOM).split(b"\n"):
            name, _, value = line.partition(b":")
            if name in {b"data", b"error"}:
                lines.append(value.removeprefix(b" "))
            elif name not in _IGNORED:
                lines.append(line)
        if any(lines):
            yield b"\n".join(lines)


def ends_in_data(block: bytes) -> bool:
    """Tell whether the last line of a flushed block is a data field, or was about to become one."""
    line = block.rstrip(b"\n").rpartition(b"\n")[2]
    return line.startswith(b"data:") or b"data:".startswith(line)
