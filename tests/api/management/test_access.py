"""Who may call: every Management route, with every wrong kind of token (B77)."""

import base64
import json

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey

from tests.world import URL, World
from vestibule.app import management_routes
from vestibule.http import PUBLIC
from vestibule.model import MANAGEMENT_RESOURCE

pytestmark = pytest.mark.anyio


async def wrong_headers(world: World) -> dict[str, tuple[str | None, int, str]]:
    """Every wrong way to present a token: the header, and the status and code it gets."""
    good = await world.management_token()
    client_id, secret = await world.app("MachineToMachine")
    bare = await world.client_token(client_id, secret, resource=MANAGEMENT_RESOURCE, scope="all")
    m2m, m2m_secret = await world.app("MachineToMachine", management=True)
    unscoped = await world.client_token(m2m, m2m_secret, resource=MANAGEMENT_RESOURCE)
    head, payload, signature = good.split(".")
    now = world.clock.now() // 1000
    claims = {
        "iss": f"{URL}/oidc", "sub": "x", "client_id": "x", "aud": MANAGEMENT_RESOURCE, "scope": "all",
        "iat": now, "exp": now + 600, "jti": "j",
    }  # fmt: skip

    async def signed(**changes: object) -> str:
        made = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return "Bearer " + await world.server.keys.sign(made)

    own = ECKey.generate_key("P-256")
    forged = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "x", "jwk": own.as_dict(private=False)}, claims, own)
    none = ".".join([_part({"alg": "none", "typ": "at+jwt"}), payload, ""])
    denied, missing = "auth.unauthorized", "auth.authorization_header_missing"
    scheme = "auth.authorization_token_type_not_supported"
    return {
        "nothing": (None, 401, missing),
        "empty": ("", 401, missing),
        "basic": ("Basic eDp5", 401, scheme),
        "lower case": (f"bearer {good}", 401, scheme),
        "glued": (f"Bearer{good}", 401, scheme),
        "garbage": ("Bearer garbage", 401, denied),
        "cut": (f"Bearer {good[:-1]}", 401, denied),
        "altered": (f"Bearer {head}.{_part({**claims, 'sub': 'y'})}.{signature}", 401, denied),
        "B1 alg none": (f"Bearer {none}", 401, denied),
        "B3 own key in the header": (f"Bearer {forged}", 401, denied),
        "B9 huge": ("Bearer " + "a" * 9000, 401, denied),
        "B7 expired": (await signed(exp=now - 120), 401, denied),
        "B7 not yet": (await signed(nbf=now + 120), 401, denied),
        "without exp": (await signed(exp=None), 401, denied),
        "B6 other audience": (await signed(aud="https://api.example"), 401, denied),
        "other issuer": (await signed(iss="https://evil.example/oidc"), 401, denied),
        "scope no text": (await signed(scope=["all"]), 401, denied),
        "no subject": (await signed(sub=None), 401, "auth.jwt_sub_missing"),
        "other scope": (await signed(scope="all:but"), 403, "auth.forbidden"),
        "no role": (f"Bearer {bare['access_token']}", 403, "auth.forbidden"),
        "scope not asked": (f"Bearer {unscoped['access_token']}", 403, "auth.forbidden"),
    }


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def test_no_route_opens_to_a_wrong_token(world: World) -> None:
    """B77: 100 % of routes, before the body is read."""
    routes = management_routes(world.server.ctx, world.server.keys)
    assert len(routes) > 20
    assert [route for route in routes if route.access is PUBLIC] == []
    for name, (header, status, code) in (await wrong_headers(world)).items():
        headers = {} if header is None else {"authorization": header}
        for route in routes:
            path = route.path.replace("{userId}", "x").replace("{id}", "x")
            answer = await world.client.request(route.method, path, headers=headers, content=b"{broken")
            assert (answer.status_code, answer.json()["code"]) == (status, code), (name, route)


async def test_the_refusal_of_a_scheme_names_the_right_one(world: World) -> None:
    answer = await world.client.get("/api/users", headers={"authorization": "Basic x"})
    assert answer.json()["data"] == {"supportedTypes": ["Bearer"]}


async def test_a_token_signed_with_our_public_key_as_a_secret_is_refused(world: World) -> None:
    """B2, A14: HS256 keyed with the public key."""
    public = world.server.keys
    document = json.loads(await public.jwks())["keys"][0]
    pem = ECKey.import_key(document).as_pem(private=False)
    token = jws.serialize_compact({"alg": "HS256", "typ": "at+jwt", "kid": document["kid"]}, b"{}", _octets(pem))
    answer = await world.client.get("/api/users", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def _octets(secret: bytes) -> OctKey:
    return OctKey.import_key(base64.b64encode(secret))


async def test_unknown_paths_and_methods_need_no_token_and_answer_in_text(world: World) -> None:
    missing = await world.client.get("/api/nothing")
    assert (missing.status_code, missing.text) == (404, "Not Found")
    assert missing.headers["content-type"].startswith("text/plain")
    wrong = await world.client.put("/api/users")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["allow"]


async def test_paths_fold_case_and_allow_a_trailing_slash(world: World) -> None:
    headers = {"authorization": f"Bearer {await world.management_token()}"}
    for path in ("/api/Users", "/api/users/", "/api/USERS?page=1"):
        assert (await world.client.get(path, headers=headers)).status_code == 200


async def test_no_secret_reaches_the_log(world: World) -> None:
    """B93: canary password and code leave no trace."""
    user = await world.user(password="canary-password", primaryEmail="canary@example.com")
    await world.call("POST", f"/users/{user['id']}/password/verify", {"password": "canary-wrong"})
    await world.call("POST", "/verification-codes", {"email": "canary@example.com"})
    code = world.code_for("canary@example.com")
    text = "".join(world.lines)
    assert "canary-password" not in text
    assert "canary-wrong" not in text
    assert code not in text
    assert await world.management_token() not in text
