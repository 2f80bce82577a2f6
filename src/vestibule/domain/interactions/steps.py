"""Sign-ins under way: begun by the authorization endpoint, carried on by pages or by an API, resumed once.

Steps of one sign-in: `begin` (prompt login) → the verbs of this package up to `submit` → resume → `begin` (prompt
consent) → `consent` → resume → code. A step is found by signed cookies and belongs to the browser that began it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from vestibule.crypto import digest, new_token, same
from vestibule.db import Tx
from vestibule.domain import grants, sessions
from vestibule.domain.authorization import AuthorizationParams
from vestibule.domain.clients import Client, find_client
from vestibule.domain.context import Context
from vestibule.domain.cookies import LEGACY, BrowserCookies, CookieKeys
from vestibule.errors import SessionNotFound
from vestibule.model import Interaction, Session
from vestibule.store import interactions as store

INTERACTION_MS = 3600 * 1000
LOGIN, CONSENT = "login", "consent"

_params = msgspec.json.Decoder(AuthorizationParams).decode


@dataclass(frozen=True)
class Begun:
    """A sign-in under way, and the client that it is for."""

    interaction: Interaction
    client: Client


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a step ended: signed in, in a browser to be trusted from now on, a grant, or refused by the person."""

    login: bool = False
    trusts: bool = False
    grant_id: str | None = None
    refused: bool = False


_outcome = msgspec.json.Decoder(Outcome).decode


async def begin(
    tx: Tx,
    ctx: Context,
    params: AuthorizationParams,
    client: Client,
    prompt: str,
    *,
    browser_secret: str,
    session: Session | None,
    device: str | None = None,
) -> Interaction:
    """Begin a step of a sign-in: `login`, or `consent` for the session's user. `device` is a cookie of the browser."""
    now = ctx.clock.now()
    interaction = Interaction(
        id=new_token(),
        client_id=client.id,
        prompt=prompt,
        # The page has a one-time token in its address; in the store it would lie in plain.
        params=msgspec.json.encode(msgspec.structs.replace(params, one_time_token=None)).decode(),
        browser_digest=digest(browser_secret),
        session_id=None if session is None else session.uid,
        user_id=None if session is None or prompt == LOGIN else session.user_id,
        signed_in_at=None,
        result=None,
        created_at=now,
        expires_at=now + INTERACTION_MS,
        state=None,
        device_digest=None if device is None else digest(device),
    )
    await tx.run(store.INSERT, **msgspec.structs.asdict(interaction))
    return interaction


async def current(ctx: Context, cookies: BrowserCookies) -> Begun:
    """Return the sign-in this browser is in.

    Raises SessionNotFound when it has none, when it was begun elsewhere, and when the client is gone.
    """
    keys = CookieKeys(ctx)
    known = keys.interactions(cookies.values)
    uid = known.get(cookies.app_id or LEGACY, known.get(LEGACY))
    if uid is None:
        raise SessionNotFound
    async with ctx.db.read() as tx:
        found = await tx.one(store.LIVE_OF_APPLICATION, interaction_id=uid, now=ctx.clock.now())
    if found is None or not _is_of(found[0], keys, cookies.values):
        raise SessionNotFound
    interaction, application = found
    if cookies.app_id is not None and cookies.app_id != application.id:
        raise SessionNotFound
    return Begun(interaction, Client(application))


async def live(ctx: Context, uid: str) -> Interaction:
    """Return a live interaction, whichever browser began it; raises SessionNotFound."""
    async with ctx.db.read() as tx:
        interaction = await tx.one(store.LIVE, interaction_id=uid, now=ctx.clock.now())
    if interaction is None:
        raise SessionNotFound
    return interaction


async def find(ctx: Context, uid: str, keys: CookieKeys, cookies: Mapping[str, str]) -> Interaction | None:
    """Return a live interaction that this browser began."""
    async with ctx.db.read() as tx:
        interaction = await tx.one(store.LIVE, interaction_id=uid, now=ctx.clock.now())
    return interaction if interaction is not None and _is_of(interaction, keys, cookies) else None


def _is_of(interaction: Interaction, keys: CookieKeys, cookies: Mapping[str, str]) -> bool:
    """Tell whether a browser began an interaction."""
    return same(digest(keys.browser(cookies) or ""), interaction.browser_digest)


def params_of(interaction: Interaction) -> AuthorizationParams:
    """Return the authorization request as it was checked."""
    return _params(interaction.params)


def new_state(interaction: Interaction) -> str:
    """Return a state for a provider, which tells which application's sign-in it comes back to."""
    return f"{new_token()}~{interaction.client_id}"


def client_of(state: str) -> str | None:
    """Return the application whose sign-in a state came back to."""
    return state.partition("~")[2] or None


def outcome_of(interaction: Interaction) -> Outcome:
    """Return how the step ended."""
    return Outcome() if interaction.result is None else _outcome(interaction.result)


def refuse_unless_asked(interaction: Interaction) -> None:
    """Refuse to sign anybody in at a step that asks for something else; raises SessionNotFound."""
    if interaction.prompt != LOGIN:
        raise SessionNotFound


async def consent(ctx: Context, interaction: Interaction, granted: bool) -> Interaction:
    """Record what the user grants the client, or that they refuse; returns the step as it ended.

    Raises SessionNotFound when the interaction or the session is over.
    """
    params = params_of(interaction)
    if interaction.prompt != CONSENT or interaction.user_id is None or interaction.session_id is None:
        raise SessionNotFound
    async with ctx.db.write() as tx:
        outcome = Outcome(refused=True)
        if granted:
            session = await sessions.hold_by_uid(tx, ctx.clock, interaction.session_id)
            if session is None or session.user_id != interaction.user_id:
                raise SessionNotFound
            client = await find_client(tx, interaction.client_id)
            if client is None:
                raise SessionNotFound
            known = await grants.of_session(tx, ctx.clock, session.uid, client.id, session.user_id)
            outcome = Outcome(grant_id=await grants.record(tx, ctx.clock, client, session, params, known))
        return await _finish(tx, ctx, interaction, outcome)


async def abort(ctx: Context, interaction: Interaction) -> Interaction:
    """Give up; returns the step as it ended: the client is told `access_denied`."""
    async with ctx.db.write() as tx:
        return await _finish(tx, ctx, interaction, Outcome(refused=True))


async def _finish(tx: Tx, ctx: Context, interaction: Interaction, outcome: Outcome) -> Interaction:
    """End a step that changes nothing about who is signed in."""
    return await advance(
        tx,
        ctx,
        interaction,
        at_prompt=interaction.prompt,
        user_id=interaction.user_id,
        signed_in_at=None,
        outcome=outcome,
    )


async def advance(
    tx: Tx,
    ctx: Context,
    interaction: Interaction,
    *,
    at_prompt: str,
    user_id: str | None,
    signed_in_at: int | None,
    outcome: Outcome,
) -> Interaction:
    """Record how the step ended; returns it as it is now. Raises SessionNotFound when it is over already."""
    ended: dict[str, object] = {
        "user_id": user_id,
        "signed_in_at": signed_in_at,
        "result": msgspec.json.encode(outcome).decode(),
    }
    at = {"interaction_id": interaction.id, "now": ctx.clock.now(), "at_prompt": at_prompt}
    if not await tx.run(store.ADVANCE, **at, **ended):
        raise SessionNotFound
    return msgspec.structs.replace(interaction, **ended)


def resume_address(ctx: Context, interaction: Interaction) -> str:
    """Return where a browser goes on from a step that has ended."""
    return f"{ctx.settings.issuer}/auth/{interaction.id}"
