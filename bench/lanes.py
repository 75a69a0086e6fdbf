"""What proofs that run on both databases have in common: their options, and an empty place on each lane."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.lab import open_lab
from bench.processes import OTHER_CORE, pin


@dataclass(frozen=True, slots=True)
class LanePlace:
    """An empty data folder of one lane; `env` names its database and the fake upstream."""

    lane: str
    data: Path
    env: dict[str, str]


def make_parser(doc: str | None, seed: int = 1) -> argparse.ArgumentParser:
    """A parser with `--seed` and `--lane`; `doc` is the module's docstring."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=seed)
    parser.add_argument("--lane", choices=("sqlite", "postgres", "both"), default="both")
    return parser


def on_each_lane(options: argparse.Namespace) -> Iterator[LanePlace]:
    """One place after another, each gone when the next is asked for."""
    pin(OTHER_CORE)
    with open_lab(quick=True) as lab:
        for lane in ("sqlite", "postgres") if options.lane == "both" else (options.lane,):
            with lab.folder() as data:
                yield LanePlace(lane, data, {"FABULA_MODEL_URL": f"{lab.upstream.url}/v1", **lab.database(lane, data)})
