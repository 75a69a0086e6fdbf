"""UUIDv7 ids, one `NewType` per entity.

The standard library has no `uuid7` before Python 3.14, so it is written here after RFC 9562,
section 5.7, with the monotonic counter of section 6.2 (method 1): ids made by one process sort in
the order they were made, also within a millisecond.
"""

import os
import re
import threading
import time
from typing import NewType

WorkspaceId = NewType("WorkspaceId", str)
UserId = NewType("UserId", str)
ProfileId = NewType("ProfileId", str)
PersonaId = NewType("PersonaId", str)
ChatId = NewType("ChatId", str)
BranchId = NewType("BranchId", str)
MessageId = NewType("MessageId", str)
VariantId = NewType("VariantId", str)
GenerationId = NewType("GenerationId", str)
PipelineRunId = NewType("PipelineRunId", str)
StepRunId = NewType("StepRunId", str)
OperationId = NewType("OperationId", str)
InstanceId = NewType("InstanceId", str)
BlobId = NewType("BlobId", str)
JobId = NewType("JobId", str)

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_COUNTER_BITS = 12
_COUNTER_START_BITS = 11  # the top bit starts clear, leaving room to count up in one millisecond


class _State:
    """Last millisecond and counter handed out; guarded by `lock`."""

    lock = threading.Lock()
    millis = 0
    counter = 0


def _next_tick() -> tuple[int, int]:
    with _State.lock:
        now = time.time_ns() // 1_000_000
        if now > _State.millis:
            _State.millis = now
            _State.counter = int.from_bytes(os.urandom(2), "big") >> (16 - _COUNTER_START_BITS)
        else:
            # Same millisecond, or the wall clock went back: keep the order by counting on.
            _State.counter += 1
            if _State.counter >> _COUNTER_BITS:
                _State.millis += 1
                _State.counter = 0
        return _State.millis, _State.counter


def uuid7() -> str:
    """Make a UUIDv7 in its canonical lower-case form; later calls sort after earlier ones."""
    millis, counter = _next_tick()
    tail = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    value = (millis << 80) | (0x7 << 76) | (counter << 64) | (0b10 << 62) | tail
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_uuid(text: str) -> bool:
    """Tell whether `text` is a UUID in hyphenated form, in either case."""
    return _UUID.fullmatch(text) is not None
