"""`/api/users/{userId}/logto-configs`: what a user chose about factors."""

import msgspec
from msgspec import UNSET, Struct

from vestibule.domain import logto_config
from vestibule.domain.context import Context
from vestibule.errors import EntityNotFound
from vestibule.http import Access, Request, Response, Route, json_response
from vestibule.http.guard import Maybe


class MfaPatch(Struct, rename="camel", omit_defaults=True):
    """Choices about factors: whether they are on, whether their set-up or their use at sign-in was declined."""

    enabled: Maybe[bool] = UNSET
    skipped: Maybe[bool] = UNSET
    skip_mfa_on_sign_in: Maybe[bool] = UNSET


class PasskeyPatch(Struct, omit_defaults=True):
    """Whether the offer of a passkey was declined."""

    skipped: Maybe[bool] = UNSET


class LogtoConfigPatch(Struct, rename="camel", omit_defaults=True):
    """The body of PATCH …/logto-configs: only what is given changes."""

    mfa: Maybe[MfaPatch] = UNSET
    passkey_sign_in: Maybe[PasskeyPatch] = UNSET


class MfaChoices(Struct, rename="camel"):
    """The choices about factors; `enabled` is left out while it is unknown."""

    enabled: Maybe[bool] = UNSET
    skipped: bool = False
    skip_mfa_on_sign_in: bool = False


class PasskeyChoices(Struct):
    """The choice about passkeys."""

    skipped: bool = False


class LogtoConfig(Struct, rename="camel"):
    """What a user chose about factors."""

    mfa: MfaChoices = msgspec.field(default_factory=MfaChoices)
    passkey_sign_in: PasskeyChoices = msgspec.field(default_factory=PasskeyChoices)


class LogtoConfigs:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def get(self, request: Request) -> Response:
        """GET …/logto-configs."""
        return _shown(await logto_config.get_choices(self._ctx, request.path_params["userId"]))

    async def change(self, request: Request) -> Response:
        """PATCH …/logto-configs."""
        changes = msgspec.to_builtins(await request.json(LogtoConfigPatch))
        return _shown(await logto_config.change_choices(self._ctx, request.path_params["userId"], changes))


def _shown(choices: logto_config.Choices) -> Response:
    return json_response(msgspec.convert(choices, LogtoConfig))


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over a user's choices."""
    api, path = LogtoConfigs(ctx), "/api/users/{userId}/logto-configs"
    missing, tags, out = (EntityNotFound,), ("Users",), {200: LogtoConfig}
    return [
        Route("GET", path, api.get, access=access, summary="What the user chose about factors", responses=out,
              errors=missing, tags=tags),
        Route("PATCH", path, api.change, access=access, summary="Change choices about factors",
              body=LogtoConfigPatch, responses=out, errors=missing, tags=tags),
    ]  # fmt: skip
