import base64
import stat
from pathlib import Path

import pytest

from fabula.core.secrets import Keyring, SecretKeyWeak, SecretUnreadable, new_secret_key
from fabula.features.connections.keyfile import KEY_FILE, add_key, drop_old_keys, open_keyring, read_keys

OLD, NEW = "old " * 10, "new " * 10
HERE = "provider_connections/ws/1"


def test_what_is_sealed_opens_and_does_not_show() -> None:
    ring = Keyring([OLD])
    sealed = ring.seal("sk-secret-ключ", HERE)
    assert ring.open(sealed, HERE) == "sk-secret-ключ"
    assert "secret" not in sealed
    assert sealed.split(".")[1] == ring.key_id


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    ring = Keyring([OLD])
    assert ring.seal("a", HERE) != ring.seal("a", HERE)


def test_a_sealed_text_moved_to_another_row_does_not_open() -> None:
    ring = Keyring([OLD])
    with pytest.raises(SecretUnreadable):
        ring.open(ring.seal("a", HERE), "provider_connections/ws/2")


@pytest.mark.parametrize("at", [0, 12, -1])
def test_an_altered_text_does_not_open(at: int) -> None:
    ring = Keyring([OLD])
    head, _, body = ring.seal("abc", HERE).rpartition(".")
    data = bytearray(base64.urlsafe_b64decode(body))
    data[at] ^= 1
    with pytest.raises(SecretUnreadable):
        ring.open(f"{head}.{base64.urlsafe_b64encode(data).decode()}", HERE)


@pytest.mark.parametrize("text", ["", "plain", "s1.", "s1.00000000.AAAA", "s2.x.y"])
def test_what_is_no_sealed_text_of_ours_is_unreadable(text: str) -> None:
    with pytest.raises(SecretUnreadable):
        Keyring([OLD]).open(text, HERE)


def test_an_old_key_still_opens_and_the_first_one_seals() -> None:
    sealed = Keyring([OLD]).seal("a", HERE)
    both = Keyring([NEW, OLD])
    assert both.open(sealed, HERE) == "a"
    assert not both.is_current(sealed)
    assert both.is_current(both.seal("a", HERE))
    with pytest.raises(SecretUnreadable):
        Keyring([NEW]).open(sealed, HERE)


@pytest.mark.parametrize("keys", [[], ["short"], [OLD, "short"]])
def test_a_short_key_is_refused(keys: list[str]) -> None:
    with pytest.raises(SecretKeyWeak):
        Keyring(keys)


def test_made_keys_are_all_different() -> None:
    assert len({new_secret_key() for _ in range(100)}) == 100


def test_the_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    ring = open_keyring(tmp_path / "data", None)
    file = tmp_path / "data" / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert open_keyring(tmp_path / "data", None).key_id == ring.key_id
    assert [path.name for path in file.parent.iterdir()] == [KEY_FILE]


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    ring = open_keyring(tmp_path, None)
    (tmp_path / KEY_FILE).chmod(0o644)
    assert open_keyring(tmp_path, None).key_id == ring.key_id
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


def test_configured_keys_leave_no_file(tmp_path: Path) -> None:
    ring = open_keyring(tmp_path, f"{NEW}, {OLD}")
    assert ring.open(Keyring([OLD.strip()]).seal("a", HERE), HERE) == "a"
    assert list(tmp_path.iterdir()) == []


def test_keys_are_added_in_front_and_dropped_from_behind(tmp_path: Path) -> None:
    open_keyring(tmp_path, None)
    file = tmp_path / KEY_FILE
    (old,) = read_keys(file)
    new, kept = add_key(file)
    assert (kept, read_keys(file)) == (old, [new, old])
    drop_old_keys(file)
    assert read_keys(file) == [new]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
