"""What the pictures of the guides show: a small workspace of our own writing, around examples/maren.json."""

import json
from pathlib import Path
from typing import Any

from fabula.plugins.testing import End, Say, ScriptedModel
from tests.server import Client

_EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

WELCOME = """*She sets two cups down, looks at yours, and fills it to the brim.* "Nobody crosses the causeway for the soup."

Outside, the sea takes a step closer. She does not look round."""
FIRST = """*She turns the wet paper towards the lamp.* "That is not Gull Rock. That is where Gull Rock **was**.\""""
SECOND = """*She laughs, short and surprised.* "A map! The last one who came with a map stayed eleven years."

"Show me, then. **Slowly.** The lamp is smoking, and so am I, nearly.\""""
NIGHT = """*The stairs are a hundred and forty, and she knows which of them complain.*

"Up here," Maren says, "you may ask what you like. The light makes everybody honest.\""""
_OTHERS = {
    "Anselm": "A cartographer who draws only places that are gone, and argues with every one of them.",
    "Tove": "Ferrywoman on a river without bridges. She takes stories for coins and gives change.",
    "Corvin": "A retired thief, now the most careful locksmith in the harbour.",
}
_TEMPLATE = """You are {{ char.name }}, and it is night.

{{ char.description }}
{% if char.scenario %}
What happens: {{ char.scenario }}
{% endif %}
Say little, notice much, and never speak for {{ user.name }}.
"""
_ENTRIES = (
    ("The causeway", ["causeway", "tide"], "It lies open for two hours at low water."),
    ("The lamp", ["lamp", "lens"], "Lit in 1811. It went out once, for eleven minutes."),
    ("The notebooks", ["notebook", "story"], "They fill a whole wall. She trades a story for a story."),
)

Ids = dict[str, str]


def make_model() -> ScriptedModel:
    """The answers in the order in which `furnish` asks for them."""
    return ScriptedModel([[Say(text), End()] for text in (WELCOME, FIRST, SECOND, NIGHT)])


async def furnish(client: Client) -> Ids:
    """Four characters, a chat with a variant and a branch, one of each thing of the workshop; their ids by name."""
    for name, text in _OTHERS.items():
        await client.profile(name=name, description=text, tags=["harbour"])
    spec = json.loads((_EXAMPLES / "maren.json").read_text("utf-8"))["data"]
    profile = await _make(client, "entity-profiles", {"name": "Maren", "spec": spec})
    ids = {"profile": profile, **await _fill_workshop(client)}
    ids["chat"] = await _make(client, f"entity-profiles/{profile}/chats", {})
    await _make(client, f"lorebooks/{ids['lorebook']}/bindings", {"scope": "chat", "scopeId": ids["chat"]})
    await _talk(client, ids["chat"])
    return ids


async def _talk(client: Client, chat: str) -> None:
    """The active branch ends with the second variant; another one goes up to the lamp."""
    await client.say(chat, "Is there room for one more, until the tide turns?")
    await client.say(chat, "I followed a mark on an old map. May I dry it by your stove?")
    last = (await client.messages(chat))[-1]
    await client.frames("POST", f"/v1/messages/{last['id']}/regenerate", json={})
    fork = {"forkedFromMessageId": last["id"], "title": "Up to the lamp"}
    branch = await _make(client, f"chats/{chat}/branches", fork)
    words = {"promptText": "Keep the map. Show me the light instead.", "branchId": branch}
    await client.frames("POST", f"/v1/chats/{chat}/messages", json=words)


async def _fill_workshop(client: Client) -> Ids:
    persona = {"name": "Ada", "description": "A cartographer's apprentice, soaked to the skin.", "isDefault": True}
    connection = {"name": "My own machine", "provider": "openai_compatible", "baseUrl": "http://127.0.0.1:11434/v1"}
    pipeline = json.loads((_EXAMPLES / "pipeline.json").read_text("utf-8"))
    ids = {
        "persona": await _make(client, "personas", persona),
        "template": await _make(client, "prompt-templates", {"name": "Storm night", "templateText": _TEMPLATE}),
        "connection": await _make(client, "provider-connections", connection),
        "pipeline": await _make(client, "pipelines", pipeline),
        "lorebook": await _make(client, "lorebooks", {"name": "Gull Rock"}),
    }
    for comment, keys, content in _ENTRIES:
        entry = {"comment": comment, "keys": keys, "content": content}
        await _make(client, f"lorebooks/{ids['lorebook']}/entries", entry)
    return ids


async def _make(client: Client, path: str, body: dict[str, Any]) -> str:
    return str((await client.call("POST", f"/v1/{path}", json=body, status=201))["id"])
