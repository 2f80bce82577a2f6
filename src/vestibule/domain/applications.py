"""Applications: created, changed, deleted by operators; `clients` is what they are to the protocol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from vestibule.crypto import new_id
from vestibule.db import Statement, Tx
from vestibule.domain.application_rules import check_changed, check_new
from vestibule.domain.application_secrets import add_default_secret
from vestibule.domain.clients import ClientSettings
from vestibule.domain.context import Context
from vestibule.domain.seeds import MANAGEMENT_ROLE
from vestibule.errors import ApplicationTypeInvalid, EntityInvalidInput, EntityNotExistsWithId, EntityNotFound
from vestibule.model import ADMIN_ROLE_ID, BUILT_IN_APPLICATION, Application, ApplicationType, folded
from vestibule.store import applications as store
from vestibule.store import consent_scopes, role_holders, roles

JsonText = str
NO_ADDRESSES = '{"redirectUris":[],"postLogoutRedirectUris":[]}'

_settings = msgspec.json.Decoder(ClientSettings).decode


@dataclass(frozen=True, kw_only=True)
class NewApplication:
    """What an application starts with.

    `management` gives it the role that opens the Management API; `user_scopes` are what a third party may ask for.
    """

    type: ApplicationType
    name: str
    description: str | None = None
    oidc_client_metadata: JsonText = NO_ADDRESSES
    custom_client_metadata: JsonText = "{}"
    custom_data: JsonText = "{}"
    is_third_party: bool = False
    management: bool = False
    user_scopes: Sequence[str] = ()


async def create(ctx: Context, new: NewApplication) -> tuple[Application, str | None]:
    """Create an application; one that can keep a secret gets one, whose value is returned this once.

    Raises what `application_rules.check_new` raises.
    """
    check_new(new.type, _settings(new.custom_client_metadata), is_third_party=new.is_third_party)
    application = Application(
        new_id(),
        new.name,
        new.description,
        new.type,
        new.oidc_client_metadata,
        new.custom_client_metadata,
        new.custom_data,
        new.is_third_party,
        ctx.clock.now(),
    )
    async with ctx.db.write() as tx:
        words = folded(name=application.name, description=application.description)
        await tx.run(store.INSERT, **msgspec.structs.asdict(application), **words)
        secret = None if application.is_public else await add_default_secret(tx, ctx, application.id)
        if new.management:
            role_id = await tx.value(roles.FIND, name=MANAGEMENT_ROLE)
            await tx.run(role_holders.APPLICATIONS.give, application_id=application.id, role_id=role_id)
        rows = [{"application_id": application.id, "scope": scope} for scope in new.user_scopes]
        await tx.many(consent_scopes.ADD_USER_SCOPE, rows)
    return application, secret


async def create_application(
    ctx: Context,
    type: ApplicationType,  # noqa: A002 - the contract's word
    name: str,
    redirect_uris: Sequence[str] = (),
    post_logout_uris: Sequence[str] = (),
    *,
    management: bool = False,
    third_party: bool = False,
    user_scopes: Sequence[str] = (),
) -> tuple[Application, str | None]:
    """Create an application from its addresses alone; returns and raises as `create`."""
    addresses = {"redirectUris": list(redirect_uris), "postLogoutRedirectUris": list(post_logout_uris)}
    new = NewApplication(
        type=type,
        name=name,
        oidc_client_metadata=msgspec.json.encode(addresses).decode(),
        is_third_party=third_party,
        management=management,
        user_scopes=user_scopes,
    )
    return await create(ctx, new)


async def get_application(tx: Tx, application_id: str, statement: Statement[Application] = store.GET) -> Application:
    """Return an application that operators made; raises EntityNotExistsWithId."""
    application = await tx.one(statement, id=application_id)
    if application is None or application.id == BUILT_IN_APPLICATION:
        raise EntityNotExistsWithId
    return application


async def is_admin(tx: Tx, application_id: str) -> bool:
    """Tell whether an application has the internal role that opens the Management API."""
    held = await tx.all(role_holders.APPLICATIONS.held, holder_id=application_id, role_ids=[ADMIN_ROLE_ID])
    return bool(held)


async def change(
    ctx: Context, application_id: str, changes: Mapping[str, str | None], *, admin: bool | None = None
) -> Application:
    """Change columns, JSON columns as whole texts; `admin` gives or takes the internal role.

    Raises EntityNotExistsWithId, EntityInvalidInput, ApplicationTypeInvalid, and as `application_rules.check_changed`.
    """
    async with ctx.db.write() as tx:
        application = await get_application(tx, application_id)
        if not changes and admin is None:
            raise EntityInvalidInput
        if (text := changes.get("custom_client_metadata")) is not None:
            check_changed(application.type, _settings(text), is_third_party=application.is_third_party)
        if admin is not None:
            await _set_admin(tx, application, admin)
        if not changes:
            return application
        words = {name: changes[name] for name in ("name", "description") if name in changes}
        changed = await store.change(tx, application_id, {**changes, **folded(**words)})
    if changed is None:
        raise EntityNotExistsWithId
    return changed


async def _set_admin(tx: Tx, application: Application, admin: bool) -> None:
    if not admin:
        await tx.run(role_holders.APPLICATIONS.take, holder_id=application.id, role=ADMIN_ROLE_ID)
        return
    if application.type != "MachineToMachine":
        raise ApplicationTypeInvalid
    await tx.run(role_holders.APPLICATIONS.give, application_id=application.id, role_id=ADMIN_ROLE_ID)


async def merge_custom_data(ctx: Context, application_id: str, members: Mapping[str, object]) -> Application:
    """Merge members into the custom data, one level deep; raises EntityNotExistsWithId."""
    async with ctx.db.write() as tx:
        application = await get_application(tx, application_id, store.GET_LOCKED)
        held: dict[str, object] = msgspec.json.decode(application.custom_data)
        text = msgspec.json.encode({**held, **members}).decode()
        changed = await store.change(tx, application_id, {"custom_data": text})
    if changed is None:
        raise EntityNotExistsWithId
    return changed


async def delete(ctx: Context, application_id: str) -> None:
    """Delete an application with its secrets, roles, grants and tokens; raises EntityNotFound."""
    async with ctx.db.write() as tx:
        if application_id == BUILT_IN_APPLICATION or not await tx.run(store.DELETE, application_id=application_id):
            raise EntityNotFound
