"""A server that is asked to stop closes what it has opened."""

import signal

import pytest
import sqlalchemy as sa

from fabula.db.opening import SQLITE_NAME
from tests.conftest import Place
from tests.feature.reliability.conftest import Serve


@pytest.mark.slow
@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_server_by_closing_its_database(
    place: Place, serve: Serve, which: signal.Signals
) -> None:
    server = serve("fake-12")
    assert _is_open(place)
    server.child.send_signal(which)
    code = server.child.wait(20)
    assert code == (0 if which is signal.SIGTERM else 130)
    assert not _is_open(place)


def _is_open(place: Place) -> bool:
    """SQLite leaves files beside a database that was not closed; with PostgreSQL a server notes that it lives."""
    if place.url is None:
        return (place.data / f"{SQLITE_NAME}-wal").exists()
    engine = sa.create_engine(sa.make_url(place.url).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as conn:
            return bool(conn.scalar(sa.text("SELECT count(*) FROM instances")))
    finally:
        engine.dispose()
