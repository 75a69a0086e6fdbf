"""The index, on both databases: what is put in is found by its words, in order, and nowhere else."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from fabula.core.actor import Actor
from fabula.core.ids import uuid7
from fabula.db import Database, ReadTx, WriteTx
from fabula.engine.text import Document, DocumentKind, Search, index, parse
from fabula.engine.text.index import END
from fabula.engine.text.words import MAX_WORDS
from fabula.features.identity import ensure_local_owner


@pytest.fixture
async def actor(db: Database) -> Actor:
    return await db.system("local owner", ensure_local_owner)


def put(tx: WriteTx, actor: Actor, texts: Sequence[str]) -> dict[str, str]:
    """Store texts as messages, oldest first; gives each one's id."""
    made = {text: uuid7() for text in texts}
    index.put(tx, actor.workspace, [Document(DocumentKind.MESSAGE, key, [text]) for text, key in made.items()])
    return made


def ask(tx: ReadTx, actor: Actor, query: str) -> list[str]:
    rows = index.list_newest(tx, actor.workspace, Search(parse(query)), END, 100)
    return [row.id for row in rows]


TEXTS = (
    "The dragons are running through the castle",
    "A dragon ran; the castles burned",
    "Старые ёлки стояли вдоль дороги",
    "Он увидел старую ёлку",
    "日本語の勉強をしています",
    "我们去中国学习汉语",
    "한국어를 공부합니다",
    "Chat with GPT-4 about 日本 food, don't stop",
    "Café naïve 3e10 v1.2.3 user@example.org",
    "हिन्दी में लिखा है",
)


QUESTIONS: tuple[tuple[str, list[int]], ...] = (
    ("dragon", [1, 0]),
    ("DRAGONS castle", [1, 0]),
    ("run", [0]),
    ("елка", [3, 2]),
    ("ёлками старая", [3, 2]),
    ("日本", [7, 4]),
    ("日本語", [4]),
    ("語", [4]),
    ("す", [4]),
    ("国", [5]),
    ("中国学", [5]),
    ("汉语", [5]),
    ("한국", [6]),
    ("공부합니다", [6]),
    ("다", [6]),
    ("gpt-4", [7]),
    ("gpt 日本", [7]),
    ("don't", [7]),
    ('"the castle"', [1, 0]),
    ('"castle the"', []),
    ('"through the castle', [0]),
    ("dragon -run", [1]),
    ('dragon -"through the"', [1]),
    ("dra*", [1, 0]),
    ("ста*", [3, 2]),
    ("cafe", [8]),
    ("3e10", [8]),
    ("v1.2.3", [8]),
    ("2.3", [8]),
    ("3.2", []),
    ("user@example.org", [8]),
    ("हिन्दी", [9]),
    ("nobody", []),
    ("", []),
    ('"', []),
    ("-", []),
    ("-dragon", []),
    ("dragon AND OR NOT ( ) * : ^ ' \\", []),
    ("w0*", []),
    ("\x00", []),
)


async def test_a_query_finds_what_it_means(db: Database, actor: Actor) -> None:
    made = list((await db.write(actor, put, TEXTS)).values())
    answers = {query: [made.index(key) for key in await db.read(actor, ask, query)] for query, _ in QUESTIONS}
    assert answers == dict(QUESTIONS)


SCRIPTS = (
    "abcdefghijklmnopqrstuvwxyz'-.",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "日本語学習汉字中国人",
    "ひらがなカタカナーｶﾀｶﾅﾞ",
    "한국어공부합니다",
    "0123456789eE.+-",
    "éüñçøłßﬁﬀİıÅ",
    "हिन्दीलिखा",
    "العربيةﷺ",
    "ไทยภาษา",
    "αβγδώς",
    "🙂👩🏽‍🚀½①㍿ǅ𝔘𐌰",
)


def make_text(rng: random.Random) -> str:
    """Words of one script or of several run together, in any case."""
    words = []
    for _ in range(rng.randint(1, 8)):
        word = "".join(
            "".join(rng.choices(rng.choice(SCRIPTS), k=rng.randint(1, 7))) for _ in range(rng.choice((1, 1, 1, 2)))
        )
        words.append(rng.choice((str, str.upper, str.title))(word))
    return " ".join(words)


