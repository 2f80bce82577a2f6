"""`vestibule account init`: what the account server needs at the identity server, made once and kept up to date.

Its resource and scopes, a role that gives them to every user, an application for the Management API and one for the
page. The ids and secrets go to the file that VESTIBULE_ACCOUNT_CREDENTIALS names; run again, it mends what is missing.
"""

import argparse

import msgspec

from vestibule.account.credentials import Credentials, save, with_credentials
from vestibule.account.page.addresses import BACKCHANNEL_LOGOUT, CALLBACK, SIGNED_OUT
from vestibule.account.permissions import SCOPES
from vestibule.cli import CommandError
from vestibule.cli.trail import note
from vestibule.cli.world import on_store
from vestibule.connectors.addresses import may_reach
from vestibule.domain.applications import create_application
from vestibule.domain.clients import ClientMetadata, Proof, authenticate
from vestibule.domain.context import Context
from vestibule.domain.outbox import seed_outbox
from vestibule.domain.resources import ensure_resource
from vestibule.domain.roles import ensure_default_role
from vestibule.settings import AccountSettings, SettingError, is_loopback, load
from vestibule.store import applications as store

NAME = "Vestibule account"
ROLE = "Own account"
ROLE_WORDS = "Lets people see and change their own account."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--quiet` and `--outbox`."""
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    parser.add_argument(
        "--outbox",
        action="store_true",
        help="also set up the development outbox for e-mail and SMS, once in the life of a store",
    )


def run(args: argparse.Namespace) -> int:
    """Set up the account server and say where its credentials are."""
    settings = load(AccountSettings)

    async def work(ctx: Context) -> None:
        await ensure_resource(ctx, settings.resource, NAME, SCOPES)
        await ensure_default_role(ctx, ROLE, ROLE_WORDS, settings.resource, list(SCOPES))
        made = await ensure_applications(ctx, settings)
        if args.outbox:
            await seed_outbox(ctx)
        if not args.quiet:
            done = "wrote" if made else "checked"
            print(f"{done} the account server's credentials in {settings.credentials_file}")

    return on_store(work)


async def ensure_applications(ctx: Context, settings: AccountSettings) -> bool:
    """Make both applications and write their file, unless the credentials at hand fit this store; tells which."""
    held = configured(settings)
    if held is not None and await fits(ctx, held):
        if await keep_addresses(ctx, held.page_client_id, settings):
            await note(ctx, "account init", changed=held.page_client_id)
        return False
    if settings.client_id and settings.page_client_id:
        raise CommandError(
            "VESTIBULE_ACCOUNT_CLIENT_ID and its companions name applications that this store does not know"
        )
    server, server_secret = await create_application(ctx, "MachineToMachine", "Account server", management=True)
    page, page_secret = await create_application(ctx, "Traditional", NAME, *addresses(settings))
    await note(ctx, "account init", made=[server.id, page.id])
    await keep_addresses(ctx, page.id, settings)
    save(settings, Credentials(server.id, server_secret or "", page.id, page_secret or ""))
    return True


def configured(settings: AccountSettings) -> Credentials | None:
    """Return the ids and secrets that the account server would use, from the environment or the file."""
    try:
        full = with_credentials(settings)
    except SettingError:
        return None
    return Credentials(full.client_id, full.client_secret, full.page_client_id, full.page_client_secret)


async def fits(ctx: Context, held: Credentials) -> bool:
    """Tell whether this store knows both applications and their secrets."""
    pairs = ((held.client_id, held.client_secret), (held.page_client_id, held.page_client_secret))
    async with ctx.db.read() as tx:
        return all([(await authenticate(tx, ctx, *pair)).proof is Proof.PASSED for pair in pairs])


def addresses(settings: AccountSettings) -> tuple[list[str], list[str]]:
    """Return the page's redirect addresses after signing in and after signing out."""
    return [settings.public_url + CALLBACK], [settings.public_url + SIGNED_OUT]


def logout_address(ctx: Context, settings: AccountSettings, known: ClientMetadata) -> str | None:
    """Return where the page is told of sign-outs: what an operator has set stays.

    Nothing is set on a machine whose own address may not be reached (SSRF).
    """
    held = known.backchannel_logout_uri
    ours = {uri.removesuffix(CALLBACK) + BACKCHANNEL_LOGOUT for uri in known.redirect_uris}
    is_refused = is_loopback(settings.public_url) and not may_reach("127.0.0.1", ctx.settings.allow_private)
    if is_refused or (held is not None and held not in ours):
        return held
    return settings.public_url + BACKCHANNEL_LOGOUT


async def keep_addresses(ctx: Context, page_id: str, settings: AccountSettings) -> bool:
    """Let the page's addresses follow the account server's public address; tells whether anything changed.

    Its ID tokens name the session, by which the page tells the present one from the others, and logout tokens the ones
    that are over.
    """
    after_sign_in, after_sign_out = addresses(settings)
    async with ctx.db.write() as tx:
        page = await tx.one(store.GET, id=page_id)
        if page is None:
            return False
        known = msgspec.json.decode(page.oidc_client_metadata, type=ClientMetadata)
        in_place = {*after_sign_in} <= {*known.redirect_uris}
        in_place = in_place and {*after_sign_out} <= {*known.post_logout_redirect_uris}
        told_at = logout_address(ctx, settings, known)
        if in_place and known.backchannel_logout_session_required and known.backchannel_logout_uri == told_at:
            return False
        stored = msgspec.json.decode(page.oidc_client_metadata, type=dict[str, object])
        stored |= {"backchannelLogoutSessionRequired": True}
        if told_at is not None:
            stored |= {"backchannelLogoutUri": told_at}
        if not in_place:
            stored |= {"redirectUris": after_sign_in, "postLogoutRedirectUris": after_sign_out}
        text = msgspec.json.encode(stored).decode()
        await tx.run(store.SET_METADATA, application_id=page_id, oidc_client_metadata=text)
    return True
