"""The server's own secret key: a file in the data folder, made at first start, readable by its owner only."""

import os
import tempfile
from pathlib import Path

from fabula.core.secrets import Keyring, new_secret_key

KEY_FILE = "secret.key"


def open_keyring(data: Path, configured: str | None) -> Keyring:
    """The keys of the settings (separated by commas, the first seals), else those of the data folder's file.

    Raises `SecretKeyWeak`. Processes on several machines must share a configured key: each folder has its own file.
    """
    if configured is not None:
        return Keyring([key.strip() for key in configured.split(",") if key.strip()])
    path = data / KEY_FILE
    if not path.exists():
        _place(path, [new_secret_key()], replace=False)
    path.chmod(0o600)
    return Keyring(read_keys(path))


def read_keys(path: Path) -> list[str]:
    """One key a line, the one that seals first."""
    return [line.strip() for line in path.read_text("ascii").splitlines() if line.strip()]


def add_key(path: Path) -> list[str]:
    """Put a new key first, keeping the old ones so that everything still opens; the keys as they are now."""
    keys = [new_secret_key(), *read_keys(path)]
    _place(path, keys, replace=True)
    return keys


def drop_old_keys(path: Path) -> None:
    """Keep the first key only: after everything has been sealed with it."""
    _place(path, read_keys(path)[:1], replace=True)


def _place(path: Path, keys: list[str], *, replace: bool) -> None:
    """Write the file whole or not at all, on disk before it counts; a file that is there first wins unless `replace`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write("\n".join(keys) + "\n")
            file.flush()
            os.fsync(file.fileno())
        if replace:
            Path(partial).replace(path)
        elif not path.exists():
            _link(partial, path)
        _sync_folder(path.parent)
    finally:
        Path(partial).unlink(missing_ok=True)


def _link(partial: str, path: Path) -> None:
    try:
        path.hardlink_to(partial)
    except FileExistsError:
        return  # another process of this folder was quicker: its key is the key


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
