"""Bodies about the account itself: what it says, proofs, and changes that need one."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET

from vestibule.account.permissions import PROVABLE, Method
from vestibule.account.wire import Secret, Text128
from vestibule.client.models import Profile, User
from vestibule.http.guard import Length, Maybe, Nullable, Url, rule

Avatar = Annotated[str, rule(Url(), Length(maximum=2048), or_empty=True)]
Action = Literal[PROVABLE]  # type: ignore[valid-type]


class Account(msgspec.Struct, rename="camel"):
    """The caller's account."""

    id: str
    username: str | None
    email: str | None
    phone: str | None
    name: str | None
    avatar: str | None
    profile: Profile
    has_password: bool
    created_at: float
    last_sign_in_at: float | None

    @classmethod
    def of(cls, user: User) -> "Account":
        """Show a user to themselves."""
        return cls(
            user.id,
            user.username,
            user.primary_email,
            user.primary_phone,
            user.name,
            user.avatar,
            user.profile,
            user.has_password,
            user.created_at,
            user.last_sign_in_at,
        )


class AccountPatch(msgspec.Struct, rename="camel"):
    """Changes to the name and the picture; null or an empty text clears."""

    name: Maybe[Nullable[Text128]] = UNSET
    avatar: Maybe[Nullable[Avatar]] = UNSET


class ProfilePatch(Profile, rename="camel", omit_defaults=True):
    """Profile members to set; an empty text clears one. The address is replaced as a whole."""


class CustomDataPatch(msgspec.Struct, rename="camel"):
    """Custom data members to set."""

    custom_data: dict[str, Any]


class CustomData(msgspec.Struct, rename="camel"):
    """The custom data members that users may see and change."""

    custom_data: dict[str, Any]


class ProofRequest(msgspec.Struct, rename="camel"):
    """Start a proof: how, for which action, and for which new address."""

    method: Method
    action: Action
    target: Nullable[Text128] = None


class ProofVerification(msgspec.Struct, rename="camel"):
    """The password, or the code that was sent."""

    secret: Secret


class ProofView(msgspec.Struct, rename="camel"):
    """A proof as its owner sees it. Times are epoch ms; `target` is shown masked."""

    id: str
    method: str
    action: str
    status: Literal["pending", "verified"]
    expires_at: int
    target: str | None = None


class NewUsername(msgspec.Struct, rename="camel"):
    """The new user name."""

    username: Annotated[str, rule(Length(minimum=1, maximum=128))]


class NewEmail(msgspec.Struct, rename="camel"):
    """The new e-mail address."""

    email: Annotated[str, rule(Length(minimum=3, maximum=128))]


class NewPhone(msgspec.Struct, rename="camel"):
    """The new phone number, with its country calling code."""

    phone: Annotated[str, rule(Length(minimum=3, maximum=32))]


class NewPassword(msgspec.Struct, rename="camel"):
    """The new password."""

    password: Annotated[str, rule(Length(minimum=1, maximum=1024))]
