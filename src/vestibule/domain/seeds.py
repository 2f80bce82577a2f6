"""What every store holds from the first start: the Management API, the role that opens it, the built-in client."""

import msgspec

from vestibule.crypto import new_id
from vestibule.db import Tx
from vestibule.domain.context import Context
from vestibule.domain.resources import ensure_resource
from vestibule.domain.roles import insert
from vestibule.model import (
    ADMIN_ROLE_ID,
    ADMIN_ROLE_NAME,
    BUILT_IN_APPLICATION,
    MANAGEMENT_RESOURCE,
    MANAGEMENT_RESOURCE_ID,
    MANAGEMENT_SCOPE,
    Role,
    folded,
)
from vestibule.store import applications, configs, roles
from vestibule.store import scopes as scope_store

MANAGEMENT_RESOURCE_NAME = "Logto Management API"
MANAGEMENT_ROLE = "Logto Management API access"
MANAGEMENT_ROLE_WORDS = "Opens the Management API to programs."
DEMO_NAME = "Demo"


async def seed(ctx: Context) -> None:
    """Create what is missing; idempotent, and cheap when nothing is."""
    scopes = {MANAGEMENT_SCOPE: "Everything the Management API can do."}
    resource = await ensure_resource(
        ctx, MANAGEMENT_RESOURCE, MANAGEMENT_RESOURCE_NAME, scopes, resource_id=MANAGEMENT_RESOURCE_ID
    )
    async with ctx.db.write() as tx:
        await tx.run(configs.PUT, key="seeding", value="{}")  # one at a time
        await _seed_roles(tx, resource.id)
        address = f"{ctx.settings.public_url}/{BUILT_IN_APPLICATION}"
        metadata = {"redirectUris": [address], "postLogoutRedirectUris": [address]}
        await tx.run(
            applications.UPSERT,
            id=BUILT_IN_APPLICATION,
            name=DEMO_NAME,
            description=None,
            type="SPA",
            oidc_client_metadata=msgspec.json.encode(metadata).decode(),
            custom_client_metadata="{}",
            custom_data="{}",
            is_third_party=False,
            created_at=ctx.clock.now(),
            **folded(name=DEMO_NAME, description=None),
        )


async def _seed_roles(tx: Tx, resource_id: str) -> None:
    """Make the two roles that open the Management API; what operators did to the one of them that is theirs stays."""
    held = await tx.all(scope_store.OF_RESOURCE, resource_id=resource_id)
    names = {MANAGEMENT_ROLE: new_id(), ADMIN_ROLE_NAME: ADMIN_ROLE_ID}
    for name, role_id in names.items():
        if await tx.value(roles.FIND, name=name) is None:
            await insert(tx, Role(role_id, name, MANAGEMENT_ROLE_WORDS, "MachineToMachine", False))
            await tx.many(roles.HOLD_SCOPE, [{"role_id": role_id, "scope_id": scope.id} for scope in held])
