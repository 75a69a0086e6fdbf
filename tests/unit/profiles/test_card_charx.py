"""Cards in archives: paths, pictures by uri, glue, and what an archive may not do."""

import io
import struct
import zipfile
from base64 import b64encode

import pytest

from fabula.features.profiles.cards import AssetPlace, CardError, CardLimits, Container, placeholder, read_card
from fabula.features.profiles.cards.errors import (
    CardCut,
    CardDamaged,
    CardEncrypted,
    CardTooLarge,
    NoCardInside,
    UnsafeArchive,
)
from fabula.plugins import Json
from tests.unit.profiles.build import as_json, charx, codes, v3

JPEG = b"\xff\xd8\xff\xe0" + bytes(200) + b"\xff\xd9"


def icon(uri: str, name: str = "main") -> dict[str, Json]:
    return {"type": "icon", "uri": uri, "name": name, "ext": "png"}


@pytest.mark.parametrize("prefix", ["embeded://", "embedded://", "EMBEDED://", "__asset:", "__Asset:"])
def test_the_main_icon_is_found_by_its_uri(prefix: str) -> None:
    assets: list[Json] = [icon("embeded://b.png", "other"), icon(f"{prefix}any where/1.png")]
    card = read_card(charx(v3(assets=assets), {"any where/1.png": placeholder(), "b.png": b"\x89PNG"}), "x.charx")
    assert card.avatar is not None
    assert (card.avatar.data, card.avatar.media_type) == (placeholder(), "image/png")
    assert [asset.place for asset in card.assets] == [AssetPlace.EMBEDDED] * 2


def test_paths_are_told_by_case() -> None:
    card = read_card(charx(v3(assets=[icon("embeded://Icon.png")]), {"icon.png": placeholder()}), "x.charx")
    assert (card.avatar, card.assets[0].place) == (None, AssetPlace.MISSING)
    assert codes(card) == {"missing_asset", "unlisted_file"}


def test_other_schemes_have_their_places() -> None:
    inline = "data:image/png;base64," + b64encode(placeholder()).decode()
    uris = ["https://example.org/a.png", "ccdefault:", inline, "ftp://x"]
    card = read_card(charx(v3(assets=[icon(uri, str(n)) for n, uri in enumerate(uris)])), "x.charx")
    assert [asset.place for asset in card.assets] == [
        AssetPlace.REMOTE,
        AssetPlace.FILE,
        AssetPlace.INLINE,
        AssetPlace.MISSING,
    ]
    assert card.avatar is not None
    assert card.avatar.data == placeholder()


@pytest.mark.parametrize("stub", [JPEG, b"MZ" + bytes(500), b"#!/bin/sh\n"])
def test_an_archive_behind_something_else_is_read(stub: bytes) -> None:
    card = read_card(stub + charx(v3()), "mira.jpg")
    assert (card.container, card.raw) == (Container.CHARX, v3())


def test_offsets_counted_from_the_start_of_the_file_are_read_too() -> None:
    out = io.BytesIO()
    out.write(JPEG)
    with zipfile.ZipFile(out, "a") as file:
        file.writestr("card.json", as_json(v3()))
    assert read_card(out.getvalue(), "x.jpg").raw == v3()


def test_only_card_json_at_the_root_counts() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("backup/card.json", as_json(v3()))
        file.writestr("mycard.json", as_json(v3()))
    with pytest.raises(NoCardInside):
        read_card(out.getvalue(), "x.charx")


@pytest.mark.parametrize("path", ["../a", "a/../../b", "/etc/passwd", "..\\a", "C:\\a", "\\\\host\\a"])
def test_a_path_that_leaves_its_folder_is_refused(path: str) -> None:
    with pytest.raises(UnsafeArchive):
        read_card(charx(v3(), {path: b""}), "x.charx")


def test_an_encrypted_entry_is_refused() -> None:
    file = bytearray(charx(v3(), {"a": b"1"}))
    at = file.rindex(b"PK\x01\x02")
    file[at + 8] |= 1
    with pytest.raises(CardEncrypted):
        read_card(bytes(file), "x.charx")


def test_bounds_hold_before_anything_is_inflated() -> None:
    bomb = charx(v3(), {f"{n}.bin": bytes(1_000_000) for n in range(4)})
    assert len(bomb) < 10_000
    for limits in (CardLimits(entry=999_999), CardLimits(total=3_000_000), CardLimits(entries=3), CardLimits(path=8)):
        with pytest.raises(CardTooLarge):
            read_card(bomb, "x.charx", limits)


def test_an_entry_that_inflates_beyond_its_word_is_refused() -> None:
    file = bytearray(charx(v3()))
    at = file.index(b"PK\x01\x02")
    struct.pack_into("<L", file, at + 24, 10)
    with pytest.raises(CardTooLarge):
        read_card(bytes(file), "x.charx")


def test_a_wrong_checksum_is_a_warning() -> None:
    file = bytearray(charx(v3()))
    file[file.index(b"PK\x01\x02") + 16] ^= 1
    card = read_card(bytes(file), "x.charx")
    assert (card.raw, codes(card)) == (v3(), {"wrong_crc"})


def test_an_archive_cut_anywhere_is_refused() -> None:
    file = charx(v3())
    for at in range(4, len(file), 7):
        with pytest.raises(CardCut):
            read_card(file[:at], "x.charx")


def test_a_broken_directory_is_damaged() -> None:
    file = bytearray(charx(v3()))
    file[file.index(b"PK\x01\x02")] = 0
    with pytest.raises(CardDamaged):
        read_card(bytes(file), "x.charx")


def test_an_icon_that_cannot_be_read_is_passed_over() -> None:
    assets: list[Json] = [icon("embeded://a.png"), icon("embeded://b.png", "second")]
    card = read_card(charx(v3(assets=assets), {"a.png": b"no picture", "b.png": placeholder()}), "x.charx")
    assert card.avatar is not None
    assert codes(card) == {"dropped"}


def test_a_picture_without_an_archive_is_refused() -> None:
    with pytest.raises(CardError, match=r"cards\.no_card"):
        read_card(JPEG, "x.jpg")
