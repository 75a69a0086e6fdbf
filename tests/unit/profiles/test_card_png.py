"""Cards in PNG and APNG files: where the text may stand, how it may be written, how a file may be broken."""

import struct
import zlib
from base64 import b64encode, urlsafe_b64encode

import pytest

from fabula.features.profiles.cards import AssetPlace, CardError, CardLimits, Container, png, read_card
from fabula.features.profiles.cards.errors import CardCut, CardDamaged, CardEncrypted, CardTooLarge, NoCardInside
from fabula.plugins import Json
from tests.unit.profiles.build import as_base64, as_json, card_chunk, codes, picture, text, v2, v3


def compressed(value: bytes) -> bytes:
    return png.make_chunk(b"zTXt", b"chara\0\0" + zlib.compress(value))


def international(value: bytes, flag: bytes) -> bytes:
    return png.make_chunk(b"iTXt", b"chara\0" + flag + b"\0en\0chara\0" + value)


def test_a_card_is_read_with_its_picture() -> None:
    file = picture(card_chunk(v2()))
    card = read_card(file, "mira.png")
    assert (card.container, card.raw, card.spec["name"]) == (Container.PNG, v2(), "Mira")
    assert card.avatar is not None
    assert (card.avatar.data, card.avatar.media_type) == (file, "image/png")
    assert card.report == ()


def test_text_behind_the_pixels_is_found() -> None:
    assert read_card(picture(card_chunk(v2()), behind_pixels=True), "x").raw == v2()


@pytest.mark.parametrize(
    "chunk",
    [
        compressed(as_base64(v2())),
        international(as_base64(v2()), b"\0"),
        international(zlib.compress(as_base64(v2())), b"\1"),
        international(as_json(v2()), b"\0"),
        text("ChArA", as_base64(v2())),
    ],
    ids=["zTXt", "iTXt", "iTXt deflated", "iTXt with JSON", "keyword in another case"],
)
def test_every_text_chunk_is_read(chunk: bytes) -> None:
    assert read_card(picture(chunk), "x.png").raw == v2()


def test_ccv3_wins_wherever_it_stands() -> None:
    file = picture(card_chunk(v2(name="old")), card_chunk(v3(name="new"), "CCV3"))
    assert read_card(file, "x.png").spec["name"] == "new"


def test_of_two_chunks_of_one_name_the_first_counts() -> None:
    card = read_card(picture(card_chunk(v2(name="one")), card_chunk(v2(name="two"))), "x.png")
    assert (card.spec["name"], codes(card)) == ("one", {"duplicate_chunk"})


def test_v3_under_chara_is_v3() -> None:
    assert read_card(picture(card_chunk(v3(nickname="Mi"))), "x.png").spec["nickname"] == "Mi"


@pytest.mark.parametrize(
    "content",
    [
        as_json(v2()),
        b" \r\n" + as_json(v2()),
        b"\xef\xbb\xbf" + as_json(v2()),
        b"\xef\xbb\xbf" + as_base64(v2()),
        as_base64(v2()).rstrip(b"="),
        as_base64(v2()) + b"==",
        b"\n".join(as_base64(v2())[at : at + 76] for at in range(0, 2000, 76)),
        urlsafe_b64encode(as_json(v2(name="??>>~~ю"))),
        b64encode(b"\xef\xbb\xbf" + as_json(v2())),
        b64encode(as_json(v2()) + b"\0"),
    ],
    ids=[
        "JSON",
        "space JSON",
        "BOM JSON",
        "BOM base64",
        "no padding",
        "padding",
        "wrapped",
        "url-safe",
        "BOM in",
        "NUL",
    ],
)
def test_odd_text_is_read(content: bytes) -> None:
    raw = read_card(picture(text("chara", content)), "x.png").raw
    assert raw in (v2(), v2(name="??>>~~ю"))


def test_a_wrong_checksum_is_a_warning() -> None:
    chunk = bytearray(card_chunk(v2()))
    chunk[-1] ^= 1
    card = read_card(picture(bytes(chunk)), "x.png")
    assert (card.raw, codes(card)) == (v2(), {"wrong_crc"})


@pytest.mark.parametrize("left", [0, 5, 12, 40])
def test_a_file_cut_behind_the_card_is_read_with_a_warning(left: int) -> None:
    file = picture(card_chunk(v2()))
    end = file.index(b"IDAT") - 4
    card = read_card(file[: end + left], "x.png")
    assert (card.raw, codes(card)) == (v2(), {"cut"})


