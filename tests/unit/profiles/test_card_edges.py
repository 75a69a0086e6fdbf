"""Every oddity of card JSON seen in the wild: read, repaired, reported."""

import json

import pytest

from fabula.features.profiles.cards import Container, JsonObject, SourceSpec, greetings, read_card
from fabula.features.profiles.cards.errors import CardDamaged, CardTooLarge, NotACard
from fabula.features.profiles.cards.normal import DEFAULT_ICON, FIELDS
from fabula.plugins import Json
from tests.unit.profiles.build import as_json, codes, data, entry, paths, v2, v3


def spec_of(raw: Json, name: str = "x.json") -> JsonObject:
    return read_card(as_json(raw), name).spec


def book_of(**fields: Json) -> JsonObject:
    book = spec_of(v2(character_book={"entries": [], **fields}))["character_book"]
    assert isinstance(book, dict)
    return book


def entry_of(**fields: Json) -> JsonObject:
    entries = book_of(entries=[entry(**fields)])["entries"]
    assert isinstance(entries, list)
    assert isinstance(entries[0], dict)
    return entries[0]


def test_every_v3_field_is_present_with_its_default() -> None:
    card = read_card(as_json({"name": "Mira", "first_mes": "Hi"}), "x.json")
    assert card.source_spec is SourceSpec.V1
    assert list(card.spec) == list(FIELDS)
    assert card.spec["assets"] == [DEFAULT_ICON]
    assert (card.spec["character_book"], card.spec["creation_date"], card.spec["group_only_greetings"]) == (
        None,
        None,
        [],
    )


def test_v1_takes_notes_from_creatorcomment_and_keeps_habits() -> None:
    card = read_card(as_json({"name": "M", "description": "", "creatorcomment": "by me", "fav": True, "foo": 1}), "x")
    assert (card.spec["creator_notes"], card.spec["fav"], card.spec["foo"]) == ("by me", True, 1)
    assert [(w.code, w.path) for w in card.report] == [("unknown_field", "foo")]


def test_pygmalion_is_read() -> None:
    given: Json = {
        "char_name": "Mira",
        "char_persona": "keeper",
        "char_greeting": "Hi",
        "example_dialogue": "ex",
        "world_scenario": "sea",
    }
    card = read_card(as_json(given), "x.json")
    assert card.source_spec is SourceSpec.PYGMALION
    fields = ("name", "description", "first_mes", "mes_example", "scenario")
    assert [card.spec[field] for field in fields] == ["Mira", "keeper", "Hi", "ex", "sea"]


def test_yaml_is_read_without_yaml_1_1_surprises() -> None:
    text = 'name: No\ncontext: |\n  A keeper.\n  Calm.\ngreeting: "Hi"\ntags: [1:30, 2001-01-01, yes]\n'
    card = read_card(text.encode(), "mira.yaml")
    assert (card.container, card.source_spec) == (Container.YAML, SourceSpec.YAML)
    assert (card.spec["name"], card.spec["description"], card.spec["first_mes"]) == ("No", "A keeper.\nCalm.\n", "Hi")
    assert card.spec["tags"] == ["1:30", "2001-01-01", "yes"]


def test_yaml_aliases_and_deep_nesting_are_refused() -> None:
    with pytest.raises(NotACard, match="aliases"):
        read_card(b"a: &x [1]\nname: *x\n", "x.yaml")
    with pytest.raises(CardTooLarge):
        read_card(b"name: " + b"[" * 5000, "x.yaml")
    with pytest.raises(CardTooLarge):
        read_card(b"name: x\n" * 200_000, "x.yaml")


def test_hybrid_reads_data_and_says_where_the_root_differs() -> None:
    raw: JsonObject = {**data(name="Root"), **v2()}
    card = read_card(as_json(raw), "x.json")
    assert (card.spec["name"], [(w.code, w.path) for w in card.report]) == ("Mira", [("root_differs", "name")])


def test_a_field_missing_in_data_is_taken_from_the_root() -> None:
    raw = v2()
    inner = raw["data"]
    assert isinstance(inner, dict)
    del inner["first_mes"]
    card = read_card(as_json({**raw, "first_mes": "from the root"}), "x.json")
    assert card.spec["first_mes"] == "from the root"
    assert paths(card) == {"data.first_mes"}


@pytest.mark.parametrize("gone", [{}, {"data": None}])
def test_data_missing_reads_the_root(gone: JsonObject) -> None:
    card = read_card(as_json({"spec": "chara_card_v2", "spec_version": "2.0", **data(), **gone}), "x.json")
    assert (card.spec["name"], card.source_spec) == ("Mira", SourceSpec.V2)


def test_book_null_is_no_book() -> None:
    assert spec_of(v2(character_book=None))["character_book"] is None


