"""Connectors: factories that can be configured, and the instances an operator has made of them."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vestibule.connectors.configuration import cleaned
from vestibule.connectors.factory import ConnectorType, Factory, Message, SenderFactory
from vestibule.connectors.registry import Factories
from vestibule.connectors.registry import factories as offered
from vestibule.connectors.social.factory import SocialFactory
from vestibule.connectors.templates import GENERIC
from vestibule.crypto import new_short_id
from vestibule.db import Tx, UniqueViolation
from vestibule.domain import email_templates
from vestibule.domain.context import Context
from vestibule.errors import (
    ConnectorFactoryNotFound,
    ConnectorInstanceExists,
    ConnectorMetadataFixed,
    ConnectorNotFound,
    ConnectorSyncProfileRefused,
    ConnectorTargetFixed,
    ConnectorTargetMissing,
    ConnectorTargetTaken,
    ConnectorTokenStorageRefused,
    ConnectorUnexpectedType,
    EntityCreateFailed,
    EntityNotFound,
    MoreThanOneEmailConnector,
    MoreThanOneSmsConnector,
)
from vestibule.model import Connector
from vestibule.store import configs, token_secrets
from vestibule.store import connectors as store

Config = dict[str, object]
AnyFactory = Factory[object]
OVERRIDABLE = frozenset({"target", "name", "logo", "logoDark"})
TEST_CODE = "000000"


class FactoryUnusable(ConnectorNotFound):
    """A test message was asked of something that is not an e-mail or SMS factory."""

    status = 400
    message = "There is no e-mail or SMS connector factory with this id."


class TargetsTaken(ConnectorTargetTaken):
    """Two connectors in the store stand for the same provider on the same platform."""

    status = 400
    message = "Two connectors stand for the same provider. Delete one of them."


@dataclass(frozen=True)
class Instance:
    """A configured connector, its configuration opened; `metadata` overrides the factory's."""

    id: str
    factory: AnyFactory
    config: Config
    metadata: Config
    sync_profile: bool
    enable_token_storage: bool

    @property
    def target(self) -> str:
        """The effective provider key."""
        return str(self.metadata.get("target", self.factory.target))

    @property
    def name(self) -> object:
        """The effective name, by language tag."""
        return self.metadata.get("name", dict(self.factory.name))

    @property
    def party(self) -> tuple[object, ...]:
        """With whom it deals: tokens that others gave are not kept for them, nor sent to them."""
        return self.factory.party(self.config)


@dataclass(frozen=True, kw_only=True)
class NewConnector:
    """What an operator says of a new instance; an absent configuration is stored as an empty one."""

    factory_id: str
    id: str | None = None
    config: Config | None = None
    metadata: Config | None = None
    sync_profile: bool = False
    enable_token_storage: bool = False


@dataclass(frozen=True, kw_only=True)
class ConnectorChange:
    """What to change of an instance; None leaves it as it is."""

    config: Config | None = None
    metadata: Config | None = None
    sync_profile: bool | None = None
    enable_token_storage: bool | None = None


def factories(ctx: Context) -> Factories:
    """Return the factories that this server offers, by id."""
    return offered(ctx.settings)


def get_factory(ctx: Context, factory_id: str) -> AnyFactory:
    """Return a factory; raises EntityNotFound."""
    factory = factories(ctx).get(factory_id)
    if factory is None:
        raise EntityNotFound
    return factory


async def list_instances(ctx: Context) -> list[Instance]:
    """Return the instances whose factory is offered, by id."""
    async with ctx.db.read() as tx:
        rows = await tx.all(store.LIST)
    return sorted(_offered(ctx, rows), key=lambda instance: instance.id)


async def factory_kinds(tx: Tx, ctx: Context) -> set[ConnectorType]:
    """Return of which kinds there are instances, without opening their configuration."""
    known = factories(ctx)
    held = [str(name) for (name,) in await tx.all(store.FACTORIES)]
    return {known[name].kind for name in held if name in known}


async def list_checked(ctx: Context, target: str | None = None) -> list[Instance]:
    """Return the instances, of one effective target if given.

    Raises TargetsTaken, MoreThanOneEmailConnector, MoreThanOneSmsConnector when two of them do one thing.
    """
    instances = await list_instances(ctx)
    places = Counter((one.target, one.factory.platform) for one in instances if one.factory.platform is not None)
    if any(count > 1 for count in places.values()):
        raise TargetsTaken
    kinds = Counter(instance.factory.kind for instance in instances)
    if kinds["Email"] > 1:
        raise MoreThanOneEmailConnector
    if kinds["Sms"] > 1:
        raise MoreThanOneSmsConnector
    return [instance for instance in instances if target is None or instance.target == target]


def names(instance: Instance) -> dict[str, str]:
    """Return the effective name of an instance, by language tag."""
    own = instance.metadata.get("name")
    return {str(tag): str(name) for tag, name in (own if isinstance(own, dict) else instance.factory.name).items()}


