"""Bodies about who the caller is elsewhere."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET

from vestibule.http.guard import Length, Maybe, Url, rule

Binding = Annotated[str, rule(Length(minimum=32, maximum=256))]
RedirectUri = Annotated[str, rule(Url(), Length(maximum=2048))]


class IdentityView(msgspec.Struct, rename="camel"):
    """Who the caller is at a provider, as the provider told it; an address is not vouched for by being shown."""

    target: str
    provider: str
    name: str | None
    email: str | None
    avatar: str | None
    can_disconnect: bool

    @classmethod
    def of(cls, target: str, provider: str, details: dict[str, Any], *, can_disconnect: bool = False) -> "IdentityView":
        """Show an identity to its owner; of pictures only web addresses."""
        avatar = _text(details, "avatar")
        shown = avatar if avatar and avatar.startswith(("https://", "http://")) else None
        email = _text(details, "email") or _text(details, "unverifiedEmail")
        return cls(target, provider, _text(details, "name"), email, shown, can_disconnect)


class ProviderView(msgspec.Struct):
    """A provider at which an account can be connected."""

    target: str
    provider: str


class IdentityList(msgspec.Struct):
    """Who the caller is elsewhere, where an account can be connected, and who they are at companies."""

    identities: list[IdentityView]
    available: list[ProviderView]
    enterprise: list[IdentityView]


class LinkAsked(msgspec.Struct, rename="camel"):
    """A link to start.

    `binding` is a secret of the client's own session with this person, to be given again at the end; `redirectUri` is
    the client's page to come back to, at this server or an origin of VESTIBULE_ACCOUNT_CORS_ORIGINS.
    """

    binding: Binding
    redirect_uri: Maybe[RedirectUri] = UNSET


class LinkStarted(msgspec.Struct, rename="camel"):
    """Where to send the browser, and until when (epoch ms) it must be back."""

    redirect_to: str
    expires_at: int


class LinkBack(msgspec.Struct, rename="camel"):
    """The same `binding`, and everything that the provider's redirect brought, `state` included."""

    binding: Binding
    connector_data: dict[str, Any]


def _text(details: dict[str, Any], name: str) -> str | None:
    value = details.get(name)
    return value if isinstance(value, str) and value else None
