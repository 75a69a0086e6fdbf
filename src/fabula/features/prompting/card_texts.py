"""A card's data as a template sees it: a text has its macros expanded when it is read, and only then."""

from collections.abc import Iterator, Mapping

from fabula.features.prompting.macros.expand import print_text
from fabula.features.prompting.macros.session import Session


class CardTexts(Mapping[str, object]):
    """An object of a card. It prints as `name`; `finished` are the values that stay as they are."""

    def __init__(
        self,
        raw: Mapping[str, object],
        session: Session,
        name: str | None = None,
        finished: Mapping[str, object] | None = None,
    ) -> None:
        self._raw = raw
        self._session = session
        self._name = name
        self._read = dict(finished or {})

    def __getitem__(self, key: str) -> object:
        if key not in self._read:
            self._read[key] = _expand(self._raw[key], self._session)
        return self._read[key]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._raw, *self._read)))

    def __len__(self) -> int:
        return len(self._raw.keys() | self._read.keys())

    def __repr__(self) -> str:
        return repr(dict(self)) if self._name is None else self._name


def _expand(value: object, session: Session) -> object:
    if isinstance(value, str):
        return print_text(value, session)
    if isinstance(value, list):
        return [_expand(item, session) for item in value]
    return CardTexts(value, session) if isinstance(value, Mapping) else value
