"""Jobs of imports."""

import asyncio
from pathlib import Path

from fabula.engine.blobs import BlobKey
from fabula.engine.jobs import Handler, JobContext
from fabula.features.transfer.folder import import_folder
from fabula.features.transfer.shelves import Shelves
from fabula.features.transfer.source import FolderSource, Source, ZipSource
from fabula.plugins import Json


def folder_handler(to: Shelves) -> Handler:
    """Does jobs named `IMPORT_FOLDER`: a zip in a blob of its payload, or a folder of this machine."""

    async def bring_in(context: JobContext, payload: dict[str, Json]) -> Json:
        source = await asyncio.to_thread(_open, to, payload)
        try:
            return await import_folder(to, context, source)
        finally:
            await asyncio.to_thread(source.close)

    return bring_in


def _open(to: Shelves, payload: dict[str, Json]) -> Source:
    if isinstance(blob := payload.get("blob"), str):
        return ZipSource(to.blobs.passing.path(BlobKey(blob)))
    return FolderSource(Path(str(payload["folder"])))
