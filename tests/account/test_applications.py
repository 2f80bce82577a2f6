"""What applications may do: listed by application, and ended with every grant, behind a fresh proof."""

import pytest
from starlette.responses import JSONResponse, Response

from tests.account.conftest import World, refused
from tests.account.test_page import post, sign_in
from tests.account.test_security import proven
from tests.account.test_security_page import opened, sent, words

pytestmark = pytest.mark.anyio


@pytest.fixture
def three(world: World) -> World:
    """Ada uses two applications, one of them in two browsers, and this page; somebody else uses one of them, too."""
    now = world.clock.now() // 1000
    world.stub.resources = {"https://api.example": 7200, "https://other.example": 86400}
    world.stub.add_grant("ada", "g1", "photos", "Photos & <films>", now - 20, "openid profile")
    world.stub.add_grant("ada", "g2", "notes", "Notes", now - 10, "openid urn:logto:scope:organizations unheard-of")
    world.stub.add_grant("ada", "g3", "photos", "Photos & <films>", now - 5, "openid email")
    world.stub.add_grant("ada", "g4", "page", "Account", now)
    world.stub.add("eve", "another horse")
    world.stub.add_grant("eve", "g5", "photos", "Photos & <films>", now)
    world.stub.add_grant("eve", "g6", "games", "Games", now)
    return world


def left(world: World) -> list[str]:
    return [one["id"] for held in world.stub.grants.values() for one in held]


async def test_applications_are_listed_once_each_with_all_they_may_do(three: World) -> None:
    listed = (await three.call("GET", "/applications")).json()["applications"]
    assert [(one["id"], one["present"]) for one in listed] == [("page", True), ("photos", False), ("notes", False)]
    assert listed[1] == {
        "id": "photos",
        "name": "Photos & <films>",
        "scopes": ["openid", "profile", "email"],
        "resources": ["https://api.example"],
        "grantedAt": (three.clock.now() // 1000 - 5) * 1000,
        "present": False,
        "outlastsSeconds": 7200,
    }
    three.stub.resources = {}
    listed = (await three.call("GET", "/applications")).json()["applications"]
    assert listed[1]["outlastsSeconds"] == 3600, "where the server does not say"


async def test_nothing_ends_without_scope_and_proof(three: World) -> None:
    """B63, B84: a proof of something else is none."""
    before = left(three)
    for proofs in (None, ["made up"], await proven(three, "session.end")):
        assert refused(await three.call("DELETE", "/applications/photos", proofs=proofs), 403, "proof-required")
    scope, proofs = "account:read account:profile account:identifiers", await proven(three, "application.end")
    answer = await three.call("DELETE", "/applications/photos", proofs=proofs, scope=scope)
    assert refused(answer, 403, "not-allowed")
    assert refused(await three.call("GET", "/applications", scope=scope), 403, "not-allowed")
    assert left(three) == before


async def test_an_application_ends_with_every_grant_it_has_from_this_person(three: World) -> None:
    proofs = await proven(three, "application.end")
    assert (await three.call("DELETE", "/applications/photos", proofs=proofs)).status_code == 204
    assert left(three) == ["g2", "g4", "g5", "g6"]
    assert refused(await three.call("DELETE", "/applications/notes", proofs=proofs), 403, "proof-required")


@pytest.mark.parametrize("application", ["games", "nothing", "g1", "..%2Fgrants%2Fg5"])
async def test_applications_of_others_are_out_of_reach(three: World, application: str) -> None:
    """B78, B83."""
    before = left(three)
    answer = await three.call("DELETE", f"/applications/{application}", proofs=await proven(three, "application.end"))
    assert refused(answer, 404, "unknown")
    assert left(three) == before


async def test_a_grant_that_ended_meanwhile_is_as_good_and_a_server_that_is_away_gives_the_proof_back(
    three: World,
) -> None:
    proofs = await proven(three, "application.end")
    three.stub.broken = lambda path: Response(status_code=500) if path.endswith("/g3") else None
    assert refused(await three.call("DELETE", "/applications/photos", proofs=proofs), 503, "identity-server-away")
    gone = {"code": "oidc.invalid_grant", "message": "gone"}
    three.stub.broken = lambda path: JSONResponse(gone, 404) if path.endswith("/g3") else None
    assert (await three.call("DELETE", "/applications/photos", proofs=proofs)).status_code == 204


async def test_the_page_lists_them_without_itself_and_signs_out_of_one(three: World) -> None:
    await sign_in(three)
    assert "Photos & <films>, Notes" in words(await opened(three, "/"))
    page = await opened(three, "/applications")
    said = words(page)
    assert "It may: know who you are, see your name, picture and profile, see your email address" in said
    assert "It may: know who you are, see which organizations you belong to" in said
    assert "id=page" not in page
    assert (await three.client.get("/applications/end?id=page")).status_code == 404
    assert (await three.client.get("/applications/end?id=games")).status_code == 404
    form = await opened(three, "/applications/end?id=photos")
    assert "Sign out of Photos & <films>" in words(form)
    assert "can be used until it ends by itself, after 2 hours at most." in words(form)
    wrong = await post(three, "/applications/end", form, current="not it")
    assert (wrong.status_code, 'id="current-fault"' in wrong.text) == (422, True)
    gone = await sent(three, "/applications/end?id=photos")
    assert (gone.status_code, gone.headers["location"]) == (303, "/applications?saved=application-ended")
    assert left(three) == ["g2", "g4", "g5", "g6"]
    assert "That application is signed out." in await opened(three, "/applications?saved=application-ended")


async def test_a_foreign_form_signs_out_of_nothing(three: World) -> None:
    """B41."""
    await sign_in(three)
    before, data = left(three), {"current": "correct horse", "of": "photos"}
    for origin in ("https://evil.example", str(three.client.base_url)):
        assert (await three.client.post("/applications/end", data=data, headers={"origin": origin})).status_code == 403
    assert left(three) == before


async def test_without_applications_the_overview_does_not_speak_of_them(world: World) -> None:
    await sign_in(world)
    assert "/applications" not in await opened(world, "/")
    assert "No application is signed in with this account." in await opened(world, "/applications")


@pytest.mark.parametrize(
    ("seconds", "said"), [(60, "1 minute"), (3600, "1 hour"), (5400, "2 hours"), (86_400, "1 day"), (90_000, "2 days")]
)
async def test_how_long_access_lasts_after_signing_out_is_never_said_too_short(
    three: World, seconds: int, said: str
) -> None:
    three.stub.resources = {"https://api.example": seconds}
    await sign_in(three)
    assert f"after {said} at most" in words(await opened(three, "/applications/end?id=photos"))


async def test_a_server_that_does_not_list_resources_ends_applications_all_the_same(three: World) -> None:
    three.stub.broken = lambda path: Response("Not Found", 404) if path == "/api/resources" else None
    await sign_in(three)
    assert "after 1 hour at most" in words(await opened(three, "/applications/end?id=photos"))
