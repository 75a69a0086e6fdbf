"""Where the files are that belong to the program but are no code: migrations, the built page, examples."""

from pathlib import Path

import fabula


def bundled(folder: str) -> Path:
    """A folder of the checkout. Fabula is installed from one, in place (`make setup`)."""
    return Path(fabula.__file__).parents[2] / folder
