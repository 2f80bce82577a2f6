"""Passkeys: made, as a second factor, and to sign in with. A challenge belongs to its record and is used once (B65)."""

from msgspec.structs import replace

from vestibule import origin
from vestibule.crypto import new_id, same
from vestibule.domain import mfa, webauthn
from vestibule.domain.context import Context
from vestibule.domain.interactions import enrolment, events, factors, holding
from vestibule.domain.interactions.state import Record, RecordType, State
from vestibule.domain.interactions.trail import note
from vestibule.domain.webauthn import Answer
from vestibule.errors import (
    AppError,
    InteractionNotStarted,
    SignInMethodNotEnabled,
    VerificationNotFound,
    WebAuthnFailed,
    WebAuthnNotFound,
)
from vestibule.model import Interaction
from vestibule.store import mfa as store

Asked = tuple[str, dict[str, object]]
"""The id of a record, and the options for the browser."""
AGENT_LENGTH = 512


async def new(ctx: Context, interaction: Interaction) -> Asked:
    """Ask for a new passkey; raises what `enrolment.begun` raises."""
    challenge = webauthn.new_challenge()
    async with ctx.db.write() as tx:
        state, user, _ = await enrolment.begun(tx, ctx, interaction, "WebAuthn")
        held = await mfa.passkeys_of(tx, user.id)
        record = _pending(ctx, "WebAuthn", challenge, user.id, is_new=True)
        await holding.keep(tx, interaction, state.keeping(record))
    await note(ctx, interaction, f"{state.event}.BindMfa.WebAuthn.Create", user.id)
    return record.id, webauthn.creation_options(ctx, user, mfa.label_of(user), held, challenge)


async def made(ctx: Context, interaction: Interaction, record_id: str, answer: Answer) -> str:
    """Take a new passkey; returns the id of the record. Raises VerificationNotFound, WebAuthnFailed."""
    record = await _take(ctx, interaction, "WebAuthn", record_id, is_new=True)
    came = origin.CURRENT.get()
    agent = came.user_agent[:AGENT_LENGTH] if came else ""
    step = f"{(await holding.read(ctx, interaction)).event}.BindMfa.WebAuthn.Submit"
    try:
        found = webauthn.check_created(ctx, answer, record.challenge or "", agent)
        async with ctx.db.read() as tx:
            if await tx.one(store.BY_CREDENTIAL, credential=found.id) is not None:
                raise WebAuthnFailed
    except AppError as error:
        await note(ctx, interaction, step, record.user_id, error)
        raise
    await _verified(ctx, interaction, replace(record, passkey=found))
    await note(ctx, interaction, step, record.user_id)
    return record.id


async def ask(ctx: Context, interaction: Interaction) -> Asked:
    """Ask for a passkey of whoever was identified; raises IdentifierNotFound, WebAuthnNotFound."""
    state = await holding.read(ctx, interaction)
    user_id, challenge = factors.identified(state), webauthn.new_challenge()
    async with ctx.db.read() as tx:
        held = await mfa.passkeys_of(tx, user_id)
    if not held:
        raise WebAuthnNotFound
    record = _pending(ctx, "WebAuthn", challenge, user_id)
    await holding.change(ctx, interaction, lambda held: held.keeping(record))
    return record.id, webauthn.request_options(ctx, held, challenge)


async def verify(ctx: Context, interaction: Interaction, record_id: str, answer: Answer) -> str:
    """Take the signature of a second factor; returns the id of the record.

    Raises VerificationNotFound, WebAuthnFailed.
    """
    record = await _take(ctx, interaction, "WebAuthn", record_id)
    await _signed(ctx, interaction, record, answer, "SignIn.Verification.WebAuthn.Submit")
    return record.id


async def ask_sign_in(ctx: Context, interaction: Interaction) -> Asked:
    """Ask for any passkey of anybody: it says who it is. Also before anything else was begun.

    Raises SignInMethodNotEnabled, Forbidden, SessionNotFound.
    """
    if not ctx.live.experience.passkey_sign_in.enabled:
        raise SignInMethodNotEnabled
    events.check_open(ctx, "SignIn")
    challenge = webauthn.new_challenge()
    record = _pending(ctx, "SignInPasskey", challenge, None)
    try:
        await holding.change(ctx, interaction, lambda held: held.keeping(record))
    except InteractionNotStarted:
        async with ctx.db.write() as tx:
            await holding.begin_anew(tx, ctx, interaction, State("SignIn", records=(record,)))
    return record.id, webauthn.request_options(ctx, (), challenge)


async def verify_sign_in(ctx: Context, interaction: Interaction, record_id: str | None, answer: Answer) -> str:
    """Take the signature that says who signs in; returns the id of the record.

    Raises SignInMethodNotEnabled, VerificationNotFound, WebAuthnFailed.
    """
    if not ctx.live.experience.passkey_sign_in.enabled:
        raise SignInMethodNotEnabled
    record = await _take(ctx, interaction, "SignInPasskey", record_id)
    await _signed(ctx, interaction, record, answer, "SignIn.Verification.SignInPasskey.Submit")
    return record.id


def _pending(ctx: Context, kind: RecordType, challenge: str, user_id: str | None, *, is_new: bool = False) -> Record:
    return Record(new_id(), kind, user_id=user_id, is_new=is_new, challenge=challenge, asked_at=ctx.clock.now())


async def _take(
    ctx: Context, interaction: Interaction, kind: RecordType, record_id: str | None, *, is_new: bool = False
) -> Record:
    """Use up the challenge of a record, whatever comes of the answer, and return the record as it was."""
    async with ctx.db.write() as tx:
        state = await holding.hold(tx, ctx, interaction)
        record = state.record(record_id) if record_id else state.latest(kind)
        if record is None or (record.type, record.is_new) != (kind, is_new) or record.challenge is None:
            raise VerificationNotFound
        await holding.keep(tx, interaction, state.keeping(replace(record, challenge=None)))
    if record.asked_at + webauthn.CHALLENGE_MS < ctx.clock.now():
        raise WebAuthnFailed
    return record


async def _signed(ctx: Context, interaction: Interaction, record: Record, answer: Answer, step: str) -> None:
    """Check who signed, that it is the right person, and that no copy of the passkey is about (B64 to B66)."""
    user_id = record.user_id
    try:
        async with ctx.db.read() as tx:
            held = await tx.one(store.BY_CREDENTIAL, credential=str(answer.get("id", "")))
        if held is None or (user_id is not None and held.user_id != user_id):
            raise WebAuthnFailed
        user_id = held.user_id
        _check_handle(answer, user_id)
        count = webauthn.check_signed(ctx, answer, record.challenge or "", mfa.credential_of(held).public_key)
        await mfa.count_signature(ctx, held, count)
    except AppError as error:
        await note(ctx, interaction, step, user_id, error)
        raise
    await _verified(ctx, interaction, replace(record, user_id=user_id, factor_id=held.id))
    await note(ctx, interaction, step, user_id)


def _check_handle(answer: Answer, user_id: str) -> None:
    response = answer.get("response")
    handle = response.get("userHandle") if isinstance(response, dict) else None
    if handle and not same(str(handle).rstrip("="), webauthn.handle_of(user_id)):
        raise WebAuthnFailed


async def _verified(ctx: Context, interaction: Interaction, record: Record) -> None:
    done = replace(record, challenge=None, verified_at=record.asked_at)

    def kept(state: State) -> State:
        state.record(record.id)
        return state.keeping(done)

    await holding.change(ctx, interaction, kept)
