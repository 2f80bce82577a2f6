"""`/api/sign-in-exp`: what is decided about signing in; a password tried against the policy."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from vestibule.api.sign_in_experience import FIXED, FIXED_VALUES, OBEYED, Experience, shown
from vestibule.domain import password_rules
from vestibule.domain.context import Context
from vestibule.domain.experience_changes import change_experience
from vestibule.domain.usernames import case_conflicts
from vestibule.domain.users import get_user
from vestibule.errors import (
    AuthenticationFactorMissing,
    BackupCodesEnabledAlone,
    EnabledConnectorNotFound,
    EntityInvalidInput,
    EntityNotFound,
    FactorsDuplicated,
    InvalidRequest,
    LanguageNotSupported,
    PasswordlessRequiresVerify,
    SettingNotSupported,
)
from vestibule.http import Access, Request, Response, Route, json_response
from vestibule.http.guard import Maybe, Pattern, rule
from vestibule.ui.messages import LANGUAGES

ExperiencePatch = msgspec.defstruct(
    "ExperiencePatch",
    [(item.name, item.type | UnsetType, UNSET) for item in (*OBEYED, *FIXED)],
    rename="camel",
    module=__name__,
)
ExperiencePatch.__doc__ = "Any of the fields; those that are not obeyed yet only as they are."


class PasswordCheck(Struct, rename="camel"):
    """A password, and whose names it is compared with."""

    password: str
    user_id: Maybe[str] = UNSET


class PasswordAccepted(Struct):
    """The password meets the policy."""

    result: bool = True


class PasswordRefused(Struct):
    """Every reason against a password."""

    issues: list[dict[str, Any]]
    result: bool = False


class ConflictsQuery(Struct):
    """How many shared names are listed: 1 to 100, 20 unless said."""

    limit: Maybe[Annotated[str, rule(Pattern(r"^([1-9]\d?|100)$"))]] = UNSET


class SharedName(Struct, rename="camel"):
    """A name in small letters, and who has it in one case or another."""

    username_lower: str
    user_ids: list[str]


class ConflictsOut(Struct, rename="camel"):
    """Names that are one if case does not count."""

    total_conflicts: int
    samples: list[SharedName]


class SignInExperiences:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def get(self, request: Request) -> Response:
        """GET /sign-in-exp."""
        await self._ctx.live.refresh()
        return json_response(shown(self._ctx.live.experience))

    async def change(self, request: Request) -> Response:
        """PATCH /sign-in-exp: what is not obeyed is refused, unless it is as it was (a whole record sent back)."""
        body: Struct = await request.json(ExperiencePatch)
        given = {item.encode_name: getattr(body, item.name) for item in msgspec.structs.fields(body)}
        given = {name: value for name, value in given.items() if value is not UNSET}
        if not given:
            raise EntityInvalidInput
        refused = [name for name, value in given.items() if name in FIXED_VALUES and value != FIXED_VALUES[name]]
        if refused:
            raise SettingNotSupported(data={"fields": refused})
        changes = {name: value for name, value in given.items() if name not in FIXED_VALUES}
        return json_response(shown(await change_experience(self._ctx, changes, LANGUAGES)))

    async def check_password(self, request: Request) -> Response:
        """POST /sign-in-exp/default/check-password: a refusal is a 400 that is no error envelope."""
        body = await request.json(PasswordCheck)
        policy = self._ctx.live.experience.password_policy.effective
        about: list[str | None] = []
        if body.user_id is not UNSET:
            async with self._ctx.db.read() as tx:
                user = await get_user(tx, body.user_id)
            about = [user.username, user.primary_email, user.primary_phone, user.name]
        elif policy.rejects.user_info:
            words = "`userId` is needed while `passwordPolicy.rejects.userInfo` is on."
            raise InvalidRequest(words, data={"message": words})
        issues = await password_rules.issues(self._ctx, body.password, about)
        return json_response(PasswordRefused(issues), 400) if issues else json_response(PasswordAccepted())

    async def conflicts(self, request: Request) -> Response:
        """GET /sign-in-exp/username-policy/case-sensitivity-conflicts."""
        limit = request.query(ConflictsQuery).limit
        found = await case_conflicts(self._ctx, 20 if limit is UNSET else int(limit))
        samples = [SharedName(name, user_ids) for name, user_ids in found.samples.items()]
        return json_response(ConflictsOut(found.total, samples))


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over the sign-in experience."""
    api, path, tags = SignInExperiences(ctx), "/api/sign-in-exp", ("Sign-in experience",)
    refusals = (
        EntityInvalidInput,
        InvalidRequest,
        SettingNotSupported,
        AuthenticationFactorMissing,
        PasswordlessRequiresVerify,
        EnabledConnectorNotFound,
        LanguageNotSupported,
        FactorsDuplicated,
        BackupCodesEnabledAlone,
    )
    return [
        Route("GET", path, api.get, access=access, summary="Get what is decided about signing in",
              responses={200: Experience}, tags=tags),
        Route("PATCH", path, api.change, access=access, summary="Change fields of it", body=ExperiencePatch,
              responses={200: Experience}, errors=refusals, tags=tags),
        Route("POST", f"{path}/default/check-password", api.check_password, access=access,
              summary="Try a password against the policy", body=PasswordCheck,
              responses={200: PasswordAccepted, 400: dict[str, Any]}, errors=(EntityNotFound, InvalidRequest),
              tags=tags),
        Route("GET", f"{path}/username-policy/case-sensitivity-conflicts", api.conflicts, access=access,
              summary="User names that differ only by case", query=ConflictsQuery, responses={200: ConflictsOut},
              tags=tags),
    ]  # fmt: skip
