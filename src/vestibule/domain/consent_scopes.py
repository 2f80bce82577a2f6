"""What a third-party application may ask people for (contract section 5.4); first parties may ask for anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vestibule.db import Tx
from vestibule.domain.applications import get_application
from vestibule.domain.authorization import IDENTITY_SCOPES, OFFLINE_ACCESS, OPENID
from vestibule.domain.context import Context
from vestibule.errors import ConsentScopesNotFound, EntityNotFound
from vestibule.store import consent_scopes as store
from vestibule.store import scopes
from vestibule.store.consent_scopes import ConsentScope

ALWAYS = (OPENID, OFFLINE_ACCESS)
"""Scopes that need not be enabled: they show nothing about the user."""
USER_SCOPES = tuple(scope for scope in IDENTITY_SCOPES if scope not in ALWAYS)

ScopeKind = Literal["organization-scopes", "resource-scopes", "organization-resource-scopes", "user-scopes"]


@dataclass(frozen=True)
class Enabled:
    """Scopes about the user by name, and scopes of resources."""

    user_scopes: tuple[str, ...]
    resource_scopes: tuple[ConsentScope, ...]

    def names(self) -> frozenset[str]:
        """Return every name that an authorization request may hold."""
        return frozenset({*ALWAYS, *self.user_scopes, *(scope.name for scope in self.resource_scopes)})

    def at(self, indicator: str | None) -> frozenset[str]:
        """Return the names that count at a resource, or about the user when there is none."""
        if indicator is None:
            return frozenset({*ALWAYS, *self.user_scopes})
        return frozenset(scope.name for scope in self.resource_scopes if scope.indicator == indicator)


async def enabled(tx: Tx, application_id: str) -> Enabled:
    """Return what an application may ask for now."""
    user_scopes = await tx.all(store.USER_SCOPES, application_id=application_id)
    resource_scopes = await tx.all(store.RESOURCE_SCOPES, application_id=application_id)
    return Enabled(tuple(str(row[0]) for row in user_scopes), tuple(resource_scopes))


async def get(ctx: Context, application_id: str) -> Enabled:
    """Return what an application may ask for; raises EntityNotExistsWithId."""
    async with ctx.db.read() as tx:
        await get_application(tx, application_id)
        return await enabled(tx, application_id)


async def add(
    ctx: Context,
    application_id: str,
    *,
    user_scopes: Sequence[str] = (),
    resource_scopes: Sequence[str] = (),
    organization_scopes: Sequence[str] = (),
    organization_resource_scopes: Sequence[str] = (),
) -> None:
    """Enable scopes, resource scopes by their ids, all of them or none.

    Raises EntityNotExistsWithId, ConsentScopesNotFound. There are no organizations, so nothing of theirs is found.
    """
    async with ctx.db.write() as tx:
        await get_application(tx, application_id)
        wanted = list(dict.fromkeys(resource_scopes))
        known = {scope.id for scope in await tx.all(scopes.BY_IDS, ids=wanted)} if wanted else set()
        missing = {
            "invalidOrganizationScopes": list(organization_scopes),
            "invalidResourceScopes": [scope_id for scope_id in wanted if scope_id not in known],
            "invalidOrganizationResourceScopes": list(organization_resource_scopes),
        }
        if any(missing.values()):
            raise ConsentScopesNotFound(data={name: ids for name, ids in missing.items() if ids})
        await tx.many(store.ADD_USER_SCOPE, [{"application_id": application_id, "scope": name} for name in user_scopes])
        await tx.many(
            store.ADD_RESOURCE_SCOPE, [{"application_id": application_id, "scope_id": item} for item in wanted]
        )


async def remove(ctx: Context, application_id: str, kind: ScopeKind, scope: str) -> None:
    """Disable a scope, from the next token on. Raises EntityNotExistsWithId, EntityNotFound."""
    statements = {"user-scopes": store.REMOVE_USER_SCOPE, "resource-scopes": store.REMOVE_RESOURCE_SCOPE}
    statement = statements.get(kind)
    async with ctx.db.write() as tx:
        await get_application(tx, application_id)
        if statement is None or not await tx.run(statement, of_application=application_id, removed=scope):
            raise EntityNotFound
