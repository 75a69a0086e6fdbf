"""What a proof by kills counts, and who else may use the server meanwhile."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp

FLUSH_SECONDS = 0.75


@dataclass(slots=True)
class Report:
    """Counts, and in `violations` whatever must not be."""

    kills: int = 0
    turns: int = 0
    acknowledged: int = 0
    interrupted: int = 0
    repeated: int = 0
    most_lost_seconds: float = 0.0
    longest_reaping: float = 0.0
    ends: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def show(self, lane: str, seed: int) -> None:
        ends = ", ".join(f"{name.removeprefix('llm.stream.')} {count}" for name, count in sorted(self.ends.items()))
        print(f"{lane}, seed {seed}: {self.kills} kills, {self.turns} turns ({ends})")
        print(f"  {self.acknowledged} messages acknowledged, {self.interrupted} answers interrupted by a kill")
        print(f"  {self.repeated} requests sent again with their operation ids")
        print(f"  most text lost: {self.most_lost_seconds:.2f} s before the kill (flush interval {FLUSH_SECONDS} s)")
        print(f"  longest from kill to nothing left streaming, restart included: {self.longest_reaping:.2f} s")
        print(f"  {len(self.violations)} violations", *self.violations[:50], sep="\n  ")


class Company(Protocol):
    """Others who use the server meanwhile: begin in its first life, run till it dies, say what is not as they were told."""

    async def begin(self, http: aiohttp.ClientSession) -> None: ...
    async def run(self, http: aiohttp.ClientSession) -> None: ...
    async def examine(self, http: aiohttp.ClientSession) -> list[str]: ...
