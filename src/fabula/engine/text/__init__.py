"""Full text: how texts are read into words, what people ask for, the index, and excerpts that show what was found."""

from fabula.db.dialect.fulltext import Term
from fabula.engine.text import index
from fabula.engine.text.excerpt import Excerpt, make_excerpt
from fabula.engine.text.index import Document, DocumentKind, Search
from fabula.engine.text.query import parse

__all__ = ["Document", "DocumentKind", "Excerpt", "Search", "Term", "index", "make_excerpt", "parse"]