def questions_of(text: str) -> list[str]:
    """Each word, each two that follow each other, and the whole."""
    words = text.split()
    return [f'"{part}"' for part in (*words, *map(" ".join, pairwise(words)), text)]


async def test_every_text_is_found_by_each_of_its_words_and_phrases(db: Database, actor: Actor) -> None:
    rng = random.Random(7)
    texts = [make_text(rng) for _ in range(100)]
    made = await db.write(actor, put, texts)

    def ask_all(tx: ReadTx, actor: Actor) -> list[tuple[str, str]]:
        asked = [(query, text) for text in texts for query in questions_of(text) if parse(query)]
        assert len(asked) > len(texts)
        return [(query, text) for query, text in asked if made[text] not in ask(tx, actor, query)]

    assert await db.read(actor, ask_all) == []


async def test_a_part_of_a_text_without_spaces_is_found(db: Database, actor: Actor) -> None:
    text = "吾輩は猫である。名前はまだ無い"
    (key,) = (await db.write(actor, put, [text])).values()
    run = text.partition("。")[0]
    parts = [run[i:j] for i in range(len(run)) for j in range(i + 1, len(run) + 1)]
    assert [part for part in parts if await db.read(actor, ask, part) != [key]] == []


async def test_an_edited_document_keeps_its_place_and_loses_its_old_words(db: Database, actor: Actor) -> None:
    made = await db.write(actor, put, ["red fox", "red hen", "red cow"])
    changed = Document(DocumentKind.MESSAGE, made["red hen"], ["red duck"])
    await db.write(actor, lambda tx, who: index.put(tx, who.workspace, [changed]))
    assert await db.read(actor, ask, "red") == list(made.values())[::-1]
    assert await db.read(actor, ask, "hen") == []
    assert await db.read(actor, ask, "duck") == [made["red hen"]]
    emptied = Document(DocumentKind.MESSAGE, made["red hen"], ["…"])
    await db.write(actor, lambda tx, who: index.put(tx, who.workspace, [emptied]))
    assert await db.read(actor, ask, "red") == [made["red cow"], made["red fox"]]


async def test_pages_go_on_where_the_last_one_ended(db: Database, actor: Actor) -> None:
    made = await db.write(actor, put, [f"owl {nth}" for nth in range(25)])

    def walk(tx: ReadTx, actor: Actor, take: int) -> list[str]:
        seen, before = list[str](), END
        while rows := index.list_newest(tx, actor.workspace, Search(parse("owl")), before, take):
            seen += [row.id for row in rows]
            before = rows[-1].number
        return seen

    for take in (1, 7, 25, 100):
        assert await db.read(actor, walk, take) == list(made.values())[::-1]


