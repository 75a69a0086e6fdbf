"""Cards out again: the same where nothing was edited, the edit and nothing else where something was."""

import copy
import io
import json
import zipfile
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabula.features.profiles.cards import (
    DEFAULT_LIMITS,
    CardFile,
    CardLimits,
    CardParts,
    Container,
    ExportFormat,
    ExportSpec,
    JsonObject,
    Report,
    content_hash,
    export_card,
    normalise_data,
    placeholder,
    png,
    read_card,
)
from fabula.features.profiles.cards.errors import AvatarNotPng, CardTooLarge, UnsafeArchive
from fabula.features.profiles.cards.jsontext import same
from fabula.features.profiles.cards.lay_over import lay_over
from fabula.features.profiles.cards.normal import normalise
from fabula.plugins import Json
from tests.unit.profiles.build import as_json, card_chunk, charx, data, entry, picture, text, v2, v3

PIXELS = png.make_chunk(b"IDAT", b"other pixels")
OTHER_PICTURE = placeholder().replace(PIXELS, b"")[:33] + PIXELS + png.make_chunk(b"IEND", b"")


def edited(card: CardFile, **fields: Json) -> JsonObject:
    return {**copy.deepcopy(card.spec), **fields}


def parts(card: CardFile, file: bytes, spec: JsonObject | None = None, avatar: bytes | None = None) -> CardParts:
    return CardParts(card.spec if spec is None else spec, card.raw, file, card.container, avatar)


def texts(file: bytes) -> dict[str, Json]:
    chunks = {png.keyword_of(chunk): chunk for chunk in png.walk(file, DEFAULT_LIMITS) if chunk.kind == b"tEXt"}
    return {str(keyword): json.loads(b64decode(png.text_of(chunk, 10**6))) for keyword, chunk in chunks.items()}


ODD = v2(
    tags="a,b",
    extensions={"mine": {"x": [1, 2]}},
    character_book={"entries": [{"key": ["k"], "content": 3, "position": 4}, entry(id=1), entry(id=1)]},
)
FILES = {
    "v1.json": as_json({"name": "M", "description": "d", "creatorcomment": "c", "fav": True}),
    "pygmalion.json": as_json({"char_name": "M", "char_persona": "p"}),
    "hybrid.json": as_json({**data(), **v2()}),
    "odd.json": json.dumps(ODD, indent=3).encode(),
    "odd.png": picture(card_chunk(ODD), text("Software", b"x"), behind_pixels=True) + b"trailing",
    "both.png": picture(card_chunk(v2()), card_chunk(v3(nickname="N"), "ccv3")),
    "card.charx": charx(v3(), {"module.risum": b"\1\2", "x_meta/a.json": b"{}"}),
    "glued.jpg": b"\xff\xd8\xff" + charx(v3(assets=[])),
}


@pytest.mark.parametrize("name", FILES)
def test_unedited_comes_out_as_it_came_in(name: str) -> None:
    file = FILES[name]
    card = read_card(file, name)
    own = {Container.JSON: ExportFormat.JSON, Container.PNG: ExportFormat.PNG, Container.CHARX: ExportFormat.CHARX}
    assert export_card(parts(card, file), own[card.container]) == file
    for to in ExportFormat:
        again = read_card(export_card(parts(card, file), to), "x")
        assert again.raw == card.raw
        assert again.spec == card.spec


@pytest.mark.parametrize("name", FILES)
def test_an_edit_changes_its_field_and_nothing_else(name: str) -> None:
    file = FILES[name]
    card = read_card(file, name)
    spec = edited(card, first_mes="Edited.", name="New")
    for to in ExportFormat:
        again = read_card(export_card(parts(card, file, spec), to), "x")
        assert again.spec == spec
        assert again.source_spec is card.source_spec


def test_yaml_comes_out_as_the_same_json_value() -> None:
    file = b"name: Mira\ncontext: keeper\ngreeting: Hi\n"
    card = read_card(file, "x.yaml")
    assert json.loads(export_card(parts(card, file), ExportFormat.JSON)) == card.raw


