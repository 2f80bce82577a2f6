"""Imported password digests: every algorithm the contract names, and every way a digest can be broken."""

import base64
import hashlib
import json

import bcrypt
import pytest
from argon2 import PasswordHasher, Type
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from vestibule.digests import ALGORITHMS, matches, parse_legacy
from vestibule.errors import (
    InvalidLegacyPasswordFormat,
    UnsupportedEncryptionMethod,
    UnsupportedLegacyHashAlgorithm,
)

PASSWORD = "s3cret ü"


def _argon2(kind: Type) -> str:
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1, type=kind).hash(PASSWORD)


def _legacy(*parts: object) -> str:
    return json.dumps(parts)


def _firebase() -> str:
    # Made by following the published firebase scrypt recipe with small parameters.
    from_parts = hashlib.scrypt(PASSWORD.encode(), salt=b"salt" + b"sep", n=1 << 4, r=8, p=1, dklen=32)
    signer = b"signer-key-of-32-bytes-for-tests"
    return _legacy(
        "firebase-scrypt", [_b64(b"salt"), _b64(signer), _b64(b"sep"), "8", "4", "@"], _ctr(from_parts, signer)
    )


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _ctr(key: bytes, plain: bytes) -> str:
    # AES-256-CTR by hand from ECB blocks: independent of the mode object the product uses.
    from_cipher = bytearray()
    for block in range(0, len(plain), 16):
        counter = (block // 16).to_bytes(16, "big")
        from_cipher += bytes(a ^ b for a, b in zip(plain[block : block + 16], _ecb(key, counter), strict=False))
    return _b64(bytes(from_cipher))


def _ecb(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(block) + encryptor.finalize()


STORED = {
    "Argon2i": _argon2(Type.I),
    "Argon2id": _argon2(Type.ID),
    "Argon2d": _argon2(Type.D),
    "Bcrypt": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode(),
    "MD5": hashlib.md5(PASSWORD.encode()).hexdigest(),
    "SHA1": hashlib.sha1(PASSWORD.encode()).hexdigest(),
    "SHA256": hashlib.sha256(PASSWORD.encode()).hexdigest(),
    "Legacy": _legacy("SHA512", ["salt", "@"], hashlib.sha512(f"salt{PASSWORD}".encode()).hexdigest()),
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_right_password_matches_and_another_does_not(algorithm: str) -> None:
    assert matches(algorithm, STORED[algorithm], PASSWORD)
    assert not matches(algorithm, STORED[algorithm], PASSWORD + "x")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA1", "SHA256"])
def test_an_upper_case_hex_digest_never_matches(algorithm: str) -> None:
    assert not matches(algorithm, STORED[algorithm].upper(), PASSWORD)


@pytest.mark.parametrize("salt", ["pepper", "hex:70657070 6572".replace(" ", "")])
def test_a_pbkdf2_digest_matches_with_a_text_or_a_hex_salt(salt: str) -> None:
    expected = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"pepper", 1000, 32).hex()
    stored = _legacy("pbkdf2", [salt, "1000", "32", "sha256", "@"], expected)
    assert parse_legacy(stored).algorithm == "pbkdf2"
    assert matches("Legacy", stored, PASSWORD)
    assert not matches("Legacy", stored, "other")


def test_a_firebase_scrypt_digest_matches() -> None:
    assert matches("Legacy", _firebase(), PASSWORD)
    assert not matches("Legacy", _firebase(), "other")


def test_a_bcrypt_digest_does_not_match_what_bcrypt_would_ignore() -> None:
    """B47: bcrypt stops at 72 bytes; a longer password must not match by its beginning."""
    stored = bcrypt.hashpw(b"a" * 72, bcrypt.gensalt(4)).decode()
    assert matches("Bcrypt", stored, "a" * 72)
    assert not matches("Bcrypt", stored, "a" * 73)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, UnsupportedEncryptionMethod),
        ("", UnsupportedEncryptionMethod),
        ("not json", InvalidLegacyPasswordFormat),
        ('["sha1"]', InvalidLegacyPasswordFormat),
        ('["sha1", ["no placeholder"], "x"]', InvalidLegacyPasswordFormat),
        ('["sha1", ["@"], "x", "more"]', InvalidLegacyPasswordFormat),
        ('["pbkdf2", ["hex:zz", "1", "2", "sha1", "@"], "x"]', InvalidLegacyPasswordFormat),
        ('["rot13", ["@"], "x"]', UnsupportedLegacyHashAlgorithm),
    ],
)
def test_a_faulty_legacy_digest_is_refused_with_the_error_of_its_fault(
    text: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        parse_legacy(text)


@given(st.sampled_from(ALGORITHMS), st.text(max_size=60), st.text(max_size=20))
def test_no_stored_text_makes_the_check_fail_with_an_exception(algorithm: str, stored: str, password: str) -> None:
    assert matches(algorithm, stored, password) in {True, False}


@pytest.mark.parametrize(
    "stored",
    [
        _legacy("pbkdf2", ["salt", "99999999999", "32", "sha256", "@"], "x"),
        _legacy("pbkdf2", ["salt", "@"], "x"),
        _legacy("firebase-scrypt", ["a", "b", "c", "99", "99", "@"], "x"),
        _legacy("shake_128", ["@"], "x"),
    ],
)
def test_a_digest_with_absurd_parameters_just_does_not_match(stored: str) -> None:
    assert not matches("Legacy", stored, PASSWORD)
