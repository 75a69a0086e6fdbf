"""`python tools/arch.py`: the project's own rules over its own tree. The rules are in `tools/rules`, tests in `tests/arch`."""

import sys
from pathlib import Path

# Run as a script, Python looks for modules beside this file; the rules are a package of the tree.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.rules.run import main

if __name__ == "__main__":
    sys.exit(main())