def logo(instance: Instance) -> str:
    """Return the effective picture of an instance."""
    return str(instance.metadata.get("logo", instance.factory.logo))


async def is_held(ctx: Context, connector_id: str) -> bool:
    """Tell whether there is an instance with this id."""
    async with ctx.db.read() as tx:
        return await tx.one(store.GET, id=connector_id) is not None


async def buttons(ctx: Context) -> list[Instance]:
    """Return the providers that people may sign in with, in the order that administrators have set."""
    targets = ctx.live.experience.social_sign_in_connector_targets
    if not targets:
        return []
    held = [one for one in await list_instances(ctx) if one.factory.kind == "Social"]
    return [one for target in dict.fromkeys(targets) for one in held if one.target == target]


async def is_open(tx: Tx, ctx: Context, connector_id: str, target: str) -> bool:
    """Tell whether people may sign in through a connector, which is still there and has this target (B75)."""
    row = await tx.one(store.GET, id=connector_id)
    if row is None or row.connector_id not in factories(ctx):
        return False
    return lets_in(ctx, target) and _opened(ctx, row).target == target


def lets_in(ctx: Context, target: str) -> bool:
    """Tell whether administrators let people sign in through providers with this target."""
    return target in ctx.live.experience.social_sign_in_connector_targets


async def get_instance(ctx: Context, connector_id: str) -> Instance:
    """Return one instance; raises EntityNotFound."""
    async with ctx.db.read() as tx:
        row = await tx.one(store.GET, id=connector_id)
    if row is None or row.connector_id not in factories(ctx):
        raise EntityNotFound
    return _opened(ctx, row)


async def held_in(tx: Tx, ctx: Context, connector_id: str) -> Instance | None:
    """Return one instance, which does not change before the transaction is over; None where there is none."""
    row = await tx.one(store.GET_HELD, id=connector_id)
    return None if row is None or row.connector_id not in factories(ctx) else _opened(ctx, row)


async def instance_for(ctx: Context, kind: ConnectorType) -> Instance:
    """Return the instance that sends messages of one kind; raises ConnectorNotFound."""
    for instance in await list_instances(ctx):
        if instance.factory.kind == kind:
            return instance
    raise ConnectorNotFound


def sender_of(instance: Instance) -> SenderFactory[object]:
    """Return the factory of an instance that sends messages; raises ConnectorUnexpectedType for any other."""
    if not isinstance(instance.factory, SenderFactory):
        raise ConnectorUnexpectedType
    return instance.factory


async def create(ctx: Context, new: NewConnector) -> Instance:
    """Store an instance; an earlier one for the same kind of messages goes in the same transaction.

    Raises ConnectorFactoryNotFound, ConnectorTargetMissing, ConnectorMetadataFixed, ConnectorInstanceExists,
    ConnectorTargetTaken, ConnectorInvalidConfig, ConnectorTokenStorageRefused, EntityCreateFailed.
    """
    factory = factories(ctx).get(new.factory_id)
    if factory is None:
        raise ConnectorFactoryNotFound
    metadata = _overrides(factory, new.metadata)
    instance = Instance(new.id or new_short_id(), factory, cleaned(new.config or {}), metadata, new.sync_profile, False)
    _check_place(instance, await list_instances(ctx))
    if new.config is not None:
        await _check_config(ctx, instance.factory, instance.config)
    if new.enable_token_storage and not factory.is_token_storage_supported:
        raise ConnectorTokenStorageRefused
    instance = replace(instance, enable_token_storage=new.enable_token_storage)
    await _insert(ctx, instance)
    return instance


async def _insert(ctx: Context, instance: Instance) -> None:
    same_kind = [other.id for other in factories(ctx).values() if other.kind == instance.factory.kind]
    async with ctx.db.write() as tx:
        await tx.run(configs.PUT, key=store.REVISION, value=json.dumps(instance.id))  # one at a time
        _check_place(instance, _offered(ctx, await tx.all(store.LIST)))
        try:
            await tx.run(
                store.INSERT,
                id=instance.id,
                connector_id=instance.factory.id,
                config_sealed=_sealed(ctx, instance.id, instance.config),
                metadata=json.dumps(instance.metadata),
                sync_profile=instance.sync_profile,
                enable_token_storage=instance.enable_token_storage,
                created_at=ctx.clock.now(),
            )
        except UniqueViolation as error:
            raise EntityCreateFailed from error
        if instance.factory.kind != "Social":
            await tx.run(store.DELETE_OTHERS, kept_id=instance.id, factory_ids=same_kind)


async def _check_config(ctx: Context, factory: AnyFactory, config: Config) -> None:
    """Raise ConnectorInvalidConfig for what could not be used, or only in plain text."""
    factory.read(config)
    if isinstance(factory, SocialFactory):
        await factory.check_addresses(ctx.outgoing, config)


