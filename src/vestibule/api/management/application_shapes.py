"""Wire types of applications, and what their addresses have to look like."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from msgspec import UNSET, Raw, Struct

from vestibule.api.schemas import RawObject, one_of
from vestibule.domain.redirect_uris import can_be_registered, is_origin, is_web_address
from vestibule.http.guard import Length, Maybe, Nullable, Range, rule
from vestibule.http.issues import Issue, Path, custom
from vestibule.model import BUILT_IN_APPLICATION, TENANT, Application

WireType = Literal["Native", "SPA", "Traditional", "MachineToMachine", "Protected", "SAML"]
ApplicationType = Annotated[str, one_of(*get_args(WireType))]
HIDDEN_SECRET = "N/A"  # noqa: S105 - the contract's word for no secret


@dataclass(frozen=True)
class Fits:
    """The text passes a test; `message` says what it should look like."""

    test: Callable[[str], bool]
    message: str

    def issue(self, value: object, path: Path) -> Issue | None:
        """Test the text."""
        return None if self.test(str(value)) else custom(self.message, path)

    def schema(self) -> dict[str, object]:
        """Return the message as the description."""
        return {"description": self.message}


REGISTRABLE = Fits(
    can_be_registered,
    "An absolute address without fragment; `*` only in labels of the host before the last two, and in the path.",
)
ORIGIN = Fits(is_origin, "An origin in lower case such as https://app.example: no path and no trailing slash.")
WEB = Fits(is_web_address, "An absolute address that begins with https:// or http://, without fragment.")

Address = Annotated[str, rule(REGISTRABLE)]
Origin = Annotated[str, rule(ORIGIN)]
Name = Annotated[str, rule(Length(minimum=1, maximum=256))]
Seconds = Annotated[int, rule(Range(minimum=1))]
Days = Annotated[int, rule(Range(minimum=1, maximum=180))]
Count = Annotated[int, rule(Range(minimum=1))]
WebAddress = Annotated[str, rule(WEB)]


class AddressesIn(Struct, rename="camel", omit_defaults=True):
    """`oidcClientMetadata`: replaced whole."""

    redirect_uris: list[Address]
    post_logout_redirect_uris: list[Address]
    backchannel_logout_uri: Maybe[WebAddress] = UNSET
    backchannel_logout_session_required: Maybe[bool] = UNSET
    logo_uri: Maybe[str] = UNSET


class SettingsIn(Struct, rename="camel", omit_defaults=True):
    """`customClientMetadata`: replaced whole. Lifetimes are in seconds unless they say days."""

    cors_allowed_origins: Maybe[list[Origin]] = UNSET
    id_token_ttl: Maybe[Seconds] = UNSET
    refresh_token_ttl_in_days: Maybe[Days] = UNSET
    refresh_token_ttl: Maybe[Seconds] = UNSET
    rotate_refresh_token: Maybe[bool] = UNSET
    always_issue_refresh_token: Maybe[bool] = UNSET
    allow_token_exchange: Maybe[bool] = UNSET
    is_device_flow: Maybe[bool] = UNSET
    max_allowed_grants: Maybe[Count] = UNSET


class ApplicationCreate(Struct, rename="camel"):
    """The body of POST /applications."""

    name: Name
    type: WireType
    description: Maybe[Nullable[str]] = UNSET
    oidc_client_metadata: Maybe[AddressesIn] = UNSET
    custom_client_metadata: Maybe[SettingsIn] = UNSET
    custom_data: Maybe[dict[str, Any]] = UNSET
    is_third_party: Maybe[bool] = UNSET
    protected_app_metadata: Maybe[dict[str, Any]] = UNSET


class ApplicationPatch(Struct, rename="camel"):
    """The body of PATCH /applications/{id}; type and `isThirdParty` are fixed."""

    name: Maybe[Name] = UNSET
    description: Maybe[Nullable[str]] = UNSET
    oidc_client_metadata: Maybe[AddressesIn] = UNSET
    custom_client_metadata: Maybe[SettingsIn] = UNSET
    custom_data: Maybe[dict[str, Any]] = UNSET
    app_level_access_control_enabled: Maybe[bool] = UNSET
    protected_app_metadata: Maybe[Nullable[dict[str, Any]]] = UNSET
    is_admin: Maybe[bool] = UNSET


class ApplicationOut(Struct, rename="camel", omit_defaults=True):
    """An application as the API shows it; `isAdmin` where one is asked for, `secret` for built-in ones only."""

    tenant_id: str
    id: str
    name: str
    description: str | None
    type: ApplicationType
    oidc_client_metadata: RawObject
    custom_client_metadata: RawObject
    protected_app_metadata: None
    custom_data: RawObject
    is_third_party: bool
    app_level_access_control_enabled: bool
    created_at: int
    is_admin: Maybe[bool] = UNSET
    secret: Maybe[str] = UNSET


def application_out(application: Application, *, is_admin: bool | None = None) -> ApplicationOut:
    """Show an application."""
    return ApplicationOut(
        TENANT,
        application.id,
        application.name,
        application.description,
        application.type,
        Raw(application.oidc_client_metadata),
        Raw(application.custom_client_metadata),
        None,
        Raw(application.custom_data),
        application.is_third_party,
        False,
        application.created_at,
        UNSET if is_admin is None else is_admin,
    )


def placeholder_out(application: Application) -> ApplicationOut:
    """Show a built-in client: a name and a type, and empty metadata."""
    shown = application_out(application, is_admin=False)
    shown.oidc_client_metadata = Raw('{"redirectUris":[],"postLogoutRedirectUris":[]}')
    shown.secret = HIDDEN_SECRET
    return shown


def is_built_in(application_id: str) -> bool:
    """Tell whether an id names a built-in client."""
    return application_id == BUILT_IN_APPLICATION


def unsupported(body: ApplicationCreate | ApplicationPatch) -> list[str]:
    """Name the settings of a body that this server does not obey."""
    found = []
    if isinstance(body, ApplicationPatch):
        if body.app_level_access_control_enabled is True:
            found.append("appLevelAccessControlEnabled")
        if body.protected_app_metadata not in (UNSET, None):
            found.append("protectedAppMetadata")
    return found
