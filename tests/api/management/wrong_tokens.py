"""Every wrong way to present a token to the Management API, and what each must be told."""

import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import bindparam, delete

from tests.world import PASSWORD, URL, World
from vestibule.db import Statement
from vestibule.domain.callers import KEPT_MS
from vestibule.domain.resources import ensure_resource
from vestibule.domain.roles import ensure_default_role
from vestibule.model import MANAGEMENT_RESOURCE
from vestibule.store.rows import Row
from vestibule.store.tables import application_roles, applications

CALLBACK, API = "https://client.example/callback", "https://api.example"
DENIED, MISSING = (401, "auth.unauthorized"), (401, "auth.authorization_header_missing")
TAKE_ROLES: Statement[Row] = Statement(
    delete(application_roles).where(application_roles.c.application_id == bindparam("app"))
)
DELETE_APPLICATION: Statement[Row] = Statement(delete(applications).where(applications.c.id == bindparam("app")))
SCHEME, FORBIDDEN = (401, "auth.authorization_token_type_not_supported"), (403, "auth.forbidden")
Claims = dict[str, Any]


@dataclass(frozen=True)
class Wrong:
    """A wrong `Authorization` header (None: no header), and the status and code of its refusal."""

    name: str
    header: str | None
    refusal: tuple[int, str]


def bearer(name: str, token: str, refusal: tuple[int, str] = DENIED) -> Wrong:
    return Wrong(name, f"Bearer {token}", refusal)


async def every_wrong_token(world: World, user_id: str) -> list[Wrong]:
    """Make them all; the user is the one whose tokens are tried."""
    lost = await applications_of(world)  # which lets time pass
    good = await world.management_token()
    of_user = await of_a_user(world, user_id)
    return [*lost, *of_user, *spelled(good), *await forged(world, good), *await signed(world, user_id)]


def spelled(good: str) -> list[Wrong]:
    """A good token, presented wrongly or cut."""
    return [
        Wrong("nothing", None, MISSING),
        Wrong("an empty header", "", MISSING),
        Wrong("Basic", "Basic eDp5", SCHEME),
        Wrong("lower case", f"bearer {good}", SCHEME),
        Wrong("glued", f"Bearer{good}", SCHEME),
        bearer("garbage", "garbage"),
        bearer("B8 cut", good[:-1]),
        bearer("B8 extended", f"{good}x"),
        bearer("two in one", f"{good} {good}"),
        bearer("B9 huge", "a" * 9000),
    ]


async def forged(world: World, good: str) -> list[Wrong]:
    """What somebody without our key can make."""
    head, payload, signature = good.split(".")
    public = ECKey.import_key(json.loads(await world.server.keys.jwks())["keys"][0])
    kid = str(public.kid)
    own, claims = ECKey.generate_key("P-256"), claims_of(world)
    own_key = {"jwk": own.as_dict(private=False), "jku": f"{URL}/x", "x5u": f"{URL}/y"}
    made = [
        bearer(f"B1 alg {alg}", f"{part({'alg': alg, 'typ': 'at+jwt', 'kid': kid})}.{payload}.")
        for alg in ("none", "None", "NONE")
    ]
    secrets = {"PEM": public.as_pem(private=False), "DER": public.as_der(private=False)}
    for name, secret in {**secrets, "JWK": json.dumps(public.as_dict(private=False)).encode()}.items():
        message = f"{part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': kid})}.{part(claims)}"
        tag = urlsafe_b64encode(hmac.digest(secret, message.encode(), "sha256")).decode().rstrip("=")
        made.append(bearer(f"B2 HS256 with our public key as {name}", f"{message}.{tag}"))
    headers: dict[str, Claims] = {
        "B3 own key in the header": {"kid": "x", **own_key},
        "B3 own key under our kid": {"kid": kid, **own_key},
        "a foreign key": {"kid": own.thumbprint()},
    }
    for name, header in headers.items():
        made.append(bearer(name, jwt.encode({"alg": "ES256", "typ": "at+jwt", **header}, claims, own)))
    critical = {**json.loads(unpart(head)), "crit": ["b64"], "b64": False}
    return [
        *made,
        bearer("B4 an unknown critical header", f"{part(critical)}.{payload}.{signature}"),
        bearer("an altered payload", f"{head}.{part({**claims, 'sub': 'y'})}.{signature}"),
    ]


async def signed(world: World, user_id: str) -> list[Wrong]:
    """What our own key signs for other purposes."""

    async def of(typ: str | None = "at+jwt", **changes: Any) -> str:
        claims = {name: value for name, value in {**claims_of(world), **changes}.items() if value is not None}
        return await world.server.keys.sign(claims, typ)

    now = world.clock.now() // 1000
    return [
        bearer("B7 expired", await of(exp=now - 1)),
        bearer("B7 not yet", await of(nbf=now + 61)),
        bearer("without exp", await of(exp=None)),
        bearer("B6 another audience", await of(aud=API)),
        bearer("B6 another audience among several", await of(aud=[API, f"{URL}/api"])),
        bearer("no audience", await of(aud=None)),
        bearer("another issuer", await of(iss="https://evil.example/oidc")),
        bearer("a scope that is no text", await of(scope=["all"])),
        bearer("no subject", await of(sub=None), (401, "auth.jwt_sub_missing")),
        bearer("another kind of token", await of(typ="JWT")),
        bearer("B5 no kind at all", await of(typ=None)),
        bearer("a longer scope", await of(scope="all:but allx"), FORBIDDEN),
        bearer("an application that does not exist", await of(), FORBIDDEN),
        bearer("a user's token for this API", await of(sub=user_id, client_id="spa"), FORBIDDEN),
        bearer("a user as its own client", await of(sub=user_id, client_id=user_id), FORBIDDEN),
    ]


