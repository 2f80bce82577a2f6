"""One table: for each action its scope and the proofs it asks for. What is not in it is not allowed.

`possession` is a proof that the new address is the caller's: a code sent to it, for exactly that address.
`presence` is a fresh proof that the person is there: the password where the account has
one, otherwise a code to an address it has.
"""

from dataclasses import dataclass
from typing import Literal

Method = Literal["password", "email", "phone"]

PROOF_MS = 10 * 60_000


@dataclass(frozen=True)
class Rule:
    """What one action asks for. `possession` names the method that proves the new value."""

    scope: str
    presence: bool = False
    possession: Method | None = None


RULES: dict[str, Rule] = {
    "account.read": Rule("account:read"),
    "profile.change": Rule("account:profile"),
    "custom-data.read": Rule("account:read"),
    "custom-data.change": Rule("account:profile"),
    "username.change": Rule("account:identifiers"),
    "username.remove": Rule("account:identifiers", presence=True),
    "email.change": Rule("account:identifiers", presence=True, possession="email"),
    "email.remove": Rule("account:identifiers", presence=True),
    "phone.change": Rule("account:identifiers", presence=True, possession="phone"),
    "phone.remove": Rule("account:identifiers", presence=True),
    "password.change": Rule("account:security", presence=True),
    "token.read": Rule("account:security"),
    "token.create": Rule("account:security", presence=True),
    "token.rename": Rule("account:security", presence=True),
    "token.delete": Rule("account:security", presence=True),
    "factor.read": Rule("account:security"),
    "factor.add": Rule("account:security", presence=True),
    "factor.rename": Rule("account:security", presence=True),
    "factor.remove": Rule("account:security", presence=True),
    "session.read": Rule("account:security"),
    "session.end": Rule("account:security", presence=True),
    "application.read": Rule("account:security"),
    "application.end": Rule("account:security", presence=True),
    "device.read": Rule("account:security"),
    "device.forget": Rule("account:security", presence=True),
    "identity.read": Rule("account:security"),
    "identity.link": Rule("account:security", presence=True),
    "identity.finish": Rule("account:security"),  # the proof was used up by the start
    "identity.unlink": Rule("account:security", presence=True),
    "account.delete": Rule("account:security", presence=True),
}

SCOPES = {
    "account:read": "See your account",
    "account:profile": "Change your name, picture and profile",
    "account:identifiers": "Change your user name, e-mail address and phone number",
    "account:security": "Change your password, second factors, trusted devices, connected accounts, access tokens, "
    "sessions and what applications may do, "
    "and delete your account",
}

# Actions a proof can be started for.
PROVABLE = tuple(action for action, rule in RULES.items() if rule.presence or rule.possession)
