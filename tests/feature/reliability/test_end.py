"""A server that is asked to stop closes what it has opened."""

import signal

import pytest

from fabula.db.opening import SQLITE_NAME
from tests.conftest import Place
from tests.feature.reliability.conftest import Serve


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_server_by_closing_its_database(
    place: Place, serve: Serve, which: signal.Signals
) -> None:
    if place.url is not None:
        pytest.skip("only SQLite leaves files that tell of it")
    server = serve("fake-12")
    assert (place.data / f"{SQLITE_NAME}-wal").exists()
    server.child.send_signal(which)
    code = server.child.wait(20)
    assert code == (0 if which is signal.SIGTERM else 130)
    assert not (place.data / f"{SQLITE_NAME}-wal").exists()
