"""`/api/me`: the routes of the settings API. The user is the subject of the token, and nobody else (B83)."""

from typing import Any

import msgspec
from msgspec import UNSET

from vestibule.account import identifiers, policies, problems, proofs
from vestibule.account.access import caller_of
from vestibule.account.context import Context, saying
from vestibule.account.declaring import Row, declared
from vestibule.account.permissions import RULES
from vestibule.account.store import Proof
from vestibule.account.tokens import TokenChecker
from vestibule.account.wire import me as wire
from vestibule.client import users
from vestibule.client.models import Profile, User
from vestibule.http import Request, Response, Route, empty, json_response

PROOF_HEADER = "vestibule-proof"


def presented(request: Request) -> list[str]:
    """Return the proofs that the header `Vestibule-Proof` presents, separated by commas."""
    return [part.strip() for part in request.headers.get(PROOF_HEADER, "").split(",") if part.strip()]


def masked(target: str | None) -> str | None:
    """Show enough of an address to recognise it, and no more."""
    if target is None:
        return None
    name, at, domain = target.partition("@")
    return f"{name[:1]}•••@{domain}" if at else f"•••{target[-3:]}"


def view(proof: Proof) -> wire.ProofView:
    """Show a proof to its owner."""
    status = "pending" if proof.verified_at is None else "verified"
    return wire.ProofView(proof.id, proof.method, proof.action, status, proof.expires_at, masked(proof.target))  # type: ignore[arg-type]


