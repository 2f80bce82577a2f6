"""`/api/users/{userId}/mfa-verifications`: a user's factors, shown without their secrets; made, removed."""

from typing import Annotated

from msgspec import UNSET, Struct

from vestibule.clock import iso
from vestibule.domain import mfa
from vestibule.domain.context import Context
from vestibule.errors import (
    BackupCodeFormat,
    BackupCodesAlone,
    BackupCodesInUse,
    EntityNotFound,
    TotpInUse,
    TotpSecretInvalid,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.http.guard import Length, Maybe, Pattern, rule
from vestibule.model import FactorType, MfaVerification


class TotpIn(Struct, tag_field="type", tag="Totp"):
    """A TOTP generator, with a seed of the caller's or a new one."""

    secret: Maybe[str] = UNSET


class BackupCodesIn(Struct, tag_field="type", tag="BackupCode"):
    """Ten backup codes, the caller's or new ones."""

    codes: Maybe[list[str]] = UNSET


class FactorChange(Struct, rename="camel"):
    """The session that made the change, by its `payload.uid`; all others of the user end with it. Our own addition."""

    keep_session: Maybe[str] = UNSET


class FactorName(Struct):
    """What a passkey is to be called."""

    name: Annotated[str, rule(Length(minimum=1, maximum=128), Pattern(r"\S"))]


FactorIn = TotpIn | BackupCodesIn


class TotpOut(Struct, rename="camel", tag_field="type", tag="Totp"):
    """A new TOTP generator: its seed, and the QR code of its `otpauth` address as a PNG data URI."""

    secret: str
    secret_qr_code: str


class BackupCodesOut(Struct, tag_field="type", tag="BackupCode"):
    """New backup codes, shown this once."""

    codes: list[str]


class FactorOut(Struct, rename="camel", omit_defaults=True):
    """A factor without its secrets. Times are ISO 8601."""

    id: str
    created_at: str
    type: FactorType
    last_used_at: Maybe[str] = UNSET
    agent: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    remain_codes: Maybe[int] = UNSET


def factor_out(factor: MfaVerification) -> FactorOut:
    """Show a factor."""
    out = FactorOut(factor.id, iso(factor.created_at), factor.type)
    if factor.type == "BackupCode":
        out.remain_codes = factor.remaining
    elif factor.type == "WebAuthn":
        passkey = mfa.credential_of(factor)
        out.agent = passkey.agent or UNSET
        out.name = passkey.name or UNSET
        if factor.last_used_at is not None:
            out.last_used_at = iso(factor.last_used_at)
    return out


class Factors:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET …/mfa-verifications."""
        found = await mfa.list_factors(self._ctx, request.path_params["userId"])
        return json_response([factor_out(factor) for factor in found])

    async def create(self, request: Request) -> Response:
        """POST …/mfa-verifications."""
        body: FactorIn = await request.json(FactorIn)  # type: ignore[arg-type]
        user_id, keep = request.path_params["userId"], _kept(request)
        if isinstance(body, BackupCodesIn):
            given = None if body.codes is UNSET else body.codes
            return json_response(BackupCodesOut(await mfa.add_backup_codes(self._ctx, user_id, given, keep=keep)))
        secret_asked = None if body.secret is UNSET else body.secret
        user, secret = await mfa.add_totp(self._ctx, user_id, secret_asked, keep=keep)
        return json_response(TotpOut(secret, await mfa.picture(self._ctx, user, secret)))

    async def rename(self, request: Request) -> Response:
        """PATCH …/mfa-verifications/{verificationId}/name: of a passkey."""
        body = await request.json(FactorName)
        user_id, factor_id = request.path_params["userId"], request.path_params["verificationId"]
        return json_response(factor_out(await mfa.rename_passkey(self._ctx, user_id, factor_id, body.name)))

    async def delete(self, request: Request) -> Response:
        """DELETE …/mfa-verifications/{verificationId}."""
        user_id, factor_id = request.path_params["userId"], request.path_params["verificationId"]
        await mfa.remove_factor(self._ctx, user_id, factor_id, keep=_kept(request))
        return empty(204)


def _kept(request: Request) -> str | None:
    given = request.query(FactorChange).keep_session
    return None if given is UNSET else given


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over factors."""
    api, path, tags = Factors(ctx), "/api/users/{userId}/mfa-verifications", ("Users",)
    refusals = (EntityNotFound, TotpInUse, TotpSecretInvalid, BackupCodesInUse, BackupCodesAlone, BackupCodeFormat)
    return [
        Route("GET", path, api.find, access=access, summary="List a user's factors", responses={200: list[FactorOut]},
              errors=(EntityNotFound,), tags=tags),
        Route("POST", path, api.create, access=access, summary="Add a factor", body=FactorIn, query=FactorChange,
              responses={200: TotpOut | BackupCodesOut}, errors=refusals, tags=tags),
        Route("PATCH", f"{path}/{{verificationId}}/name", api.rename, access=access, summary="Rename a passkey",
              body=FactorName, responses={200: FactorOut}, errors=(EntityNotFound,), tags=tags),
        Route("DELETE", f"{path}/{{verificationId}}", api.delete, access=access, summary="Remove a factor",
              query=FactorChange, responses={204: None}, errors=(EntityNotFound,), tags=tags),
    ]  # fmt: skip
