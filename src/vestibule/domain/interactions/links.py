"""Proofs by a magic link: a one-time token, which a program has mailed to an address."""

import msgspec

from vestibule.crypto import new_id
from vestibule.domain import one_time_tokens
from vestibule.domain.context import Context
from vestibule.domain.interactions import events, holding, identifying
from vestibule.domain.interactions.state import Identifier, InteractionEvent, Record, State
from vestibule.domain.interactions.steps import refuse_unless_asked
from vestibule.domain.interactions.trail import note
from vestibule.errors import AppError, InteractionNotStarted, VerificationFailed
from vestibule.model import Interaction, OneTimeToken, fold


class _Context(msgspec.Struct, rename="camel"):
    interaction_event: InteractionEvent | None = None


_context = msgspec.json.Decoder(_Context).decode


def event_of(token: OneTimeToken) -> InteractionEvent | None:
    """Return what a token was made for, where that was said."""
    return _context(token.context).interaction_event


async def verify(ctx: Context, interaction: Interaction, email: str, value: str) -> str:
    """Use a token up; returns the id of the record. Both happen, or neither.

    Raises VerificationFailed for a forgotten password when the token was not made for one (B56), what
    `one_time_tokens.consume_in` and `holding.hold` raise, and Forbidden.
    """
    event = (await holding.read(ctx, interaction)).event
    step = f"{event}.Verification.OneTimeToken.Submit"
    try:
        events.check_open(ctx, event)
        async with ctx.db.write() as tx:
            state = await holding.hold(tx, ctx, interaction)
            token = await one_time_tokens.consume_in(tx, ctx, value, email)
            purpose = event_of(token) or "SignIn"
            if event == "ForgotPassword" != purpose:
                raise VerificationFailed
            record = Record(new_id(), "OneTimeToken", Identifier("email", email), event=purpose,
                            sent_to=token.email, verified_at=ctx.clock.now())  # fmt: skip
            await holding.keep(tx, interaction, state.keeping(record))
    except AppError as error:
        await note(ctx, interaction, step, None, error)
        raise
    await note(ctx, interaction, step, None)
    return record.id


async def look(ctx: Context, email: str, value: str) -> OneTimeToken:
    """Return the token behind a link and leave it as it is; raises what `one_time_tokens.find` raises."""
    async with ctx.db.read() as tx:
        return await one_time_tokens.find(tx, ctx, value, email)


async def follow(ctx: Context, interaction: Interaction, email: str, value: str) -> None:
    """Begin anew, use the token up, and identify whoever it was mailed to.

    Whoever followed it in this sign-in already goes on from there: a form may be sent twice. Raises Forbidden and what
    `verify` and `identifying.identify` raise.
    """
    refuse_unless_asked(interaction)
    if await _is_followed(ctx, interaction, email):
        return
    event = event_of(await look(ctx, email, value))
    if event != "ForgotPassword":
        event = "SignIn" if ctx.live.experience.lets_sign_in else "Register"
    await events.start(ctx, interaction, event)
    record_id = await verify(ctx, interaction, email, value)
    await identifying.identify(ctx, interaction, record_id)


async def _is_followed(ctx: Context, interaction: Interaction, email: str) -> bool:
    try:
        state: State = await holding.read(ctx, interaction)
    except InteractionNotStarted:
        return False
    proof = state.proof
    return proof is not None and proof.type == "OneTimeToken" and fold(proof.sent_to) == fold(email)