class Me:
    """The handlers, over one context."""

    def __init__(self, ctx: Context, checker: TokenChecker) -> None:
        self._ctx = ctx
        self._checker = checker

    async def _user(self, request: Request) -> User:
        return await self._ctx.user(caller_of(request).user_id)

    async def read(self, request: Request) -> Response:
        """GET /api/me."""
        return json_response(wire.Account.of(await self._user(request)))

    async def change(self, request: Request) -> Response:
        """PATCH /api/me."""
        body = await request.json(wire.AccountPatch)
        user = await self._user(request)
        if body.name is UNSET and body.avatar is UNSET:
            return json_response(wire.Account.of(user))
        _only_web_picture(body.avatar)
        async with saying():
            user = await self._ctx.send(users.update(user.id, name=body.name, avatar=body.avatar))
        return json_response(wire.Account.of(user))

    async def change_profile(self, request: Request) -> Response:
        """PATCH /api/me/profile: members given are set, an empty text clears one."""
        given = msgspec.to_builtins(await request.json(wire.ProfilePatch))
        user = await self._user(request)
        merged = {**msgspec.to_builtins(user.profile), **given}
        profile = {name: value for name, value in merged.items() if value not in ("", {}, None)}
        async with saying():
            user = await self._ctx.send(users.update(user.id, profile=profile))
        return json_response(user.profile)

    async def read_custom_data(self, request: Request) -> Response:
        """GET /api/me/custom-data: only the keys that the operator allows."""
        return json_response(wire.CustomData(self._allowed((await self._user(request)).custom_data)))

    async def change_custom_data(self, request: Request) -> Response:
        """PATCH /api/me/custom-data: merge, one level deep."""
        body = await request.json(wire.CustomDataPatch)
        foreign = set(body.custom_data) - set(self._ctx.settings.custom_data_keys)
        if foreign:
            raise problems.InvalidFields(dict.fromkeys(sorted(foreign), "This cannot be changed here."))
        user = await self._user(request)
        async with saying():
            data = await self._ctx.send(users.update_custom_data(user.id, body.custom_data))
        return json_response(wire.CustomData(self._allowed(data)))

    async def policies(self, request: Request) -> Response:
        """GET /api/me/policies: what a form can say before a value is refused."""
        await self._user(request)
        return json_response(await policies.policies(self._ctx))

    def _allowed(self, data: dict[str, Any]) -> dict[str, Any]:
        return {key: data[key] for key in self._ctx.settings.custom_data_keys if key in data}

    async def start_proof(self, request: Request) -> Response:
        """POST /api/me/proofs."""
        body = await request.json(wire.ProofRequest)
        self._scope_for(request, body.action)
        user = await self._user(request)
        target = body.target
        if target is not None and body.method != "password":
            target = identifiers.email(target) if body.method == "email" else identifiers.phone(target)
        proof = await proofs.start(self._ctx, user, body.method, body.action, target)
        return json_response(view(proof), 201)

    async def verify_proof(self, request: Request) -> Response:
        """POST /api/me/proofs/{proof_id}/verify."""
        body = await request.json(wire.ProofVerification)
        proof_id = request.path_params["proof_id"]
        return json_response(view(await proofs.verify(self._ctx, caller_of(request).user_id, proof_id, body.secret)))

    @staticmethod
    def _scope_for(request: Request, action: str) -> None:
        if RULES[action].scope not in caller_of(request).scopes:
            raise problems.NotAllowed

    async def change_username(self, request: Request) -> Response:
        """PUT /api/me/username."""
        return await self._change(
            request, "username", identifiers.username((await request.json(wire.NewUsername)).username)
        )

    async def change_email(self, request: Request) -> Response:
        """PUT /api/me/email."""
        return await self._change(request, "email", identifiers.email((await request.json(wire.NewEmail)).email))

    async def change_phone(self, request: Request) -> Response:
        """PUT /api/me/phone."""
        return await self._change(request, "phone", identifiers.phone((await request.json(wire.NewPhone)).phone))

    async def _change(self, request: Request, field: str, value: str) -> Response:
        user = await self._user(request)
        changed = await identifiers.change(self._ctx, user, field, value, presented(request))
        return json_response(wire.Account.of(changed))

    async def change_password(self, request: Request) -> Response:
        """PUT /api/me/password."""
        body = await request.json(wire.NewPassword)
        await identifiers.change_password(self._ctx, await self._user(request), body.password, presented(request))
        return empty(204)

    async def remove(self, request: Request) -> Response:
        """DELETE /api/me/username, /email or /phone."""
        field = request.path.rpartition("/")[2]
        user = await identifiers.remove(self._ctx, await self._user(request), field, presented(request))
        return json_response(wire.Account.of(user))

    def routes(self) -> list[Route]:
        """Return every route of the account itself."""
        user, taken = wire.Account, (problems.Taken,)
        rows = [
            Row("GET", "", self.read, "account.read", "Read the account", None, 200, user),
            Row("PATCH", "", self.change, "profile.change", "Change name and picture", wire.AccountPatch, 200, user),
            Row("PATCH", "/profile", self.change_profile, "profile.change", "Change the profile", wire.ProfilePatch,
                200, Profile),
            Row("GET", "/custom-data", self.read_custom_data, "custom-data.read", "Read custom data", None,
                200, wire.CustomData),
            Row("PATCH", "/custom-data", self.change_custom_data, "custom-data.change", "Change custom data",
                wire.CustomDataPatch, 200, wire.CustomData),
            Row("GET", "/policies", self.policies, "account.read", "What is asked of passwords and user names", None,
                200, policies.Policies),
            Row("POST", "/proofs", self.start_proof, "account.read", "Start a proof", wire.ProofRequest,
                201, wire.ProofView, (problems.MethodUnavailable, problems.MessagesUnavailable)),
            Row("POST", "/proofs/{proof_id}/verify", self.verify_proof, "account.read", "Verify a proof",
                wire.ProofVerification, 200, wire.ProofView,
                (problems.ProofNotFound, problems.WrongPassword, problems.WrongCode)),
            Row("PUT", "/username", self.change_username, "username.change", "Change the user name", wire.NewUsername,
                200, user, taken),
            Row("PUT", "/email", self.change_email, "email.change", "Change the e-mail address", wire.NewEmail,
                200, user, taken),
            Row("PUT", "/phone", self.change_phone, "phone.change", "Change the phone number", wire.NewPhone,
                200, user, taken),
            Row("PUT", "/password", self.change_password, "password.change", "Change or set the password",
                wire.NewPassword, 204, None),
            *(Row("DELETE", f"/{field}", self.remove, f"{field}.remove", f"Remove the {words}", None, 200, user,
                  (problems.LastIdentifier,))
              for field, words in (("username", "user name"), ("email", "e-mail address"), ("phone", "phone number"))),
        ]  # fmt: skip
        return declared(self._checker, "Account", rows)


def _only_web_picture(avatar: object) -> None:
    """A picture is shown to others: only web addresses, never `javascript:` or `data:`."""
    if isinstance(avatar, str) and avatar and not avatar.startswith(("https://", "http://")):
        raise problems.InvalidFields({"avatar": "Use the web address of a picture, starting with https://."})
