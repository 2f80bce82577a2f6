"""The secrets of an application: several, each with a name, some with an end."""

from vestibule.crypto import new_secret
from vestibule.db import Tx, UniqueViolation
from vestibule.domain.context import Context
from vestibule.domain.shown_secrets import APPLICATION_SECRET
from vestibule.errors import (
    ApplicationSecretNameInUse,
    EntityConstraintViolated,
    EntityNotExists,
    EntityNotExistsWithId,
    EntityNotFound,
    InvalidRequest,
)
from vestibule.model import BUILT_IN_APPLICATION, ApplicationSecret
from vestibule.store import application_secrets as store
from vestibule.store import applications

DEFAULT_NAME = "Default secret"
NAME_IN_USE = "application_secrets__pk"


async def add_default_secret(tx: Tx, ctx: Context, application_id: str) -> str:
    """Give a new application its first secret; returns the value."""
    _, value = await _add(tx, ctx, application_id, DEFAULT_NAME, None)
    return value


async def _add(
    tx: Tx, ctx: Context, application_id: str, name: str, expires_at: int | None
) -> tuple[ApplicationSecret, str]:
    value = new_secret()
    digest = APPLICATION_SECRET.digest(ctx, value)
    sealed = APPLICATION_SECRET.seal(ctx, f"{application_id}/{digest}", value)
    secret = ApplicationSecret(application_id, name, digest, sealed, ctx.clock.now(), expires_at)
    await tx.run(
        store.INSERT,
        application_id=application_id,
        name=name,
        value_digest=digest,
        value_sealed=sealed,
        created_at=secret.created_at,
        expires_at=expires_at,
    )
    return secret, value


def shown_value(ctx: Context, secret: ApplicationSecret) -> str:
    """Return the value to show in a list, as far as the setting lets it be shown."""
    return APPLICATION_SECRET.show(ctx, f"{secret.application_id}/{secret.value_digest}", secret.value_sealed)


async def of_application(ctx: Context, application_id: str) -> list[ApplicationSecret]:
    """Return the secrets of an application, oldest first; raises EntityNotExistsWithId."""
    async with ctx.db.read() as tx:
        await _type_of(tx, application_id)
        return await tx.all(store.OF_APPLICATION, application_id=application_id)


async def _type_of(tx: Tx, application_id: str) -> str:
    found = [] if application_id == BUILT_IN_APPLICATION else await tx.all(applications.TYPES, ids=[application_id])
    if not found:
        raise EntityNotExistsWithId
    return str(found[0][1])


async def create(ctx: Context, application_id: str, name: str, expires_at: int | None) -> tuple[ApplicationSecret, str]:
    """Add a secret; returns it with its value.

    Raises InvalidRequest for an end in the past, EntityNotExistsWithId, ApplicationSecretNameInUse, and
    EntityConstraintViolated for an application that cannot keep a secret.
    """
    if expires_at is not None and expires_at <= ctx.clock.now():
        raise InvalidRequest("`expiresAt` has to lie in the future.")
    try:
        async with ctx.db.write() as tx:
            if await _type_of(tx, application_id) in {"Native", "SPA"}:
                raise EntityConstraintViolated("Applications of this type cannot keep a secret.")
            return await _add(tx, ctx, application_id, name, expires_at)
    except UniqueViolation as error:
        raise _in_use(error) from error


async def rename(ctx: Context, application_id: str, name: str, new_name: str) -> ApplicationSecret:
    """Rename a secret. Raises EntityNotExists, ApplicationSecretNameInUse."""
    try:
        async with ctx.db.write() as tx:
            secret = await tx.one(store.RENAME, of_application=application_id, old_name=name, name=new_name)
    except UniqueViolation as error:
        raise _in_use(error) from error
    if secret is None:
        raise EntityNotExists
    return secret


def _in_use(error: UniqueViolation) -> Exception:
    return ApplicationSecretNameInUse() if error.constraint == NAME_IN_USE else error


async def delete(ctx: Context, application_id: str, name: str) -> None:
    """Delete a secret; it is refused from the next request on. Raises EntityNotFound."""
    async with ctx.db.write() as tx:
        if not await tx.run(store.DELETE, of_application=application_id, old_name=name):
            raise EntityNotFound
