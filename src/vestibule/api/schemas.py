"""Wire types of users: camelCase, unset told from null, stored JSON passed through raw."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct

from vestibule.digests import ALGORITHMS
from vestibule.http.guard import Length, Maybe, Nullable, Pattern, Url, rule
from vestibule.model import TENANT, SsoIdentity, User

USERNAME = Pattern(r"^[A-Z_a-z]\w*$")
EMAIL = Pattern(r"^\S+@\S+\.\S+$")
PHONE = Pattern(r"^\d+$")

Username = Annotated[str, rule(USERNAME)]
Email = Annotated[str, rule(EMAIL)]
Phone = Annotated[str, rule(PHONE)]
UsernameOrEmpty = Annotated[str, rule(USERNAME, or_empty=True)]
EmailOrEmpty = Annotated[str, rule(EMAIL, or_empty=True)]
PhoneOrEmpty = Annotated[str, rule(PHONE, or_empty=True)]
Avatar = Annotated[str, rule(Url(), or_empty=True)]
Filled = Annotated[str, rule(Length(minimum=1))]
Algorithm = Literal[ALGORITHMS]  # type: ignore[valid-type]

RawObject = Annotated[Raw, Meta(extra_json_schema={"type": "object"})]
"""An object that is passed on as the store keeps it."""


def one_of(*values: str) -> Meta:
    """Say in the schema of an answer's text which values it has; nothing is checked."""
    return Meta(extra_json_schema={"enum": list(values)})


class AddressBody(Struct, rename="camel", omit_defaults=True):
    """A postal address; unknown members are dropped."""

    formatted: Maybe[str] = UNSET
    street_address: Maybe[str] = UNSET
    locality: Maybe[str] = UNSET
    region: Maybe[str] = UNSET
    postal_code: Maybe[str] = UNSET
    country: Maybe[str] = UNSET


class ProfileBody(Struct, rename="camel", omit_defaults=True):
    """The profile; every member is optional, none is nullable, unknown members are dropped."""

    family_name: Maybe[str] = UNSET
    given_name: Maybe[str] = UNSET
    middle_name: Maybe[str] = UNSET
    nickname: Maybe[str] = UNSET
    preferred_username: Maybe[str] = UNSET
    profile: Maybe[str] = UNSET
    website: Maybe[str] = UNSET
    gender: Maybe[str] = UNSET
    birthdate: Maybe[str] = UNSET
    zoneinfo: Maybe[str] = UNSET
    locale: Maybe[str] = UNSET
    address: Maybe[AddressBody] = UNSET


class UserCreate(Struct, rename="camel"):
    """The body of POST /users."""

    primary_phone: Maybe[Phone] = UNSET
    primary_email: Maybe[Email] = UNSET
    username: Maybe[Username] = UNSET
    password: Maybe[Filled] = UNSET
    password_digest: Maybe[Annotated[str, rule(Length(maximum=256))]] = UNSET
    password_algorithm: Maybe[Algorithm] = UNSET
    name: Maybe[str] = UNSET
    avatar: Maybe[Nullable[Avatar]] = UNSET
    custom_data: Maybe[dict[str, Any]] = UNSET
    profile: Maybe[ProfileBody] = UNSET


class UserPatch(Struct, rename="camel"):
    """The body of PATCH /users/{userId}."""

    username: Maybe[Nullable[UsernameOrEmpty]] = UNSET
    primary_email: Maybe[Nullable[EmailOrEmpty]] = UNSET
    primary_phone: Maybe[Nullable[PhoneOrEmpty]] = UNSET
    name: Maybe[Nullable[str]] = UNSET
    avatar: Maybe[Nullable[Avatar]] = UNSET
    custom_data: Maybe[dict[str, Any]] = UNSET
    profile: Maybe[ProfileBody] = UNSET


class ProfilePatch(Struct, rename="camel"):
    """The body of PATCH …/profile."""

    profile: ProfileBody


class CustomDataPatch(Struct, rename="camel"):
    """The body of PATCH …/custom-data."""

    custom_data: dict[str, Any]


class SuspensionPatch(Struct, rename="camel"):
    """The body of PATCH …/is-suspended."""

    is_suspended: bool


class PasswordBody(Struct, rename="camel"):
    """A password."""

    password: Filled


class HasPassword(Struct, rename="camel"):
    """Whether a user has a password."""

    has_password: bool


class SsoIdentityOut(Struct, rename="camel"):
    """Who a user is at a company's identity provider."""

    tenant_id: Annotated[str, rule(Length(maximum=21))]
    id: Annotated[str, rule(Length(1, 21))]
    user_id: Annotated[str, rule(Length(1, 12))]
    issuer: Annotated[str, rule(Length(1, 256))]
    identity_id: Annotated[str, rule(Length(1, 128))]
    detail: RawObject
    created_at: int
    updated_at: int
    sso_connector_id: Annotated[str, rule(Length(1, 128))]


def sso_identity_out(identity: SsoIdentity) -> SsoIdentityOut:
    """Show an identity."""
    return SsoIdentityOut(
        TENANT,
        identity.id,
        identity.user_id,
        identity.issuer,
        identity.identity_id,
        Raw(identity.detail.encode()),
        identity.created_at,
        identity.updated_at,
        identity.sso_connector_id,
    )


class UserOut(Struct, rename="camel", omit_defaults=True):
    """A user as the API shows it, in the contract's key order; secrets are no fields of it."""

    id: str
    username: str | None
    primary_email: str | None
    primary_phone: str | None
    name: str | None
    avatar: str | None
    custom_data: RawObject
    identities: RawObject
    last_sign_in_at: int | None
    created_at: int
    updated_at: int
    profile: RawObject
    application_id: str | None
    cimd_client_id: str | None
    is_suspended: bool
    has_password: bool
    sso_identities: Maybe[list[SsoIdentityOut]] = UNSET
    password_digest: Maybe[Nullable[str]] = UNSET
    password_algorithm: Maybe[Nullable[Annotated[str, one_of(*ALGORITHMS)]]] = UNSET


def user_out(user: User, *, sso: Sequence[SsoIdentity] | None = None, password: bool = False) -> UserOut:
    """Show a user; `sso` adds identities, and `password` the stored digest, for callers that asked for it by flag."""
    out = UserOut(
        user.id,
        user.username,
        user.primary_email,
        user.primary_phone,
        user.name,
        user.avatar,
        Raw(user.custom_data),
        Raw(user.identities),
        user.last_sign_in_at,
        user.created_at,
        user.updated_at,
        Raw(user.profile),
        user.application_id,
        None,
        user.is_suspended,
        user.password_digest is not None,
    )
    if sso is not None:
        out.sso_identities = [sso_identity_out(identity) for identity in sso]
    if password:
        out.password_digest, out.password_algorithm = user.password_digest, user.password_algorithm
    return out


def json_text(value: object) -> str:
    """Return a value as compact JSON text, the form the store keeps."""
    return msgspec.json.encode(value).decode()
