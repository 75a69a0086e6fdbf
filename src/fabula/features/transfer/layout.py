"""What the files of a SillyTavern data folder are, by where they lie."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from fabula.features.transfer.types import Item, ItemKind, ItemStatus, Note

_CARDS = frozenset({".png", ".apng", ".json", ".charx", ".yaml", ".yml", ".jpg", ".jpeg"})
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif"})
# Folders that make a folder one of SillyTavern's; `settings.json` alone could be anybody's.
_TELLING = frozenset({"characters", "chats", "worlds", "group chats"})
PRESETS = ("OpenAI Settings", "TextGen Settings")
_OTHER_SERVERS = "presets for servers that are not spoken to here"
_OTHER_PROMPTS = "how SillyTavern writes prompts; here templates of our own do"
_PAGE = "the look and the buttons of SillyTavern's page"
# Folders of things that people made and may look for here. Caches, backups and programs are none.
_NOT_TAKEN = {
    "KoboldAI Settings": _OTHER_SERVERS,
    "NovelAI Settings": _OTHER_SERVERS,
    "instruct": _OTHER_PROMPTS,
    "context": _OTHER_PROMPTS,
    "sysprompt": _OTHER_PROMPTS,
    "reasoning": _OTHER_PROMPTS,
    "QuickReplies": _PAGE,
    "themes": _PAGE,
    "movingUI": _PAGE,
    "backgrounds": _PAGE,
    "user": "pictures and files attached to chats",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths by what is there. `chats` by the character's folder, which is its card's file name without ending.

    `not_taken` counts the files in folders of things that are not brought in.
    """

    cards: Sequence[str]
    chats: Mapping[str, Sequence[str]]
    worlds: Sequence[str]
    groups: Sequence[str]
    group_chats: Mapping[str, str]
    pictures: Mapping[str, str]
    presets: Sequence[str]
    settings: str | None
    not_taken: Mapping[str, int]


def read_layouts(names: Iterable[str]) -> list[Layout]:
    """One for each user's folder among `names`: at the top, or as deep as the first that is found."""
    paths = {PurePosixPath(name): name for name in names}
    roots = {path.parts[: _depth(path)] for path in paths if _depth(path) >= 0}
    if not roots:
        return []
    shallow = min(len(root) for root in roots)
    return [
        _layout({path.parts[shallow:]: name for path, name in paths.items() if path.parts[:shallow] == root})
        for root in sorted(roots)
        if len(root) == shallow
    ]


def _depth(path: PurePosixPath) -> int:
    """How many folders stand above the first that tells; -1 for a path without one."""
    return next((at for at, part in enumerate(path.parts[:-1]) if part in _TELLING), -1)


def _layout(files: Mapping[tuple[str, ...], str]) -> Layout:
    by_folder: dict[str, dict[str, str]] = {}
    chats: dict[str, list[str]] = {}
    for parts, name in sorted(files.items()):
        if len(parts) == 2:
            by_folder.setdefault(parts[0], {})[parts[1]] = name
        elif len(parts) == 3 and parts[0] == "chats" and parts[2].endswith(".jsonl"):
            chats.setdefault(parts[1], []).append(name)
    return Layout(
        cards=_ending(by_folder.get("characters"), _CARDS),
        chats=chats,
        worlds=_ending(by_folder.get("worlds"), {".json"}),
        groups=_ending(by_folder.get("groups"), {".json"}),
        group_chats={
            PurePosixPath(name).stem: path
            for name, path in by_folder.get("group chats", {}).items()
            if name.endswith(".jsonl")
        },
        pictures={
            name: path
            for name, path in by_folder.get("User Avatars", {}).items()
            if PurePosixPath(name).suffix.lower() in _PICTURES
        },
        presets=[path for folder in PRESETS for path in _ending(by_folder.get(folder), {".json"})],
        settings=files.get(("settings.json",)),
        not_taken=Counter(
            parts[0] for parts in files if len(parts) > 1 and parts[0] in _NOT_TAKEN and not parts[-1].startswith(".")
        ),
    )


def tell_not_taken(layout: Layout) -> list[Item]:
    """One item for each folder that nothing is brought in from, with the reason."""
    return [
        Item(
            f"{folder}/",
            ItemKind.FOLDER,
            ItemStatus.SKIPPED,
            None,
            folder,
            (Note("not_taken", "", f"files left where they are: {count}; {_NOT_TAKEN[folder]}"),),
        )
        for folder, count in sorted(layout.not_taken.items())
    ]


def _ending(folder: Mapping[str, str] | None, endings: Iterable[str]) -> list[str]:
    wanted = frozenset(endings)
    return [path for name, path in (folder or {}).items() if PurePosixPath(name).suffix.lower() in wanted]
