"""When two addresses are one mailbox."""


def same_mailbox(one: str, other: str) -> bool:
    """Compare but for the case of ASCII letters: programs that mail links write addresses as they like."""
    return one.encode().lower() == other.encode().lower()
