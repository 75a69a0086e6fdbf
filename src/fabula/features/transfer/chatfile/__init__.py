"""The SillyTavern chat codec: JSONL in, leniently, and out again without loss.

Pure functions of bytes and values. What our tables have no place for is kept as JSON beside each message, so an
unedited chat goes out as the same JSON values, line by line.
"""

from fabula.features.transfer.chatfile.dates import read_date, write_date
from fabula.features.transfer.chatfile.header import HeaderView, new_header, settings_of, update_header
from fabula.features.transfer.chatfile.lines import ChatLines, dump, read_object
from fabula.features.transfer.chatfile.outline import Outline, digest_told, read_outline, without_marks
from fabula.features.transfer.chatfile.reading import KEPT, read_batches, read_line, read_message
from fabula.features.transfer.chatfile.swipes import is_extended
from fabula.features.transfer.chatfile.text import clean, clean_json, title_of
from fabula.features.transfer.chatfile.writing import write_message

__all__ = [
    "KEPT",
    "ChatLines",
    "HeaderView",
    "Outline",
    "clean",
    "clean_json",
    "digest_told",
    "dump",
    "is_extended",
    "new_header",
    "read_batches",
    "read_date",
    "read_line",
    "read_message",
    "read_object",
    "read_outline",
    "settings_of",
    "title_of",
    "update_header",
    "without_marks",
    "write_date",
    "write_message",
]
