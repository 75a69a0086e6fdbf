"""Finds a browser for the browser tests. Installs one only when asked by CI=true or FABULA_TEST_INSTALL=1."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
UPDATE = ["apt-get", "update", "-q"]
INSTALL = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]


def main() -> int:
    if any(shutil.which(name) for name in NAMES):
        return 0
    asked = os.environ.get("CI") == "true" or os.environ.get("FABULA_TEST_INSTALL") == "1"
    if not asked:
        print(f"notice: no Chromium here, so browser tests are left out. To have them: {' '.join(INSTALL)}")
        return 0
    print("==> Chromium for the browser tests", flush=True)
    if shutil.which("apt-get") is None:
        print("notice: no apt-get here: install Chromium by hand; browser tests are left out")
        return 0
    done = all(subprocess.run(command, check=False).returncode == 0 for command in (UPDATE, INSTALL))
    if not done:
        print("Chromium could not be installed; see above")
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
