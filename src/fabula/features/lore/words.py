"""Whole words in any script.

A match stands alone when no letter, digit or mark continues it on either side. Scripts written without spaces
(Chinese, Japanese, Thai, Lao, Khmer, Burmese) and Korean, whose particles cling to the noun, have no such edge:
there every occurrence counts, also next to letters of another script.
"""

import unicodedata

_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1100, 0x11FF),  # Hangul letters
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0xA4CF),  # radicals, kana, bopomofo, ideographs, Yi
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),  # Hangul
    (0xF900, 0xFAFF),
    (0xFF66, 0xFFDC),  # half-width kana and Hangul
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)


def find_word(text: str, word: str) -> int:
    """Index of the first occurrence of `word` in `text` that stands alone, or -1. `word` must not be empty."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (at and _is_joined(text[at - 1], word[0])) and not (end < len(text) and _is_joined(word[-1], text[end])):
            return at
        at = text.find(word, at + 1)
    return -1


def _is_joined(left: str, right: str) -> bool:
    """Tell whether two neighbouring characters belong to one word."""
    return _is_letter(left) and _is_letter(right) and not (_is_unspaced(left) or _is_unspaced(right))


def _is_letter(char: str) -> bool:
    return char.isalnum() or char == "_" or unicodedata.category(char).startswith("M")


def _is_unspaced(char: str) -> bool:
    code = ord(char)
    return code >= 0x0E00 and any(low <= code <= high for low, high in _UNSPACED)
