"""E-mail templates: written by administrators, chosen by the usage and the language of a message."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vestibule.connectors.templates import GENERIC
from vestibule.connectors.wording import Wording
from vestibule.crypto import new_id
from vestibule.domain.context import Context
from vestibule.errors import BulkDeletionNoFilter, EntityNotExistsWithId
from vestibule.model import EmailTemplate
from vestibule.store import email_templates as store

Details = dict[str, object]


@dataclass(frozen=True)
class NewTemplate:
    """What to say in one language for one usage."""

    language_tag: str
    template_type: str
    details: Details


async def put(ctx: Context, new: Sequence[NewTemplate]) -> list[EmailTemplate]:
    """Store templates, in place of those of the same language and usage; returns them in the same order."""
    found: list[EmailTemplate] = []
    async with ctx.db.write() as tx:
        for item in new:
            await tx.run(
                store.PUT,
                id=new_id(),
                language_tag=item.language_tag,
                template_type=item.template_type,
                details=json.dumps(item.details),
                created_at=ctx.clock.now(),
            )
        for item in new:
            row = await tx.one(store.OF_PAIR, language=item.language_tag, usage=item.template_type)
            found += [] if row is None else [row]
    return found


async def find(ctx: Context, language: str | None, usage: str | None) -> list[EmailTemplate]:
    """Return the templates of a language and a usage, as far as they are given, by language and usage."""
    async with ctx.db.read() as tx:
        if language is not None and usage is not None:
            return list(await tx.all(store.OF_PAIR, language=language, usage=usage))
        if language is not None:
            return list(await tx.all(store.OF_LANGUAGE, language=language))
        if usage is not None:
            return list(await tx.all(store.OF_USAGE, usage=usage))
        return list(await tx.all(store.ALL))


async def get(ctx: Context, template_id: str) -> EmailTemplate:
    """Return a template; raises EntityNotExistsWithId."""
    async with ctx.db.read() as tx:
        row = await tx.one(store.GET, template_id=template_id)
    if row is None:
        raise EntityNotExistsWithId
    return row


async def change(ctx: Context, template_id: str, details: Details) -> EmailTemplate:
    """Change the given members of a template's details; raises EntityNotExistsWithId."""
    async with ctx.db.write() as tx:
        held = await tx.one(store.GET, template_id=template_id)
        if held is not None:
            merged = json.dumps({**json.loads(held.details), **details})
            held = await tx.one(store.SET_DETAILS, template_id=template_id, new_details=merged)
    if held is None:
        raise EntityNotExistsWithId
    return held


async def delete(ctx: Context, template_id: str) -> None:
    """Delete a template; raises EntityNotExistsWithId."""
    async with ctx.db.write() as tx:
        if await tx.run(store.DELETE, template_id=template_id) == 0:
            raise EntityNotExistsWithId


async def delete_all(ctx: Context, language: str | None, usage: str | None) -> int:
    """Delete the templates of a language, a usage or both; returns how many. Raises BulkDeletionNoFilter."""
    async with ctx.db.write() as tx:
        if language is not None and usage is not None:
            return await tx.run(store.DELETE_OF_PAIR, language=language, usage=usage)
        if language is not None:
            return await tx.run(store.DELETE_OF_LANGUAGE, language=language)
        if usage is not None:
            return await tx.run(store.DELETE_OF_USAGE, usage=usage)
    raise BulkDeletionNoFilter


async def wording(ctx: Context, usage: str, payload: Mapping[str, object]) -> Wording | None:
    """Return what is stored for a message, or None.

    Looked for in the language of the payload (`fr-CA`, then `fr`), then in the fallback language of the sign-in
    experience, there also as `Generic`. Languages are compared without case (RFC 5646 section 2.1.1).
    """
    async with ctx.db.read() as tx:
        rows = await tx.all(store.OF_USAGES, usages=sorted({usage, GENERIC}))
    held = {(row.template_type, row.language_tag.lower()): row for row in rows}
    locale = str(payload.get("locale", "")).lower()
    fallback = ctx.live.experience.language_info.fallback_language.lower()
    pairs = [(usage, locale), (usage, locale.partition("-")[0]), (usage, fallback), (GENERIC, fallback)]
    row = next((held[pair] for pair in pairs if pair in held), None)
    return None if row is None else _wording(json.loads(row.details))


def _wording(details: Mapping[str, str]) -> Wording:
    return Wording(
        details["subject"],
        details["content"],
        details.get("contentType", "text/html"),
        details.get("replyTo"),
        details.get("sendFrom"),
    )
