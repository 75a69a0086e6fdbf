"""The web app, served by this process: hashed assets for ever, everything else is its index page."""

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.responses import FileResponse, HTMLResponse, Response

from fabula.core.bundle import bundled
from fabula.core.errors import NotFound

_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
_PACKED = {**_FOREVER, "content-encoding": "gzip", "vary": "accept-encoding"}
_TEXTS = frozenset({".css", ".js", ".json", ".svg", ".txt"})
_FRESH = {"cache-control": "no-cache"}
_MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Fabula</title>
<h1>Fabula is running</h1><p>Its page has not been built yet: run <code>make web</code> and reload.</p></html>"""


class PagePath(PathConvertor):
    """Any path but those of the API: what is not there is not found, whatever the method."""

    regex = "(?!v1(?:/|$)).*"


def web_folder() -> Path:
    """The built page."""
    return bundled("web/dist")


def install(app: FastAPI, folder: Path) -> None:
    """Serve the page in `folder` at every path that no route before takes, and is not the API's."""
    root = folder.resolve()
    register_url_convertor("page_path", PagePath())
    app.router.redirect_slashes = False  # a path with one more is another path

    @app.get("/{path:page_path}", include_in_schema=False)
    def page(path: str, request: Request) -> Response:
        if path.startswith("assets/"):
            return _asset(root, path, takes_gzip="gzip" in request.headers.get("accept-encoding", ""))
        file = (root / path).resolve()
        if path and file.is_relative_to(root) and file.is_file():
            return FileResponse(file, headers=_FRESH)
        index = root / "index.html"
        return FileResponse(index, headers=_FRESH) if index.is_file() else HTMLResponse(_MISSING, headers=_FRESH)


def _asset(root: Path, path: str, *, takes_gzip: bool) -> Response:
    file = (root / path).resolve()
    if not file.is_relative_to(root) or not file.is_file():
        raise NotFound(path[:64])
    if takes_gzip and file.suffix in _TEXTS:
        return Response(_packed(file), headers=_PACKED, media_type=mimetypes.guess_type(file.name)[0])
    return FileResponse(file, headers=_FOREVER)


@lru_cache(maxsize=256)
def _packed(file: Path) -> bytes:
    """An asset as it travels. Its name has its hash, so it is packed once for good."""
    return gzip.compress(file.read_bytes(), mtime=0)
