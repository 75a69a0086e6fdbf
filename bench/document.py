"""Throw generated requests at every operation of the OpenAPI document; every answer must be one the document tells of.

    python -m bench.document --examples 50 --seed 1 [--lane sqlite|postgres|both] [--log schemathesis.log]

schemathesis makes the requests, good ones and bad ones, from the document that the server serves: examples, the edges
of every parameter, random ones, and chains of calls that use what earlier ones made. Most ids are of things
that are there. Counted are server errors (a 500, or a 5xx that the document does not name), undocumented
statuses and media types, and bodies that are not of the documented shape; exits with 1 if there are any.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import msgspec

from bench.lanes import make_parser, on_each_lane
from bench.processes import run_fabula
from bench.things import make_things

EVENTS = "/v1/events"  # never ends, so it is asked for apart
PHASES = "examples,coverage,fuzzing,stateful"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Where bodies name what paths name too.
BODIES = {
    "body.chatId": "chatId",
    "body.branchId": "branchId",
    "body.messageId": "messageId",
    "body.forkedFromMessageId": "messageId",
    "body.forkedFromVariantId": "variantId",
    "body.entityProfileId": "profileId",
    "body.entryIds[*]": "entryId",
    "body.lorebookIds[*]": "lorebookId",
    "body.model": "profileId",
}
_NAMED_FAULTS = ("502", "503", "504")  # a provider's, or of what is away; `status_code_conformance` judges them


class _Operations(msgspec.Struct, frozen=True):
    selected: int
    tested: int


class _Cases(msgspec.Struct, frozen=True):
    generated: int


class _Failure(msgspec.Struct, frozen=True):
    title: str
    count: int
    operations: list[str]


class _Rate(msgspec.Struct, frozen=True):
    accepted: int


class _Report(msgspec.Struct, frozen=True):
    operations: _Operations
    test_cases: _Cases
    failures: list[_Failure]
    errors: list[object]
    valid_rates: dict[str, dict[str, _Rate]]


@dataclass(frozen=True, slots=True)
class Findings:
    """`refused` names the operations that never answered well: for these only errors were seen."""

    operations: int
    requests: int
    refused: Sequence[str]
    faults: Sequence[str]

    def show(self, lane: str, seed: int) -> None:
        print(f"{lane}, seed {seed}: {self.requests} requests to {self.operations} operations")
        print(f"  never answered well: {', '.join(self.refused) or 'none'}")
        print(f"  {len(self.faults)} server errors and undocumented answers", *self.faults, sep="\n  ")


async def explore(url: str, examples: int, seed: int, log: Path, *, edges: bool = True) -> Findings:
    """Send about `examples` random requests, and the edges of every parameter, to each operation of the server at `url`.

    Without `edges`, some 50 requests an operation, it takes half as long. The details go to `log`.
    """
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=60)) as http:
        faults = await _check_events(http)
        known = await make_things(http)
    with tempfile.TemporaryDirectory(prefix="fabula-document-") as folder:
        config, report = Path(folder) / "schemathesis.toml", Path(folder) / "report.json"
        config.write_text(_config(known), "utf-8")
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
        command += [f"{url}/v1/openapi.json", "--exclude-path", EVENTS, "--checks", ",".join(CHECKS)]
        command += ["--max-examples", str(examples), "--seed", str(seed), "--no-shrink", "--continue-on-failure"]
        command += ["--phases", PHASES if edges else PHASES.replace("coverage,", "")]
        command += ["--report", "json", "--report-json-path", str(report), "--request-timeout", "30"]
        with log.open("wb") as out:
            env = {**os.environ, "NO_PROXY": "127.0.0.1"}
            running = await asyncio.create_subprocess_exec(*command, cwd=folder, env=env, stdout=out, stderr=out)
            code = await running.wait()
        if not report.exists():
            raise RuntimeError(f"schemathesis ended with {code}: {log.read_text('utf-8', 'replace')[-3000:]}")
        found = msgspec.json.decode(report.read_bytes(), type=_Report)
    return _findings(found, faults)


def _findings(found: _Report, faults: list[str]) -> Findings:
    faults += [f"{what.title}, {what.count} times: {', '.join(what.operations)}" for what in found.failures]
    faults += [f"not tried: {error}" for error in found.errors]
    rates = found.valid_rates.items()
    refused = [name for name, phases in rates if not any(rate.accepted for rate in phases.values())]
    return Findings(found.operations.tested + 1, found.test_cases.generated + 2, sorted(refused), faults)


async def _check_events(http: aiohttp.ClientSession) -> list[str]:
    """The one endless stream: its head, whatever the id that it is to go on from."""
    faults = []
    for last_id in ("another.1", "x" * 1_000):
        async with http.get(EVENTS, headers={"last-event-id": last_id}) as answer:
            if (answer.status, answer.content_type) != (200, "text/event-stream"):
                faults.append(f"GET {EVENTS}: {answer.status} {answer.content_type}")
    return faults


def _config(known: Mapping[str, Sequence[str]]) -> str:
    statuses = json.dumps(["2xx", "3xx", "4xx", *_NAMED_FAULTS])
    lines = ["[checks.not_a_server_error]", f"expected-statuses = {statuses}", "[parameters]"]
    places = {f"path.{name}": name for name in known} | BODIES
    lines += [f'"{place}" = {{ dictionary = "{name}", probability = 0.7 }}' for place, name in places.items()]
    for name, ids in known.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(list(ids))}"]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument("--examples", type=int, default=50, help="random requests to each operation, at least")
    parser.add_argument("--log", type=Path, help="where schemathesis tells the details")
    options = parser.parse_args()
    failed = False
    for place in on_each_lane(options):
        # No index: a request to fetch a model must not fetch one.
        env = {**place.env, "FABULA_MODEL_NAME": "fake-12", "PIP_NO_INDEX": "1"}
        with run_fabula(place.data, env) as server:
            log = options.log or place.data / "schemathesis.log"
            found = asyncio.run(explore(server.url, options.examples, options.seed, log))
            found.show(place.lane, options.seed)
            failed |= bool(found.faults)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
