"""Proofs by a code that was sent to an e-mail address or a phone number."""

from vestibule.crypto import new_id
from vestibule.db.locks import take_turn
from vestibule.domain import users, verifications
from vestibule.domain.context import Context
from vestibule.domain.interactions import completing, details, enrolment, events, holding, sso
from vestibule.domain.interactions.state import CODE_RECORDS, Identifier, InteractionEvent, Record, State
from vestibule.domain.interactions.trail import note
from vestibule.domain.phones import spellings
from vestibule.errors import (
    AppError,
    CodeEmailMismatch,
    CodePhoneMismatch,
    MessageRateLimited,
    NotForForgottenPassword,
    SignInMethodNotEnabled,
    VerificationNotFound,
)
from vestibule.model import Interaction, RecipientKind, fold
from vestibule.store import activities

ASKED, WINDOW_MS, PER_ADDRESS = "CodeAsked", 15 * 60_000, 50
"""So many codes are sent for one address of the network in that time, whoever they go to."""


async def send(
    ctx: Context, interaction: Interaction, kind: RecipientKind, value: str, event: InteractionEvent, ip: str,
    *, locale: str | None = None,
) -> str:  # fmt: skip
    """Send a code, in the language of `locale`; returns the id of the record. It is the same if nobody has the address.

    It goes to the address that is stored where an account has one that is looked up alike: `voß@…` and `voss@…` are
    two mailboxes. Raises SignInMethodNotEnabled, SsoEnabled, NotForForgottenPassword, MessageRateLimited, the
    connector's refusals, what `holding.hold` raises, and MfaRequired where an account lacks the address.
    """
    state = await holding.read(ctx, interaction)
    if (event == "ForgotPassword") != (state.event == "ForgotPassword"):
        raise NotForForgottenPassword
    events.check_open(ctx, event)
    if kind not in ctx.live.experience.code_identifiers(event) and not await _is_wanted(ctx, state, kind):
        raise SignInMethodNotEnabled
    await sso.refuse_company(ctx, value if kind == "email" else None)
    sent_to = await _stored(ctx, kind, value)
    record = Record(new_id(), CODE_RECORDS[kind], Identifier(kind, value), event=event, sent_to=sent_to,
                    asked_at=ctx.clock.now())  # fmt: skip
    await deliver(ctx, interaction, record, kind, sent_to, ip, usage=event, step=f"{event}.Verification", locale=locale)
    return record.id


async def _is_wanted(ctx: Context, state: State, kind: RecipientKind) -> bool:
    """Tell whether whoever was identified lacks such an address, and is asked for one or may make it a factor."""
    return await completing.takes(ctx, state, kind) or await enrolment.takes(ctx, state, kind)


async def deliver(
    ctx: Context, interaction: Interaction, record: Record, kind: RecipientKind, address: str, ip: str,
    *, usage: str, step: str, locale: str | None = None,
) -> None:  # fmt: skip
    """Send the code of a record and keep the record; raises MessageRateLimited, the connector's refusals, and more."""
    step = f"{step}.{record.type}.Create"
    try:
        await _count_sent(ctx, ip)
        about = await details.told(ctx, interaction, kind, address, locale)
        await verifications.send_code(ctx, kind, address, record.id, ip, usage=usage, about=about)
    except AppError as error:
        await note(ctx, interaction, step, record.user_id, error)
        raise
    await holding.change(ctx, interaction, lambda held: held.keeping(record))
    await note(ctx, interaction, step, record.user_id)


async def _stored(ctx: Context, kind: RecipientKind, value: str) -> str:
    """Return the address of whoever is found by this one, or this one in the form in which it would be stored."""
    async with ctx.db.read() as tx:
        user = await users.find_by(tx, ctx, kind, value)
    held = None if user is None else user.primary_email if kind == "email" else user.primary_phone
    return held or (value if kind == "email" else spellings(value)[0])


async def _count_sent(ctx: Context, ip: str) -> None:
    """Count a code that is sent for somebody at an address of the network; raises MessageRateLimited (B57)."""
    target, now = ctx.sealer.keyed_digest(ip, "code-asked-address"), ctx.clock.now()
    async with ctx.db.write() as tx:
        await take_turn(tx, target)
        if await activities.record_below(tx, now, (target, ASKED, PER_ADDRESS, WINDOW_MS)) is None:
            raise MessageRateLimited


async def verify(
    ctx: Context, interaction: Interaction, record_id: str, kind: RecipientKind, value: str, code: str
) -> str:
    """Use up a code; returns the id of the record, which is verified from then on.

    Raises VerificationNotFound, CodeEmailMismatch, CodePhoneMismatch, what `verifications.verify_code` raises, and
    what `holding.hold` raises.
    """
    record = (await holding.read(ctx, interaction)).record(record_id)
    if record.type != CODE_RECORDS[kind] or record.identifier is None:
        raise VerificationNotFound
    if fold(record.identifier.value) != fold(value):
        raise CodeEmailMismatch if kind == "email" else CodePhoneMismatch
    step, at = f"{record.event}.Verification.{record.type}.Submit", ctx.clock.now()
    try:
        await verifications.verify_code(ctx, kind, record.sent_to or record.identifier.value, code, record.id)
    except AppError as error:
        await note(ctx, interaction, step, None, error)
        raise
    await holding.change(ctx, interaction, lambda held: held.verifying(record.id, at))
    await note(ctx, interaction, step, None)
    return record.id
