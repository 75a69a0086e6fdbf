"""Secrets at rest: sealed under a key that is never in the database. No I/O: who has the keys hands them in.

A sealed text is `s1.<key id>.<base64url of nonce, ciphertext and tag>`: AES-256-GCM (NIST SP 800-38D) with a random
96-bit nonce. What the secret is about (its row) is authenticated with it, so a sealed text moved to another row does
not open there.
"""

import base64
import binascii
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fabula.core.errors import AppError, Kind

MIN_KEY_CHARS = 32
_FORM = "s1"
_NONCE_BYTES = 12


class SecretKeyWeak(AppError):
    kind, code = Kind.INVALID, "secrets.key_weak"
    least: int

    @property
    def message(self) -> str:
        return f"a secret key must have at least {self.least} random characters; make one with: openssl rand -hex 32"


class SecretUnreadable(AppError):
    kind, code = Kind.UNAVAILABLE, "secrets.unreadable"
    key_id: str

    @property
    def message(self) -> str:
        return (
            f"a stored secret was sealed with key {self.key_id!r}, which this server does not have, or was altered; "
            "give every process the same keys, old ones too, or enter the secret again"
        )


def new_secret_key() -> str:
    """256 random bits as text."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


class Keyring:
    """Seals with the first key and opens with any of them. Raises `SecretKeyWeak` for a short key."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or min(map(len, keys)) < MIN_KEY_CHARS:
            raise SecretKeyWeak(MIN_KEY_CHARS)
        self._ciphers = {_derive(key, b"id", 4).hex(): AESGCM(_derive(key, b"seal", 32)) for key in keys}
        self.key_id = next(iter(self._ciphers))

    def seal(self, text: str, about: str) -> str:
        """Seal `text`, which will open only with the same `about`."""
        nonce = os.urandom(_NONCE_BYTES)
        data = nonce + self._ciphers[self.key_id].encrypt(nonce, text.encode(), about.encode())
        return f"{_FORM}.{self.key_id}.{base64.urlsafe_b64encode(data).decode()}"

    def open(self, sealed: str, about: str) -> str:
        """The secret; raises `SecretUnreadable`."""
        form, _, rest = sealed.partition(".")
        key_id, _, body = rest.partition(".")
        cipher = self._ciphers.get(key_id)
        if form != _FORM or cipher is None:
            raise SecretUnreadable(key_id)
        try:
            data = base64.urlsafe_b64decode(body)
            return cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], about.encode()).decode()
        except (binascii.Error, InvalidTag, ValueError) as error:
            raise SecretUnreadable(key_id) from error

    def is_current(self, sealed: str) -> bool:
        """Tell whether `sealed` is under the first key, so that rotation leaves it alone."""
        return sealed.startswith(f"{_FORM}.{self.key_id}.")


def _derive(key: str, purpose: bytes, length: int) -> bytes:
    """HKDF (RFC 5869), so that a key may be any text and its id says nothing about it."""
    return HKDF(SHA256(), length, salt=None, info=b"fabula secrets " + purpose).derive(key.encode())
