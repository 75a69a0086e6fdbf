"""The bench's proofs, small: what `python -m bench.kill_turns`, `kill_all`, `reconnects` and `start_kill` do at length."""

import sys
from pathlib import Path

import pytest

from bench.kill_all import torment_all
from bench.kill_turns import torment
from bench.processes import Process
from bench.reconnects import reconnect
from bench.start_kill import Report, open_and_close, start_and_kill
from tests.conftest import Place

pytestmark = pytest.mark.slow


async def test_kills_lose_double_and_break_nothing(place: Place, env: dict[str, str]) -> None:
    report = await torment(place.data, env, count=3, seed=4)
    assert report.violations == []
    assert (report.kills, report.interrupted > 0, report.repeated > 0) == (3, True, True)


async def test_kills_amid_changes_of_every_kind_lose_double_and_break_nothing(
    place: Place, env: dict[str, str]
) -> None:
    kinds, repeated = set[str](), 0
    for seed in range(4, 12):  # a busy machine does less between two kills
        report, crowd = await torment_all(place.data, env, count=2, seed=seed)
        assert report.violations == []
        kinds, repeated = kinds | crowd.deeds.keys(), repeated + crowd.repeated
        if len(kinds) > 8 and repeated:
            return
    pytest.fail(f"only these were done, {repeated} of them sent again: {sorted(kinds)}")


async def test_streams_survive_reconnects_without_a_gap_or_a_double(place: Place, env: dict[str, str]) -> None:
    report = await reconnect(place.data, env, count=10, seed=4)
    assert report.violations == []
    assert (report.streams, report.cuts) == (1, 10)


async def test_starts_and_kills_leave_nothing(tmp_path: Path, upstream: Process) -> None:
    report = await start_and_kill(tmp_path, upstream.url, count=3, seed=4)
    assert report.violations == []
    assert report.lives.total() == 4


@pytest.mark.skipif(sys.platform != "linux", reason="open files are counted in /proc")
async def test_openings_and_closings_leak_nothing(tmp_path: Path) -> None:
    report = Report()
    await open_and_close(tmp_path, 10, report)
    assert report.violations == []
