"""Password digests in the formats of other systems, so that imported users keep their passwords.

`matches` answers for every algorithm the contract names; a malformed digest never matches. After the first
good sign-in the caller stores our own argon2id digest instead. What would cost too much to check never matches either:
one imported digest must not hold a thread for minutes or take the memory.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable

import bcrypt
import msgspec
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from vestibule.errors import (
    InvalidLegacyPasswordFormat,
    UnsupportedEncryptionMethod,
    UnsupportedLegacyHashAlgorithm,
)

ALGORITHMS = ("Argon2i", "Argon2id", "Argon2d", "SHA1", "SHA256", "MD5", "Bcrypt", "Legacy")
PLACEHOLDER = "@"
BCRYPT_LIMIT = 72
MAX_BCRYPT_COST = 16
MAX_ARGON2_KIB, MAX_ARGON2_WORK = 256 * 1024, 2 * 1024 * 1024
"""Memory in KiB, and memory times passes: our own takes 19 MiB twice."""
MAX_ITERATIONS, MAX_KEY_BYTES = 10_000_000, 1024
MAX_SCRYPT_MEMORY, MAX_SCRYPT_EXPONENT = 256 * 1024 * 1024, 24
SHORTEST_HASH_BYTES = 16
_argon2 = PasswordHasher()


class Legacy(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """`[algorithm, arguments, expected]`; the argument `@` stands for the password."""

    algorithm: str
    arguments: list[str]
    expected: str


def parse_legacy(text: str | None) -> Legacy:
    """Read a `Legacy` digest; raises the contract's error for each way it can be wrong."""
    if not text:
        raise UnsupportedEncryptionMethod
    try:
        legacy = msgspec.json.decode(text, type=Legacy)
    except (msgspec.DecodeError, ValueError) as error:
        raise InvalidLegacyPasswordFormat from error
    if PLACEHOLDER not in legacy.arguments:
        raise InvalidLegacyPasswordFormat
    name = legacy.algorithm.lower()
    if name in {"pbkdf2", "pbkdf2sync"}:
        if legacy.arguments and not _salt_is_sound(legacy.arguments[0]):
            raise InvalidLegacyPasswordFormat
    elif name != "firebase-scrypt":
        try:
            _plain_hash(name, b"")
        except ValueError as error:
            raise UnsupportedLegacyHashAlgorithm from error
    return legacy


def _plain_hash(name: str, text: bytes) -> str:
    """Return a hash in hex by any name that OpenSSL knows it by; raises ValueError, also for what hashes nothing."""
    made = hashlib.new(name.lower().removeprefix("rsa-"), text, usedforsecurity=False)
    if made.digest_size < SHORTEST_HASH_BYTES:  # of no fixed length, or none: "null" would match every password
        raise ValueError("not a hash of fixed length")
    return made.hexdigest()


def _salt_is_sound(salt: str) -> bool:
    return not salt.startswith("hex:") or bool(re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", salt[4:]))


def matches(algorithm: str, stored: str, password: str) -> bool:
    """Tell whether `password` matches a stored digest; unknown or malformed digests never match."""
    check = _CHECKS.get(algorithm)
    if check is None:
        return False
    try:
        return check(stored, password)
    except (ValueError, TypeError, IndexError, OverflowError, MemoryError, binascii.Error):
        return False


def _check_argon2(stored: str, password: str) -> bool:
    try:
        cost = extract_parameters(stored)
        if cost.memory_cost > MAX_ARGON2_KIB or cost.memory_cost * cost.time_cost > MAX_ARGON2_WORK:
            return False
        return _argon2.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _check_bcrypt(stored: str, password: str) -> bool:
    secret = password.encode()
    # bcrypt reads 72 bytes and stops at NUL: what it would ignore must not be ignored in silence (B47).
    if b"\0" in secret:
        return False
    cost = re.match(r"\$2[abxy]?\$([0-9]{2})\$", stored)
    if cost is None or int(cost[1]) > MAX_BCRYPT_COST:
        return False
    return len(secret) <= BCRYPT_LIMIT and bcrypt.checkpw(secret, stored.encode())


def _check_hex(name: str) -> Callable[[str, str], bool]:
    def check(stored: str, password: str) -> bool:
        made = hashlib.new(name, password.encode(), usedforsecurity=False).hexdigest()
        return hmac.compare_digest(made.encode(), stored.encode())

    return check


def _check_legacy(stored: str, password: str) -> bool:
    legacy = msgspec.json.decode(stored, type=Legacy)
    name = legacy.algorithm.lower()
    if name in {"pbkdf2", "pbkdf2sync"}:
        made = _pbkdf2(legacy.arguments, password)
    elif name == "firebase-scrypt":
        made = _firebase_scrypt(legacy.arguments, password)
    else:
        text = "".join([password if part == PLACEHOLDER else part for part in legacy.arguments])
        made = _plain_hash(name, text.encode())
    return hmac.compare_digest(made.encode(), legacy.expected.encode())


def _pbkdf2(arguments: list[str], password: str) -> str:
    salt, iterations, length, name = arguments[:4]
    count, size = int(iterations), int(length)
    if not (count > 0 and 0 < size <= MAX_KEY_BYTES and count * -(-size // SHORTEST_HASH_BYTES) <= MAX_ITERATIONS):
        raise ValueError("iterations or length out of range")
    raw = bytes.fromhex(salt[4:]) if salt.startswith("hex:") else salt.encode()
    return hashlib.pbkdf2_hmac(name.lower(), password.encode(), raw, count, size).hex()


def _firebase_scrypt(arguments: list[str], password: str) -> str:
    salt, signer, separator, rounds, memory = arguments[:5]
    if not 0 < int(memory) <= MAX_SCRYPT_EXPONENT:
        raise ValueError("memory cost out of range")
    key = hashlib.scrypt(
        password.encode(),
        salt=_base64(salt) + _base64(separator),
        n=1 << int(memory),
        r=int(rounds),
        p=1,
        maxmem=MAX_SCRYPT_MEMORY,
        dklen=32,
    )
    encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    return base64.b64encode(encryptor.update(_base64(signer)) + encryptor.finalize()).decode()


def _base64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4))


_CHECKS: dict[str, Callable[[str, str], bool]] = {
    "Argon2i": _check_argon2,
    "Argon2id": _check_argon2,
    "Argon2d": _check_argon2,
    "Bcrypt": _check_bcrypt,
    "MD5": _check_hex("md5"),
    "SHA1": _check_hex("sha1"),
    "SHA256": _check_hex("sha256"),
    "Legacy": _check_legacy,
}
