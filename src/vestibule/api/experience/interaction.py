"""`/api/experience`: begin, change the event, look, identify, submit."""

from msgspec import UNSET

from vestibule.api.experience.access import interaction_of
from vestibule.api.experience.shapes import (
    EventBody,
    IdentificationBody,
    IdentifierBody,
    InteractionOut,
    ProfileOut,
    RecordOut,
    RedirectOut,
    StartBody,
)
from vestibule.domain.context import Context
from vestibule.domain.interactions import events, holding, identifying, steps, submitting
from vestibule.domain.interactions.state import Record, State
from vestibule.errors import (
    BackupCodesRequired,
    EmailInUse,
    FactorMissing,
    FactorSuggested,
    IdentifierNotFound,
    IdentityConflict,
    IdentityInUse,
    IdentityNotExists,
    InteractionNotStarted,
    InvalidCredentials,
    MfaRequired,
    MissingProfile,
    NewPasswordRequired,
    NotForForgottenPassword,
    PasswordExpired,
    PasswordRejected,
    PhoneInUse,
    SignInMethodNotEnabled,
    SsoEnabled,
    SsoIdentityNotExist,
    TotpInUse,
    UsernameInUse,
    UserNotExist,
    UserSuspended,
    VerificationFailed,
    VerificationNotFound,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response, text

TAGS = ("Experience",)


def shown(state: State) -> InteractionOut:
    """Show a sign-in under way without what is secret of it."""
    profile = state.profile
    return InteractionOut(
        state.event,
        ProfileOut(
            profile.avatar, profile.name, profile.username, profile.primary_email, profile.primary_phone,
            profile.profile,
        ),
        UNSET if state.user_id is None else state.user_id,
        [_shown(record) for record in state.records],
    )  # fmt: skip


def _shown(record: Record) -> RecordOut:
    identifier = record.identifier
    return RecordOut(
        record.id,
        record.type,
        UNSET if identifier is None else IdentifierBody(identifier.type, identifier.value),
        UNSET if record.event is None else record.event,
        UNSET if record.user_id is None else record.user_id,
        record.verified_at is not None,
        UNSET if record.social is None else record.social.connector_id,
    )


class Interactions:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def start(self, request: Request) -> Response:
        """PUT /experience."""
        body = await request.json(StartBody)
        await events.start(self._ctx, interaction_of(request), body.interaction_event)
        return empty(204)

    async def switch(self, request: Request) -> Response:
        """PUT /experience/interaction-event."""
        body = await request.json(EventBody)
        await events.switch(self._ctx, interaction_of(request), body.interaction_event)
        return empty(204)

    async def get(self, request: Request) -> Response:
        """GET /experience/interaction."""
        return json_response(shown(await holding.read(self._ctx, interaction_of(request))))

    async def identify(self, request: Request) -> Response:
        """POST /experience/identification: 204, or 201 when an account was made."""
        body = await request.json(IdentificationBody)
        given = None if body.verification_id is UNSET else body.verification_id
        link = body.link_social_identity is True
        made = await identifying.identify(self._ctx, interaction_of(request), given, link=link)
        return text("Created", 201) if made else empty(204)

    async def submit(self, request: Request) -> Response:
        """POST /experience/submit: where to go next; 204 after a forgotten password."""
        ended = await submitting.submit(self._ctx, interaction_of(request))
        return empty(204) if ended is None else json_response(RedirectOut(steps.resume_address(self._ctx, ended)))


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over the sign-in as a whole."""
    api, path = Interactions(ctx), "/api/experience"
    done: dict[int, object] = {204: None}
    identified = (
        InteractionNotStarted, VerificationNotFound, VerificationFailed, UserNotExist, UserSuspended, IdentityConflict,
        SignInMethodNotEnabled, SsoEnabled, SsoIdentityNotExist, MissingProfile, PasswordRejected, UsernameInUse,
        EmailInUse, PhoneInUse, IdentityNotExists, IdentityInUse,
    )  # fmt: skip
    submitted = (
        InteractionNotStarted, IdentifierNotFound, InvalidCredentials, PasswordExpired, MfaRequired,
        NewPasswordRequired, FactorMissing, FactorSuggested, BackupCodesRequired, TotpInUse, IdentityNotExists,
        IdentityInUse, SignInMethodNotEnabled, VerificationFailed, MissingProfile, UsernameInUse, EmailInUse,
        PhoneInUse,
    )  # fmt: skip
    return [
        Route("PUT", path, api.start, access=access, summary="Begin, or begin anew", body=StartBody, responses=done,
              tags=TAGS),
        Route("PUT", f"{path}/interaction-event", api.switch, access=access, summary="Change what it is for",
              body=EventBody, responses=done, errors=(NotForForgottenPassword, InteractionNotStarted), tags=TAGS),
        Route("GET", f"{path}/interaction", api.get, access=access, summary="Look at it",
              responses={200: InteractionOut}, errors=(InteractionNotStarted,), tags=TAGS),
        Route("POST", f"{path}/identification", api.identify, access=access, summary="Say who it is",
              body=IdentificationBody, responses={204: None, 201: None}, errors=identified, tags=TAGS),
        Route("POST", f"{path}/submit", api.submit, access=access, summary="Finish",
              responses={200: RedirectOut, 204: None}, errors=submitted, tags=TAGS),
    ]  # fmt: skip
