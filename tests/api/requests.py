"""A good request for every route that changes something, in an order in which each can be made after those before."""

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench.cast import card, form, jsonl
from bench.things import PIXEL

Things = Mapping[str, Sequence[str]]
_NAME = re.compile(r"\{(\w+)(?::(\d))?\}")


@dataclass(frozen=True)
class Request:
    """Ids stand as `{chatId}` or, for another than the first thing of its kind, `{branchId:1}`."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    file: tuple[str, str, bytes | Callable[[str], bytes]] | None = None  # field, name, content (of some id)
    which: Mapping[str, int] = field(default_factory=dict)  # other than the first, in the path

    @property
    def route(self) -> tuple[str, str]:
        return self.method, self.path.partition("?")[0]

    def names(self) -> set[str]:
        """The kinds of ids it takes."""
        return {found[1] for found in _NAME.finditer(self.path + json.dumps(self.body))}

    def address(self, things: Things) -> str:
        return _NAME.sub(lambda found: things[found[1]][self.which.get(found[1], 0)], self.path)

    def content(self, things: Things) -> dict[str, Any]:
        """Arguments of aiohttp's `request`; the same bytes each time."""
        if self.file is not None:
            field_name, name, content = self.file
            data, kind = form(field_name, name, content if isinstance(content, bytes) else content(things["chatId"][0]))
            return {"data": data, "headers": {"content-type": kind}}
        if self.body is None:
            return {}
        text = json.dumps(self.body)
        return {
            "data": _NAME.sub(lambda found: things[found[1]][int(found[2] or 0)], text).encode(),
            "headers": {"content-type": "application/json"},
        }

    async def send(
        self, http: aiohttp.ClientSession, url: str, things: Things, operation: str | None = None
    ) -> tuple[int, bytes]:
        content = self.content(things)
        if operation is not None:
            content["headers"] = {**content.get("headers", {}), "x-operation-id": operation}
        async with http.request(self.method, url + self.address(things), **content) as answer:
            return answer.status, await answer.read()


def _folder() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("default-user/worlds/Pier.json", json.dumps({"entries": {}}))
    return made.getvalue()


def book(name: str) -> bytes:
    return json.dumps({"name": name, "entries": {}}).encode()


_SPEC = {"name": "Mira", "first_mes": "Evening."}
_STEPS = {"steps": [{"name": "answer", "type": "llm"}]}
_AWAY = {"name": "Away", "provider": "openai_compatible", "baseUrl": "http://127.0.0.1:9/v1"}
_CHAT, _MESSAGE, _BRANCH = "/v1/chats/{chatId}", "/v1/messages/{messageId}", "/v1/chats/{chatId}/branches/{branchId}"
_PROFILE, _BOOK = "/v1/entity-profiles/{profileId}", "/v1/lorebooks/{lorebookId}"
_SECOND = {"branchId": 1}

