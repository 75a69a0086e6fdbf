"""Every way a call fails, as one of the `ModelError`s. Nothing here keeps or shows a request."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from fabula.plugins import ModelCut, ModelError, ModelGarbage, ModelRejected, ModelTimeout, ModelUnreachable
from fabula.providers.line import BadCoding, BadHeader, Cut, NoAddress, NotHttp, SlowConnect

_REASON_LENGTH = 300
_LOOKED_AT = 4096
_LONGEST_WAIT = 86_400.0
_MARKUP = re.compile(r"<(script|style|head)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


class Silence(Exception):
    """The peer sent nothing for `args[0]` seconds."""


class _Nested(msgspec.Struct):
    message: str | None = None


class _Body(msgspec.Struct):
    """The error shapes in use: OpenAI's, a bare message, FastAPI's `detail`."""

    error: _Nested | str | None = None
    message: str | None = None
    detail: str | None = None


def clean_reason(text: str) -> str:
    """Make a provider's message fit to show: no markup, one line, at most 300 characters."""
    # Cut first: the pattern takes quadratic time on markup that never closes.
    plain = _BLANK.sub(" ", _MARKUP.sub(" ", text[:_LOOKED_AT])).strip()
    if len(plain) > _REASON_LENGTH:
        return plain[: _REASON_LENGTH - 1] + "…"
    return plain or "no reason given"


def rejected(provider: str, status: int, headers: Mapping[str, str], body: bytes, key: str | None) -> ModelRejected:
    """Build the error for an HTTP status; `headers` have lower-case names. The key is masked: some servers echo it."""
    reason = _find_reason(body)
    if key:
        reason = reason.replace(key, "***")
    if 300 <= status < 400:
        reason = "it redirects elsewhere, which is not followed; set the final address"
    return ModelRejected(provider, status, clean_reason(reason), _retry_after(headers))


def unreadable(provider: str, error: Exception) -> ModelError:
    """Name a fault met before the answer's headers."""
    if isinstance(error, Silence | SlowConnect):
        return ModelTimeout(provider, error.args[0])
    if isinstance(error, NoAddress | BadHeader):
        wrong = "its key holds a line break" if isinstance(error, BadHeader) else "its address is not an http(s) URL"
        return ModelUnreachable(provider, wrong)
    if isinstance(error, BadCoding):
        return _badly_packed(provider)
    if isinstance(error, NotHttp) or (isinstance(error, Cut) and error.args[0]):
        return ModelGarbage(provider, "its answer is not HTTP")
    if isinstance(error, Cut):
        return ModelUnreachable(provider, "it closed the connection without an answer")
    strerror = error.strerror if isinstance(error, OSError) else None
    return ModelUnreachable(provider, clean_reason(strerror or str(error) or type(error).__name__))


def broken(provider: str, error: Exception) -> ModelError:
    """Name a fault met while the answer's body was read."""
    if isinstance(error, Silence):
        return ModelTimeout(provider, error.args[0])
    return _badly_packed(provider) if isinstance(error, BadCoding) else ModelCut(provider)


def _badly_packed(provider: str) -> ModelGarbage:
    return ModelGarbage(provider, "its body is not in the compression it declares")


def _find_reason(body: bytes) -> str:
    try:
        parsed = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body.decode("utf-8", "replace")
    nested = parsed.error.message if isinstance(parsed.error, _Nested) else parsed.error
    return nested or parsed.message or parsed.detail or ""


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, in seconds or as a date (RFC 9110, section 10.2.3); None when absent or senseless."""
    value = headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_WAIT) if math.isfinite(seconds) else None
