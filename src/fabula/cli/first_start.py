"""What a new installation opens on."""

from fabula.app import Fabula
from fabula.core.bundle import bundled
from fabula.features import profiles

EXAMPLE = "maren.json"


async def add_example(fabula: Fabula) -> None:
    """Import the example character into a workspace that never had a profile; deleted, she does not come back."""
    if not await fabula.db.read(fabula.owner, profiles.is_untouched):
        return
    card = bundled("examples") / EXAMPLE
    parsed = await profiles.parse_files(fabula.blobs, [(card.name, card.read_bytes)])
    await fabula.db.write(fabula.owner, profiles.import_cards, parsed, fabula.jobs.enqueue)
