"""Keys that sign requests to SAML providers, over the Management API, on both stores."""

import base64
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from sqlalchemy import select

from tests.api.experience.headless import headless
from tests.saml_provider import metadata
from tests.world import World
from vestibule.db import Statement
from vestibule.store.rows import Row
from vestibule.store.tables import sso_signing_keys

pytestmark = pytest.mark.anyio
SHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"


@pytest.fixture
async def path(world: World) -> str:
    """The path of a SAML connector."""
    body = {"providerName": "SAML", "connectorName": "A", "config": {"metadata": metadata()}, "domains": ["a.example"]}
    return f"/sso-connectors/{(await world.made('/sso-connectors', **body))['id']}"


async def test_one_key_at_a_time_is_active_and_none_is_shown_whole(world: World, path: str) -> None:
    first = await world.made(f"{path}/signing-keys", active=True)
    world.clock.advance(seconds=1)
    second = await world.made(f"{path}/signing-keys")
    assert (first["active"], second["active"]) == (True, False)
    certificate = x509.load_pem_x509_certificate(first["certificate"].encode())
    print_ = certificate.fingerprint(hashes.SHA256()).hex().upper()
    assert first["fingerprints"]["sha256"]["unformatted"] == print_
    assert first["fingerprints"]["sha256"]["formatted"].replace(":", "") == print_
    assert set(first) == {"id", "certificate", "createdAt", "expiresAt", "active", "fingerprints"}
    changed = (await world.call("PATCH", f"{path}/signing-keys/{second['id']}", {"active": True})).json()
    assert changed["active"] is True
    listed = (await world.call("GET", f"{path}/signing-keys")).json()
    assert [(key["id"], key["active"]) for key in listed] == [(first["id"], False), (second["id"], True)]
    used = await world.refusal("DELETE", f"{path}/signing-keys/{second['id']}")
    assert used == (400, "single_sign_on.can_not_delete_active_signing_key")
    assert (await world.call("DELETE", f"{path}/signing-keys/{first['id']}")).status_code == 204
    gone = await world.refusal("PATCH", f"{path}/signing-keys/{first['id']}", {"active": True})
    assert gone == (404, "entity.not_found")


async def test_an_unknown_key_takes_over_from_nobody(world: World, path: str) -> None:
    active = await world.made(f"{path}/signing-keys", active=True)
    refused = await world.refusal("PATCH", f"{path}/signing-keys/unknown", {"active": True})
    assert refused == (404, "entity.not_found")
    assert (await world.call("GET", f"{path}/signing-keys")).json() == [active]


async def test_only_saml_connectors_have_keys(world: World) -> None:
    made = await world.made("/sso-connectors", providerName="Okta", connectorName="B")
    assert await world.refusal("GET", f"/sso-connectors/{made['id']}/signing-keys") == (404, "connector.not_found")
    assert await world.refusal("POST", "/sso-connectors/no/signing-keys", {}) == (404, "entity.not_exists_with_id")


async def test_a_private_key_lies_sealed_in_the_store(world: World, path: str) -> None:
    await world.made(f"{path}/signing-keys")
    async with world.server.ctx.db.read() as tx:
        rows: list[Row] = await tx.all(Statement(select(sso_signing_keys.c.private_sealed)))
    assert str(rows[0][0]).startswith("v1.")


@pytest.mark.parametrize(("algorithm", "digest"), [(None, hashes.SHA256()), (SHA512, hashes.SHA512())])
async def test_requests_are_signed_by_the_active_key(
    world: World, path: str, algorithm: str | None, digest: hashes.HashAlgorithm
) -> None:
    config = {"metadata": metadata(), "signAuthnRequest": True}
    config |= {} if algorithm is None else {"requestSignatureAlgorithm": algorithm}
    needs = (400, "single_sign_on.active_signing_key_required")
    assert await world.refusal("PATCH", path, {"config": config}) == needs
    key = await world.made(f"{path}/signing-keys", active=True)
    assert (await world.call("PATCH", path, {"config": config})).status_code == 200
    stop = await world.refusal("PATCH", f"{path}/signing-keys/{key['id']}", {"active": False})
    assert stop == (400, "single_sign_on.can_not_deactivate_signing_key_in_use")
    await world.call("PATCH", "/sign-in-exp", {"singleSignOnEnabled": True})
    program = await headless(world)
    await program.begin()
    await program.start()
    asked = f"/verification/sso/{path.rpartition('/')[2]}/authorization-uri"
    begun = await program.good("POST", asked, {"state": "s", "redirectUri": "http://id.localhost:3001/callback/x"})
    query = urlsplit(begun["authorizationUri"]).query
    signed, _, signature = query.rpartition("&Signature=")
    assert [name for name, _ in parse_qsl(query)] == ["SAMLRequest", "RelayState", "SigAlg", "Signature"]
    public = x509.load_pem_x509_certificate(key["certificate"].encode()).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    value = base64.b64decode(dict(parse_qsl(f"Signature={signature}"))["Signature"])
    public.verify(value, signed.encode(), padding.PKCS1v15(), digest)