async def applications_of(world: World) -> list[Wrong]:
    """Machine-to-machine applications that lack something, or have lost it."""
    made = []
    bare = await world.app("MachineToMachine")
    made.append(bearer("no role", await token_of(world, *bare), FORBIDDEN))
    manager = await world.app("MachineToMachine", management=True)
    made.append(bearer("no scope asked for", await token_of(world, *manager, scope=""), FORBIDDEN))
    made.append(bearer("a narrower scope", await token_of(world, *manager, scope="read"), FORBIDDEN))
    made.append(bearer("B6 another resource", await token_of(world, *manager, resource=API)))
    for name, statement in (
        ("B80 a role that was taken away", TAKE_ROLES),
        ("an application that was deleted", DELETE_APPLICATION),
    ):
        lost = await world.app("MachineToMachine", management=True)
        token = await token_of(world, *lost)
        opened = await world.client.get("/api/users", headers={"authorization": f"Bearer {token}"})
        assert opened.status_code == 200
        async with world.server.ctx.db.write() as tx:
            await tx.run(statement, app=lost[0])
        made.append(bearer(name, token, FORBIDDEN))
    world.clock.advance(seconds=KEPT_MS / 1000)
    return made


async def of_a_user(world: World, user_id: str) -> list[Wrong]:
    """What a user gets at sign-in, and what acts for a user."""
    plain, api = await sign_in(world, user_id), await sign_in(world, user_id, resource=API, scope="openid read")
    pat = await world.call("POST", f"/users/{user_id}/personal-access-tokens", {"name": "mine"})
    subject = await world.call("POST", "/subject-tokens", {"userId": user_id})
    return [
        bearer("B5 an ID token", plain["id_token"]),
        bearer("an opaque token", plain["access_token"]),
        bearer("a refresh token", plain["refresh_token"]),
        bearer("B6 a user's token for another resource", api["access_token"]),
        bearer("a personal access token", pat.json()["value"]),
        bearer("a subject token", subject.json()["subjectToken"]),
    ]


async def token_of(world: World, client_id: str, secret: str, **more: str) -> str:
    """Ask for a client-credentials token."""
    asked = {"resource": MANAGEMENT_RESOURCE, "scope": "all", **more}
    return str((await world.client_token(client_id, secret, **asked))["access_token"])


async def prepare(world: World) -> str:
    """Make a user who may read another API, and that API; returns the user's id."""
    ctx = world.server.ctx
    await ensure_resource(ctx, API, "Api", {"read": "Read"})
    await ensure_default_role(ctx, "Readers", "Read", API, ["read"])
    return str((await world.user(username="ada", password=PASSWORD))["id"])


async def sign_in(world: World, user_id: str, **asked: str) -> dict[str, str]:
    """Sign in on the pages, as a browser does, and redeem the code; returns the token answer."""
    client_id, secret = await world.app("Traditional", redirect_uris=[CALLBACK])
    query = {"client_id": client_id, "redirect_uri": CALLBACK, "response_type": "code", "prompt": "consent"}
    query |= {"scope": "openid offline_access", **asked}
    transport = httpx2.ASGITransport(app=world.server.app)
    async with httpx2.AsyncClient(transport=transport, base_url=URL) as browser:
        answer = await browser.get("/oidc/auth", params=query, follow_redirects=True)
        csrf = re.search(r'name="csrf" value="([^"]+)"', answer.text)
        assert csrf, answer.text
        form = {"csrf": unescape(csrf[1]), "identifier": "ada", "password": PASSWORD}
        answer = await browser.post(str(answer.url), data=form, headers={"origin": URL})
        while not answer.headers["location"].startswith(CALLBACK):
            answer = await browser.get(answer.headers["location"])
    code = httpx2.URL(answer.headers["location"]).params["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    form |= {"client_id": client_id, "client_secret": secret}
    form |= {"resource": asked["resource"]} if "resource" in asked else {}
    made: dict[str, str] = (await world.client.post("/oidc/token", data=form)).json()
    return made


def claims_of(world: World) -> Claims:
    """The claims of a good token, but for an application that does not exist."""
    now = world.clock.now() // 1000
    return {
        "iss": f"{URL}/oidc", "sub": "x", "client_id": "x", "aud": MANAGEMENT_RESOURCE, "scope": "all",
        "iat": now, "exp": now + 600, "jti": "j",
    }  # fmt: skip


def part(value: object) -> str:
    """Encode one part of a JWS."""
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unpart(text: str) -> bytes:
    """Decode one part of a JWS."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