CHANGES = [
    Request("POST", f"{_PROFILE}/chats", {"title": "One"}),
    Request("PATCH", _CHAT, {"title": "Two", "settings": {"presetId": "{presetId}"}}),
    Request("POST", f"{_CHAT}/branches", {"forkedFromMessageId": "{messageId}"}),
    Request("PATCH", _BRANCH, {"title": "Aside"}),
    Request("POST", f"{_BRANCH}/activate"),
    Request("POST", f"{_CHAT}/fork", {"messageId": "{messageId:1}", "variants": "all"}),
    Request("POST", f"{_CHAT}/messages", {"promptText": "Who?", "branchId": "{branchId}"}),
    Request("POST", f"{_CHAT}/generate", {"mode": "reply", "branchId": "{branchId}"}),
    Request("POST", f"{_MESSAGE}/regenerate", {"branchId": "{branchId}"}),
    Request("POST", "/v1/generations/{generationId}/abort"),
    Request("PATCH", _MESSAGE, {"promptText": "Nobody.", "branchId": "{branchId}"}),
    Request("POST", f"{_MESSAGE}/variants/{{variantId}}/select", {"branchId": "{branchId}"}),
    Request("DELETE", f"{_MESSAGE}/variants/{{variantId}}"),
    Request("POST", f"{_MESSAGE}/hide", {"hidden": True}),
    Request("DELETE", _MESSAGE),
    Request("POST", f"{_MESSAGE}/restore"),
    Request("POST", "/v1/chats/import?entityProfileId={profileId}", file=("files", "a.jsonl", jsonl(["Hi", "Ho"]))),
    Request("POST", "/v1/imports/sillytavern", file=("files", "st.zip", _folder())),
    Request("POST", "/v1/pipelines", {"name": "New", "definition": _STEPS}),
    Request("PATCH", "/v1/pipelines/{pipelineId}", {"name": "Newer"}),
    Request("PUT", "/v1/pipelines/{pipelineId}", {"name": "Newest", "definition": _STEPS}),
    Request("POST", "/v1/pipelines/{pipelineId}/run", {"chatId": "{chatId}", "branchId": "{branchId:1}"}),
    Request("POST", "/v1/chat/completions", {"model": "{profileId}", "messages": [{"role": "user", "content": "Hi"}]}),
    Request("PATCH", "/v1/workspace", {"settings": {"personaId": "{personaId}"}}),
    Request("POST", "/v1/entity-profiles", {"name": "Mira", "spec": _SPEC}),
    Request("PUT", _PROFILE, {"name": "Mara", "spec": _SPEC, "settings": {"presetId": "{presetId}"}}),
    Request("POST", f"{_PROFILE}/favourite", {"favourite": True}),
    Request("POST", f"{_PROFILE}/duplicate"),
    Request("PUT", f"{_PROFILE}/avatar", file=("file", "a.png", PIXEL)),
    Request("POST", "/v1/entity-profiles/import", file=("files", "card.png", card)),
    Request("POST", "/v1/provider-connections", _AWAY),
    Request("PATCH", "/v1/provider-connections/{connectionId}", {"name": "Far"}),
    Request("PUT", "/v1/provider-connections/{connectionId}", _AWAY),
    Request("POST", "/v1/provider-connections/{connectionId}/check"),
    Request("POST", "/v1/generation-presets", {"name": "Cold"}),
    Request("PATCH", "/v1/generation-presets/{presetId}", {"name": "Cool"}),
    Request("PUT", "/v1/generation-presets/{presetId}", {"name": "Hot"}),
    Request("POST", "/v1/personas", {"name": "Ben"}),
    Request("PATCH", "/v1/personas/{personaId}", {"name": "Bea"}),
    Request("PUT", "/v1/personas/{personaId}/avatar", file=("file", "a.png", PIXEL)),
    Request("POST", "/v1/prompt-templates", {"name": "T", "templateText": "x", "scope": "chat", "scopeId": "{chatId}"}),
    Request("POST", "/v1/prompt-templates/preview", {"templateText": "{{ char }}", "chatId": "{chatId}"}),
    Request("PATCH", "/v1/prompt-templates/{templateId}", {"name": "U"}),
    Request("PUT", "/v1/prompt-templates/{templateId}", {"name": "V", "templateText": "y"}),
    Request("POST", "/v1/lorebooks/import", file=("files", "b.json", book)),
    Request("POST", "/v1/lorebooks/test", {"text": "lamp", "chatId": "{chatId}", "lorebookIds": ["{lorebookId}"]}),
    Request("POST", "/v1/lorebooks", {"name": "C"}),
    Request("PATCH", _BOOK, {"name": "D"}),
    Request("PUT", _BOOK, {"name": "E"}),
    Request("POST", f"{_BOOK}/entries/reorder", {"entryIds": ["{entryId}"]}),
    Request("POST", f"{_BOOK}/entries", {"keys": ["a"], "content": "b"}),
    Request("PATCH", f"{_BOOK}/entries/{{entryId}}", {"content": "c"}),
    Request("POST", f"{_BOOK}/bindings", {"scope": "chat", "scopeId": "{chatId}"}),
    Request("POST", "/v1/jobs/{jobId}/cancel"),
    Request("POST", "/v1/jobs/{jobId}/retry"),
    # What takes things away, the smallest first.
    Request("DELETE", _BRANCH, which=_SECOND),
    Request("POST", f"{_BRANCH}/restore", which=_SECOND),
    Request("DELETE", f"{_BOOK}/bindings/{{bindingId}}"),
    Request("DELETE", f"{_BOOK}/entries/{{entryId}}"),
    Request("DELETE", _BOOK),
    Request("DELETE", "/v1/prompt-templates/{templateId}"),
    Request("DELETE", "/v1/personas/{personaId}"),
    Request("DELETE", "/v1/generation-presets/{presetId}"),
    Request("DELETE", "/v1/provider-connections/{connectionId}"),
    Request("DELETE", "/v1/pipelines/{pipelineId}"),
    Request("DELETE", _CHAT),
    Request("POST", f"{_CHAT}/restore"),
    Request("DELETE", _PROFILE),
    Request("POST", f"{_PROFILE}/restore"),
]
# No workspace's, and files of the machine: tests/api/test_local_models.py.
ELSEWHERE = {
    ("POST", "/v1/local-models/{name}/pull"),
    ("POST", "/v1/local-models/{name}/use"),
    ("DELETE", "/v1/local-models/{name}"),
}
# Routes that take more ids than those requests name.
MORE_IDS = [
    Request("POST", f"{_CHAT}/branches", {"forkedFromMessageId": "{messageId}", "forkedFromVariantId": "{variantId}"}),
    Request("PATCH", _CHAT, {"settings": {"personaId": "{personaId}"}}),
    Request("PATCH", _CHAT, {"settings": {"pipelineId": "{pipelineId}"}}),
    Request("PATCH", _CHAT, {"settings": {"connectionId": "{connectionId}"}}),
    Request("PATCH", "/v1/workspace", {"settings": {"presetId": "{presetId}"}}),
    Request("PATCH", "/v1/workspace", {"settings": {"connectionId": "{connectionId}"}}),
    Request("PATCH", "/v1/workspace", {"settings": {"pipelineId": "{pipelineId}"}}),
    Request("POST", "/v1/entity-profiles", {"name": "M", "spec": {}, "settings": {"personaId": "{personaId}"}}),
    Request("POST", "/v1/entity-profiles", {"name": "M", "spec": {}, "settings": {"connectionId": "{connectionId}"}}),
    Request(
        "POST",
        "/v1/prompt-templates",
        {"name": "T", "templateText": "x", "scope": "entity_profile", "scopeId": "{profileId}"},
    ),
    Request("PATCH", "/v1/prompt-templates/{templateId}", {"scope": "chat", "scopeId": "{chatId}"}),
    Request("POST", "/v1/prompt-templates/preview", {"templateText": "x", "entityProfileId": "{profileId}"}),
    Request("POST", f"{_BOOK}/bindings", {"scope": "entity_profile", "scopeId": "{profileId}"}),
    Request("POST", f"{_BOOK}/bindings", {"scope": "persona", "scopeId": "{personaId}"}),
]
