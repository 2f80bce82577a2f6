"""Deleting a user: the store is as if the person had never been, but for the audit trail."""

import httpx2
import pytest
from sqlalchemy import select

from tests.api.experience.headless import Headless, headless
from tests.oidc.world import VERIFIER
from tests.world import PASSWORD, World
from vestibule.db import Statement
from vestibule.domain import logout_notices, trusted_devices, verifications
from vestibule.store import sso_identities, token_secrets
from vestibule.store.rows import Row
from vestibule.store.tables import metadata

pytestmark = pytest.mark.anyio
NOT_ABOUT_PEOPLE = {
    "applications", "application_secrets", "application_roles", "resources", "scopes", "roles", "role_scopes",
    "consent_user_scopes", "consent_resource_scopes", "connectors", "email_templates", "sso_connectors",
    "sso_connector_domains", "sso_signing_keys", "signing_keys", "server_keys", "configs", "spent_authorizations",
}  # fmt: skip
"""What administrators set up, and ids that were used; it names nobody who signs in."""
STAYS = {"logs"}
Dump = dict[str, set[Row]]


async def dump(world: World) -> Dump:
    """Return every row of every table, each value as text."""
    async with world.server.ctx.db.read() as tx:
        tables = {name: await tx.all(Statement(select(table))) for name, table in metadata.tables.items()}
    return {name: {tuple(map(str, row)) for row in rows} for name, rows in tables.items()}


def gained(before: Dump, after: Dump) -> Dump:
    """Return the rows that are in the second only, by table."""
    return {name: rows - before[name] for name, rows in after.items() if rows - before[name]}


async def redeem(program: Headless, **form: str) -> httpx2.Response:
    """Ask the token endpoint as the program's application."""
    answer = await program.world.client.post("/oidc/token", data=form | program.app.login)
    assert answer.status_code == 200, answer.text
    return answer


async def sign_in(program: Headless, name: str) -> str:
    """Sign in; returns a code that nobody has redeemed yet."""
    await program.begin(scope="openid offline_access email", prompt="consent", login_hint=f"{name}@Example.com")
    await program.identified(value=name)
    return await program.code_for_tokens()


async def live_through(world: World, program: Headless, role: str, name: str, phone: str) -> str:
    """Do everything that leaves a row about a person in some table; returns the id of the user."""
    address = f"{name}ß@Example.com"
    user = await world.user(
        username=name, primaryEmail=address, primaryPhone=phone, name=f"Dr {name}", password=PASSWORD
    )
    path = f"/users/{user['id']}"
    for answer in (
        await world.call("POST", f"{path}/roles", {"roleIds": [role]}),
        await world.call("PUT", f"{path}/identities/github", {"userId": f"github {name}"}),
        await world.call("POST", f"{path}/personal-access-tokens", {"name": "deploy"}),
        await world.call("POST", "/subject-tokens", {"userId": user["id"]}),
        await world.call("POST", "/one-time-tokens", {"email": address}),
        await world.call("POST", "/verification-codes", {"email": address.upper()}),
        await world.call("POST", "/verification-codes", {"phone": phone}),
    ):
        assert answer.is_success, answer.text
    await be_known_at_the_company(world, user["id"], name)
    await sign_in(program, name)
    for session in (await world.call("GET", f"{path}/sessions")).json()["sessions"]:
        assert (await world.call("DELETE", f"{path}/sessions/{session['payload']['uid']}")).status_code == 204
    code = await sign_in(program, name)
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    await redeem(program, redirect_uri=program.app.redirect_uri, **form)
    # A factor ends the sessions but the one that is named.
    (present,) = (await world.call("GET", f"{path}/sessions")).json()["sessions"]
    for kind in ("Totp", "BackupCode"):
        await world.made(f"{path}/mfa-verifications?keepSession={present['payload']['uid']}", type=kind)
    async with world.server.ctx.db.write() as tx:
        await trusted_devices.trust(tx, world.server.ctx, None, user["id"])
    await leave_undone(program, name, address, phone)
    return str(user["id"])


async def be_known_at_the_company(world: World, user_id: str, name: str) -> None:
    """Have an identity at an enterprise's provider, and tokens of it that are kept."""
    held = (await world.call("GET", "/sso-connectors")).json()
    connector = held[0] if held else await world.made("/sso-connectors", providerName="Okta", connectorName="Acme")
    row = {"id": name, "user_id": user_id, "sso_connector_id": connector["id"], "issuer": "https://login.acme.example",
           "identity_id": name, "detail": "{}", "created_at": 0, "updated_at": 0}  # fmt: skip
    secret: dict[str, object] = dict.fromkeys(metadata.tables["token_secrets"].columns.keys())
    secret |= {"id": name, "user_id": user_id, "identity_id": name, "metadata": "{}", "value_sealed": "v1.x",
               "created_at": 0, "updated_at": 0, "sso_identity_id": name}  # fmt: skip
    async with world.server.ctx.db.write() as tx:
        await tx.run(sso_identities.PUT, **row)
        await tx.run(token_secrets.INSERT, **secret)


