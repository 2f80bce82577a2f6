"""What e-mails say, by language and usage (`/api/email-templates`)."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from vestibule.client.operation import Nothing, Operation, given, segment

PATH = "/api/email-templates"
ContentType = Literal["text/html", "text/plain"]


class EmailDetails(msgspec.Struct, rename="camel", kw_only=True, omit_defaults=True):
    """Subject, content, and who it is from; placeholders such as `{{code}}` are filled in."""

    subject: str
    content: str
    content_type: str | UnsetType = UNSET
    reply_to: str | UnsetType = UNSET
    send_from: str | UnsetType = UNSET


class NewEmailTemplate(msgspec.Struct, rename="camel"):
    """What to say in one language (`fr`, `pt-BR`) for one usage (`SignIn`, `Generic`)."""

    language_tag: str
    template_type: str
    details: EmailDetails


class EmailTemplate(msgspec.Struct, rename="camel", kw_only=True):
    """A template as it is stored."""

    id: str
    language_tag: str
    template_type: str
    details: EmailDetails
    created_at: float


class Deleted(msgspec.Struct, rename="camel"):
    """How many were deleted."""

    row_count: int


def put(templates: Sequence[NewEmailTemplate]) -> Operation[list[EmailTemplate]]:
    """Write templates, in place of those of the same language and usage."""
    return Operation("PUT", PATH, list[EmailTemplate], body={"templates": list(templates)})


def find(*, language: str | None = None, usage: str | None = None) -> Operation[list[EmailTemplate]]:
    """List the templates, all or those of a language and a usage."""
    return Operation("GET", PATH, list[EmailTemplate], _query(language, usage))


def get(template_id: str) -> Operation[EmailTemplate]:
    """Get one template."""
    return Operation("GET", f"{PATH}/{segment(template_id)}", EmailTemplate)


def update(
    template_id: str,
    *,
    subject: str | UnsetType = UNSET,
    content: str | UnsetType = UNSET,
    content_type: ContentType | UnsetType = UNSET,
    reply_to: str | UnsetType = UNSET,
    send_from: str | UnsetType = UNSET,
) -> Operation[EmailTemplate]:
    """Change the given members of a template."""
    body = given(subject=subject, content=content, content_type=content_type, reply_to=reply_to, send_from=send_from)
    return Operation("PATCH", f"{PATH}/{segment(template_id)}/details", EmailTemplate, body=body)


def delete(template_id: str) -> Operation[Nothing]:
    """Delete one template."""
    return Operation("DELETE", f"{PATH}/{segment(template_id)}", Nothing)


def delete_all(*, language: str | None = None, usage: str | None = None) -> Operation[Deleted]:
    """Delete the templates of a language, a usage or both; one of them must be given."""
    return Operation("DELETE", PATH, Deleted, _query(language, usage))


def _query(language: str | None, usage: str | None) -> dict[str, str]:
    asked = {"languageTag": language, "templateType": usage}
    return {name: value for name, value in asked.items() if value is not None}
