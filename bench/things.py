"""One of each kind of thing that a path of the API names, made over HTTP."""

import json
import uuid
from collections.abc import Mapping

import aiohttp

from bench.streams import RefusedRequest

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)  # one transparent pixel
_ANSWERS = {"steps": [{"name": "answer", "type": "llm"}]}
_ENTRY = {"uid": 0, "key": ["lamp"], "content": "It is out.", "order": 1}
Things = dict[str, list[str]]


class Maker:
    """Makes things by their creating routes; raises `RefusedRequest` where one is not made."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def make(self, path: str, body: object, *, status: int = 201) -> Mapping[str, str]:
        async with self._http.post(path, json=body) as answer:
            if answer.status != status:
                raise RefusedRequest(f"POST {path}: {answer.status} {(await answer.text())[:300]}")
            made: Mapping[str, str] = await answer.json()
            return made

    async def send(self, method: str, path: str, field: str, name: str, content: bytes) -> None:
        form = aiohttp.FormData()
        form.add_field(field, content, filename=name)
        async with self._http.request(method, path, data=form) as answer:
            if answer.status >= 300:
                raise RefusedRequest(f"{method} {path}: {answer.status} {(await answer.text())[:300]}")

    async def ids(self, path: str) -> list[str]:
        async with self._http.get(path) as answer:
            return [str(item["id"]) for item in (await answer.json())["items"]]


async def make_things(http: aiohttp.ClientSession) -> Things:
    """Ids by the name of the path parameter that takes them; the first of each is whole, and has all below it."""
    maker = Maker(http)
    spec = {"name": "Mira", "first_mes": "Good evening.", "alternate_greetings": ["Morning."]}
    profiles = [(await maker.make("/v1/entity-profiles", {"name": "Mira", "spec": spec}))["id"] for _ in range(2)]
    await maker.send("PUT", f"/v1/entity-profiles/{profiles[0]}/avatar", "file", "a.png", PIXEL)
    chat = await maker.make(f"/v1/entity-profiles/{profiles[0]}/chats", {})
    pipeline = await maker.make("/v1/pipelines", {"name": "Plain", "definition": _ANSWERS})
    found: Things = {"profileId": profiles, "pipelineId": [pipeline["id"]]}
    found |= await _talk(http, maker, chat, pipeline["id"]) | await _make_lore(maker) | await _make_workshop(maker)
    return found


async def _talk(http: aiohttp.ClientSession, maker: Maker, chat: Mapping[str, str], pipeline: str) -> Things:
    """A turn on `main`, a second answer, a branch at the greeting, and a run of `pipeline` there."""
    messages = f"/v1/chats/{chat['id']}/messages"
    said = await maker.make(messages, {"promptText": "Who put the lamp out?"})
    answered = await maker.make(f"/v1/chats/{chat['id']}/generate", {}, status=202)
    await _settled(http, answered["id"])
    again = await maker.make(f"/v1/messages/{answered['messageId']}/regenerate", {}, status=202)
    await _settled(http, again["id"])
    greeting = (await maker.ids(messages))[0]
    branch = await maker.make(f"/v1/chats/{chat['id']}/branches", {"forkedFromMessageId": greeting})
    asked = {"chatId": chat["id"], "branchId": branch["id"]}
    await maker.make(messages, {"promptText": "And who lit it?", "branchId": branch["id"]})
    run = await maker.make(f"/v1/pipelines/{pipeline}/run", asked, status=202)
    await _settled(http, run["generationId"])
    second = await maker.make(f"/v1/chats/{chat['id']}/fork", {"messageId": said["id"]})
    return {
        "chatId": [chat["id"], second["id"]],
        "branchId": [chat["activeBranchId"], branch["id"], second["activeBranchId"]],
        "messageId": [answered["messageId"], greeting, said["id"]],
        "variantId": await maker.ids(f"/v1/messages/{answered['messageId']}/variants"),
        "generationId": [answered["id"], again["id"]],
        "pipelineRunId": [run["id"]],
    }


async def _settled(http: aiohttp.ClientSession, generation: str) -> None:
    async with http.get(f"/v1/generations/{generation}/events") as answer:
        await answer.read()


async def _make_lore(maker: Maker) -> Things:
    file = {"name": f"Things {uuid.uuid4()}", "entries": {"0": _ENTRY}}  # the same one again would be a duplicate
    await maker.send("POST", "/v1/lorebooks/import", "files", "things.json", json.dumps(file).encode())
    book = (await maker.ids("/v1/lorebooks"))[0]
    binding = await maker.make(f"/v1/lorebooks/{book}/bindings", {"scope": "global"})
    entries = await maker.ids(f"/v1/lorebooks/{book}/entries")
    return {"lorebookId": [book], "entryId": entries, "bindingId": [binding["id"]]}


async def _make_workshop(maker: Maker) -> Things:
    connection = {"name": "Away", "provider": "openai_compatible", "baseUrl": "http://127.0.0.1:9/v1"}
    persona = await maker.make("/v1/personas", {"name": "Ann"})
    await maker.send("PUT", f"/v1/personas/{persona['id']}/avatar", "file", "a.png", PIXEL)
    return {
        "personaId": [persona["id"]],
        "connectionId": [(await maker.make("/v1/provider-connections", connection))["id"]],
        "presetId": [(await maker.make("/v1/generation-presets", {"name": "Warm"}))["id"]],
        "templateId": [
            (await maker.make("/v1/prompt-templates", {"name": "Short", "templateText": "Be brief."}))["id"]
        ],
        "jobId": await maker.ids("/v1/jobs"),
    }
