"""What /proc tells of processes; these tests run on Linux only."""

import time
from collections.abc import Callable
from pathlib import Path


def parents() -> dict[int, tuple[int, str]]:
    """Each process id with its parent's and its state (Z is a zombie); source: proc_pid_stat(5)."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
            found[int(folder.name)] = int(after_name[1]), after_name[0]
    return found


def children_of(pid: int) -> set[int]:
    return {child for child, (parent, _) in parents().items() if parent == pid}


def zombies_of(pid: int) -> set[int]:
    return {child for child, (parent, state) in parents().items() if parent == pid and state == "Z"}


def is_running(pid: int) -> bool:
    return parents().get(pid, (0, "Z"))[1] != "Z"


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def eventually(claim: Callable[[], object], seconds: float = 30.0) -> bool:
    """Tell whether `claim` comes true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
