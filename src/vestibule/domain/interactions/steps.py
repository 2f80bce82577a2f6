"""Sign-ins under way: begun by the authorization endpoint, carried on by pages or by an API, resumed once.

Steps of one sign-in as a program walks it: `begin` (prompt login) → the verbs of this package up to `submit` → resume →
`begin` (prompt consent) → `consent` → resume → code. A page goes straight on from what ends a step (`Onward`). A step
is found by signed cookies and belongs to the browser that began it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

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


class Onward(Protocol):
    """The way on from a step that ends, gone in the transaction that ends it: the authorization endpoint's own."""

    async def hold(self, tx: Tx) -> None:
        """Keep the browser's session for this transaction alone, with its user held; comes before `go_on`."""

    async def go_on(self, tx: Tx, ended: Interaction) -> None:
        """Go on from a step that is used up, with its user held."""


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
    await tx.later(store.INSERT, **msgspec.structs.asdict(interaction))
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


async def consent(ctx: Context, interaction: Interaction, granted: bool, onward: Onward | None = None) -> Interaction:
    """Record what the user grants the client, or that they refuse; returns the step as it ended.

    Raises SessionNotFound when the interaction or the session is over.
    """
    params = params_of(interaction)
    if interaction.prompt != CONSENT or interaction.user_id is None or interaction.session_id is None:
        raise SessionNotFound
    async with ctx.db.write() as tx:
        outcome = Outcome(refused=True)
        if granted:
            await sessions.hold_user(tx, interaction.user_id)
            session = await sessions.hold_by_uid(tx, ctx.clock, interaction.session_id)
            if session is None or session.user_id != interaction.user_id:
                raise SessionNotFound
            client = await find_client(tx, interaction.client_id)
            if client is None:
                raise SessionNotFound
            known = await grants.of_session(tx, ctx.clock, session.uid, client.id, session.user_id)
            outcome = Outcome(grant_id=await grants.record(tx, ctx.clock, client, session, params, known))
        ended = ended_as(interaction, outcome, interaction.user_id)
        await end(tx, ctx, ended, onward)
    return ended


async def abort(ctx: Context, interaction: Interaction, onward: Onward | None = None) -> Interaction:
    """Give up; returns the step as it ended: the client is told `access_denied`."""
    ended = ended_as(interaction, Outcome(refused=True), interaction.user_id)
    async with ctx.db.write() as tx:
        await end(tx, ctx, ended, onward)
    return ended


async def end(tx: Tx, ctx: Context, ended: Interaction, onward: Onward | None) -> None:
    """End a step as it is given: keep that until the step is resumed, or use the step up and go on at once.

    Raises SessionNotFound when it is over already.
    """
    if onward is None:
        values = {"user_id": ended.user_id, "signed_in_at": ended.signed_in_at, "result": ended.result}
        at = {"interaction_id": ended.id, "now": ctx.clock.now(), "at_prompt": ended.prompt}
        if not await tx.run(store.ADVANCE, **at, **values):
            raise SessionNotFound
        return
    await onward.hold(tx)
    await take(tx, ctx, ended)
    await onward.go_on(tx, ended)


async def take(tx: Tx, ctx: Context, interaction: Interaction) -> None:
    """Use a step up before it is resumed; raises SessionNotFound when it is over already."""
    at = {"interaction_id": interaction.id, "now": ctx.clock.now(), "at_prompt": interaction.prompt}
    if not await tx.run(store.TAKE, **at):
        raise SessionNotFound


async def take_ended(tx: Tx, ctx: Context, interaction: Interaction) -> Interaction | None:
    """Use up a step that has ended, and return it as it did; None when somebody was faster."""
    return await tx.one(store.FINISH, interaction_id=interaction.id, now=ctx.clock.now())


def ended_as(
    interaction: Interaction, outcome: Outcome, user_id: str | None, signed_in_at: int | None = None
) -> Interaction:
    """Return a step as it is once it has ended."""
    result = msgspec.json.encode(outcome).decode()
    return msgspec.structs.replace(interaction, user_id=user_id, signed_in_at=signed_in_at, result=result)


def resume_address(ctx: Context, interaction: Interaction) -> str:
    """Return where a browser goes on from a step that has ended."""
    return f"{ctx.settings.issuer}/auth/{interaction.id}"
