"""`/api/experience/*` of passkeys: options for the browser, and what it returned."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct

from vestibule.api.experience.access import interaction_of
from vestibule.api.experience.shapes import IdentifierBody, VerificationOut
from vestibule.domain.context import Context
from vestibule.domain.interactions import enrolment, passkeys
from vestibule.errors import (
    AppError,
    FactorNotEnabled,
    IdentifierNotFound,
    InteractionNotStarted,
    MfaRequired,
    SignInMethodNotEnabled,
    VerificationFailed,
    VerificationNotFound,
    WebAuthnFailed,
    WebAuthnNotFound,
)
from vestibule.http import Access, Handler, Request, Response, Route, empty, json_response
from vestibule.http.guard import Maybe

Transport = Literal["usb", "nfc", "ble", "internal", "cable", "hybrid", "smart-card"]
Attachment = Literal["cross-platform", "platform"]


class Created(Struct, omit_defaults=True):
    """What an authenticator says of a new passkey."""

    client_data_json: str = msgspec.field(name="clientDataJSON")
    attestation_object: str = msgspec.field(name="attestationObject")
    authenticator_data: Maybe[str] = msgspec.field(name="authenticatorData", default=UNSET)
    transports: Maybe[list[Transport]] = UNSET
    public_key_algorithm: Maybe[float] = msgspec.field(name="publicKeyAlgorithm", default=UNSET)
    public_key: Maybe[str] = msgspec.field(name="publicKey", default=UNSET)


class Signed(Struct, omit_defaults=True):
    """What a passkey signed."""

    client_data_json: str = msgspec.field(name="clientDataJSON")
    authenticator_data: str = msgspec.field(name="authenticatorData")
    signature: str
    user_handle: Maybe[str] = msgspec.field(name="userHandle", default=UNSET)


class CredProps(Struct):
    """Whether the passkey can be found without a name."""

    rk: Maybe[bool] = UNSET


class Extensions(Struct, rename="camel", omit_defaults=True):
    """What extensions answered; nothing of it is used."""

    appid: Maybe[bool] = UNSET
    crep_props: Maybe[CredProps] = UNSET
    hmac_create_secret: Maybe[bool] = UNSET


class NewPayload(Struct, rename="camel", omit_defaults=True):
    """A new passkey."""

    type: Literal["WebAuthn"]
    id: str
    raw_id: str
    response: Created
    client_extension_results: Extensions
    authenticator_attachment: Maybe[Attachment] = UNSET


class Payload(Struct, rename="camel", omit_defaults=True):
    """A signature."""

    type: Literal["WebAuthn"]
    id: str
    raw_id: str
    client_extension_results: Extensions
    response: Signed
    authenticator_attachment: Maybe[Attachment] = UNSET


class NewBody(Struct, rename="camel"):
    """A new passkey and its verification."""

    verification_id: str
    payload: NewPayload


class SignedBody(Struct, rename="camel"):
    """A signature and its verification."""

    verification_id: str
    payload: Payload


class SignInBody(Struct, rename="camel"):
    """A signature that says who signs in; without a verification it answers the last one that was asked for."""

    payload: Payload
    verification_id: Maybe[str] = UNSET


class WhoBody(Struct):
    """Who somebody says that they are; the answer does not tell whether that is so."""

    identifier: IdentifierBody


class PasskeyBody(Struct, rename="camel"):
    """The verification of a new passkey."""

    verification_id: str


class NewOut(Struct, rename="camel"):
    """The options of `navigator.credentials.create`."""

    verification_id: str
    registration_options: dict[str, Any]


class AskedOut(Struct, rename="camel"):
    """The options of `navigator.credentials.get`."""

    verification_id: str
    authentication_options: dict[str, Any]


class PreflightOut(Struct, rename="camel"):
    """The same without a verification."""

    authentication_options: dict[str, Any]


class Passkeys:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def new(self, request: Request) -> Response:
        """POST …/web-authn/registration."""
        return json_response(NewOut(*await passkeys.new(self._ctx, interaction_of(request))))

    async def made(self, request: Request) -> Response:
        """POST …/web-authn/registration/verify."""
        body = await request.json(NewBody)
        answer = msgspec.to_builtins(body.payload)
        return _done(await passkeys.made(self._ctx, interaction_of(request), body.verification_id, answer))

    async def ask(self, request: Request) -> Response:
        """POST …/web-authn/authentication."""
        return json_response(AskedOut(*await passkeys.ask(self._ctx, interaction_of(request))))

    async def verify(self, request: Request) -> Response:
        """POST …/web-authn/authentication/verify."""
        body = await request.json(SignedBody)
        answer = msgspec.to_builtins(body.payload)
        return _done(await passkeys.verify(self._ctx, interaction_of(request), body.verification_id, answer))

    async def preflight(self, request: Request) -> Response:
        """POST /experience/preflight/sign-in-passkey/authentication."""
        _, options = await passkeys.ask_sign_in(self._ctx, interaction_of(request))
        return json_response(PreflightOut(options))

    async def ask_sign_in(self, request: Request) -> Response:
        """POST …/sign-in-passkey/authentication."""
        await request.json(WhoBody)
        return json_response(AskedOut(*await passkeys.ask_sign_in(self._ctx, interaction_of(request))))

    async def verify_sign_in(self, request: Request) -> Response:
        """POST …/sign-in-passkey/authentication/verify."""
        body = await request.json(SignInBody)
        record_id = None if body.verification_id is UNSET else body.verification_id
        answer = msgspec.to_builtins(body.payload)
        return _done(await passkeys.verify_sign_in(self._ctx, interaction_of(request), record_id, answer))

    async def bind(self, request: Request) -> Response:
        """POST …/profile/mfa/passkey."""
        body = await request.json(PasskeyBody)
        await enrolment.bind(self._ctx, interaction_of(request), "WebAuthn", body.verification_id)
        return empty(204)

    async def skip(self, request: Request) -> Response:
        """POST …/profile/mfa/passkey-skipped."""
        await enrolment.skip_passkey(self._ctx, interaction_of(request))
        return empty(204)


def _done(record_id: str) -> Response:
    return json_response(VerificationOut(record_id))


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over passkeys."""
    api, tags = Passkeys(ctx), ("Experience",)
    answered = (InteractionNotStarted, VerificationNotFound, WebAuthnFailed)
    setting_up = (InteractionNotStarted, IdentifierNotFound, FactorNotEnabled, MfaRequired)
    table: list[tuple[str, Handler, str, type | None, object, tuple[type[AppError], ...]]] = [
        ("verification/web-authn/registration", api.new, "Ask for a new passkey", None, NewOut, setting_up),
        ("verification/web-authn/registration/verify", api.made, "Take a new passkey", NewBody, VerificationOut,
         answered),
        ("verification/web-authn/authentication", api.ask, "Ask for a passkey as a second factor", None, AskedOut,
         (InteractionNotStarted, IdentifierNotFound, WebAuthnNotFound)),
        ("verification/web-authn/authentication/verify", api.verify, "Take its signature", SignedBody,
         VerificationOut, answered),
        ("verification/sign-in-passkey/authentication", api.ask_sign_in, "Ask for a passkey to sign in with", WhoBody,
         AskedOut, (SignInMethodNotEnabled,)),
        ("verification/sign-in-passkey/authentication/verify", api.verify_sign_in, "Take its signature", SignInBody,
         VerificationOut, (*answered, SignInMethodNotEnabled)),
        ("preflight/sign-in-passkey/authentication", api.preflight, "Ask for any passkey", None, PreflightOut,
         (SignInMethodNotEnabled,)),
        ("profile/mfa/passkey", api.bind, "Set a passkey up", PasskeyBody, None,
         (*setting_up, VerificationNotFound, VerificationFailed)),
        ("profile/mfa/passkey-skipped", api.skip, "Decline a passkey", None, None,
         (InteractionNotStarted, IdentifierNotFound)),
    ]  # fmt: skip
    return [
        Route("POST", f"/api/experience/{path}", handler, access=access, summary=summary, body=body,
              responses={204: None} if out is None else {200: out}, errors=errors, tags=tags)
        for path, handler, summary, body, out, errors in table
    ]  # fmt: skip
