"""Measure the speed rows and print one table.

    python -m bench.run [--rows deltas,short,live,first,start,…] [--lanes sqlite,postgres] [--quick] [--strict]

The rows of `bench.rows`, then those of sizes (`bench.size_rows`).

The server under test has core 0 for itself; the fake upstream, PostgreSQL and this client share core 1. Figures of
two machines do not compare; ratios within one run do.
"""

import argparse
import os
import sys
from collections.abc import Callable

import uvloop
from rich.console import Console
from rich.table import Table

from bench.lab import Lab, Result, open_lab
from bench.processes import OTHER_CORE, pin
from bench.rows import ROWS as SPEEDS
from bench.size_rows import ROWS as SIZES

LANES = ("sqlite", "postgres")
ROWS = {**SPEEDS, **SIZES}


async def _measure(lab: Lab, rows: list[str], lanes: list[str]) -> list[Result]:
    results: list[Result] = []
    for row in rows:
        for lane in lanes:
            print(f"measuring {row} on {lane} …", file=sys.stderr, flush=True)
            try:
                results += await ROWS[row](lab, lane)
            except (RuntimeError, OSError) as error:
                print(error, file=sys.stderr)
                results.append(Result(row, lane, "failed", "-", False))
    return results


def _table(results: list[Result], caption: str) -> Table:
    table = Table(title="Fabula on one core", caption=caption)
    for heading in ("row", "lane", "value", "beside", "ratio", "bar", ""):
        table.add_column(heading, justify="left" if heading in {"row", "lane"} else "right")
    for result in results:
        ratio = "" if result.ratio is None else f"{result.ratio:.2f} x"
        verdict = "ok" if result.passed else "[bold]below[/bold]"
        table.add_row(result.row, result.lane, result.value, result.beside, ratio, result.bar, verdict)
    return table


def _names(known: tuple[str, ...]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = text.split(",")
        if unknown := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(known)}")
        return names

    return parse


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=_names(tuple(ROWS)), default=list(ROWS))
    parser.add_argument("--lanes", type=_names(LANES), default=list(LANES))
    parser.add_argument("--quick", action="store_true", help="fewer turns: a look, not a figure")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a row is below its bar")
    options = parser.parse_args()
    pin(OTHER_CORE)
    caption = f"{os.cpu_count()} cores; load before: {os.getloadavg()[0]:.1f} (above 0.3 others disturb the figures)"
    with open_lab(quick=options.quick) as lab:
        results = uvloop.run(_measure(lab, options.rows, options.lanes))
    Console(width=None if sys.stdout.isatty() else 160).print(_table(results, caption))
    return int(options.strict and not all(result.passed for result in results))


if __name__ == "__main__":
    sys.exit(main())
