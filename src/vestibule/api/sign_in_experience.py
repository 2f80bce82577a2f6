"""The sign-in experience as the API shows it: what is decided, and beside it what this server does not obey yet."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from vestibule.connectors.factory import Platform
from vestibule.domain.connectors import Instance
from vestibule.domain.sign_in_experience import SignInExperience
from vestibule.domain.sso_connectors import SsoConnector
from vestibule.model import TENANT


class _Shown(SignInExperience, frozen=True, rename="camel"):
    """The fields of its own have one value each: they are not obeyed yet."""

    custom_content: dict[str, str] = {}
    custom_ui_assets: dict[str, Any] | None = None
    custom_ui_csp: dict[str, Any] = {}
    sign_up_profile_fields: list[dict[str, Any]] | None = None


class Experience(_Shown, frozen=True, rename="camel"):
    """The sign-in experience, whole."""

    email_blocklist_policy: dict[str, Any] = {}
    forgot_password_methods: list[str] | None = None
    tenant_id: str = TENANT
    id: str = "default"


class ForgotPassword(msgspec.Struct, frozen=True):
    """By which kind of message a forgotten password can be replaced."""

    phone: bool = False
    email: bool = False


class SsoButton(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A way to sign in through a company, as everybody may see it."""

    id: str
    connector_name: str
    logo: str
    dark_logo: str | msgspec.UnsetType = msgspec.UNSET


def sso_button(connector: SsoConnector) -> SsoButton:
    """Show what everybody may see of an enterprise connector."""
    return SsoButton(connector.id, connector.title, connector.logo, connector.branding.get("darkLogo", msgspec.UNSET))


class SocialButton(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A provider to sign in with, as everybody may see it; `id` is the connector's."""

    id: str
    target: str
    name: dict[str, str]
    logo: str
    logo_dark: str | None
    platform: Platform | None
    is_standard: bool | msgspec.UnsetType = msgspec.UNSET
    is_token_storage_supported: bool | msgspec.UnsetType = msgspec.UNSET


def social_button(instance: Instance) -> SocialButton:
    """Show what everybody may see of a social connector."""
    factory, own = instance.factory, instance.metadata
    return SocialButton(
        instance.id,
        instance.target,
        msgspec.convert(instance.name, dict[str, str]),
        str(own.get("logo", factory.logo)),
        msgspec.convert(own.get("logoDark", factory.logo_dark), str | None),
        factory.platform,
        factory.is_standard or msgspec.UNSET,
        factory.is_token_storage_supported or msgspec.UNSET,
    )


class PublicExperience(_Shown, frozen=True, rename="camel"):
    """The sign-in experience as everybody may see it."""

    tenant_id: str = TENANT
    id: str = "default"
    social_connectors: list[SocialButton] = []
    sso_connectors: list[SsoButton] = []
    forgot_password: ForgotPassword = ForgotPassword()
    is_development_tenant: bool = False
    custom_profile_fields: list[dict[str, Any]] = []
    custom_profile_field_catalog: list[dict[str, Any]] = []


OBEYED = msgspec.structs.fields(SignInExperience)
FIXED = tuple(item for item in msgspec.structs.fields(Experience) if item.name not in {"tenant_id", "id"})[
    len(OBEYED) :
]
FIXED_VALUES = {item.encode_name: getattr(Experience(), item.name) for item in FIXED}
"""What the fields show that are not obeyed yet, in the contract's spelling."""


def shown(experience: SignInExperience) -> Experience:
    """Show the whole."""
    return Experience(**msgspec.structs.asdict(experience))


def shown_to_everybody(
    experience: SignInExperience,
    reachable: Collection[str],
    sso: Iterable[SsoConnector],
    social: Iterable[Instance],
) -> PublicExperience:
    """Show what everybody may see.

    `reachable` are the kinds of address that messages can be sent to, `sso` the enterprise connectors that are open,
    `social` the providers to sign in with, in the order of their buttons.
    """
    by_code = [kind in reachable for kind in ("phone", "email")] if experience.password_identifiers else [False, False]
    return PublicExperience(
        **msgspec.structs.asdict(experience),
        social_connectors=[social_button(instance) for instance in social],
        sso_connectors=[sso_button(connector) for connector in sso],
        forgot_password=ForgotPassword(*by_code),
    )
