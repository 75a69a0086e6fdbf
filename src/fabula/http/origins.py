"""Pages of other origins that the settings name: they may call the API, and read what its headers say."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

# Beside those that browsers show in any case: what errors, limits, repeated operations and downloads tell.
_SHOWN = ("X-Trace-Id", "X-Operation-Id", "Retry-After", "Content-Disposition", "ETag")


def share(app: FastAPI, origins: Sequence[str]) -> None:
    """Answer to pages of `origins`; without any, browsers keep all others away by themselves."""
    if origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"], expose_headers=_SHOWN
        )
