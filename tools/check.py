"""All static checks, each run whatever the others say, then which of them failed."""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON = sys.executable
CHECKS: dict[str, list[str]] = {
    "format": [str(BIN / "ruff"), "format", "--check", "."],
    "lint": [str(BIN / "ruff"), "check", "."],
    "types": [str(BIN / "mypy")],
    "import contracts": [str(BIN / "lint-imports"), "--no-logo"],
    "own rules and budgets": [PYTHON, "tools/arch.py"],
    "contracts drift": [PYTHON, "tools/export.py", "--check"],
    "web": [PYTHON, "tools/setup_web.py", "run", "check"],
}


def main() -> int:
    results = {name: _run(name, command) for name, command in CHECKS.items()}
    print("\nSummary")
    for name, passed in results.items():
        print(f"  {'ok    ' if passed else 'FAILED'}  {name}")
    return 0 if all(results.values()) else 1


def _run(name: str, command: list[str]) -> bool:
    print(f"\n==> {name}", flush=True)
    started = time.monotonic()
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    print(f"    {time.monotonic() - started:.1f} s", flush=True)
    return status == 0


if __name__ == "__main__":
    sys.exit(main())
