"""Bodies about access tokens and factors."""

from typing import Annotated

import msgspec
from msgspec import UNSET

from vestibule.account.wire import Secret, Text128
from vestibule.client.models import Factor, PersonalAccessToken
from vestibule.http.guard import Length, Maybe, Nullable, Range, rule

TokenName = Annotated[str, rule(Length(minimum=1, maximum=256))]
PasskeyName = Annotated[str, rule(Length(minimum=1, maximum=128))]
Moment = Annotated[int, rule(Range(minimum=1, maximum=8_640_000_000_000_000))]


class TokenView(msgspec.Struct, rename="camel"):
    """A personal access token without its value; times are epoch ms, None for never."""

    name: str
    created_at: float
    expires_at: float | None
    last_used_at: float | None

    @classmethod
    def of(cls, token: PersonalAccessToken) -> "TokenView":
        """Show a token to its owner."""
        return cls(token.name, token.created_at, token.expires_at, token.last_used_at)


class TokenList(msgspec.Struct):
    """Every personal access token of the caller, newest first."""

    tokens: list[TokenView]


class NewToken(msgspec.Struct, rename="camel"):
    """A token to create; `expires_at` in epoch ms, null for one that never ends."""

    name: TokenName
    expires_at: Nullable[Moment] = None


class TokenValue(msgspec.Struct, rename="camel"):
    """A new token with its value, which is shown this once."""

    name: str
    value: str
    created_at: float
    expires_at: float | None


class TokenRename(msgspec.Struct):
    """The new name."""

    name: TokenName


class FactorView(msgspec.Struct, rename="camel"):
    """A factor; times are ISO 8601, `remaining_codes` counts unused backup codes."""

    id: str
    type: str
    created_at: str
    last_used_at: str | None
    name: str | None
    remaining_codes: int | None

    @classmethod
    def of(cls, factor: Factor) -> "FactorView":
        """Show a factor to its owner."""
        return cls(
            factor.id, factor.type, factor.created_at, factor.last_used_at, factor.name or factor.agent,
            factor.remain_codes,
        )  # fmt: skip


class FactorChange(msgspec.Struct):
    """The session that goes on when a factor changes, as all others end; front ends know theirs by `sid` of the ID
    token."""

    keep: Maybe[Text128] = UNSET


class FactorRename(msgspec.Struct):
    """What a passkey is called from now on."""

    name: PasskeyName


class FactorList(msgspec.Struct):
    """Every factor of the caller."""

    factors: list[FactorView]


class TotpAsked(msgspec.Struct):
    """A seed to be shown once more; without one, a new one is made."""

    secret: Maybe[Secret] = UNSET


class TotpSecret(msgspec.Struct, rename="camel"):
    """A seed for an authenticator app, stored nowhere yet: as text, as `otpauth` address, and as a QR code."""

    secret: str
    address: str
    qr_code: str


class NewTotp(msgspec.Struct):
    """The seed, and a code that the app made of it."""

    secret: Secret
    code: Secret


class BackupCodes(msgspec.Struct):
    """New backup codes, shown this once."""

    codes: list[str]
