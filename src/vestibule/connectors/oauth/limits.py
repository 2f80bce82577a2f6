"""How an operator narrows which ID tokens of a provider are accepted: `idTokenVerificationConfig`, by its own names.

`algorithms` and `subject` only make it stricter, and so does `maxTokenAge`: nothing is believed longer than without it.
`clockTolerance` counts up to five minutes. Times are seconds, or texts such as `30s` and `5 minutes`.
"""

import re
from dataclasses import replace

from vestibule.connectors.oauth.oidc import ALGORITHMS, MAX_AGE_SECONDS, Expected
from vestibule.errors import ConnectorInvalidConfig

MAX_TOLERANCE_SECONDS = 300
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(
    r"([0-9]{1,9}) ?(?:(s)(?:ecs?|econds?)?|(m)(?:ins?|inutes?)?|(h)(?:rs?|ours?)?|(d)(?:ays?)?)", re.IGNORECASE
)


def fault(said: object) -> str | None:
    """Say what of it cannot be obeyed; None where all can."""
    try:
        narrowed(Expected(issuers=None, audience="", nonce=None), said)
    except ConnectorInvalidConfig as error:
        return error.text
    return None


def narrowed(expected: Expected, said: object) -> Expected:
    """Return what a token must say with what an operator has said; raises ConnectorInvalidConfig."""
    given = said if isinstance(said, dict) else {}
    leeway, max_age = expected.leeway, expected.max_age
    if "clockTolerance" in given:
        leeway = min(_seconds(given["clockTolerance"], "clockTolerance"), MAX_TOLERANCE_SECONDS)
    if "maxTokenAge" in given:
        max_age = min(_seconds(given["maxTokenAge"], "maxTokenAge") + leeway, MAX_AGE_SECONDS)
    return replace(
        expected,
        leeway=leeway,
        max_age=max_age,
        algorithms=_algorithms(given["algorithms"]) if "algorithms" in given else expected.algorithms,
        subject=_subject(given["subject"]) if "subject" in given else expected.subject,
    )


def _algorithms(said: object) -> list[str]:
    """Return those that are accepted at all."""
    known = [one for one in said if one in ALGORITHMS] if isinstance(said, list) else []
    if not known:
        raise _unusable(f"`algorithms` lists none of: {', '.join(ALGORITHMS)}.")
    return known


def _subject(said: object) -> str:
    if not isinstance(said, str) or not said:
        raise _unusable("`subject` is no text.")
    return said


def _seconds(said: object, name: str) -> int:
    if isinstance(said, str) and (found := _SPAN.fullmatch(said.strip())):
        unit = next(one for one in found.groups()[1:] if one)
        return int(found[1]) * _UNITS[unit.lower()]
    if isinstance(said, bool) or not isinstance(said, int | float) or not 0 <= said < 10**9:
        raise _unusable(f"`{name}` is neither a number of seconds nor a text such as `5 minutes`.")
    return int(said)


def _unusable(words: str) -> ConnectorInvalidConfig:
    return ConnectorInvalidConfig(words, data={"message": words})
