"""`/api/experience/profile`: what is to be written about the person at the end."""

import msgspec
from msgspec import UNSET

from vestibule.api.experience.access import interaction_of
from vestibule.api.experience.shapes import (
    AnyProfile,
    EmailProfile,
    ExtraProfile,
    ForgottenBody,
    PasswordProfile,
    SocialProfile,
    UsernameProfile,
)
from vestibule.domain.context import Context
from vestibule.domain.interactions import profiles
from vestibule.errors import (
    EmailInUse,
    IdentifierNotFound,
    IdentityInUse,
    InteractionNotStarted,
    MfaRequired,
    NotForForgottenPassword,
    PasswordRejected,
    PhoneInUse,
    SamePassword,
    SignInMethodNotEnabled,
    SsoEnabled,
    TooManyAttempts,
    UsernameInUse,
    UsernameRejected,
    VerificationFailed,
    VerificationNotFound,
)
from vestibule.http import Access, Request, Response, Route, empty
from vestibule.model import RecipientKind


class Profiles:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def add(self, request: Request) -> Response:
        """POST /experience/profile."""
        body: AnyProfile = await request.json(AnyProfile)  # type: ignore[arg-type]
        ctx, interaction = self._ctx, interaction_of(request)
        if isinstance(body, UsernameProfile):
            await profiles.set_username(ctx, interaction, body.value, request.ip)
        elif isinstance(body, PasswordProfile):
            await profiles.set_password(ctx, interaction, body.value)
        elif isinstance(body, ExtraProfile):
            values = body.values
            name, avatar = (None if given is UNSET else given for given in (values.name, values.avatar))
            members = {
                key: value for key, value in msgspec.to_builtins(values).items() if key not in {"name", "avatar"}
            }
            await profiles.set_extra(ctx, interaction, name, avatar, members)
        elif isinstance(body, SocialProfile):
            await profiles.bind_social(ctx, interaction, body.verification_id)
        else:
            kind: RecipientKind = "email" if isinstance(body, EmailProfile) else "phone"
            await profiles.bind(ctx, interaction, kind, body.verification_id)
        return empty(204)

    async def replace_password(self, request: Request) -> Response:
        """PUT /experience/profile/password."""
        body = await request.json(ForgottenBody)
        await profiles.replace_forgotten(self._ctx, interaction_of(request), body.password)
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over the profile."""
    api, path, tags, done = Profiles(ctx), "/api/experience/profile", ("Experience",), {204: None}
    password = (InteractionNotStarted, IdentifierNotFound, PasswordRejected, SamePassword, TooManyAttempts)
    added = (
        *password, NotForForgottenPassword, UsernameRejected, UsernameInUse, EmailInUse, PhoneInUse, IdentityInUse,
        SignInMethodNotEnabled, SsoEnabled, VerificationNotFound, VerificationFailed, MfaRequired,
    )  # fmt: skip
    return [
        Route("POST", path, api.add, access=access, summary="Add to the profile", body=AnyProfile, responses=done,
              errors=added, tags=tags),
        Route("PUT", f"{path}/password", api.replace_password, access=access, summary="Replace a forgotten password",
              body=ForgottenBody, responses=done, errors=(*password, NotForForgottenPassword), tags=tags),
    ]  # fmt: skip
