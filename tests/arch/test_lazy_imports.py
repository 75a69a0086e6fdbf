"""What the server must not load at start: each costs start-up time or memory that the default does not need."""

import json
import subprocess
import sys

import pytest

from tools.rules.imports import NEVER_AT_START

PROBE = "import json, sys, fabula.app; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"


@pytest.mark.slow
def test_the_app_loads_no_heavy_library() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    # structlog loads rich by itself wherever it is installed; ours is imported by the command line alone.
    assert (NEVER_AT_START - {"rich"}) & set(json.loads(done.stdout)) == set()
