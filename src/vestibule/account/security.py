"""`/api/me/tokens`, `/api/me/factors` and the end of an account: what only its owner may do, with a fresh proof."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from vestibule import totp
from vestibule.account import problems, store
from vestibule.account.access import caller_of
from vestibule.account.context import Context
from vestibule.account.declaring import Row, declared
from vestibule.account.me import presented
from vestibule.account.proven import proven
from vestibule.account.sessions import end_elsewhere
from vestibule.account.tokens import TokenChecker
from vestibule.account.wire import security as wire
from vestibule.client import mfa, personal_access_tokens, users
from vestibule.client.models import Factor, User
from vestibule.client.operation import Operation, segment
from vestibule.crypto import new_totp_secret
from vestibule.http import Request, Response, Route, empty, json_response

T = TypeVar("T")


def _rename(user_id: str, factor_id: str, name: str) -> Operation[Factor]:
    """Name a passkey; here and not in the client, since the contract has no such operation."""
    path = f"/api/users/{segment(user_id)}/mfa-verifications/{segment(factor_id)}/name"
    return Operation("PATCH", path, Factor, body={"name": name})


TOKEN_REFUSALS: dict[str, Exception] = {
    "personal_access_token_name_exists": problems.Taken("You have a token of this name. Choose another name."),
    "invalid_input": problems.InvalidFields({"expiresAt": "Choose a moment that is still to come."}),
    "not_exists": problems.Unknown(),
    "not_found": problems.Unknown(),
}
FACTOR_REFUSALS: dict[str, Exception] = {
    "totp_already_in_use": problems.Taken("You have an authenticator app already. Remove it before you add another."),
    "totp_secret_invalid": problems.InvalidFields({"secret": "This is not a seed. Ask for a new one."}),
    "backup_code_already_in_use": problems.Taken("You have backup codes already. Remove them to make new ones."),
    "backup_code_can_not_be_alone": problems.NeedsAnotherFactor(),
    "not_found": problems.Unknown(),
    "": problems.Unknown(),  # a server that cannot do this
}


class Security:
    """The handlers, over one context."""

    def __init__(self, ctx: Context, checker: TokenChecker) -> None:
        self._ctx = ctx
        self._checker = checker

    async def _user(self, request: Request) -> User:
        return await self._ctx.user(caller_of(request).user_id)

    async def tokens(self, request: Request) -> Response:
        """GET /api/me/tokens: never a value."""
        user = await self._user(request)
        held = await self._ctx.send(personal_access_tokens.find(user.id))
        held.sort(key=lambda token: token.created_at, reverse=True)
        return json_response(wire.TokenList([wire.TokenView.of(token) for token in held]))

    async def create_token(self, request: Request) -> Response:
        """POST /api/me/tokens."""
        body = await request.json(wire.NewToken)
        user = await self._user(request)
        if body.expires_at is not None and body.expires_at <= self._ctx.clock.now():
            raise TOKEN_REFUSALS["invalid_input"]
        operation = personal_access_tokens.create(user.id, body.name, expires_at=body.expires_at)
        made = await proven(self._ctx, user, "token.create", presented(request), operation, refusals=TOKEN_REFUSALS)
        shown = wire.TokenValue(made.name, made.value, made.created_at, made.expires_at)
        return json_response(shown, 201)

    async def rename_token(self, request: Request) -> Response:
        """PATCH /api/me/tokens/{name}."""
        body = await request.json(wire.TokenRename)
        user = await self._user(request)
        operation = personal_access_tokens.rename(user.id, request.path_params["name"], body.name)
        made = await proven(self._ctx, user, "token.rename", presented(request), operation, refusals=TOKEN_REFUSALS)
        return json_response(wire.TokenView.of(made))

    async def delete_token(self, request: Request) -> Response:
        """DELETE /api/me/tokens/{name}."""
        user = await self._user(request)
        operation = personal_access_tokens.delete(user.id, request.path_params["name"])
        await proven(self._ctx, user, "token.delete", presented(request), operation, refusals=TOKEN_REFUSALS)
        return empty(204)

    async def factors(self, request: Request) -> Response:
        """GET /api/me/factors."""
        user = await self._user(request)
        held = await self._ctx.send(mfa.find(user.id))
        return json_response(wire.FactorList([wire.FactorView.of(factor) for factor in held]))

    async def totp_secret(self, request: Request) -> Response:
        """POST /api/me/factors/totp/secret: a seed to try, stored nowhere."""
        asked = (await request.json(wire.TotpAsked)).secret
        if isinstance(asked, str) and not totp.is_secret(asked):
            raise FACTOR_REFUSALS["totp_secret_invalid"]
        user = await self._user(request)
        label = user.username or user.primary_email or user.primary_phone or user.name or user.id
        secret = asked if isinstance(asked, str) else new_totp_secret()
        address = totp.address(secret, urlsplit(self._ctx.settings.public_url).hostname or "", label)
        picture = await asyncio.to_thread(totp.qr_code, address)
        return json_response(wire.TotpSecret(secret, address, picture))

    async def add_totp(self, request: Request) -> Response:
        """POST /api/me/factors/totp: only after the app has shown that it makes the right codes."""
        body = await request.json(wire.NewTotp)
        user = await self._user(request)
        if not totp.is_secret(body.secret):
            raise FACTOR_REFUSALS["totp_secret_invalid"]
        if totp.matching_step(body.secret, "".join(body.code.split()), self._ctx.clock.now()) is None:
            raise problems.WrongTotpCode
        await self._change_factors(request, user, "factor.add", partial(mfa.create_totp, user.id, secret=body.secret))
        return empty(204)

    async def add_backup_codes(self, request: Request) -> Response:
        """POST /api/me/factors/backup-codes."""
        user = await self._user(request)
        made = await self._change_factors(request, user, "factor.add", partial(mfa.create_backup_codes, user.id))
        return json_response(wire.BackupCodes(made.codes), 201)

    async def rename_factor(self, request: Request) -> Response:
        """PATCH /api/me/factors/{factor_id}: of passkeys, the only ones of which there can be several."""
        name = (await request.json(wire.FactorRename)).name.strip()
        if not name:
            raise problems.InvalidFields({"name": "Write a name."})
        user = await self._user(request)
        operation = _rename(user.id, request.path_params["factor_id"], name)
        made = await proven(self._ctx, user, "factor.rename", presented(request), operation, refusals=FACTOR_REFUSALS)
        return json_response(wire.FactorView.of(made))

    async def remove_factor(self, request: Request) -> Response:
        """DELETE /api/me/factors/{factor_id}."""
        user = await self._user(request)
        operation = partial(mfa.delete, user.id, request.path_params["factor_id"])
        await self._change_factors(request, user, "factor.remove", operation)
        return empty(204)

    async def _change_factors(
        self, request: Request, user: User, action: str, operation: Callable[..., Operation[T]]
    ) -> T:
        """Make the change after its proofs, and end every session that knew nothing of it (B40)."""
        keep, proofs = request.query(wire.FactorChange).keep, presented(request)
        asked = operation(keep_session=keep)
        made = await proven(self._ctx, user, action, proofs, asked, refusals=FACTOR_REFUSALS)
        await end_elsewhere(self._ctx, user.id, keep)
        return made

    async def delete_account(self, request: Request) -> Response:
        """DELETE /api/me: the account and all that is the user's, the page's sessions in every browser among it."""
        user = await self._user(request)
        await proven(self._ctx, user, "account.delete", presented(request), users.delete(user.id))
        async with self._ctx.db.write() as tx:
            await tx.run(store.END_SESSIONS, owner=user.id, kept=None)
        return empty(204)

    def routes(self) -> list[Route]:
        """Return every route."""
        taken, unknown = (problems.Taken,), (problems.Unknown,)
        rows = [
            Row("GET", "/tokens", self.tokens, "token.read", "List personal access tokens", None, 200, wire.TokenList),
            Row("POST", "/tokens", self.create_token, "token.create", "Create a personal access token", wire.NewToken,
                201, wire.TokenValue, taken),
            Row("PATCH", "/tokens/{name}", self.rename_token, "token.rename", "Rename a personal access token",
                wire.TokenRename, 200, wire.TokenView, (*taken, *unknown)),
            Row("DELETE", "/tokens/{name}", self.delete_token, "token.delete", "Delete a personal access token", None,
                204, None, unknown),
            Row("GET", "/factors", self.factors, "factor.read", "List factors", None, 200, wire.FactorList),
            Row("POST", "/factors/totp/secret", self.totp_secret, "factor.read", "Get a seed for an authenticator app",
                wire.TotpAsked, 200, wire.TotpSecret),
            Row("POST", "/factors/totp", self.add_totp, "factor.add", "Add an authenticator app", wire.NewTotp,
                204, None, (*taken, problems.WrongTotpCode), wire.FactorChange),
            Row("POST", "/factors/backup-codes", self.add_backup_codes, "factor.add", "Make backup codes", None,
                201, wire.BackupCodes, (*taken, problems.NeedsAnotherFactor), wire.FactorChange),
            Row("PATCH", "/factors/{factor_id}", self.rename_factor, "factor.rename", "Rename a passkey",
                wire.FactorRename, 200, wire.FactorView, unknown),
            Row("DELETE", "/factors/{factor_id}", self.remove_factor, "factor.remove", "Remove a factor", None,
                204, None, unknown, wire.FactorChange),
            Row("DELETE", "", self.delete_account, "account.delete", "Delete the account", None, 204, None),
        ]  # fmt: skip
        return declared(self._checker, "Security", rows)
