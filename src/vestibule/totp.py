"""One-time passwords by time (RFC 6238): SHA-1, six digits, steps of 30 s, which is what every authenticator speaks."""

import re
from urllib.parse import quote, urlencode

import pyotp
import segno

from vestibule.crypto import same

STEP_MS = 30_000
WINDOW = 1
"""Codes of so many steps before and after the current one count: clocks differ, people type slowly."""

_CODE = re.compile(r"[0-9]{6}")
_SECRET = re.compile(r"(?:[2-7A-Z]{8})*(?:[2-7A-Z]{2}={6}|[2-7A-Z]{4}={4}|[2-7A-Z]{5}={3}|[2-7A-Z]{7}=)?", re.ASCII)
SHORTEST, LONGEST = 16, 32


class _Generator(pyotp.TOTP):
    """Takes what the contract takes: 80 bits, where the library wants 112."""

    min_secret_length_bits = 80


def is_secret(text: str) -> bool:
    """Tell whether a text is a seed: 16 to 32 characters of base32 in capitals, unpadded or rightly padded."""
    return len(text.rstrip("=")) >= SHORTEST and len(text) <= LONGEST and _SECRET.fullmatch(text) is not None


def matching_step(secret: str, code: str, now: int) -> int | None:
    """Return the step whose code this is, if it is one of those that count at `now` (epoch ms); the newest first."""
    if _CODE.fullmatch(code) is None:
        return None
    generator, current = _Generator(secret), now // STEP_MS
    found = [
        step for step in range(current + WINDOW, current - WINDOW - 1, -1) if same(generator.generate_otp(step), code)
    ]
    return found[0] if found else None


def address(secret: str, issuer: str, label: str) -> str:
    """Return the `otpauth` address that an authenticator reads; it wants the seed without padding."""
    query = {"secret": secret.rstrip("="), "period": "30", "digits": "6", "algorithm": "SHA1", "issuer": issuer}
    return f"otpauth://totp/{quote(issuer, safe='')}:{quote(label, safe='')}?{urlencode(query)}"


def qr_code(text: str) -> str:
    """Return a text as a QR code, a PNG in a data URI. Takes some 15 ms: call it in a thread."""
    return segno.make(text, micro=False, error="m", boost_error=False).png_data_uri(scale=5, border=4)
