"""One process owns a data folder: an OS lock, which the kernel frees also after kill -9."""

import fcntl
import os
from pathlib import Path

from fabula.core.errors import AppError, Kind


class DataFolderInUse(AppError):
    kind, code = Kind.CONFLICT, "db.data_folder_in_use"
    folder: str

    @property
    def message(self) -> str:
        return f"another Fabula process uses the data folder {self.folder!r}; stop it, or choose another with --data"


class DataFolderLock:
    """Held from construction until `release` or the end of the process; raises `DataFolderInUse`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # Inheritable would keep the lock alive in a child (the embedded model) after our death: O_CLOEXEC is the default.
        self._fd = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._fd)
            raise DataFolderInUse(str(folder)) from error

    def release(self) -> None:
        os.close(self._fd)
