"""Connectors: factories that can be configured, and the instances an operator has made of them."""

import json
from collections import Counter
from dataclasses import dataclass

from vestibule.connectors.configuration import cleaned
from vestibule.connectors.factory import ConnectorType, Factory, Message
from vestibule.connectors.registry import Factories
from vestibule.connectors.registry import factories as offered
from vestibule.connectors.templates import GENERIC
from vestibule.crypto import new_short_id
from vestibule.db import UniqueViolation
from vestibule.domain.context import Context
from vestibule.errors import (
    ConnectorFactoryNotFound,
    ConnectorMetadataFixed,
    ConnectorNotFound,
    ConnectorSyncProfileRefused,
    ConnectorTokenStorageRefused,
    ConnectorUnexpectedType,
    EntityCreateFailed,
    EntityNotFound,
    MoreThanOneEmailConnector,
    MoreThanOneSmsConnector,
)
from vestibule.model import Connector
from vestibule.store import configs
from vestibule.store import connectors as store

Config = dict[str, object]
AnyFactory = Factory[object]
OVERRIDABLE = frozenset({"target", "name", "logo", "logoDark"})
TEST_CODE = "000000"


class FactoryUnusable(ConnectorNotFound):
    """A test message was asked of something that is not an e-mail or SMS factory."""

    status = 400
    message = "There is no e-mail or SMS connector factory with this id."


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
    found = [_opened(ctx, row) for row in rows if row.connector_id in factories(ctx)]
    return sorted(found, key=lambda instance: instance.id)


async def list_checked(ctx: Context, target: str | None = None) -> list[Instance]:
    """Return the instances, of one effective target if given; raises when two of them send the same kind of message."""
    instances = await list_instances(ctx)
    kinds = Counter(instance.factory.kind for instance in instances)
    if kinds["Email"] > 1:
        raise MoreThanOneEmailConnector
    if kinds["Sms"] > 1:
        raise MoreThanOneSmsConnector
    return [instance for instance in instances if target is None or instance.target == target]


async def get_instance(ctx: Context, connector_id: str) -> Instance:
    """Return one instance; raises EntityNotFound."""
    async with ctx.db.read() as tx:
        row = await tx.one(store.GET, id=connector_id)
    if row is None or row.connector_id not in factories(ctx):
        raise EntityNotFound
    return _opened(ctx, row)


async def instance_for(ctx: Context, kind: ConnectorType) -> Instance:
    """Return the instance that sends messages of one kind; raises ConnectorNotFound."""
    for instance in await list_instances(ctx):
        if instance.factory.kind == kind:
            return instance
    raise ConnectorNotFound


async def create(ctx: Context, new: NewConnector) -> Instance:
    """Store an instance; an earlier one for the same kind of messages goes in the same transaction.

    Raises ConnectorFactoryNotFound, ConnectorInvalidConfig, ConnectorTokenStorageRefused, EntityCreateFailed.
    """
    factory = factories(ctx).get(new.factory_id)
    if factory is None:
        raise ConnectorFactoryNotFound
    config = cleaned(new.config or {})
    if new.config is not None:
        factory.read(config)
    if new.enable_token_storage:
        raise ConnectorTokenStorageRefused
    instance_id = new.id or new_short_id()
    metadata = {key: value for key, value in cleaned(new.metadata or {}).items() if key in OVERRIDABLE}
    same_kind = [other.id for other in factories(ctx).values() if other.kind == factory.kind]
    async with ctx.db.write() as tx:
        await tx.run(configs.PUT, key=store.REVISION, value=json.dumps(instance_id))
        try:
            await tx.run(
                store.INSERT,
                id=instance_id,
                connector_id=factory.id,
                config_sealed=_sealed(ctx, instance_id, config),
                metadata=json.dumps(metadata),
                sync_profile=new.sync_profile,
                enable_token_storage=False,
                created_at=ctx.clock.now(),
            )
        except UniqueViolation as error:
            raise EntityCreateFailed from error
        await tx.run(store.DELETE_OTHERS, kept_id=instance_id, factory_ids=same_kind)
    return Instance(instance_id, factory, config, metadata, new.sync_profile, enable_token_storage=False)


async def update(ctx: Context, connector_id: str, change: ConnectorChange) -> Instance:
    """Change an instance; its configuration is replaced as a whole.

    Raises EntityNotFound, ConnectorMetadataFixed, ConnectorSyncProfileRefused, ConnectorTokenStorageRefused,
    ConnectorInvalidConfig.
    """
    instance = await get_instance(ctx, connector_id)
    if change.metadata is not None:
        raise ConnectorMetadataFixed
    if change.sync_profile:
        raise ConnectorSyncProfileRefused
    if change.enable_token_storage:
        raise ConnectorTokenStorageRefused
    if change == ConnectorChange():
        return instance
    sealed = None
    if change.config is not None:
        config = cleaned(change.config)
        instance.factory.read(config)
        sealed = _sealed(ctx, connector_id, config)
    async with ctx.db.write() as tx:
        row = await tx.one(
            store.UPDATE,
            row_id=connector_id,
            config_sealed=sealed,
            sync_profile=change.sync_profile,
            enable_token_storage=change.enable_token_storage,
        )
    if row is None:
        raise EntityNotFound
    return _opened(ctx, row)


async def remove(ctx: Context, connector_id: str) -> None:
    """Delete an instance; raises EntityNotFound."""
    await get_instance(ctx, connector_id)
    async with ctx.db.write() as tx:
        if await tx.run(store.DELETE, row_id=connector_id) == 0:
            raise EntityNotFound


async def send_test(
    ctx: Context, factory_id: str, kind: ConnectorType, to: str, config: Config, *, locale: str | None, ip: str | None
) -> None:
    """Send a message with a configuration that need not be stored; raises the connector errors."""
    factory = factories(ctx).get(factory_id)
    if factory is None or factory.kind == "Social":
        raise FactoryUnusable
    if factory.kind != kind:
        raise ConnectorUnexpectedType
    payload = {"code": TEST_CODE} | ({"locale": locale} if locale else {})
    await factory.send(ctx.outgoing, cleaned(config), Message(to, GENERIC, payload, ctx.clock.now(), ip))


def _sealed(ctx: Context, connector_id: str, config: Config) -> str:
    return ctx.sealer.seal(json.dumps(config).encode(), store.TABLE, store.COLUMN, connector_id)


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
