"""Randomness, identifiers, digests and sealing: the only place that makes secrets.

Sealed values have one format, `v1.<key id>.<nonce and ciphertext>`: AES-256-GCM under a key derived from the
master key, with `table`, `column` and row id as associated data, so a value moved to another row does not open.
"""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vestibule.settings import MASTER_KEY_BYTES

LOWER = "0123456789abcdefghijklmnopqrstuvwxyz"
ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
NONCE_BYTES = 12


class _Alphabet:
    """Draws characters evenly: bytes past the last whole multiple of the alphabet's size are thrown away.

    Many bytes are drawn and translated at once: an id is made for every row, and `secrets.choice` costs 2 µs for each
    character.
    """

    def __init__(self, characters: str) -> None:
        size = len(characters)
        self._table = bytes(ord(characters[byte % size]) for byte in range(256))
        self._unfair = bytes(range(256 - 256 % size, 256))

    def text(self, length: int) -> str:
        """Return so many characters."""
        drawn = b""
        while len(drawn) < length:
            drawn += os.urandom(2 * length).translate(self._table, self._unfair)
        return drawn[:length].decode()


_LOWER, _ALNUM = _Alphabet(LOWER), _Alphabet(ALNUM)


def request_id() -> str:
    """Return 16 characters that tell one request from others; no secret."""
    return os.urandom(8).hex()


def new_id(length: int = 21) -> str:
    """Return a row id: `length` characters of `0-9a-z`."""
    return _LOWER.text(length)


def new_short_id() -> str:
    """Return an id of a user or a connector: 12 characters of `0-9a-z`."""
    return _LOWER.text(12)


def new_secret(length: int = 32) -> str:
    """Return a secret of mixed-case letters and digits (190 bits at the default length)."""
    return _ALNUM.text(length)


def new_token() -> str:
    """Return 256 random bits as 43 base64url characters: codes, opaque tokens, session ids."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """Return a verification code of six digits, leading zeros allowed."""
    return f"{secrets.randbelow(1_000_000):06d}"


def new_totp_secret() -> str:
    """Return the seed of a TOTP generator: 160 random bits as 32 characters of base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def new_backup_code() -> str:
    """Return a backup code: 40 random bits as ten hexadecimal digits."""
    return secrets.token_hex(5)


def digest(text: str) -> str:
    """Return the SHA-256 of a high-entropy secret in hex, for look-up by value."""
    return hashlib.sha256(text.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two texts in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def new_master_key() -> str:
    """Return a fresh master key as base64url text, the content of `VESTIBULE_SECRET_KEY`."""
    return base64.urlsafe_b64encode(secrets.token_bytes(MASTER_KEY_BYTES)).decode().rstrip("=")


def new_key() -> bytes:
    """Return 32 random bytes: a key of a store's own."""
    return secrets.token_bytes(32)


class SealError(Exception):
    """A sealed value does not open: wrong key, wrong row, or altered."""


class Sealer:
    """Seals values at rest with keys derived from the master keys; the first key seals, all open.

    Digests cannot be made anew when a master key goes: they have a key of their own, which a store keeps sealed. Where
    none is given (`digest_key`) it is derived from the last, which is the oldest, master key.
    """

    def __init__(self, master_keys: Sequence[bytes], digest_key: bytes | None = None) -> None:
        if not master_keys or any(len(key) < MASTER_KEY_BYTES for key in master_keys):
            raise ValueError("a master key needs at least 32 bytes")
        self._ciphers = {self._key_id(key): AESGCM(self._derive(key, b"seal")) for key in master_keys}
        self._current = self._key_id(master_keys[0])
        self.digest_key = digest_key or self._derive(master_keys[-1], b"digest")
        self._master = master_keys[0]

    @staticmethod
    def _derive(key: bytes, purpose: bytes) -> bytes:
        return HKDF(hashes.SHA256(), 32, salt=None, info=b"vestibule/" + purpose).derive(key)

    @classmethod
    def _key_id(cls, key: bytes) -> str:
        return hashlib.sha256(cls._derive(key, b"id")).hexdigest()[:8]

    @property
    def prefix(self) -> str:
        """How every value begins that the newest master key has sealed."""
        return f"v1.{self._current}."

    def seal(self, plain: bytes, table: str, column: str, row: str) -> str:
        """Seal `plain` for one place in the store."""
        nonce = os.urandom(NONCE_BYTES)
        place = f"{table}\0{column}\0{row}".encode()
        box = nonce + self._ciphers[self._current].encrypt(nonce, plain, place)
        return f"{self.prefix}{base64.urlsafe_b64encode(box).decode()}"

    def open(self, sealed: str, table: str, column: str, row: str) -> bytes:
        """Open a value sealed for this place; raises SealError otherwise."""
        place = f"{table}\0{column}\0{row}".encode()
        try:
            version, key_id, text = sealed.split(".")
            box = base64.urlsafe_b64decode(text)
            if version != "v1":
                raise SealError("unknown seal version")
            # The decoder passes over text after the padding, foreign characters, and bits that stand for nothing.
            if base64.urlsafe_b64encode(box).decode() != text:
                raise SealError("not written as it was sealed")
            return self._ciphers[key_id].decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], place)
        except (ValueError, KeyError, InvalidTag) as error:
            raise SealError(f"a sealed value of {table}.{column} does not open") from error

    def keyed_digest(self, text: str, purpose: str) -> str:
        """Return an HMAC-SHA256 in hex: a look-up value for secrets and recipients that need a key."""
        return hmac.digest(self.digest_key, f"{purpose}\0{text}".encode(), "sha256").hex()

    def derived(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose, such as signing cookies."""
        return self._derive(self._master, purpose.encode())