def test_one_greeting_as_text_is_a_list_of_one() -> None:
    assert spec_of(v2(alternate_greetings="Hello"))["alternate_greetings"] == ["Hello"]
    assert spec_of(v2(alternate_greetings=""))["alternate_greetings"] == []


def test_empty_greetings_are_skipped() -> None:
    spec = spec_of(v2(first_mes="", alternate_greetings=["One", "", None, " ", "Two"]))
    assert greetings(spec) == ((1, "One"), (4, "Two"))


def test_an_empty_name_is_reported() -> None:
    card = read_card(as_json(v2(name="")), "x.json")
    assert (card.spec["name"], codes(card)) == ("", {"empty_name"})


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (1719942734577, 1719942734),
        ("2024-07-02T17:52:14Z", 1719942734),
        ("2024-07-02 17:52:14", 1719942734),
        ("1719942734", 1719942734),
        (1719942734.9, 1719942734),
        (-62135596800, None),
        (-62135596800000, None),
        ("0001-01-01T00:00:00", None),
        (0, 0),
        ("yesterday", None),
        (True, None),
        ([], None),
    ],
)
def test_dates_become_unix_seconds(given: Json, read: int | None) -> None:
    spec = spec_of(v3(creation_date=given, modification_date=given))
    assert (spec["creation_date"], spec["modification_date"]) == (read, read)


def test_numbers_as_text_and_null_booleans_in_a_book() -> None:
    book = book_of(scan_depth="40", token_budget="", recursive_scanning=None)
    assert book["scan_depth"] == 40
    assert book.keys() == {"scan_depth", "extensions", "entries"}


def test_null_booleans_and_order_in_an_entry() -> None:
    read = entry_of(
        insertion_order=None, enabled=None, case_sensitive=None, constant=None, selective="true", use_regex=None
    )
    assert (read["insertion_order"], read["enabled"], read["selective"], read["use_regex"]) == (100, True, True, False)
    assert read.keys().isdisjoint({"case_sensitive", "constant"})


@pytest.mark.parametrize(
    ("given", "position", "number"),
    [
        (0, "before_char", 0),
        (1, "after_char", 1),
        (4, "after_char", 4),
        ("4", "after_char", 4),
        ("in_chat", "after_char", 4),
        ("", None, None),
        (None, None, None),
        ("before_char", "before_char", None),
    ],
)
def test_positions(given: Json, position: str | None, number: int | None) -> None:
    read = entry_of(position=given)
    assert (read.get("position"), read["extensions"]) == (position, {} if number is None else {"position": number})


def test_key_instead_of_keys_and_text_instead_of_lists() -> None:
    read = entry_of(keys=None, key="lamp, oil", secondary_keys="a,b")
    assert (read["keys"], read["secondary_keys"]) == (["lamp", "oil"], ["a", "b"])
    assert "key" not in read


def test_empty_keys_go_and_commas_in_keys_stay() -> None:
    assert entry_of(keys=[""])["keys"] == []
    assert entry_of(keys=["Mira, the keeper", 7])["keys"] == ["Mira, the keeper", "7"]


def test_entries_as_an_object_are_a_list_with_ids() -> None:
    entries = book_of(entries={"3": entry(), "x": entry()})["entries"]
    assert isinstance(entries, list)
    assert [item["id"] for item in entries if isinstance(item, dict)] == [3, "x"]


def test_both_entries_with_one_id_survive() -> None:
    card = read_card(
        as_json(v2(character_book={"entries": [entry(id=1), entry(id=1, content="b")], "extensions": {}})), "x"
    )
    book = card.spec["character_book"]
    assert isinstance(book, dict)
    assert isinstance(book["entries"], list)
    assert [item["content"] for item in book["entries"] if isinstance(item, dict)] == ["It burns oil.", "b"]
    assert codes(card) == {"duplicate_id"}


def test_book_and_entries_without_extensions_get_them() -> None:
    bare = entry()
    del bare["extensions"]
    book = book_of(entries=[bare])
    assert book["extensions"] == {}
    assert isinstance(book["entries"], list)
    assert isinstance(book["entries"][0], dict)
    assert book["entries"][0]["extensions"] == {}


def test_a_card_without_extensions_gets_them() -> None:
    assert spec_of(v2(extensions=None))["extensions"] == {}
    assert spec_of(v2(extensions=[]))["extensions"] == {}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({}, ("", 4, "system")),
        ({"prompt": "p", "depth": "", "role": "x"}, ("p", 4, "system")),
        ({"prompt": None, "depth": "2", "role": "user"}, ("", 2, "user")),
        ("p", ("p", 4, "system")),
        (None, ("", 4, "system")),
        ({"prompt": "p", "depth": 0, "role": ["user"]}, ("p", 0, "system")),
    ],
)
def test_depth_prompt_is_complete(given: Json, read: tuple[str, int, str]) -> None:
    extensions = spec_of(v2(extensions={"depth_prompt": given, "mine": [1]}))["extensions"]
    assert isinstance(extensions, dict)
    prompt = extensions["depth_prompt"]
    assert isinstance(prompt, dict)
    assert (prompt["prompt"], prompt["depth"], prompt["role"]) == read
    assert extensions["mine"] == [1]


