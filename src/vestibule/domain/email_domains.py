"""The domain of an e-mail address, in the one form in which domains are compared (B76)."""

FORBIDDEN = frozenset({
    "126.com", "163.com", "aol.com", "gmail.com", "gmx.com", "hotmail.com", "icloud.com", "live.com", "mail.com",
    "mail.ru", "outlook.com", "protonmail.com", "qq.com", "sina.com", "sohu.com", "yahoo.com", "yandex.com",
    "yanex.com", "zoho.com",
})  # fmt: skip
"""Where everybody can have an address: the contract's list."""


def normalised(domain: str) -> str:
    """Return a domain as it is compared: in small letters, as it stands in DNS, without the dot of the root."""
    text = domain.strip().removesuffix(".").casefold()
    try:
        return text.encode("idna").decode().lower() if text else text
    except UnicodeError:
        return text


def domain_of(email: str | None) -> str | None:
    """Return the domain of an address, or None of something with no or several `@`: it is no address."""
    if email is None or email.count("@") != 1:
        return None
    return normalised(email.partition("@")[2]) or None
