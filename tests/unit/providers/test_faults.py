from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from fabula.plugins.errors import ModelRejected
from fabula.providers.openai_compatible.faults import clean_reason, rejected


def reject(body: bytes = b"", headers: dict[str, str] | None = None, status: int = 400) -> ModelRejected:
    return rejected("x", status, headers or {}, body, "sk-secret")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error":{"message":"no such model","code":"x"}}', "no such model"),
        (b'{"error":"plain"}', "plain"),
        (b'{"message":"bare"}', "bare"),
        (b'{"detail":"Not Found"}', "Not Found"),
        (b'{"error":{"message":null}}', "no reason given"),
        (b"", "no reason given"),
        (b"<html><head><style>b{}</style></head><h1>502</h1>\r\n bad <b>gateway</b>", "502 bad gateway"),
        (b'{"error":{"message":"key sk-secret is wrong"}}', "key *** is wrong"),
        (b"\xff\x00\x1b[31mred", "� [31mred"),
        (b"[" * 60_000, "[" * 299 + "…"),
    ],
)
def test_the_reason_is_the_servers_own_short_and_clean(body: bytes, reason: str) -> None:
    assert reject(body).reason == reason


def test_a_redirect_is_refused_with_what_to_do() -> None:
    assert "final address" in reject(b"moved", status=301).reason


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("1e9", 86_400.0), ("nan", None), ("soon", None), ("", None)],
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    assert reject(headers={"retry-after": value}, status=429).retry_after == seconds


def test_retry_after_as_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    wait = reject(headers={"retry-after": date}, status=503).retry_after
    assert wait is not None
    assert 55 < wait <= 60


def test_only_the_beginning_of_a_long_message_is_looked_at() -> None:
    assert clean_reason("<script " * 8000 + "</script>end").endswith("…")
