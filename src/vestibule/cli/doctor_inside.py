"""What the doctor finds behind the server: its store, its master key, its mail server, the account server."""

import asyncio
import http.client
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from vestibule.cli.doctor_finding import Finding, fetch
from vestibule.cli.doctor_way import skew
from vestibule.cli.words import WRONG_KEY
from vestibule.clock import SystemClock
from vestibule.connectors import smtp
from vestibule.connectors.outgoing import Outgoing
from vestibule.connectors.smtp_config import SmtpConfig
from vestibule.crypto import SealError
from vestibule.db import Database, DatabaseUnavailable, connect
from vestibule.db.migrate import MigrationError, current
from vestibule.domain import messages
from vestibule.domain.connectors import instance_for
from vestibule.domain.context import Context
from vestibule.domain.sealing import open_sealer
from vestibule.errors import AppError, ConnectorNotFound
from vestibule.model import RecipientKind
from vestibule.password_pool import PasswordPool
from vestibule.settings import AccountSettings, ServerSettings, SettingError, master_keys
from vestibule.store import clock, migrations
from vestibule.store.tables import metadata

CARRIERS: dict[RecipientKind, str] = {"email": "e-mail", "phone": "text message"}
"""By what a code comes to an address."""


async def schema(settings: ServerSettings) -> Finding:
    """Compare the store's version with this program's; nothing is changed."""
    try:
        held = await asyncio.to_thread(current, settings.database_url)
    except (MigrationError, OSError) as error:
        return Finding("store", "wrong", f"the store cannot be read: {error}", "VESTIBULE_DATABASE_URL=…")
    if held == migrations.HEAD:
        return Finding("store", "ok", f"the store has the version {held}")
    if held is None or held < migrations.HEAD:
        words = f"the store has the version {held or 'of an empty one'}, this program {migrations.HEAD}"
        return Finding("store", "wrong", words, "vestibule migrate (VESTIBULE_DATABASE_URL names the store)")
    return Finding("store", "wrong", f"the store has the version {held}, newer than this program", "upgrade Vestibule")


@asynccontextmanager
async def opened(settings: ServerSettings) -> AsyncIterator[Context]:
    """Open a store of the right version; raises SettingError, SealError, DatabaseUnavailable."""
    keys, time = master_keys(settings.secret_key, settings.secret_key_file), SystemClock()
    passwords, outgoing = PasswordPool(threads=1), Outgoing(settings.allow_private)
    db: Database | None = None
    try:
        db = await connect(settings.database_url, metadata, synchronous=settings.sqlite_synchronous)
        yield Context(db, time, await open_sealer(db, time, keys), passwords, settings, outgoing)
    finally:
        passwords.close()
        await outgoing.close()
        if db is not None:
            await db.close()


def not_opened(error: SettingError | SealError | DatabaseUnavailable) -> Finding:
    """Say why a store of the right version cannot be used."""
    if isinstance(error, SettingError):
        return Finding("key", "wrong", str(error), "VESTIBULE_SECRET_KEY_FILE=…")
    if isinstance(error, SealError):
        return Finding("key", "wrong", WRONG_KEY, "VESTIBULE_SECRET_KEY=… (the key that the store was made with)")
    return Finding("store", "wrong", f"the store cannot be written: {error}", "VESTIBULE_DATABASE_URL=…")


async def store_clock(ctx: Context) -> Finding:
    """Compare the store's time with this machine's."""
    async with ctx.db.read() as tx:
        then = int(await tx.value(clock.NOW))
    return skew("store clock", "the store's clock", then - ctx.clock.now() // 1000)


async def mail(ctx: Context) -> Finding:
    """Greet the mail server; no message is sent."""
    try:
        instance = await instance_for(ctx, "Email")
        config = instance.factory.read(instance.config)
        if not isinstance(config, SmtpConfig):
            return Finding("mail", "ok", f"the connector {instance.factory.id} is set up; it was not tried")
        await smtp.greet(ctx.outgoing, config)
    except ConnectorNotFound:
        return Finding("mail", "warn", "no e-mail connector: no codes can be sent", "POST /api/connectors")
    except AppError as error:
        line = f"PATCH /api/connectors/{instance.id} (its configuration)"
        return Finding("mail", "wrong", error.details or error.message, line)
    return Finding("mail", "ok", f"the mail server {config.host} answers")


async def factors(ctx: Context) -> Finding:
    """See that whoever has to have a second factor can have one."""
    await ctx.live.refresh()
    needed, reachable = ctx.live.experience.mfa.sole_addresses, await messages.kinds(ctx)
    line = 'PATCH /api/sign-in-exp (mfa.factors: "Totp" or "WebAuthn" beside it, or an mfa.policy that does not insist)'
    if not needed:
        return Finding("factors", "ok", "a second factor that is insisted on can be set up by everybody")
    if not needed & reachable:
        words = "nobody gets in without a second factor, the only one is a code, and no connector sends any"
        return Finding("factors", "wrong", words, f"POST /api/connectors, or {line}")
    if len(needed & reachable) == 1:
        (kind,) = needed & reachable
        words = f"nobody gets in without a second factor, and the only one is a code by {CARRIERS[kind]}: "
        words += "whoever signs in or registers by a code or a link to that very address is kept out"
        return Finding("factors", "warn", words, line)
    return Finding("factors", "ok", "the second factor that is insisted on is a code: by e-mail or by text message")


def account(settings: AccountSettings) -> Finding:
    """Reach the account server at its public address, where one is set up."""
    if not settings.client_id and not Path(settings.credentials_file).is_file():
        return Finding("account", "ok", "no account server is set up")
    public, line = settings.public_url, f"VESTIBULE_ACCOUNT_PUBLIC_URL={settings.public_url}"
    try:
        answer = fetch(f"{settings.resource}/openapi.json")
    except (OSError, http.client.HTTPException) as error:
        words = f"the account server does not answer at {public} ({type(error).__name__})"
        return Finding("account", "wrong", words, f"{line}, or start it: vestibule account")
    if answer.status != 200:
        return Finding("account", "wrong", f"something else answers {answer.status} at {public}", line)
    return Finding("account", "ok", f"the account server answers at {public}")
