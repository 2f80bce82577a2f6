"""What every store holds from the first start: the Management API, the role that opens it, the built-in client."""

import msgspec

from vestibule.domain.context import Context
from vestibule.domain.resources import ensure_resource
from vestibule.domain.roles import ensure_role
from vestibule.model import MANAGEMENT_RESOURCE, MANAGEMENT_RESOURCE_ID, MANAGEMENT_SCOPE, folded
from vestibule.store import applications, roles
from vestibule.store import scopes as scope_store

MANAGEMENT_RESOURCE_NAME = "Logto Management API"
MANAGEMENT_ROLE = "Logto Management API access"
DEMO_APPLICATION, DEMO_NAME = "demo-app", "Demo"


async def seed(ctx: Context) -> None:
    """Create what is missing; idempotent, and cheap when nothing is."""
    scopes = {MANAGEMENT_SCOPE: "Everything the Management API can do."}
    resource = await ensure_resource(
        ctx, MANAGEMENT_RESOURCE, MANAGEMENT_RESOURCE_NAME, scopes, resource_id=MANAGEMENT_RESOURCE_ID
    )
    async with ctx.db.write() as tx:
        role_id = await ensure_role(tx, MANAGEMENT_ROLE, "Opens the Management API to programs.", "MachineToMachine")
        for scope in await tx.all(scope_store.OF_RESOURCE, resource_id=resource.id):
            await tx.run(roles.HOLD_SCOPE, role_id=role_id, scope_id=scope.id)
        address = f"{ctx.settings.public_url}/{DEMO_APPLICATION}"
        metadata = {"redirectUris": [address], "postLogoutRedirectUris": [address]}
        await tx.run(
            applications.UPSERT,
            id=DEMO_APPLICATION,
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
