"""The trace id of the running request: in the log, in every answer, in the trace of a generation."""

import os
from contextvars import ContextVar

_TRACE: ContextVar[str] = ContextVar("fabula_trace_id", default="")


def new_trace() -> str:
    """Begin a trace: 32 hexadecimal digits, the form W3C trace context uses."""
    trace = os.urandom(16).hex()
    _TRACE.set(trace)
    return trace


def trace_id() -> str:
    return _TRACE.get()
