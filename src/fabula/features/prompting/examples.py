"""A card's `mes_example`: dialogues that show how the character talks."""

import re

from fabula.features.prompting.types import Character, ExampleDialogue, ExampleMessage, Persona

_START = re.compile(r"<START>", re.IGNORECASE)


def parse_examples(text: str, char: Character, user: Persona) -> tuple[ExampleDialogue, ...]:
    """Cut `text` at `<START>`, and each block at the lines that begin with a speaker's name and a colon.

    Names may be written out or be macros, so it works before and after expansion; a line without a speaker goes on
    with the message before it. Blocks without text are left out.
    """
    speakers = _speakers(char, user)
    blocks = (_parse_block(block, speakers) for block in _START.split(text))
    return tuple(ExampleDialogue(messages) for messages in blocks if messages)


def _speakers(char: Character, user: Persona) -> tuple[tuple[str, str], ...]:
    """Names with their roles; longer ones first, as one name may begin another."""
    names = [("{{user}}", "user"), ("<user>", "user"), (user.name, "user")]
    names += [(name, "assistant") for name in ("{{char}}", "<char>", "<bot>", char.name, char.display)]
    known = {name.strip(): role for name, role in names if name.strip()}
    return tuple(sorted(known.items(), key=lambda item: -len(item[0])))


def _parse_block(block: str, speakers: tuple[tuple[str, str], ...]) -> tuple[ExampleMessage, ...]:
    spoken: list[tuple[str, list[str]]] = [("system", [])]
    for line in block.splitlines():
        bare = line.strip()
        found = next(((name, role) for name, role in speakers if _speaks(bare, name)), None)
        if found is None:
            spoken[-1][1].append(line)
        else:
            spoken.append((found[1], [bare[len(found[0]) + 1 :].strip()]))
    messages = (ExampleMessage(role, "\n".join(lines).strip()) for role, lines in spoken)
    return tuple(message for message in messages if message.text)


def _speaks(line: str, name: str) -> bool:
    """Whether `name` and a colon begin the line. In lower case a name may have another length than as it stands."""
    return line[len(name) : len(name) + 1] == ":" and line[: len(name)].lower() == name.lower()
