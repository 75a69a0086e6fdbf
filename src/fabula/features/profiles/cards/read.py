"""A card file's bytes → everything it says. Pure: no I/O, no clock, no network; `https:` assets stay links."""

from fabula.features.profiles.cards.assets import find_avatar, list_assets
from fabula.features.profiles.cards.containers import Opened, open_container
from fabula.features.profiles.cards.errors import CardTooLarge
from fabula.features.profiles.cards.normal import normalise
from fabula.features.profiles.cards.types import (
    DEFAULT_LIMITS,
    AssetPlace,
    Avatar,
    CardAsset,
    CardFile,
    CardLimits,
    Container,
    Report,
)

_PICTURES = {Container.PNG: "image/png", Container.APNG: "image/apng"}


def read_card(data: bytes, filename: str, limits: CardLimits = DEFAULT_LIMITS) -> CardFile:
    """Read a card of any known format; what is odd is repaired and reported, what is no card is refused.

    Raises a `CardError` and nothing else. Memory is bounded by `limits`; pixels are never decoded.
    """
    if len(data) > limits.file:
        raise CardTooLarge("the file", limits.file)
    report = Report()
    opened = open_container(data, filename, limits, report)
    normal = normalise(opened.raw, limits, report)
    assets = list_assets(normal.data, opened.files)
    _report_files(opened, assets, report)
    return CardFile(
        raw=opened.raw,
        spec=normal.data,
        source_spec=normal.source_spec,
        container=opened.container,
        avatar=_avatar(data, opened, assets, limits, report),
        assets=assets,
        report=report.warnings,
    )


def _avatar(
    data: bytes, opened: Opened, assets: tuple[CardAsset, ...], limits: CardLimits, report: Report
) -> Avatar | None:
    if (kind := _PICTURES.get(opened.container)) is not None:
        return Avatar(data, kind)
    return find_avatar(assets, opened.files, limits, report)


def _report_files(opened: Opened, assets: tuple[CardAsset, ...], report: Report) -> None:
    named = {asset.path for asset in assets}
    for path in opened.files:
        if path not in named:
            report.add("unlisted_file", path, "a file that data.assets does not name; kept in the original")
    for asset in assets:
        if asset.place is AssetPlace.MISSING:
            report.add("missing_asset", f"assets.{asset.name}", "its uri leads to no file in the container")
