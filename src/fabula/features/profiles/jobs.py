"""Jobs of profiles."""

import asyncio

from fabula.core.actor import Actor
from fabula.core.ids import ProfileId
from fabula.db import Database
from fabula.engine.blobs import BlobMissing, FileBlobs
from fabula.engine.jobs import Handler, JobContext
from fabula.features.profiles.errors import PictureUnreadable, ThumbnailsFailed
from fabula.features.profiles.thumbnails import find_unshrunk, keep_thumbnail, make_thumbnail
from fabula.plugins import Json


def thumbnail_handler(db: Database, blobs: FileBlobs) -> Handler:
    """Does jobs named `THUMBNAIL`: small pictures for the profiles of its payload that have none.

    Needs no steps: what is done is seen from the profile, so a run after a crash goes on where the last one was.
    One bad picture does not keep the others from theirs; at the end the job fails with `ThumbnailsFailed`.
    """

    async def make(context: JobContext, payload: dict[str, Json]) -> Json:
        given = payload["profiles"]
        assert isinstance(given, list)
        profiles = [ProfileId(str(profile)) for profile in given]
        made, failed = 0, dict[ProfileId, str]()
        for done, profile in enumerate(profiles, 1):
            try:
                made += await _make_one(db, blobs, context.actor, profile)
            except (PictureUnreadable, BlobMissing) as error:
                failed[profile] = error.message
            await context.progress(done, len(profiles))
        if failed:
            raise ThumbnailsFailed(failed)
        return {"made": made}

    return make


async def _make_one(db: Database, blobs: FileBlobs, actor: Actor, profile: ProfileId) -> bool:
    picture = await db.read(actor, find_unshrunk, profile)
    if picture is None:
        return False
    thumbnail = await asyncio.to_thread(lambda: blobs.put(make_thumbnail(blobs.get(picture.avatar))))
    await db.write(actor, keep_thumbnail, profile, picture.avatar, thumbnail)
    return True
