"""The development outbox, read: what was written, newest first, and the two connectors that write it."""

from pathlib import Path

import msgspec

from vestibule.connectors.outbox import EMAIL_ID, SMS_ID, OutboxMessage
from vestibule.domain import connectors
from vestibule.domain.connectors import NewConnector
from vestibule.domain.context import Context
from vestibule.store import configs
from vestibule.store.connectors import OUTBOX_SEEDED


def list_messages(folder: str | Path) -> list[OutboxMessage]:
    """Return the messages of an outbox folder, newest first; a missing folder is an empty one."""
    paths = sorted(Path(folder).glob("*.json"), reverse=True)
    return [message for path in paths if (message := _read(path)) is not None]


def last(folder: str | Path, recipient: str) -> OutboxMessage | None:
    """Return the newest message to an e-mail address (in any case) or a phone number (in any spelling)."""
    wanted = _folded(recipient)
    return next((message for message in list_messages(folder) if _folded(message.to) == wanted), None)


async def seed_outbox(ctx: Context) -> None:
    """Set up both outbox connectors, once in the life of a store and never over a connector that is there.

    Does nothing where the outbox does not exist. A connector that was deleted stays deleted.
    """
    if EMAIL_ID not in connectors.factories(ctx):
        return
    async with ctx.db.read() as tx:
        if await tx.value(configs.GET, key=OUTBOX_SEEDED) is not None:
            return
    present = {instance.factory.kind for instance in await connectors.list_instances(ctx)}
    for kind, factory_id in (("Email", EMAIL_ID), ("Sms", SMS_ID)):
        if kind not in present:
            await connectors.create(ctx, NewConnector(factory_id=factory_id))
    async with ctx.db.write() as tx:
        await tx.run(configs.PUT, key=OUTBOX_SEEDED, value="true")


def _read(path: Path) -> OutboxMessage | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=OutboxMessage)
    except (OSError, msgspec.MsgspecError):
        return None


def _folded(recipient: str) -> str:
    if "@" in recipient:
        return recipient.strip().casefold()
    return "".join(char for char in recipient if char.isdecimal())
