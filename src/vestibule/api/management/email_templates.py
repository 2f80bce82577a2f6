"""`/api/email-templates`: what e-mails say, by language and usage."""

from functools import partial
from typing import Annotated, Literal, cast

import msgspec
from msgspec import UNSET, Struct, UnsetType

from vestibule.domain import email_templates as templates
from vestibule.domain.context import Context
from vestibule.domain.email_templates import Details, NewTemplate
from vestibule.errors import BulkDeletionNoFilter, EntityNotExistsWithId
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.http.guard import Length, Maybe, rule
from vestibule.model import TENANT, EmailTemplate

LanguageTag = Annotated[str, rule(Length(1, 16))]
ContentType = Literal["text/html", "text/plain"]
TemplateType = Literal[
    "SignIn",
    "Register",
    "ForgotPassword",
    "OrganizationInvitation",
    "Generic",
    "UserPermissionValidation",
    "BindNewIdentifier",
    "MfaVerification",
    "BindMfa",
]


class TemplateDetails(Struct, rename="camel", omit_defaults=True):
    """Subject, content, and who it is from; placeholders such as `{{code}}` are filled in."""

    subject: str
    content: str
    content_type: Maybe[ContentType] = UNSET
    reply_to: Maybe[str] = UNSET
    send_from: Maybe[str] = UNSET


class DetailsPatch(Struct, rename="camel", omit_defaults=True):
    """What to change of the details."""

    subject: Maybe[str] = UNSET
    content: Maybe[str] = UNSET
    content_type: Maybe[ContentType] = UNSET
    reply_to: Maybe[str] = UNSET
    send_from: Maybe[str] = UNSET


class TemplateIn(Struct, rename="camel"):
    """A template for one language and one usage."""

    language_tag: LanguageTag
    template_type: TemplateType
    details: TemplateDetails


class TemplatesIn(Struct):
    """One template at least."""

    templates: Annotated[list[TemplateIn], rule(Length(1))]


class TemplateQuery(Struct, rename="camel"):
    """Which templates."""

    language_tag: Maybe[LanguageTag] = UNSET
    template_type: Maybe[TemplateType] = UNSET


class EmailTemplateOut(Struct, rename="camel"):
    """A template as the API shows it."""

    tenant_id: str
    id: str
    language_tag: LanguageTag
    template_type: TemplateType
    details: TemplateDetails
    created_at: int


class RowCount(Struct, rename="camel"):
    """How many were deleted."""

    row_count: int


_details = msgspec.json.Decoder(TemplateDetails).decode


def _out(row: EmailTemplate) -> EmailTemplateOut:
    usage = cast("TemplateType", row.template_type)
    return EmailTemplateOut(TENANT, row.id, row.language_tag, usage, _details(row.details), row.created_at)


def _plain(details: TemplateDetails | DetailsPatch) -> Details:
    return msgspec.convert(msgspec.to_builtins(details), Details)


def _asked(request: Request) -> tuple[str | None, str | None]:
    query = request.query(TemplateQuery)
    language = None if isinstance(query.language_tag, UnsetType) else query.language_tag
    return language, None if isinstance(query.template_type, UnsetType) else query.template_type


class EmailTemplates:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def put(self, request: Request) -> Response:
        """PUT /email-templates."""
        body = await request.json(TemplatesIn)
        new = [NewTemplate(item.language_tag, item.template_type, _plain(item.details)) for item in body.templates]
        return json_response([_out(row) for row in await templates.put(self._ctx, new)])

    async def find(self, request: Request) -> Response:
        """GET /email-templates."""
        return json_response([_out(row) for row in await templates.find(self._ctx, *_asked(request))])

    async def delete_all(self, request: Request) -> Response:
        """DELETE /email-templates."""
        return json_response(RowCount(await templates.delete_all(self._ctx, *_asked(request))))

    async def get(self, request: Request) -> Response:
        """GET /email-templates/{id}."""
        return json_response(_out(await templates.get(self._ctx, request.path_params["id"])))

    async def change(self, request: Request) -> Response:
        """PATCH /email-templates/{id}/details."""
        details = _plain(await request.json(DetailsPatch))
        return json_response(_out(await templates.change(self._ctx, request.path_params["id"], details)))

    async def delete(self, request: Request) -> Response:
        """DELETE /email-templates/{id}."""
        await templates.delete(self._ctx, request.path_params["id"])
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over e-mail templates."""
    api, base, one = EmailTemplates(ctx), "/api/email-templates", {200: EmailTemplateOut}
    route = partial(Route, access=access, tags=("Email templates",))
    unknown = (EntityNotExistsWithId,)
    return [
        route("PUT", base, api.put, summary="Write e-mail templates", body=TemplatesIn,
              description="A template of the same language and usage is replaced.",
              responses={200: list[EmailTemplateOut]}),
        route("GET", base, api.find, summary="List e-mail templates", query=TemplateQuery,
              responses={200: list[EmailTemplateOut]}),
        route("DELETE", base, api.delete_all, summary="Delete the e-mail templates of a language or a usage",
              query=TemplateQuery, responses={200: RowCount}, errors=(BulkDeletionNoFilter,)),
        route("GET", f"{base}/{{id}}", api.get, summary="Get an e-mail template", responses=one, errors=unknown),
        route("PATCH", f"{base}/{{id}}/details", api.change, summary="Change an e-mail template", body=DetailsPatch,
              responses=one, errors=unknown),
        route("DELETE", f"{base}/{{id}}", api.delete, summary="Delete an e-mail template", responses={204: None},
              errors=unknown),
    ]  # fmt: skip
