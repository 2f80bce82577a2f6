"""Secrets, sealing and the password pool."""

import asyncio
import os
import re
import string

import pytest

from vestibule import crypto
from vestibule.crypto import Sealer, SealError
from vestibule.errors import ServerBusy
from vestibule.password_pool import PasswordPool

pytestmark = pytest.mark.anyio
BASE64 = f"{string.ascii_uppercase}{string.ascii_lowercase}{string.digits}-_"
ODD = f"{BASE64}=+/. \n\0é\N{FULLWIDTH LATIN CAPITAL LETTER A}"
PLACE = ("users", "secret", "row1")


def test_ids_tokens_and_codes_have_the_documented_shapes() -> None:
    assert re.fullmatch(r"[0-9a-z]{21}", crypto.new_id())
    assert re.fullmatch(r"[0-9a-z]{12}", crypto.new_short_id())
    assert re.fullmatch(r"[0-9A-Za-z]{32}", crypto.new_secret())
    assert re.fullmatch(r"[0-9A-Za-z_-]{43}", crypto.new_token())
    assert re.fullmatch(r"[0-9]{6}", crypto.new_code())


def test_ten_thousand_secrets_are_all_different() -> None:
    """B10: 10,000 generated secrets hold no duplicate and carry at least 128 bits."""
    assert len({crypto.new_token() for _ in range(10_000)}) == 10_000
    assert len({crypto.new_secret() for _ in range(10_000)}) == 10_000


def test_every_character_is_equally_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    """B10: bytes that would favour the first characters are thrown away."""
    monkeypatch.setattr(os, "urandom", lambda count: bytes(range(256)))
    assert crypto.new_id(252) == crypto.LOWER * 7
    assert crypto.new_secret(248) == crypto.ALNUM * 4


def test_a_sealed_value_opens_in_its_own_place_only() -> None:
    """B100: a ciphertext moved to another row does not open."""
    sealer = Sealer([os.urandom(32)])
    sealed = sealer.seal(b"secret", *PLACE)
    assert sealed.startswith("v1.")
    assert b"secret" not in sealed.encode()
    assert sealer.open(sealed, *PLACE) == b"secret"
    for other in [("users", "secret", "row2"), ("users", "other", "row1"), ("apps", "secret", "row1")]:
        with pytest.raises(SealError):
            sealer.open(sealed, *other)


def opens(sealer: Sealer, sealed: str) -> bool:
    """Tell whether a value opens in its place."""
    try:
        sealer.open(sealed, *PLACE)
    except SealError:
        return False
    return True


@pytest.mark.parametrize("plain", [b"", b"s", b"se", b"secret"])
def test_a_sealed_value_opens_exactly_as_it_was_written(plain: bytes) -> None:
    """B100: no character can be another one, be missing, or be one too many; whatever the padding is."""
    sealer = Sealer([os.urandom(32)])
    sealed = sealer.seal(plain, *PLACE)
    altered = {sealed[:at] + char + sealed[at + 1 :] for at in range(len(sealed)) for char in ODD}
    altered |= {sealed[:at] + char + sealed[at:] for at in range(len(sealed) + 1) for char in ODD}
    altered |= {sealed[:at] + sealed[at + 1 :] for at in range(len(sealed))}
    altered |= {sealed[:at] for at in range(len(sealed))}
    altered |= {sealed + more for more in ("==", "====", "AAAA", "=AAA", "==AA==", sealed, f".{sealed}")}
    altered |= {sealed.rstrip("="), sealed.upper(), sealed.replace("-", "+").replace("_", "/")}
    assert [text for text in altered - {sealed} if opens(sealer, text)] == []
    assert opens(sealer, sealed)


def test_an_older_master_key_still_opens_and_the_newest_seals() -> None:
    """B101: keys rotate while old values stay readable."""
    old, new = os.urandom(32), os.urandom(32)
    before = Sealer([old])
    sealed, look_up = before.seal(b"secret", *PLACE), before.keyed_digest("text", "purpose")
    after = Sealer([new, old])
    assert after.open(sealed, *PLACE) == b"secret"
    assert after.keyed_digest("text", "purpose") == look_up
    with pytest.raises(SealError):
        before.open(after.seal(b"secret", *PLACE), *PLACE)


def test_a_short_master_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer([b"short"])
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer([])


def test_keyed_digests_differ_by_purpose() -> None:
    sealer = Sealer([os.urandom(32)])
    assert sealer.keyed_digest("x", "one") != sealer.keyed_digest("x", "two")
    assert sealer.derived("one") != sealer.derived("two")


async def test_a_password_is_hashed_with_argon2id_at_the_recommended_cost() -> None:
    """B48: argon2id, at least 19 MiB, t=2, p=1."""
    pool = PasswordPool(threads=1)
    try:
        stored = await pool.hash("correct horse")
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert await pool.verify("correct horse", stored, "Argon2id")
        assert not await pool.verify("correct horse ", stored, "Argon2id")
        assert not await pool.verify("anything", None, None)
    finally:
        pool.close()


async def test_long_and_odd_passwords_are_never_confused() -> None:
    """B47: equal first 72 bytes, NUL, and Unicode forms stay different passwords."""
    pool = PasswordPool(threads=1)
    try:
        stored = await pool.hash("a" * 72 + "one")
        assert not await pool.verify("a" * 72 + "two", stored, "Argon2id")
        stored = await pool.hash("before\0after")
        assert not await pool.verify("before\0other", stored, "Argon2id")
    finally:
        pool.close()


async def test_the_pool_sheds_load_when_its_queue_is_full() -> None:
    """B49: concurrency and memory are bounded; the rest is told to come back."""
    pool = PasswordPool(threads=1, queue=1)
    try:
        results = await asyncio.gather(*(pool.hash("x") for _ in range(6)), return_exceptions=True)
        shed = [result for result in results if isinstance(result, ServerBusy)]
        assert len(shed) == 4
        assert shed[0].status == 503
        assert shed[0].headers["Retry-After"] == "2"
        assert isinstance(await pool.hash("x"), str)
    finally:
        pool.close()