async def leave_undone(program: Headless, name: str, address: str, phone: str) -> None:
    """Begin sign-ins in every way and end none; type a wrong password."""
    await program.begin(prompt="login")
    await program.start()
    # Elsewhere nobody is signed in, and only what was typed says who it is.
    program.jar = {}
    await program.begin(login_hint=address.upper())
    await program.begin()
    await program.identified(value=name)
    wrong = {"identifier": {"type": "username", "value": name}, "password": "wrong"}
    assert (await program.call("POST", "/verification/password", wrong)).status_code == 422
    held = phone.replace("440", "44", 1)
    for kind, value, stored in (("email", address.replace("ß", "SS"), address), ("phone", phone, held)):
        await program.begin()
        await program.start("ForgotPassword")
        program.world.clock.advance(seconds=1)
        await program.verified_code(value, "ForgotPassword", kind, goes_to=stored)


async def give_notices_up(world: World) -> None:
    """Let time pass until applications that take no notice of a sign-out are given up."""
    for _ in range(len(logout_notices.PAUSES_SECONDS) + 1):
        await logout_notices.deliver(world.server.ctx, world.server.keys)
        world.clock.advance(seconds=max(logout_notices.PAUSES_SECONDS))


async def test_no_table_but_the_audit_trail_remembers_somebody_who_was_deleted(world: World) -> None:
    program = await headless(world)
    told = {"postLogoutRedirectUris": [], "backchannelLogoutUri": "https://127.0.0.1/out"}
    out = {"oidcClientMetadata": {"redirectUris": [program.app.redirect_uri], **told}}
    assert (await world.call("PATCH", f"/applications/{program.app.id}", out)).status_code == 200
    role = (await world.made("/roles", name="Readers", description="Read"))["id"]
    await live_through(world, program, role, "bob", "61412345678")
    await give_notices_up(world)
    world.token = ""
    await world.management_token()
    before = await dump(world)
    program.jar = {}
    user_id = await live_through(world, program, role, "ada_lovelace", "4407911123456")
    about = gained(before, await dump(world))
    for name in metadata.tables:
        assert name in about or name in NOT_ABOUT_PEOPLE, (
            f"Nothing in `{name}` is about Ada. Give her a row of it in `live_through`, so that it is known to go with "
            "her; or name it in NOT_ABOUT_PEOPLE when it can hold nothing about a person who signs in."
        )
    assert (await world.call("DELETE", f"/users/{user_id}")).status_code == 204
    await world.server.ctx.trail.settle()
    await give_notices_up(world)
    after = await dump(world)
    left = gained(before, after)
    assert set(left) - STAYS <= {"activities"}, left
    # What limits messages to an address outlives the account, as a keyed digest: an account that is made and deleted
    # must not begin the count anew.
    ctx = world.server.ctx
    limits = {
        verifications.bucket(ctx, "email", "ada_lovelaceß@Example.com"),
        verifications.bucket(ctx, "phone", "447911123456"),
    }
    kept = limits | {row[1] for row in before["activities"]}
    assert {row[1] for row in left.get("activities", ())} <= kept
    assert not [name for name in before if before[name] - after[name]], "rows of somebody else went as well"
    for name, rows in after.items():
        text = repr(rows).casefold()
        for word in (user_id, "ada_lovelace", "447911123456", "4407911123456"):
            assert name in STAYS or word not in text, f"`{name}` still holds {word}"
    assert user_id in repr(after["logs"])


async def test_a_sign_in_of_somebody_else_goes_on_whatever_word_is_the_name_of_who_is_deleted(world: World) -> None:
    """The words of a sign-in under way are names that somebody may have: only what was typed as one counts."""
    program = await headless(world)
    await world.user(username="ada", password=PASSWORD)
    words = ["SignIn", "username", "login", "ad_", "code", "event", "Password"]
    others = [await world.user(username=word) for word in words]
    await program.begin()
    await program.identified()
    for other in others:
        assert (await world.call("DELETE", f"/users/{other['id']}")).status_code == 204
    assert await program.code_for_tokens()