async def test_old_hits_are_found_behind_many_newer_documents(
    db: Database, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL the newest documents are looked at first; these are more than are looked at."""
    monkeypatch.setattr("fabula.db.dialect.fulltext.WALK", 5)
    old = await db.write(actor, put, ["a lone kiwi", "a kiwi pair"])
    new = await db.write(actor, put, [f"sparrow {nth}" for nth in range(9)] + ["the last kiwi"])
    assert await db.read(actor, ask, "kiwi") == [new["the last kiwi"], *list(old.values())[::-1]]


async def test_hits_as_frequent_as_they_may_be_are_found_newest_first(
    db: Database, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL looks at the newest one by one, at more of them, or asks its index: by how many there are, and where."""
    for name, value in (("WALK", 10), ("LONG_WALK", 40), ("RANKED", 30), ("RANKED_WALK", 120)):
        monkeypatch.setattr(f"fabula.db.dialect.fulltext.{name}", value)
    rng, count = random.Random(11), 400
    words = [f"{letter}owl" for letter in "abcdefghijklmnopqrst"]
    # Of each word: how likely it is in an old and in a new text, and since which text.
    rates = [(*rng.choices((0.02, 0.1, 0.3, 0.9), k=2), rng.choice((200, 320, 392))) for _ in words]

    def make(nth: int) -> str:
        said = [w for w, (old, new, since) in zip(words, rates, strict=True) if rng.random() < (old, new)[nth >= since]]
        return " ".join([f"nr{nth}", *said])

    texts = [make(nth) for nth in range(count)]
    made = await db.write(actor, put, texts)

    def pages(tx: ReadTx, actor: Actor, word: str) -> tuple[list[str], set[str]]:
        seen, before, search = list[str](), END, Search(parse(word))
        while rows := index.list_newest(tx, actor.workspace, search, before, 7):
            assert len(rows) == 7 or not index.list_newest(tx, actor.workspace, search, rows[-1].number, 7)
            seen += [row.id for row in rows]
            before = rows[-1].number
        best = [
            row.id for skip in range(0, 40, 7) for row in index.list_best(tx, actor.workspace, search, END, skip, 7)
        ]
        assert len(set(best)) == len(best)
        return seen, set(best)

    for word in (*words, "nr3", "nr399", f"{words[0]} -{words[1]}"):
        asked = word.split()
        hits = [
            made[text] for text in reversed(texts) if asked[0] in text.split() and asked[-1][1:] not in text.split()
        ]
        assert hits, word
        assert await db.read(actor, pages, word) == (hits, set(hits[:30])), word


async def test_the_best_come_first_by_relevance(db: Database, actor: Actor) -> None:
    filler = [f"nothing of it {nth}" for nth in range(20)]
    texts = ["cat cat cat", "one cat among very many other words that say nothing of cats or of anything else", *filler]
    made = await db.write(actor, put, texts)

    def rank(tx: ReadTx, actor: Actor, skip: int) -> list[str]:
        return [row.id for row in index.list_best(tx, actor.workspace, Search(parse("cat")), END, skip, 1)]

    assert await db.read(actor, rank, 0) == [made[texts[0]]]
    assert await db.read(actor, rank, 1) == [made[texts[1]]]
    assert await db.read(actor, rank, 2) == []


async def test_a_corner_holds_only_its_own(db: Database, actor: Actor) -> None:
    chats = [uuid7(), uuid7()]
    documents = [
        Document(DocumentKind.MESSAGE, uuid7(), ["gull"], chats[0]),
        Document(DocumentKind.CHAT, chats[0], ["gull"], chats[0]),
        Document(DocumentKind.MESSAGE, uuid7(), ["gull"], chats[1]),
        Document(DocumentKind.PROFILE, uuid7(), ["gull"]),
    ]
    await db.write(actor, lambda tx, who: index.put(tx, who.workspace, documents))

    def find(tx: ReadTx, actor: Actor, kind: DocumentKind | None, group: str | None) -> set[int]:
        rows = index.list_newest(tx, actor.workspace, Search(parse("gulls"), kind, group), END, 9)
        return {[document.id for document in documents].index(row.id) for row in rows}

    assert await db.read(actor, find, None, None) == {0, 1, 2, 3}
    assert await db.read(actor, find, None, chats[0]) == {0, 1}
    assert await db.read(actor, find, DocumentKind.MESSAGE, None) == {0, 2}
    assert await db.read(actor, find, DocumentKind.MESSAGE, chats[1]) == {2}
    assert await db.read(actor, find, DocumentKind.PROFILE, None) == {3}
    await db.write(actor, lambda tx, who: index.remove_some(tx, who.workspace, chats[0], 100))
    assert await db.read(actor, find, None, None) == {2, 3}


async def test_the_largest_document_is_taken(db: Database, actor: Actor) -> None:
    """PostgreSQL refuses more than a megabyte of tokens: these are as many and as long as can be."""
    letters = "".join(map(chr, range(0x10330, 0x10340)))
    rng = random.Random(3)
    words = ["".join(rng.choices(letters, k=40)) for _ in range(MAX_WORDS + 10)]
    fifths = [" ".join(words[part::5]) for part in range(5)]
    key = uuid7()
    document = Document(DocumentKind.PROFILE, key, fifths)
    await db.write(actor, lambda tx, who: index.put(tx, who.workspace, [document]))
    assert await db.read(actor, ask, words[0]) == [key]
    assert await db.read(actor, ask, words[4]) == [key]