def test_an_edit_leaves_oddities_beside_it_alone() -> None:
    card = read_card(FILES["odd.json"], "x.json")
    spec = copy.deepcopy(card.spec)
    book = spec["character_book"]
    assert isinstance(book, dict)
    assert isinstance(book["entries"], list)
    assert isinstance(book["entries"][1], dict)
    book["entries"][1]["content"] = "Edited."
    expected = json.loads(FILES["odd.json"])
    expected["data"]["character_book"]["entries"][1]["content"] = "Edited."
    assert json.loads(export_card(parts(card, FILES["odd.json"], spec), ExportFormat.JSON)) == expected


def test_an_edit_of_a_renamed_field_is_written_under_the_name_it_had() -> None:
    card = read_card(FILES["pygmalion.json"], "x.json")
    out = json.loads(export_card(parts(card, b"", edited(card, name="New", tags=["t"])), ExportFormat.JSON))
    assert out == {"char_name": "New", "char_persona": "p", "tags": ["t"]}


def test_a_hybrid_is_edited_in_both_places() -> None:
    card = read_card(FILES["hybrid.json"], "x.json")
    out = json.loads(export_card(parts(card, b"", edited(card, name="New")), ExportFormat.JSON))
    assert (out["name"], out["data"]["name"]) == ("New", "New")


def test_a_removed_entry_takes_only_itself() -> None:
    card = read_card(FILES["odd.json"], "x.json")
    spec = copy.deepcopy(card.spec)
    book = spec["character_book"]
    assert isinstance(book, dict)
    assert isinstance(book["entries"], list)
    del book["entries"][1]
    out = json.loads(export_card(parts(card, b"", spec), ExportFormat.JSON))
    assert out["data"]["character_book"]["entries"] == [{"key": ["k"], "content": 3, "position": 4}, entry(id=1)]


def test_one_and_true_are_different_edits() -> None:
    card = read_card(as_json(v2(extensions={"x": 1})), "x.json")
    out = json.loads(export_card(parts(card, b"", edited(card, extensions={"x": True})), ExportFormat.JSON))
    assert out["data"]["extensions"]["x"] is True


def test_v3_in_a_png_has_both_chunks_before_the_pixels() -> None:
    file = FILES["both.png"]
    out = export_card(parts(read_card(file, "x"), file), ExportFormat.PNG, ExportSpec.V3)
    found = texts(out)
    assert list(found) == ["ccv3", "chara"]
    assert found["chara"] == v2()
    assert out.rindex(b"tEXt") < out.index(b"IDAT")


def test_v2_in_a_png_is_chara_alone() -> None:
    file = FILES["both.png"]
    out = export_card(parts(read_card(file, "x"), file), ExportFormat.PNG, ExportSpec.V2)
    assert texts(out) == {"chara": v2()}


def test_v2_has_every_field_v2_demands() -> None:
    card = read_card(as_json({"name": "M", "description": "d"}), "x.json")
    out = json.loads(export_card(parts(card, b""), ExportFormat.JSON, ExportSpec.V2))
    assert (out["spec"], out["spec_version"]) == ("chara_card_v2", "2.0")
    assert out["data"] == {name: "" for name, value in data().items() if isinstance(value, str)} | {
        "name": "M",
        "description": "d",
        "alternate_greetings": [],
        "tags": [],
        "extensions": {},
    }


def test_a_card_made_here_is_v3_on_a_plain_picture() -> None:
    spec = normalise_data({"name": "Mira", "foo": 1}, DEFAULT_LIMITS, Report())
    again = read_card(export_card(CardParts(spec), ExportFormat.PNG), "x.png")
    assert (again.spec, again.container) == (spec, Container.PNG)


