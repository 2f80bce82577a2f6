"""One-time passwords by time: the vectors of RFC 6238, the window, the rule for seeds, the address."""

import base64

import pytest

from vestibule import totp
from vestibule.crypto import new_backup_code, new_totp_secret

SEED = base64.b32encode(b"12345678901234567890").decode()
# RFC 6238 appendix B, SHA-1, the last six of eight digits.
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert totp.matching_step(SEED, code, seconds * 1000) == seconds // 30


def test_a_code_counts_one_step_early_and_one_late_and_no_further() -> None:
    """B60."""
    at = 1234567890_000
    counted = [shift for shift in range(-3, 4) if totp.matching_step(SEED, "005924", at + shift * totp.STEP_MS)]
    assert counted == [-1, 0, 1]


@pytest.mark.parametrize(
    "code", ["", "28708", "2870822", " 287082", "287082\n", "\uff12\uff18\uff17\uff10\uff18\uff12", "28708a"]
)
def test_what_is_not_six_digits_matches_nothing(code: str) -> None:
    assert totp.matching_step(SEED, code, 59_000) is None


@pytest.mark.parametrize(
    "seed", ["A" * 16, "A" * 24, "A" * 32, "A" * 18 + "======", "A" * 20 + "====", "A" * 21 + "===", "A" * 31 + "="]
)
def test_base32_of_the_right_length_is_a_seed(seed: str) -> None:
    assert totp.is_secret(seed)
    assert totp.matching_step(seed, "000000", 59_000) in {None, 0, 1, 2}


@pytest.mark.parametrize(
    "seed",
    [
        "",
        "A" * 8,
        "A" * 40,
        "A" * 17,
        "a" * 16,
        "A" * 15 + "1",
        "A" * 16 + "\n",
        "A" * 18,
        "A" * 16 + "=" * 8,
        "A" * 10 + "======",
    ],
)
def test_anything_else_is_not_a_seed(seed: str) -> None:
    assert not totp.is_secret(seed)


def test_new_seeds_and_backup_codes_have_the_documented_shape() -> None:
    seeds, codes = {new_totp_secret() for _ in range(100)}, {new_backup_code() for _ in range(100)}
    assert len(seeds) == len(codes) == 100
    assert all(totp.is_secret(seed) and len(seed) == 32 for seed in seeds)
    assert all(len(code) == 10 and int(code, 16) >= 0 and code == code.lower() for code in codes)


def test_the_address_escapes_the_label_and_carries_no_padding() -> None:
    address = totp.address("A" * 18 + "======", "id.example.com", "Ada & Bob/ü")
    assert address == (
        "otpauth://totp/id.example.com:Ada%20%26%20Bob%2F%C3%BC"
        f"?secret={'A' * 18}&period=30&digits=6&algorithm=SHA1&issuer=id.example.com"
    )