def test_tags_that_are_no_list_and_a_version_that_is_a_number() -> None:
    spec = spec_of(v2(tags="sea, calm ,", character_version=1.5))
    assert (spec["tags"], spec["character_version"]) == (["sea", "calm"], "1.5")


@pytest.mark.parametrize(
    ("version", "expected"),
    [("3.0", set()), (3, {"repaired"}), ("3.1", {"newer_spec"}), (4, {"newer_spec", "repaired"}), ("x", {"repaired"})],
)
def test_any_version_is_read(version: Json, expected: set[str]) -> None:
    assert codes(read_card(as_json({**v3(), "spec_version": version}), "x.json")) == expected


def test_a_spec_of_the_future_is_read_as_v3() -> None:
    card = read_card(as_json({"spec": "chara_card_v4", "spec_version": "4.0", "data": data(aura="green")}), "x.json")
    assert (card.source_spec, card.spec["aura"]) == (SourceSpec.V3, "green")
    assert {"newer_spec", "unknown_field"} <= codes(card)


def test_values_of_a_wrong_type_are_reported_and_stay_in_raw() -> None:
    raw = v2(description=["a", "b"], personality={"x": 1}, scenario=3, system_prompt=True, source={"a": "b"})
    card = read_card(as_json(raw), "x.json")
    fields = ("description", "personality", "scenario", "system_prompt", "source")
    assert [card.spec[name] for name in fields] == ["a\nb", "", "3", "true", ["b"]]
    assert paths(card) == {f"data.{name}" for name in fields}
    assert card.raw == raw


def test_text_no_database_stores_is_cleaned_in_spec_only() -> None:
    card = read_card(json.dumps(v2(name="a\0b", extensions={"k\ud800": "\udfff"})).encode(), "x.json")
    assert (card.spec["name"], card.spec["extensions"]) == ("a\ufffdb", {"k\ufffd": "\ufffd"})
    assert card.raw == v2(name="a\0b", extensions={"k\ud800": "\udfff"})
    assert "text" in paths(card)


@pytest.mark.parametrize(("file", "name"), [(b'{"name": "A", "name": "B"}', "x.json"), (b"name: A\nname: B", "x.yaml")])
def test_a_name_that_stands_twice_is_reported(file: bytes, name: str) -> None:
    card = read_card(file, name)
    assert card.spec["name"] == "B"
    assert any("twice" in warning.message for warning in card.report)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_json_in_any_unicode_encoding(encoding: str) -> None:
    assert read_card(json.dumps(v2(name="Мира")).encode(encoding), "x.json").raw == v2(name="Мира")


def test_json_with_line_breaks_in_strings_and_bad_bytes() -> None:
    card = read_card(b'{"name": "a\nb", "first_mes": "\xff", "description": NaN, "scenario": 1e999}', "x.json")
    assert card.raw == {"name": "a\nb", "first_mes": "\ufffd", "description": None, "scenario": None}
    assert {"bad_utf8", "repaired"} == codes(card)


@pytest.mark.parametrize("depth", [200, 100_000])
def test_deep_json_is_refused(depth: int) -> None:
    with pytest.raises((CardTooLarge, CardDamaged)):
        read_card(b'{"name": "x", "first_mes": ' + b"[" * depth + b"]" * depth + b"}", "x.json")


def test_endless_numbers_are_refused() -> None:
    with pytest.raises(CardDamaged):
        read_card(b'{"name": "x", "first_mes": ' + b"1" * 5000 + b"}", "x.json")


def test_the_report_stays_small() -> None:
    card = read_card(as_json(v2(**{f"unknown{n}": n for n in range(5000)})), "x.json")
    assert len(card.report) == 201
    assert "4800 more" in card.report[-1].message


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (b"", "x.png"),
        (b"   ", "x"),
        (b"[]", "x.json"),
        (b"{}", "x.json"),
        (b'{"entries": {}}', "world.json"),
        (b'{"spec": "lorebook_v3", "data": {"entries": []}}', "x.json"),
        (b'{"user_name": "A", "character_name": "B"}', "chat.jsonl"),
        (b"Dear diary", "x.txt"),
        (bytes(range(256)) * 20, "x.bin"),
        (b'"text"', "x.json"),
    ],
)
def test_other_files_are_no_cards(file: bytes, name: str) -> None:
    with pytest.raises(NotACard):
        read_card(file, name)