def test_a_picture_becomes_the_icon_of_an_archive_and_comes_back() -> None:
    file = picture(card_chunk(v3(), "ccv3"), text("Software", b"x"))
    card = read_card(file, "x.png")
    archived = b""
    for spec in (ExportSpec.ORIGINAL, ExportSpec.V3):
        archived = export_card(parts(card, file), ExportFormat.CHARX, spec)
        inside = read_card(archived, "x.charx")
        assert inside.avatar is not None
        assert inside.avatar.data == picture(text("Software", b"x"))
        back = read_card(export_card(parts(inside, archived), ExportFormat.PNG), "x.png")
        assert content_hash(back) == content_hash(inside)
    named = json.loads(zipfile.ZipFile(io.BytesIO(archived)).read("card.json"))
    assert named["data"]["assets"][0]["uri"] == "embeded://assets/icon/images/main.png"


def test_embedded_files_travel_between_containers() -> None:
    happy: JsonObject = {"type": "emotion", "uri": "__asset:e/ю.png", "name": "happy", "ext": "png"}
    file = picture(card_chunk(v3(assets=[happy]), "ccv3"), text("chara-ext-asset_:e/ю.png", b64encode(b"123")))
    card = read_card(file, "x.png")
    archived = export_card(parts(card, file), ExportFormat.CHARX)
    assert zipfile.ZipFile(io.BytesIO(archived)).read("e/ю.png") == b"123"
    inside = read_card(archived, "x.charx")
    back = export_card(parts(inside, archived), ExportFormat.PNG)
    assert read_card(back, "x.png").assets == card.assets


def test_asset_names_of_a_png_cannot_break_an_archive() -> None:
    file = picture(card_chunk(v2()), text("chara-ext-asset_:card.json", b64encode(b"{}")))
    assert read_card(export_card(parts(read_card(file, "x"), file), ExportFormat.CHARX), "x").raw == v2()
    climbing = picture(card_chunk(v2()), text("chara-ext-asset_:../a", b64encode(b"1")))
    with pytest.raises(UnsafeArchive):
        export_card(parts(read_card(climbing, "x"), climbing), ExportFormat.CHARX)


def test_embedded_files_are_bounded_in_all() -> None:
    chunks = [text(f"chara-ext-asset_:{n}", b64encode(bytes(1000))) for n in range(4)]
    file = picture(card_chunk(v2()), *chunks)
    with pytest.raises(CardTooLarge):
        export_card(parts(read_card(file, "x"), file), ExportFormat.CHARX, limits=CardLimits(total=3999))


def test_an_edited_archive_keeps_its_other_files_and_its_glue() -> None:
    file = b"\xff\xd8\xff" + FILES["card.charx"]
    card = read_card(file, "x.jpg")
    out = export_card(parts(card, file, edited(card, name="New")), ExportFormat.CHARX)
    assert out.startswith(b"\xff\xd8\xffPK")
    inside = zipfile.ZipFile(io.BytesIO(out))
    assert inside.read("module.risum") == b"\1\2"
    assert sorted(inside.namelist()) == ["card.json", "module.risum", "x_meta/a.json"]


def test_a_new_avatar_replaces_the_picture() -> None:
    for name in ("odd.png", "card.charx", "odd.json"):
        file = FILES[name]
        card = read_card(file, name)
        for to in (ExportFormat.PNG, ExportFormat.CHARX):
            again = read_card(export_card(parts(card, file, avatar=OTHER_PICTURE), to), "x")
            assert again.avatar is not None
            assert b"other pixels" in again.avatar.data
            assert again.raw == card.raw


def test_an_avatar_must_be_a_png() -> None:
    with pytest.raises(AvatarNotPng):
        export_card(CardParts(normalise_data({}, DEFAULT_LIMITS, Report()), avatar=b"\xff\xd8\xff"), ExportFormat.PNG)


def test_text_utf8_cannot_hold_comes_out() -> None:
    raw = v2(name="\ud800 ю")
    card = read_card(json.dumps(raw).encode(), "x.json")
    for to in ExportFormat:
        assert read_card(export_card(parts(card, b"", edited(card, tags=["new"])), to), "x").raw == v2(
            name="\ud800 ю", tags=["new"]
        )


