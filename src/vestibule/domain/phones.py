"""Phone numbers: stored as calling code and national number, digits only."""

import phonenumbers

from vestibule.errors import InvalidPhone


def normalise(digits: str) -> str:
    """Return a number as it is stored; raises InvalidPhone for what cannot be parsed (it need not be in service)."""
    try:
        number = phonenumbers.parse(f"+{digits.removeprefix('+')}")
    except phonenumbers.NumberParseException as error:
        raise InvalidPhone from error
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"


def spellings(digits: str) -> tuple[str, str]:
    """Return the two stored forms that collide with a number: with and without the national leading zero."""
    try:
        number = phonenumbers.parse(f"+{digits.removeprefix('+')}")
    except phonenumbers.NumberParseException:
        return digits, digits
    national = phonenumbers.national_significant_number(number)
    return f"{number.country_code}{national}", f"{number.country_code}0{national}"


def international(digits: str) -> str:
    """Return a stored number as people write it, such as `+33 6 12 34 56 78`."""
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return f"+{digits}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
