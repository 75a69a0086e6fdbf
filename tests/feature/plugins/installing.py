"""Distributions as pip installs them: modules beside a `.dist-info` with METADATA and entry points."""

import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import REPO


def install(folder: Path, name: str, module: str, source: str, entry: str, version: str = "1.0") -> None:
    """Put `module` and what describes its distribution into `folder`, a place for sys.path."""
    (folder / f"{module}.py").write_text(source, "utf-8")
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[fabula.plugins]\n{entry}\n", "utf-8")


def install_example(folder: Path) -> None:
    """The plugin of the guide, from the guide itself."""
    project = tomllib.loads(guide_part("toml"))["project"]
    ((name, value),) = project["entry-points"]["fabula.plugins"].items()
    module = value.partition(":")[0]
    install(folder, project["name"], module, guide_part("python"), f"{name} = {value}", project["version"])


def guide_part(language: str) -> str:
    """The one block of this language in the guide."""
    text = (REPO / "docs" / "guides" / "plugins.md").read_text("utf-8")
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return str(found)


@contextmanager
def on_path(folder: Path) -> Iterator[Path]:
    """`folder` as a place that this process imports from; afterwards nothing of it is known any more."""
    folder.mkdir(exist_ok=True)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield folder
    finally:
        sys.path.remove(str(folder))
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", "")).startswith(str(folder)):
                del sys.modules[name]