def test_the_hash_knows_a_card_again() -> None:
    file = FILES["both.png"]
    card = read_card(file, "x.png")
    moved = read_card(picture(card_chunk(v3(nickname="N"), "ccv3"), behind_pixels=True), "y.png")
    assert content_hash(card) == content_hash(moved)
    other_picture = read_card(export_card(parts(card, file, avatar=OTHER_PICTURE), ExportFormat.PNG), "x.png")
    other_text = read_card(picture(card_chunk(v3(nickname="M"), "ccv3")), "x.png")
    assert len({content_hash(card), content_hash(other_picture), content_hash(other_text)}) == 3


def json_values() -> st.SearchStrategy[Json]:
    leaves: st.SearchStrategy[Json] = st.one_of(
        st.none(), st.booleans(), st.integers(-5, 2000), st.sampled_from(["", "a", "b,c", "40", "true", "2024-07-02"])
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(["keys", "key", "id", "x", "depth_prompt"]), inner),
        ),
        max_leaves=6,
    )


FIELD_NAMES = (
    "name",
    "char_name",
    "tags",
    "first_mes",
    "extensions",
    "character_book",
    "assets",
    "creation_date",
    "odd",
)


def raw_cards() -> st.SearchStrategy[JsonObject]:
    entry_fields = st.dictionaries(st.sampled_from(["keys", "key", "id", "content", "position", "odd"]), json_values())
    book: st.SearchStrategy[Json] = st.lists(entry_fields).map(lambda entries: {"entries": list(entries)})
    fields = st.dictionaries(st.sampled_from(FIELD_NAMES), json_values() | book, max_size=6)
    inner_fields = fields.map(lambda found: {key: value for key, value in found.items() if key != "char_name"})
    with_data = st.builds(lambda root, inner: {**root, "data": {"name": "", **inner}}, fields, inner_fields)
    return st.builds(lambda root: {"description": "", **root}, fields) | with_data


@pytest.mark.slow
@given(raw_cards())
def test_the_normal_form_is_its_own_fixed_point(raw: JsonObject) -> None:
    normal = normalise(raw, DEFAULT_LIMITS, Report()).data
    assert same(normalise_data(normal, DEFAULT_LIMITS, Report()), normal)
    assert lay_over(raw, normal, normal) == raw


@pytest.mark.slow
@given(raw_cards(), raw_cards())
def test_an_edit_laid_over_reads_as_the_edit(raw: JsonObject, other: JsonObject) -> None:
    base = normalise(raw, DEFAULT_LIMITS, Report()).data
    unknown = {key: value for key, value in base.items() if key not in other}
    wanted = {**unknown, **normalise(other, DEFAULT_LIMITS, Report()).data}
    again = normalise(lay_over(raw, base, wanted), DEFAULT_LIMITS, Report()).data
    assert same(again, wanted)


@pytest.mark.parametrize("avatar", [None, OTHER_PICTURE], ids=["its own", "another"])
@pytest.mark.parametrize("spec", ExportSpec)
def test_an_archive_keeps_its_picture_in_every_spec(spec: ExportSpec, avatar: bytes | None) -> None:
    icon: Json = {"type": "icon", "uri": "embeded://a/1.png", "name": "main", "ext": "png"}
    file = charx(v3(assets=[icon]), {"a/1.png": placeholder()})
    out = export_card(parts(read_card(file, "x"), file, avatar=avatar), ExportFormat.CHARX, spec)
    found = read_card(out, "x").avatar
    assert found is not None
    assert found.data == (avatar or placeholder())


def test_a_v2_keeps_an_unknown_field_that_is_null() -> None:
    card = read_card(as_json(v2(mine=None)), "x")
    out = json.loads(export_card(parts(card, b""), ExportFormat.JSON, ExportSpec.V2))
    assert out["data"]["mine"] is None
    assert "character_book" not in out["data"]
