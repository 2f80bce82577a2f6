"""Wire types of the Experience API (contract, authorization.md section 6)."""

from typing import Annotated, Literal

from msgspec import UNSET, Struct

from vestibule.api.schemas import Email, Filled, Phone, ProfileBody, Username
from vestibule.domain.interactions.state import IdentifierKind, InteractionEvent, RecordType
from vestibule.http.guard import Length, Maybe, Url, rule

Name = Annotated[str, rule(Length(maximum=128))]
Avatar = Annotated[str, rule(Url())]


class EventBody(Struct, rename="camel"):
    """What the sign-in is for."""

    interaction_event: InteractionEvent


class StartBody(EventBody, rename="camel"):
    """What begins it; captchas are not asked for, and a token of one is not looked at."""

    captcha_token: Maybe[str] = UNSET


class IdentifierBody(Struct):
    """A user name, an e-mail address, or a phone number in digits."""

    type: IdentifierKind
    value: str


class PasswordVerification(Struct):
    """Who, and their password."""

    identifier: IdentifierBody
    password: Filled


class EmailIdentifier(Struct, tag_field="type", tag="email"):
    """An e-mail address."""

    value: Email


class PhoneIdentifier(Struct, tag_field="type", tag="phone"):
    """A phone number in digits."""

    value: Phone


class CodeBody(Struct, rename="camel"):
    """Where a code is sent, and what for."""

    identifier: EmailIdentifier | PhoneIdentifier
    interaction_event: InteractionEvent


class CodeVerifyBody(Struct, rename="camel"):
    """A code, where it was sent, and its verification."""

    identifier: EmailIdentifier | PhoneIdentifier
    verification_id: str
    code: str


class UsernameIdentifier(Struct, tag_field="type", tag="username"):
    """A user name."""

    value: Username


class NewPasswordBody(Struct):
    """What somebody wants to register with."""

    identifier: UsernameIdentifier
    password: str


class OneTimeTokenBody(Struct):
    """A one-time token, and the address that it was mailed to."""

    identifier: EmailIdentifier
    token: Filled


class FactorBody(Struct):
    """A code of a factor."""

    code: Filled


class VerificationOut(Struct, rename="camel"):
    """The id of a verification."""

    verification_id: str


class IdentificationBody(Struct, rename="camel"):
    """By which verification somebody is identified."""

    verification_id: Maybe[str] = UNSET
    link_social_identity: Maybe[bool] = UNSET


class SocialStart(Struct, rename="camel"):
    """Where the provider sends the browser back to, and what it brings along."""

    state: str
    redirect_uri: str


class SocialStarted(Struct, rename="camel"):
    """Where to send the browser, and the verification."""

    authorization_uri: str
    verification_id: str


class SocialBody(Struct, rename="camel"):
    """What the browser brought back, and the verification."""

    connector_data: dict[str, object]
    verification_id: Maybe[str] = UNSET


class RedirectOut(Struct, rename="camel"):
    """Where the browser goes next."""

    redirect_to: str


class UsernameProfile(Struct, tag_field="type", tag="username"):
    """A user name."""

    value: Username


class PasswordProfile(Struct, tag_field="type", tag="password"):
    """A password."""

    value: str


class EmailProfile(Struct, rename="camel", tag_field="type", tag="email"):
    """A verified e-mail address."""

    verification_id: str


class PhoneProfile(Struct, rename="camel", tag_field="type", tag="phone"):
    """A verified phone number."""

    verification_id: str


class SocialProfile(Struct, rename="camel", tag_field="type", tag="social"):
    """Who somebody is at a provider, verified."""

    verification_id: str


class ExtraValues(ProfileBody, rename="camel", omit_defaults=True):
    """Name, picture, and members of the profile; others are dropped."""

    name: Maybe[Name] = UNSET
    avatar: Maybe[Avatar] = UNSET


class ExtraProfile(Struct, tag_field="type", tag="extraProfile"):
    """More about oneself."""

    values: ExtraValues


AnyProfile = UsernameProfile | PasswordProfile | EmailProfile | PhoneProfile | SocialProfile | ExtraProfile


class ForgottenBody(Struct):
    """The password in place of a forgotten one."""

    password: str


class RecordOut(Struct, rename="camel", omit_defaults=True):
    """A verification without its secrets."""

    id: str
    type: RecordType
    identifier: Maybe[IdentifierBody] = UNSET
    template_type: Maybe[InteractionEvent] = UNSET
    user_id: Maybe[str] = UNSET
    verified: Maybe[bool] = UNSET
    connector_id: Maybe[str] = UNSET


class ProfileOut(Struct, rename="camel", omit_defaults=True):
    """What is to be written about the person; no password."""

    avatar: str | None = None
    name: str | None = None
    username: str | None = None
    primary_email: str | None = None
    primary_phone: str | None = None
    profile: dict[str, object] = {}
    submitted: Maybe[Literal[True]] = UNSET


class InteractionOut(Struct, rename="camel", omit_defaults=True):
    """The sign-in under way."""

    interaction_event: InteractionEvent
    profile: ProfileOut
    user_id: Maybe[str] = UNSET
    verification_records: list[RecordOut] = []
    mfa: dict[str, bool] = {}
