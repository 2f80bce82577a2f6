"""What the connector routes take and answer."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Struct, UnsetType

from vestibule.connectors.factory import ConnectorType, FormItem, Platform
from vestibule.domain.connectors import AnyFactory, Instance
from vestibule.errors import (
    ConnectorAuthorizationFailed,
    ConnectorGeneral,
    ConnectorInvalidConfig,
    ConnectorInvalidResponse,
    ConnectorNotImplemented,
    ConnectorSessionNotFound,
    SocialAccessTokenInvalid,
    SocialCodeInvalid,
    SocialIdTokenInvalid,
)
from vestibule.http.guard import Length, Maybe, Nullable, Pattern, rule

Id = Annotated[str, rule(Length(1, 128))]
Email = Annotated[str, rule(Pattern(r"^\S+@\S+\.\S+$", "Expected an e-mail address."))]
Phone = Annotated[str, rule(Pattern(r"^\d+$", "Expected digits only."))]


class MetadataIn(Struct, rename="camel", omit_defaults=True):
    """Overrides of a factory's metadata."""

    target: Maybe[str] = UNSET
    name: Maybe[dict[str, str]] = UNSET
    logo: Maybe[str] = UNSET
    logo_dark: Maybe[Nullable[str]] = UNSET


class ConnectorCreate(Struct, rename="camel"):
    """A new instance of a factory."""

    connector_id: Id
    config: Maybe[dict[str, object]] = UNSET
    metadata: Maybe[MetadataIn] = UNSET
    sync_profile: Maybe[bool] = UNSET
    enable_token_storage: Maybe[bool] = UNSET
    id: Maybe[Id] = UNSET


class ConnectorPatch(Struct, rename="camel"):
    """What to change; `config` is replaced as a whole."""

    config: Maybe[dict[str, object]] = UNSET
    metadata: Maybe[MetadataIn] = UNSET
    sync_profile: Maybe[bool] = UNSET
    enable_token_storage: Maybe[bool] = UNSET


class ConnectorTest(Struct, rename="camel"):
    """A test message: to `phone` or `email`, the first winning, with a configuration that need not be stored."""

    config: dict[str, object]
    phone: Maybe[Phone] = UNSET
    email: Maybe[Email] = UNSET
    locale: Maybe[str] = UNSET


class AuthorizationAsked(Struct, rename="camel"):
    """A sign-in at a provider. `stateless` asks for what has to be remembered, sealed for the user `userId`."""

    state: str
    redirect_uri: str
    stateless: Maybe[bool] = UNSET
    user_id: Maybe[str] = UNSET


class AuthorizationOut(Struct, rename="camel", omit_defaults=True):
    """Where to send the browser; `session` goes back with the callback, within ten minutes and once."""

    redirect_to: str
    session: str | UnsetType = UNSET


CALLBACK_ERRORS = (
    ConnectorSessionNotFound,
    ConnectorGeneral,
    ConnectorInvalidConfig,
    ConnectorInvalidResponse,
    ConnectorAuthorizationFailed,
    SocialCodeInvalid,
    SocialAccessTokenInvalid,
    SocialIdTokenInvalid,
    ConnectorNotImplemented,
)
"""What can be wrong with a callback, or with the provider that it is exchanged at."""


class ListQuery(Struct):
    """The filter of the list."""

    target: Maybe[str] = UNSET


class FactoryOut(Struct, rename="camel"):
    """A factory: what can be configured."""

    id: str
    type: ConnectorType
    is_demo: bool
    target: str
    name: dict[str, str]
    description: dict[str, str]
    logo: str
    logo_dark: str | None
    readme: str
    form_items: list[FormItem]
    platform: Platform | None
    is_standard: bool | UnsetType = UNSET
    is_token_storage_supported: bool | UnsetType = UNSET


class ConnectorOut(Struct, rename="camel"):
    """An instance with its configuration in clear."""

    id: str
    connector_id: str
    type: ConnectorType
    is_demo: bool
    config: dict[str, object]
    metadata: dict[str, object]
    sync_profile: bool
    enable_token_storage: bool
    extra_info: dict[str, object]
    target: str
    name: dict[str, str]
    description: dict[str, str]
    logo: str
    logo_dark: str | None
    readme: str
    form_items: list[FormItem]
    platform: Platform | None
    is_standard: bool | UnsetType = UNSET
    is_token_storage_supported: bool | UnsetType = UNSET


def factory_out(factory: AnyFactory) -> FactoryOut:
    """Show a factory."""
    return FactoryOut(
        id=factory.id,
        type=factory.kind,
        is_demo=False,
        target=factory.target,
        name=dict(factory.name),
        description=dict(factory.description),
        logo=factory.logo,
        logo_dark=factory.logo_dark,
        readme=factory.readme,
        form_items=list(factory.form_items),
        platform=factory.platform,
        is_standard=factory.is_standard or UNSET,
        is_token_storage_supported=factory.is_token_storage_supported or UNSET,
    )


def connector_out(instance: Instance) -> ConnectorOut:
    """Show an instance; its metadata overrides that of its factory."""
    shown = ConnectorOut(
        **{**msgspec.structs.asdict(factory_out(instance.factory)), "id": instance.id},
        connector_id=instance.factory.id,
        config=instance.config,
        metadata=instance.metadata,
        sync_profile=instance.sync_profile,
        enable_token_storage=instance.enable_token_storage,
        extra_info={},
    )
    return msgspec.convert({**msgspec.to_builtins(shown), **instance.metadata}, ConnectorOut)


def present(metadata: MetadataIn | UnsetType) -> dict[str, object] | None:
    """Return the overrides that were sent, by their names on the wire."""
    if isinstance(metadata, UnsetType):
        return None
    return msgspec.convert(msgspec.to_builtins(metadata), dict[str, object])
