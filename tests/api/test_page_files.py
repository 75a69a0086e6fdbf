"""The files of the page as a browser gets them."""

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from fabula.http import spa

SCRIPT = "export const words = 'many, many words';\n" * 500


@pytest.fixture
def page(tmp_path: Path) -> FastAPI:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "app-1a2b.js").write_text(SCRIPT, "utf-8")
    (tmp_path / "assets" / "face-3c4d.woff2").write_bytes(b"font" * 100)
    app = FastAPI()
    spa.install(app, tmp_path)
    return app


async def fetch(app: FastAPI, path: str, **headers: str) -> tuple[dict[str, str], bytes]:
    sent: list[dict[str, Any]] = []

    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(asked, None) or await asyncio.get_running_loop().create_future()  # it never disconnects

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": given,
        "http_version": "1.1",
    }
    await app({**scope, "raw_path": path.encode(), "root_path": "", "scheme": "http"}, receive, send)  # type: ignore[arg-type]  # plain ASGI
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return found, b"".join(message.get("body", b"") for message in sent[1:])


async def test_a_script_travels_packed_where_that_is_understood(page: FastAPI) -> None:
    headers, body = await fetch(page, "/assets/app-1a2b.js", accept_encoding="gzip, br")
    assert gzip.decompress(body).decode() == SCRIPT
    assert (headers["content-encoding"], headers["vary"]) == ("gzip", "accept-encoding")
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]
    assert len(body) < len(SCRIPT) / 10


@pytest.mark.parametrize(("path", "encoding"), [("/assets/app-1a2b.js", ""), ("/assets/face-3c4d.woff2", "gzip")])
async def test_others_travel_as_they_are(page: FastAPI, path: str, encoding: str) -> None:
    headers, body = await fetch(page, path, accept_encoding=encoding)
    assert "content-encoding" not in headers
    assert len(body) in {len(SCRIPT), 400}
