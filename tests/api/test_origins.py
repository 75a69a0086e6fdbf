"""Pages of other origins: those that are named may call and read, no others."""

import aiohttp

from fabula.plugins.testing import ScriptedModel
from tests.conftest import Place
from tests.server import Client, running

NAMED, OTHER = "http://friend.example", "http://stranger.example"
ALLOWED = "Access-Control-Allow-Origin"


async def ask(client: Client, method: str, origin: str, **headers: str) -> aiohttp.ClientResponse:
    url = f"{client.address}/v1/entity-profiles"
    body = {"name": "Mira", "spec": {"name": "Mira"}} if method == "POST" else None
    async with client.http.request(method, url, json=body, headers={"Origin": origin, **headers}) as answer:
        return answer


async def test_a_page_of_a_named_origin_may_call_and_read_the_headers(place: Place) -> None:
    async with running(place, ScriptedModel(), cors_origins=NAMED) as client:
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-operation-id"}
        before = await ask(client, "OPTIONS", NAMED, **asked)
        assert (before.status, before.headers[ALLOWED]) == (200, NAMED)
        assert "x-operation-id" in before.headers["Access-Control-Allow-Headers"]
        made = await ask(client, "POST", NAMED, **{"X-Operation-Id": "a"})
        assert (made.status, made.headers[ALLOWED], made.headers["X-Operation-Id"]) == (201, NAMED, "a")
        shown = made.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"X-Trace-Id", "X-Operation-Id", "Retry-After"} <= set(shown)
        refused = await ask(client, "POST", OTHER)
        assert (refused.status, ALLOWED in refused.headers) == (403, False)


async def test_without_named_origins_no_other_page_may_call(client: Client) -> None:
    refused = await ask(client, "POST", NAMED)
    assert (refused.status, ALLOWED in refused.headers) == (403, False)