def test_a_file_cut_anywhere_within_the_card_is_refused() -> None:
    file = picture(card_chunk(v2()))
    start, end = file.index(b"tEXt") - 4, file.index(b"IDAT") - 4
    for at in range(start, end):
        with pytest.raises(CardCut):
            read_card(file[:at], "x.png")


def test_a_cut_ccv3_behind_a_whole_chara_leaves_the_older_card() -> None:
    file = picture(card_chunk(v2(name="old")), card_chunk(v3(name="new"), "ccv3"))
    card = read_card(file[: file.index(b"ccv3") + 50], "x.png")
    assert (card.spec["name"], codes(card)) == ("old", {"cut"})


def test_an_unreadable_ccv3_falls_back_to_chara_and_says_so() -> None:
    card = read_card(picture(text("ccv3", b"!!"), card_chunk(v2())), "x.png")
    assert card.raw == v2()
    assert "unreadable_chunk" in codes(card)


@pytest.mark.parametrize("content", [b"%%%%", b"A", b64encode(b"not JSON"), b64encode(b'{"name": '), b64encode(b"")])
def test_text_that_is_no_card_is_damaged(content: bytes) -> None:
    with pytest.raises(CardDamaged):
        read_card(picture(text("chara", content)), "x.png")


@pytest.mark.parametrize("content", [b"rcc||rccv1||abc", b64encode(b"rcc||rccv1||abc")])
def test_encrypted_text_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(CardEncrypted):
        read_card(picture(text("chara", content)), "x.png")


def test_a_picture_without_a_card_is_refused() -> None:
    with pytest.raises(NoCardInside, match="carries no character card"):
        read_card(picture(text("Software", b"x"), text("risuai", b"x" * 1000)), "x.png")


def test_inflation_stops_at_the_limit() -> None:
    bomb = compressed(b"A" * 50_000_000)
    with pytest.raises(CardTooLarge):
        read_card(picture(bomb), "x.png")


def test_a_broken_stream_is_damaged() -> None:
    body = zlib.compress(as_base64(v2()))
    for broken in (body[:-20], b"\0" + body):
        with pytest.raises(CardDamaged):
            read_card(picture(png.make_chunk(b"zTXt", b"chara\0\0" + broken)), "x.png")


def test_limits_bound_file_json_and_chunks() -> None:
    file = picture(card_chunk(v2()))
    for limits in (CardLimits(file=100), CardLimits(json=100), CardLimits(chunks=2), CardLimits(nodes=5)):
        with pytest.raises(CardTooLarge):
            read_card(file, "x.png", limits)


def test_a_length_beyond_the_file_allocates_nothing() -> None:
    file = png.SIGNATURE + struct.pack(">I4s", 0xFFFF_FFFF, b"tEXt") + b"chara\0"
    with pytest.raises(CardError):
        read_card(file, "x.png")


def test_animation_makes_it_an_apng() -> None:
    card = read_card(picture(png.make_chunk(b"acTL", bytes(8)), card_chunk(v2())), "x.png")
    assert card.avatar is not None
    assert (card.container, card.avatar.media_type) == (Container.APNG, "image/apng")


@pytest.mark.parametrize("keyword", ["chara-ext-asset_:a/happy.png", "chara-ext-asset_a/happy.png"])
def test_assets_in_chunks_are_listed(keyword: str) -> None:
    happy: Json = {"type": "emotion", "uri": "__asset:a/happy.png", "name": "happy", "ext": "png"}
    other = text("chara-ext-asset_:b.bin", b64encode(b"123"))
    file = picture(card_chunk(v3(assets=[happy]), "ccv3"), text(keyword, b64encode(b"123")), other)
    card = read_card(file, "x.png")
    assert [(asset.name, asset.place, asset.path) for asset in card.assets] == [
        ("happy", AssetPlace.EMBEDDED, "a/happy.png")
    ]
    assert [(w.code, w.path) for w in card.report] == [("unlisted_file", "b.bin")]


def test_a_bomb_ends_the_search_for_a_readable_chunk() -> None:
    bomb, card = compressed(b"A" * 20_000_000), card_chunk(v2())
    with pytest.raises(CardTooLarge):
        read_card(picture(bomb, card), "x.png")
    unreadable = text("chara", b"!!")
    with pytest.raises(CardDamaged):
        read_card(picture(unreadable, unreadable, card), "x.png")
