"""The password policy of pages and account server: 8 to 256 characters, not a common one, not the person's own name.

The Management API applies no policy, as the contract says. No composition rules, no forced change (NIST SP 800-63B).
"""

from collections.abc import Iterable
from functools import cache
from importlib import resources

MINIMUM, MAXIMUM = 8, 256
SHORTEST_HINT = 4

TOO_SHORT, TOO_LONG, COMMON, USER_INFO = "too_short", "too_long", "common", "user_info"


@cache
def _common() -> frozenset[str]:
    return frozenset(resources.files("vestibule").joinpath("common_passwords.txt").read_text("utf-8").split())


def check(password: str, about: Iterable[str | None] = ()) -> list[str]:
    """Return every reason against a password, best first; `about` are the person's identifiers and names."""
    reasons = []
    if len(password) < MINIMUM:
        reasons.append(TOO_SHORT)
    if len(password) > MAXIMUM:
        reasons.append(TOO_LONG)
    folded = password.casefold()
    if folded in _common() or len(set(folded)) == 1:
        reasons.append(COMMON)
    if any(_is_about(folded, hint) for hint in about if hint):
        reasons.append(USER_INFO)
    return reasons


def _is_about(folded: str, hint: str) -> bool:
    """A password that is an identifier, or one with a few characters around it."""
    names = {hint.casefold(), hint.casefold().split("@")[0]}
    return any(len(n) >= SHORTEST_HINT and n in folded and len(folded) - len(n) <= SHORTEST_HINT for n in names)
