"""Jobs are listed by status and by what they do."""

from bench.cast import form
from bench.things import PIXEL
from fabula.plugins.testing import ScriptedModel
from tests.conftest import Place
from tests.server import Client, running


async def ids(client: Client, query: str) -> list[str]:
    return [job["id"] for job in (await client.call("GET", f"/v1/jobs{query}", status=200))["items"]]


async def test_jobs_are_found_by_status_and_kind(place: Place, model: ScriptedModel) -> None:
    async with running(place, model, jobs=True, role="api") as client:  # where nothing runs what is enqueued
        avatar, kind = form("file", "a.png", PIXEL)
        for _ in range(3):
            path = f"/v1/entity-profiles/{await client.profile()}/avatar"
            await client.call("PUT", path, data=avatar, headers={"content-type": kind}, status=200)
        newest, middle, oldest = (await client.call("GET", "/v1/jobs", status=200))["items"]
        await client.call("POST", f"/v1/jobs/{middle['id']}/cancel", status=202)
        assert await ids(client, "?status=cancelled") == [middle["id"]]
        assert await ids(client, f"?kind={newest['name']}&status=queued") == [newest["id"], oldest["id"]]
        first = await client.call("GET", "/v1/jobs?status=queued&limit=1", status=200)
        assert await ids(client, f"?status=queued&cursor={first['nextCursor']}") == [oldest["id"]]
        assert await ids(client, "?kind=nothing") == []
        refused = await client.call("GET", "/v1/jobs?status=asleep", status=422)
        assert refused["details"]["problems"][0]["path"] == "query.status"
