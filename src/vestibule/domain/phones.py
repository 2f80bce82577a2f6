"""Phone numbers: stored as calling code and national number, digits only."""

from functools import lru_cache

import phonenumbers

from vestibule.errors import InvalidPhone


@lru_cache(maxsize=2048)  # parsing takes 100 µs, and a number is looked at several times on its way in
def _parsed(digits: str) -> tuple[int, str] | None:
    try:
        number = phonenumbers.parse(f"+{digits.removeprefix('+')}")
    except phonenumbers.NumberParseException:
        return None
    return number.country_code or 0, phonenumbers.national_significant_number(number)


def normalise(digits: str) -> str:
    """Return a number as it is stored; raises InvalidPhone for what cannot be parsed (it need not be in service)."""
    parsed = _parsed(digits)
    if parsed is None:
        raise InvalidPhone
    return f"{parsed[0]}{parsed[1]}"


def spellings(digits: str) -> tuple[str, str]:
    """Return the two stored forms that collide with a number: with and without the national leading zero."""
    parsed = _parsed(digits)
    if parsed is None:
        return digits, digits
    return f"{parsed[0]}{parsed[1]}", f"{parsed[0]}0{parsed[1]}"


def loosest(digits: str) -> str:
    """Return one form for every spelling that could lead to the same number, whatever zeros lead its national part."""
    parsed = _parsed(digits)
    return digits if parsed is None else f"{parsed[0]}{parsed[1].lstrip('0')}"


def international(digits: str) -> str:
    """Return a stored number as people write it, such as `+33 6 12 34 56 78`."""
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return f"+{digits}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
