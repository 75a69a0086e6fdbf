"""Folders and zips: what is found in them, and what is refused before it can do harm."""

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from fabula.core.errors import AppError
from fabula.features.transfer import source
from fabula.features.transfer.errors import ArchiveTooLarge, ArchiveUnreadable, FileGone, FileTooLarge
from fabula.features.transfer.layout import read_layouts
from fabula.features.transfer.source import FolderSource, ZipSource

SMALL = {"characters/A.json": b"{}", "chats/A/x.jsonl": b"{}\n"}


def write_zip(folder: Path, files: Mapping[str, bytes], comment: bytes = b"") -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.comment = comment
    return path


def test_a_folder_and_its_zip_hold_the_same(tmp_path: Path) -> None:
    for name, data in SMALL.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(data)
    packed = ZipSource(write_zip(tmp_path, SMALL, comment=b"made by hand"))
    plain = FolderSource(tmp_path / "in")
    assert packed.names() == plain.names() == sorted(SMALL)
    for name, data in SMALL.items():
        assert packed.read(name, 100) == plain.read(name, 100) == data
        for one in (packed, plain):
            with pytest.raises(FileTooLarge):
                one.read(name, 1)
    for one in (packed, plain):
        with pytest.raises(FileGone):
            one.read("characters/B.json", 100)
    packed.close()


def test_a_zip_with_backslashes_is_one_with_slashes(tmp_path: Path) -> None:
    files = {name.replace("/", "\\"): data for name, data in SMALL.items()}
    packed = ZipSource(write_zip(tmp_path, {"characters\\": b"", **files}))
    assert packed.names() == sorted(SMALL)
    assert packed.read("chats/A/x.jsonl", 100) == SMALL["chats/A/x.jsonl"]


@pytest.mark.parametrize(("written", "read"), [("Мира".encode(), "Мира"), (b"Jos\x82", "José")])
def test_names_that_no_flag_says_to_be_utf8_may_be_so(tmp_path: Path, written: bytes, read: str) -> None:
    stands = b"x" * len(written)
    path = write_zip(tmp_path, {f"characters/{stands.decode()}.json": b"{}"})
    path.write_bytes(path.read_bytes().replace(stands, written))
    packed = ZipSource(path)
    assert packed.names() == [f"characters/{read}.json"]
    assert packed.read(packed.names()[0], 100) == b"{}"


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    (tmp_path / "in" / "characters").mkdir(parents=True)
    (tmp_path / "in" / "characters" / "A.json").symlink_to(tmp_path / "secret")
    (tmp_path / "in" / "chats").symlink_to(tmp_path)
    found = FolderSource(tmp_path / "in")
    assert found.names() == ["characters/A.json"]
    with pytest.raises(FileGone):
        found.read("characters/A.json", 100)


@pytest.mark.parametrize("name", ["../up.json", "/etc/x", "a/../../b", "C:/x", "a\\..\\..\\b"])
def test_paths_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveUnreadable):
        ZipSource(write_zip(tmp_path, {name: b"x"}))


def test_a_bomb_is_refused_by_what_it_says_and_stopped_where_it_lies(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"chats/A/x.jsonl": bytes(50_000_000)})
    assert path.stat().st_size < 100_000
    with pytest.raises(FileTooLarge):
        ZipSource(path).read("chats/A/x.jsonl", 1_000_000)
    # The directory says ten bytes where fifty million lie: no more than those ten are unpacked, and the sum is wrong.
    data = path.read_bytes().replace(struct.pack("<L", 50_000_000), struct.pack("<L", 10))
    path.write_bytes(data)
    with pytest.raises(ArchiveUnreadable):
        ZipSource(path).read("chats/A/x.jsonl", 1_000_000)


@pytest.mark.parametrize("limit", ["MAX_TOTAL", "MAX_ENTRIES", "MAX_DIRECTORY"])
def test_the_sum_and_the_number_of_entries_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    path = write_zip(tmp_path, SMALL)
    monkeypatch.setattr(source, limit, 1)
    with pytest.raises(ArchiveTooLarge):
        ZipSource(path)


def test_a_zip64_with_a_directory_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 2**33, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path = tmp_path / "a.zip"
    path.write_bytes(record + locator + end)
    with pytest.raises(ArchiveTooLarge):
        ZipSource(path)


@pytest.mark.parametrize("data", [b"", b"PK", b"x" * 100, b"PK\x05\x06" + b"\xff" * 18, b"PK\x05\x06" + bytes(10)])
def test_what_is_no_zip_is_refused_in_words(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with pytest.raises(AppError) as caught:
        ZipSource(path).names()
    assert caught.value.code.startswith("transfer.archive_")


def test_a_broken_entry_is_one_error_of_its_own(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"characters/A.json": b"{}" * 500})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(ArchiveUnreadable):
        ZipSource(path).read("characters/A.json", 10_000)


def test_encrypted_and_strangely_packed_archives_are_refused(tmp_path: Path) -> None:
    plain = write_zip(tmp_path, SMALL).read_bytes()
    at = plain.index(b"PK\x01\x02")
    path = tmp_path / "b.zip"
    path.write_bytes(plain[: at + 8] + b"\x01" + plain[at + 9 :])
    with pytest.raises(ArchiveUnreadable):
        ZipSource(path)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("characters/A.json", b"{}")
    path.write_bytes(out.getvalue())
    with pytest.raises(ArchiveUnreadable):
        ZipSource(path)


def test_a_users_folder_is_found_at_any_depth_and_each_users_is() -> None:
    names = [f"data/{user}/{name}" for user in ("ann", "bob") for name in SMALL] + ["data/readme.txt", "settings.json"]
    first, second = read_layouts(names)
    assert (first.cards, first.chats) == (["data/ann/characters/A.json"], {"A": ["data/ann/chats/A/x.jsonl"]})
    assert second.cards == ["data/bob/characters/A.json"]
    assert read_layouts(["settings.json", "a/b.txt"]) == []


def test_what_lies_deeper_than_it_should_is_left_alone() -> None:
    (found,) = read_layouts(
        [*SMALL, "characters/A/happy.png", "chats/A/old/y.jsonl", "chats/loose.jsonl", "backups/chats/z.jsonl",
         "thumbnails/avatar/A.png", "worlds/W.json", "worlds/W.txt", "group chats/1.2.jsonl"]
    )  # fmt: skip
    assert (found.cards, found.chats) == (["characters/A.json"], {"A": ["chats/A/x.jsonl"]})
    assert (found.worlds, found.group_chats) == (["worlds/W.json"], {"1.2": "group chats/1.2.jsonl"})
