"""`/api/sso-connectors/{id}/signing-keys`: keys that sign requests to SAML providers; the private ones stay here."""

from functools import partial
from typing import Annotated

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct

from vestibule.domain import sso_signing_keys
from vestibule.domain.context import Context
from vestibule.domain.sso_signing_keys import NotSaml
from vestibule.errors import EntityNotExistsWithId, EntityNotFound, SsoSigningKeyActive, SsoSigningKeyInUse
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.http.guard import Length, rule
from vestibule.model import SsoSigningKey


class NewKeyBody(Struct):
    """Whether the new key signs at once."""

    active: bool = False


class KeyBody(Struct):
    """Whether the key signs."""

    active: bool


class Fingerprint(Struct):
    """A digest of the certificate, as people compare it and as programs do."""

    formatted: str
    unformatted: str


class Fingerprints(Struct):
    """The digests of a certificate."""

    sha256: Fingerprint


class SigningKeyOut(Struct, rename="camel"):
    """A key without what is secret of it; times are epoch ms."""

    id: Annotated[str, rule(Length(1, 21))]
    certificate: Annotated[str, rule(Length(1))]
    created_at: int
    expires_at: int
    active: bool
    fingerprints: Fingerprints


def signing_key_out(key: SsoSigningKey) -> SigningKeyOut:
    """Show a key."""
    digest = x509.load_pem_x509_certificate(key.certificate.encode()).fingerprint(SHA256()).hex().upper()
    pairs = ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
    shown = Fingerprints(Fingerprint(pairs, digest))
    return SigningKeyOut(key.id, key.certificate, key.created_at, key.expires_at, key.active, shown)


class SigningKeys:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET …/signing-keys."""
        found = await sso_signing_keys.find(self._ctx, request.path_params["id"])
        return json_response([signing_key_out(key) for key in found])

    async def create(self, request: Request) -> Response:
        """POST …/signing-keys."""
        active = (await request.json(NewKeyBody)).active
        made = await sso_signing_keys.create(self._ctx, request.path_params["id"], active=active)
        return json_response(signing_key_out(made), 201)

    async def change(self, request: Request) -> Response:
        """PATCH …/signing-keys/{keyId}."""
        body, path = await request.json(KeyBody), request.path_params
        changed = await sso_signing_keys.set_active(self._ctx, path["id"], path["keyId"], body.active)
        return json_response(signing_key_out(changed))

    async def delete(self, request: Request) -> Response:
        """DELETE …/signing-keys/{keyId}."""
        await sso_signing_keys.remove(self._ctx, request.path_params["id"], request.path_params["keyId"])
        return empty()


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over signing keys of enterprise connectors."""
    api, path = SigningKeys(ctx), "/api/sso-connectors/{id}/signing-keys"
    route = partial(Route, access=access, tags=("SSO connectors",))
    missing = (EntityNotExistsWithId, NotSaml)
    return [
        route("GET", path, api.find, summary="List signing keys", responses={200: list[SigningKeyOut]}, errors=missing),
        route("POST", path, api.create, summary="Make a signing key", body=NewKeyBody, responses={201: SigningKeyOut},
              errors=missing),
        route("PATCH", f"{path}/{{keyId}}", api.change, summary="Let a key sign, or not", body=KeyBody,
              responses={200: SigningKeyOut}, errors=(*missing, EntityNotFound, SsoSigningKeyInUse)),
        route("DELETE", f"{path}/{{keyId}}", api.delete, summary="Delete a key that does not sign",
              responses={204: None}, errors=(*missing, EntityNotFound, SsoSigningKeyActive)),
    ]  # fmt: skip
