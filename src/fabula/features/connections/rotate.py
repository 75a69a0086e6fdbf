"""Change the server's secret key: everything sealed is sealed again, and opens at every moment in between."""

from pathlib import Path

from fabula.core.ids import WorkspaceId
from fabula.core.secrets import Keyring
from fabula.db import Database
from fabula.features.connections.keyfile import add_key, drop_old_keys
from fabula.features.connections.write import rewrap_keys

_BEFORE_ALL = WorkspaceId("00000000-0000-0000-0000-000000000000")


async def rotate_keys(db: Database, key_file: Path | None, configured: Keyring) -> None:
    """Seal everything with a new first key of `key_file`; without one, with the first of the `configured` keys.

    Killed at any point, the next run finishes: the new key is on disk before anything is sealed with it, and the old
    ones leave only when nothing needs them. No server may run on the file meanwhile, for it knows the old key only.
    """
    keyring = configured if key_file is None else Keyring(add_key(key_file))
    after: str | None = _BEFORE_ALL
    while after is not None:
        after = await db.system("re-wrap sealed keys", rewrap_keys, keyring, after)
    if key_file is not None:
        drop_old_keys(key_file)
