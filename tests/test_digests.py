"""Imported password digests: every algorithm the contract names, and every way a digest can be broken."""

import base64
import hashlib
import json
from time import perf_counter

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
        ('["shake256", ["@"], "x"]', UnsupportedLegacyHashAlgorithm),
        ('["null", ["@"], ""]', UnsupportedLegacyHashAlgorithm),
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
        _legacy("firebase-scrypt", ["a", "b", "c", "8", "999999999999", "@"], "x"),
        _legacy("pbkdf2", ["salt", "10000000", "1024", "sha1", "@"], "x"),
        _legacy("pbkdf2", ["salt", "1", "999999999", "sha1", "@"], "x"),
        _legacy("shake_128", ["@"], "x"),
        _legacy("null", ["@"], ""),
    ],
)
def test_a_digest_with_absurd_parameters_just_does_not_match(stored: str) -> None:
    assert not matches("Legacy", stored, PASSWORD)


@pytest.mark.parametrize(
    ("algorithm", "stored"),
    [
        ("Bcrypt", "$2b$31$" + "a" * 53),
        ("Argon2id", "$argon2id$v=19$m=16777216,t=2,p=1$c2FsdHNhbHRzYWx0$" + "a" * 43),
        ("Argon2i", "$argon2i$v=19$m=262144,t=4000000,p=1$c2FsdHNhbHRzYWx0$" + "a" * 43),
    ],
)
def test_a_digest_that_takes_too_long_or_too_much_memory_is_not_even_tried(algorithm: str, stored: str) -> None:
    """B49: an imported digest cannot hold the pool of threads for hours."""
    began = perf_counter()
    assert not matches(algorithm, stored, PASSWORD)
    assert perf_counter() - began < 1


@pytest.mark.parametrize("name", ["SHA-256", "RSA-SHA256", "sha2-256", "sha256"])
def test_a_legacy_hash_goes_by_every_name_that_openssl_knows(name: str) -> None:
    stored = _legacy(name, ["@", "pepper"], hashlib.sha256(f"{PASSWORD}pepper".encode()).hexdigest())
    assert parse_legacy(stored).algorithm == name
    assert matches("Legacy", stored, PASSWORD)


@given(st.text(max_size=20), st.text(max_size=20), st.lists(st.text(max_size=8), max_size=4))
def test_a_legacy_hash_matches_its_own_password_alone(password: str, other: str, salts: list[str]) -> None:
    """The placeholder stands for the password wherever it is; no two passwords are confused (B47)."""
    arguments = [*[salt for salt in salts if salt != "@"], "@"]
    text = "".join(password if part == "@" else part for part in arguments)
    stored = _legacy("sha512", arguments, hashlib.sha512(text.encode()).hexdigest())
    assert matches("Legacy", stored, password)
    assert matches("Legacy", stored, other) is (other == password)


@given(st.text(max_size=90), st.text(max_size=90))
def test_bcrypt_never_confuses_two_passwords(password: str, other: str) -> None:
    """B47: longer than 72 bytes, with NUL, or in another Unicode form."""
    secret = password.encode()[:72]
    stored = bcrypt.hashpw(secret.replace(b"\0", b"x"), bcrypt.gensalt(4)).decode()
    sound = len(password.encode()) <= 72 and "\0" not in password
    assert matches("Bcrypt", stored, password) is sound
    if other != password and other.encode() != secret.replace(b"\0", b"x"):
        assert not matches("Bcrypt", stored, other)
