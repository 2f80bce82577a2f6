"""What many at once must not get: a proof used twice, messages, guesses, an account that nobody can enter."""

import asyncio

import httpx2
import pytest
from starlette.responses import JSONResponse, Response

from tests.account.conftest import World, refused
from tests.account.stub import CODE

pytestmark = pytest.mark.anyio
NEW = "new@example.com"


async def test_of_fifty_uses_at_once_one_succeeds(world: World) -> None:
    """B63."""
    proof = await world.proof("password", "password.change", "correct horse")
    body = {"password": "battery staple nine"}
    answers = await asyncio.gather(*(world.call("PUT", "/password", body, proofs=[proof]) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [204] + [403] * 49


async def test_a_proof_is_used_once_whatever_node_is_asked(world: World) -> None:
    """The store decides, not the memory of a process."""
    proof = await world.proof("password", "password.change", "correct horse")
    headers = {"authorization": f"Bearer {world.stub.sign(world.claims())}", "vestibule-proof": proof}
    async with world.another() as other:
        body = {"password": "battery staple nine"}
        calls = [node.put("/api/me/password", json=body, headers=headers) for node in [world.client, other] * 10]
        answers = await asyncio.gather(*calls)
    assert sorted(answer.status_code for answer in answers) == [204] + [403] * 19


async def test_of_twenty_requests_at_once_one_sends_a_message(world: World) -> None:
    """B57."""
    body = {"method": "email", "action": "email.change", "target": NEW}
    answers = await asyncio.gather(*(world.call("POST", "/proofs", body) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [429] * 19
    assert world.stub.sent == [NEW]
    assert {answer.headers["retry-after"] for answer in answers if answer.status_code == 429} == {"60"}


async def test_one_person_sends_ten_messages_an_hour_to_whomever(world: World) -> None:
    """B57: the limit by recipient alone would let one account write to everybody."""
    for number in range(10):
        body = {"method": "email", "action": "email.change", "target": f"{number}@example.com"}
        assert (await world.call("POST", "/proofs", body)).status_code == 201
    body = {"method": "phone", "action": "phone.change", "target": "33612345678"}
    assert refused(await world.call("POST", "/proofs", body), 429, "too-many")
    world.clock.advance(seconds=3600)
    assert (await world.call("POST", "/proofs", body)).status_code == 201


async def test_nobody_keeps_another_one_from_a_code_to_their_own_address(world: World) -> None:
    """B57: what a stranger asks for to somebody's address has a limit of its own."""
    world.stub.add("eve", "incorrect horse", username="eve")
    foreign = {"method": "email", "action": "email.change", "target": "ada@example.com"}
    own = {"method": "email", "action": "session.end"}
    for _ in range(5):
        assert (await world.call("POST", "/proofs", foreign, user="eve")).status_code == 201
        assert refused(await world.call("POST", "/proofs", foreign, user="eve"), 429, "too-many")
        world.clock.advance(seconds=60)
    answer = await world.call("POST", "/proofs", foreign, user="eve")
    assert refused(answer, 429, "too-many")
    assert answer.headers["retry-after"] == "3600"
    for _ in range(5):
        assert (await world.call("POST", "/proofs", own)).status_code == 201
        assert refused(await world.call("POST", "/proofs", own), 429, "too-many")
        world.clock.advance(seconds=60)
    assert refused(await world.call("POST", "/proofs", own), 429, "too-many")


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        (Response("", 502), 503, "identity-server-away"),
        (JSONResponse({"code": "connector.not_found"}, 501), 503, "messages-unavailable"),
        (JSONResponse({"code": "connector.general"}, 400), 503, "messages-unavailable"),
        (JSONResponse({"code": "request.message_rate_limited"}, 429), 429, "too-many"),
        (JSONResponse({"code": "guard.invalid_input"}, 400), 422, "invalid-fields"),
    ],
)
async def test_a_message_that_could_not_be_sent_is_not_counted(
    world: World, fault: Response, status: int, kind: str
) -> None:
    body = {"method": "email", "action": "email.change", "target": NEW}
    world.stub.broken = lambda path: fault if path == "/api/verification-codes" else None
    assert refused(await world.call("POST", "/proofs", body), status, kind)
    world.stub.broken = lambda path: None
    assert (await world.call("POST", "/proofs", body)).status_code == 201


async def test_wrong_passwords_are_counted_over_all_proofs_also_at_once(world: World) -> None:
    """B51, B52: ten in a quarter of an hour, however many proofs they are spread over."""
    body = {"method": "password", "action": "password.change"}
    proofs = [(await world.call("POST", "/proofs", body)).json()["id"] for _ in range(10)]

    async def guess(proof: str) -> httpx2.Response:
        return await world.call("POST", f"/proofs/{proof}/verify", {"secret": "wrong"})

    answers = await asyncio.gather(*(guess(proof) for proof in proofs * 4))
    assert sum(answer.status_code == 422 for answer in answers) == 10
    assert sum(asked.endswith("/password/verify") for asked in world.stub.asked) == 10
    answer = await world.call("POST", f"/proofs/{proofs[0]}/verify", {"secret": "correct horse"})
    assert refused(answer, 429, "too-many")
    world.clock.advance(seconds=900)
    await world.proof("password", "password.change", "correct horse")


async def test_right_passwords_are_not_counted(world: World) -> None:
    for _ in range(2):
        for _ in range(9):
            await world.proof("password", "password.change", "correct horse")
        world.clock.advance(seconds=900)


async def test_of_two_removals_at_once_one_identifier_is_left(world: World) -> None:
    """Also when both were asked while the other one was still there."""
    proofs = {
        field: await world.proof("password", f"{field}.remove", "correct horse") for field in ("email", "username")
    }
    met, both = 0, asyncio.Event()

    async def together(path: str) -> Response | None:
        nonlocal met
        if path == "/api/users/ada":
            met += 1
            if met == 2:
                both.set()
            await both.wait()
        return None

    world.stub.broken = together
    answers = await asyncio.gather(
        *(world.call("DELETE", f"/{field}", proofs=[proof]) for field, proof in proofs.items())
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    ada = world.stub.users["ada"]
    assert [bool(ada["username"]), bool(ada["primaryEmail"])].count(True) == 1


async def test_without_a_password_the_last_address_stays(world: World) -> None:
    """A user name alone lets nobody in."""
    del world.stub.passwords["ada"]
    proof = await world.proof("email", "email.remove", CODE)
    assert refused(await world.call("DELETE", "/email", proofs=[proof]), 409, "last-identifier")
    proof = await world.proof("email", "username.remove", CODE)
    assert (await world.call("DELETE", "/username", proofs=[proof])).json()["username"] is None


@pytest.mark.parametrize(("status", "code"), [(401, "auth.unauthorized"), (403, "auth.forbidden")])
async def test_a_server_that_lost_its_permission_is_503_and_the_log_names_the_setting(
    world: World, status: int, code: str
) -> None:
    refusal = JSONResponse({"code": code, "message": "no"}, status)
    world.stub.broken = lambda path: refusal if path.startswith("/api") else None
    assert refused(await world.call("GET"), 503, "identity-server-away")
    assert any(code in line and "VESTIBULE_ACCOUNT_CLIENT_ID" in line for line in world.lines)
