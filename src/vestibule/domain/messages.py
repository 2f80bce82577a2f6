"""Messages to people: through whichever connector the operator has set up, outside any transaction."""

from collections.abc import Mapping

from vestibule.connectors.factory import ConnectorType, Message
from vestibule.db import Tx
from vestibule.domain import email_templates
from vestibule.domain.connectors import factory_kinds, instance_for, sender_of
from vestibule.domain.context import Context
from vestibule.model import RecipientKind

_KINDS: dict[RecipientKind, ConnectorType] = {"email": "Email", "phone": "Sms"}


async def kinds(ctx: Context) -> frozenset[RecipientKind]:
    """Return the kinds of address that messages can be sent to here."""
    async with ctx.db.read() as tx:
        return await kinds_in(tx, ctx)


async def kinds_in(tx: Tx, ctx: Context) -> frozenset[RecipientKind]:
    """Return the same within a transaction."""
    held = await factory_kinds(tx, ctx)
    return frozenset(kind for kind, needed in _KINDS.items() if needed in held)


async def send(
    ctx: Context,
    kind: RecipientKind,
    to: str,
    usage_type: str,
    payload: Mapping[str, object],
    *,
    ip: str | None = None,
) -> None:
    """Send one message of a usage such as `SignIn` to an e-mail address or to a phone number in digits.

    Call it with no transaction open. Raises ConnectorNotFound when no connector sends this kind, and the connector's
    own errors, none of which repeat the message.
    """
    instance = await instance_for(ctx, _KINDS[kind])
    factory, recipient = sender_of(instance), to.removeprefix("+") if kind == "phone" else to
    wording = await email_templates.wording(ctx, usage_type, payload) if factory.localised else None
    message = Message(recipient, usage_type, payload, ctx.clock.now(), ip, wording)
    await factory.send(ctx.outgoing, instance.config, message)