def _overrides(factory: AnyFactory, metadata: Config | None) -> Config:
    """Return what a new instance says of itself; raises ConnectorTargetMissing, ConnectorMetadataFixed."""
    kept = {key: value for key, value in cleaned(metadata or {}).items() if key in OVERRIDABLE}
    if factory.kind == "Social":
        if factory.is_standard and "target" not in kept:
            raise ConnectorTargetMissing
        if not factory.is_standard and metadata is not None:
            raise ConnectorMetadataFixed
    return kept


def _check_place(instance: Instance, others: Sequence[Instance]) -> None:
    """See that nothing stands where an instance wants to; raises ConnectorInstanceExists, ConnectorTargetTaken."""
    if instance.factory.kind != "Social":
        return
    if not instance.factory.is_standard and any(other.factory.id == instance.factory.id for other in others):
        raise ConnectorInstanceExists
    for other in others:
        if other.target == instance.target and other.factory.platform == instance.factory.platform:
            raise ConnectorTargetTaken(data={"connectorId": other.factory.id, "connectorName": other.name})


async def update(ctx: Context, connector_id: str, change: ConnectorChange) -> Instance:
    """Change an instance; its configuration and its metadata are each replaced as a whole.

    Raises EntityNotFound, ConnectorTargetFixed, ConnectorMetadataFixed, ConnectorSyncProfileRefused,
    ConnectorTokenStorageRefused, ConnectorInvalidConfig.
    """
    instance = await get_instance(ctx, connector_id)
    _check_change(instance, change)
    if change == ConnectorChange():
        return instance
    sealed = metadata = None
    if change.metadata is not None:
        metadata = json.dumps(_overrides(instance.factory, change.metadata))
    if change.config is not None:
        config = cleaned(change.config)
        await _check_config(ctx, instance.factory, config)
        sealed = _sealed(ctx, connector_id, config)
    async with ctx.db.write() as tx:
        held = await tx.one(store.GET_LOCKED, id=connector_id)
        row = await tx.one(
            store.UPDATE,
            row_id=connector_id,
            config_sealed=sealed,
            metadata=metadata,
            sync_profile=change.sync_profile,
            enable_token_storage=change.enable_token_storage,
        )
        if held is None or row is None:
            raise EntityNotFound
        if change.enable_token_storage is False or _opened(ctx, held).party != _opened(ctx, row).party:
            await tx.run(token_secrets.DELETE_OF_CONNECTOR, connector=connector_id)
    return _opened(ctx, row)


def _check_change(instance: Instance, change: ConnectorChange) -> None:
    factory = instance.factory
    if change.metadata is not None:
        if not factory.is_standard:
            raise ConnectorMetadataFixed
        if change.metadata.get("target") != instance.target:
            raise ConnectorTargetFixed
    if change.sync_profile and factory.kind != "Social":
        raise ConnectorSyncProfileRefused
    if change.enable_token_storage and not factory.is_token_storage_supported:
        raise ConnectorTokenStorageRefused


async def remove(ctx: Context, connector_id: str) -> Instance:
    """Delete an instance and return it; raises EntityNotFound."""
    instance = await get_instance(ctx, connector_id)
    async with ctx.db.write() as tx:
        if await tx.run(store.DELETE, row_id=connector_id) == 0:
            raise EntityNotFound
    return instance


async def send_test(
    ctx: Context, factory_id: str, kind: ConnectorType, to: str, config: Config, *, locale: str | None, ip: str | None
) -> None:
    """Send a message with a configuration that need not be stored; raises the connector errors."""
    factory = factories(ctx).get(factory_id)
    if not isinstance(factory, SenderFactory):
        raise FactoryUnusable
    if factory.kind != kind:
        raise ConnectorUnexpectedType
    payload = {"code": TEST_CODE} | ({"locale": locale} if locale else {})
    wording = await email_templates.wording(ctx, GENERIC, payload) if factory.localised else None
    await factory.send(ctx.outgoing, cleaned(config), Message(to, GENERIC, payload, ctx.clock.now(), ip, wording))


def _sealed(ctx: Context, connector_id: str, config: Config) -> str:
    return ctx.sealer.seal(json.dumps(config).encode(), store.TABLE, store.COLUMN, connector_id)


def _offered(ctx: Context, rows: Sequence[Connector]) -> list[Instance]:
    return [_opened(ctx, row) for row in rows if row.connector_id in factories(ctx)]


def _opened(ctx: Context, row: Connector) -> Instance:
    config = json.loads(ctx.sealer.open(row.config_sealed, store.TABLE, store.COLUMN, row.id))
    return Instance(
        row.id,
        factories(ctx)[row.connector_id],
        config,
        json.loads(row.metadata),
        row.sync_profile,
        row.enable_token_storage,
    )
