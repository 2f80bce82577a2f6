"""What an application may be: rules over its type, its settings and its addresses (contract section 5.1)."""

from vestibule.domain.clients import ClientSettings
from vestibule.errors import (
    ApplicationNotSupported,
    DeviceFlowNativeOnly,
    DeviceFlowNotChangeable,
    ProtectedMetadataRequired,
    ThirdPartyCannotExchange,
    ThirdPartyTypeInvalid,
    UseSamlApi,
)
from vestibule.model import ApplicationType

TYPES: dict[str, ApplicationType] = {
    "Native": "Native",
    "SPA": "SPA",
    "Traditional": "Traditional",
    "MachineToMachine": "MachineToMachine",
}


def supported_type(kind: str, *, has_protected_metadata: bool) -> ApplicationType:
    """Return a type that this server has. Raises UseSamlApi, ProtectedMetadataRequired, ApplicationNotSupported."""
    if kind == "SAML":
        raise UseSamlApi
    if kind == "Protected" and not has_protected_metadata:
        raise ProtectedMetadataRequired
    if kind not in TYPES:
        raise not_supported("type")
    return TYPES[kind]


def not_supported(*fields: str) -> ApplicationNotSupported:
    """Return the refusal of settings that this server does not obey."""
    return ApplicationNotSupported(data={"fields": list(fields)})


def check_new(kind: ApplicationType, settings: ClientSettings, *, is_third_party: bool) -> None:
    """Check what is decided at creation and never changes.

    Raises ThirdPartyTypeInvalid, ThirdPartyCannotExchange, DeviceFlowNativeOnly, ApplicationNotSupported.
    """
    if is_third_party and kind == "MachineToMachine":
        raise ThirdPartyTypeInvalid
    _check_exchange(settings, is_third_party=is_third_party)
    if settings.is_device_flow:
        if kind != "Native":
            raise DeviceFlowNativeOnly
        raise not_supported("customClientMetadata.isDeviceFlow")


def check_changed(kind: ApplicationType, settings: ClientSettings, *, is_third_party: bool) -> None:
    """Check new settings. Raises ThirdPartyCannotExchange, DeviceFlowNativeOnly, DeviceFlowNotChangeable."""
    _check_exchange(settings, is_third_party=is_third_party)
    if settings.is_device_flow:
        raise DeviceFlowNotChangeable if kind == "Native" else DeviceFlowNativeOnly


def _check_exchange(settings: ClientSettings, *, is_third_party: bool) -> None:
    if is_third_party and settings.allow_token_exchange:
        raise ThirdPartyCannotExchange
