"""Deleting a user: nothing of the person stays but the audit trail.

What points at the user goes with the row. The rest is found by what it holds: sign-ins under way, codes and links for
the user's addresses, and failed tries at the account. Two things stay for a while: notices of the sign-out, until the
applications have taken them; and what counts messages to an address, as a keyed digest and for a day. That protects
whoever reads the mail there: an account that is made and deleted must not begin the count anew.
"""

import re

import msgspec

from vestibule.db import Tx
from vestibule.domain import attempts, sessions
from vestibule.domain.context import Context
from vestibule.domain.interactions.state import state_of
from vestibule.domain.phones import spellings
from vestibule.domain.users import get_user, ways_to
from vestibule.errors import CannotDeleteSelf, EntityNotFound
from vestibule.model import Interaction, User, fold
from vestibule.store import activities, interactions, one_time_tokens, users, verification_codes

_decode = msgspec.json.Decoder(dict[str, object]).decode


async def delete_user(ctx: Context, user_id: str, caller: str) -> None:
    """Delete a user with everything that is about it. Raises CannotDeleteSelf, EntityNotFound."""
    if user_id == caller:
        raise CannotDeleteSelf
    async with ctx.db.write() as tx:
        # Who signs in holds the sign-in, then its user, and so does this: the other order could lock both out.
        await _end_sign_ins(tx, await get_user(tx, user_id))
        # Before the row: while that is being deleted nobody can write its id, and who is about to holds one of these.
        await sessions.end_all(tx, ctx.clock, user_id)
        user = await tx.one(users.DELETE, user_id=user_id)
        if user is None:
            raise EntityNotFound
        await _forget_codes(tx, user)
        # Failed tries are counted at the account and at each text that leads to it.
        tried = {user_id, *ways_to(ctx, user)}
        await activities.forget_targets(tx, [attempts.account_target(ctx, one) for one in sorted(tried)])


async def _end_sign_ins(tx: Tx, user: User) -> None:
    """End what is under way in the user's browsers, and what names the user, whoever began it.

    Steps that know their user are held after the user everywhere, and end with the user's sessions.
    """
    names = _names(user)
    await tx.run(interactions.DELETE_OF_BROWSERS, user_id=user.id)
    texts, folded, after = [f"%{_pattern(_quoted(name))}%" for name in names], {fold(name) for name in names}, ""
    while found := await tx.all(interactions.NAMING, texts=texts, after=after):
        ids = [one.id for one in found if one.user_id != user.id and _mentions(one, folded)]
        if ids:
            await tx.run(interactions.DELETE_THESE, ids=ids)
        after = found[-1].id


async def _forget_codes(tx: Tx, user: User) -> None:
    names = _names(user)
    await tx.run(one_time_tokens.DELETE_TO, emails=[fold(user.primary_email)] if user.primary_email else [])
    found = await tx.all(verification_codes.TO, texts=[_pattern(name) for name in names])
    ids = [code.id for code in found if fold(code.recipient) in {fold(name) for name in names}]
    if ids:
        await tx.run(verification_codes.DELETE_THESE, ids=ids)


def _names(user: User) -> set[str]:
    """Return everything that says who it is."""
    phones = spellings(user.primary_phone) if user.primary_phone else ()
    return {name for name in (user.id, user.username, user.primary_email, *phones) if name}


def _quoted(name: str) -> str:
    """Return a name as it stands in JSON."""
    return msgspec.json.encode(name).decode()


def _pattern(text: str) -> str:
    """Return what to look for first: letters beyond ASCII may be spelled in several ways, in several characters."""
    return re.sub(r"[^\x00-\x7f]+", "%", re.sub(r"([\\%_])", r"\\\1", text))


def _mentions(interaction: Interaction, folded: set[str | None]) -> bool:
    given: list[object] = [interaction.user_id, _decode(interaction.params).get("login_hint")]
    if interaction.state is not None:
        state = state_of(interaction)
        given += [state.user_id, *state.profile.identifiers]
        for record in state.records:
            given += [record.user_id, record.identifier.value if record.identifier else None]
            given.append(record.company.email if record.company else None)
    return any(isinstance(text, str) and fold(text) in folded for text in given)
