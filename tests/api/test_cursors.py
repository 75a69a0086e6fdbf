"""A cursor that is not of its list is bad input on every list, whatever it holds."""

import pytest

from fabula.core.paging import encode_cursor
from tests.server import Client

ID = "0190a5c4-0000-7000-8000-000000000000"
FOREIGN = [
    encode_cursor("x"),
    encode_cursor("\x00"),
    encode_cursor(7),
    encode_cursor("x", "y"),
    encode_cursor("2026-01-01T00:00:00+00:00", "y"),
    encode_cursor("9999-12-31T23:59:59-23:59", ID),
    encode_cursor(float("nan"), ID),
    encode_cursor(1.5, "\x00"),
    encode_cursor("name", "\ud800", ID),
    encode_cursor("new", -1, 0),
    "WyJ4Il0",
    "NQ",
    "W1tbW1s",
    "not base64",
    "",
]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/chats",
        "/v1/chats/{chat}/branches",
        "/v1/entity-profiles",
        "/v1/entity-profiles/tags",
        "/v1/entity-profiles/{profile}/chats",
        "/v1/generation-presets",
        "/v1/generations",
        "/v1/jobs",
        "/v1/lorebooks",
        "/v1/lorebooks/{book}/entries",
        "/v1/messages/{message}/variants",
        "/v1/personas",
        "/v1/pipeline-runs",
        "/v1/pipelines",
        "/v1/prompt-templates",
        "/v1/provider-connections",
        "/v1/search?q=a",
    ],
)
async def test_a_foreign_cursor_is_refused_with_its_field(client: Client, path: str) -> None:
    chat = await client.call("GET", f"/v1/chats/{await client.chat()}", status=200)
    book = await client.call("POST", "/v1/lorebooks", json={"name": "Harbour"}, status=201)
    message = (await client.messages(chat["id"]))[0]["id"]
    made = {"chat": chat["id"], "profile": chat["entityProfileId"], "book": book["id"], "message": message}
    for cursor in FOREIGN:
        refused = await client.call("GET", path.format(**made), params={"cursor": cursor}, status=422)
        assert refused["details"]["problems"][0]["path"] == "query.cursor"
