"""Books ready to be scanned, kept in memory: reading a large one takes longer than scanning it."""

import threading
from collections import OrderedDict
from collections.abc import Mapping

from fabula.features.lore.books import read_lorebook
from fabula.features.lore.types import Lorebook
from fabula.plugins import Json

SHELF_ENTRIES = 50_000  # in all books together; an entry takes some two kilobytes
Key = tuple[str, int]


class Shelf:
    """Read books by (id of book or profile, version), least recently used out first. Threads may share it."""

    def __init__(self, entries: int = SHELF_ENTRIES) -> None:
        self._limit = entries
        self._books: OrderedDict[Key, Lorebook] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    def find(self, key: Key) -> Lorebook | None:
        with self._lock:
            found = self._books.get(key)
            if found is not None:
                self._books.move_to_end(key)
            return found

    def put(self, key: Key, book: Lorebook) -> Lorebook:
        """Keep `book`; one larger than the whole shelf is not kept."""
        with self._lock:
            if key not in self._books and len(book.entries) < self._limit:
                self._books[key] = book
                self._count += len(book.entries) + 1
                while self._count > self._limit:
                    _, oldest = self._books.popitem(last=False)
                    self._count -= len(oldest.entries) + 1
        return book

    def read(self, key: Key, raw: Mapping[str, Json]) -> Lorebook:
        """A card's own book, read once."""
        return self.find(key) or self.put(key, read_lorebook(dict(raw), key[0]))
