"""The pages of access tokens, factors and deletion, with a password and without one."""

import re
from html import unescape
from urllib.parse import urlencode

import httpx2
import pyotp
import pytest

from tests.account.conftest import URL, World
from tests.account.stub import CODE
from tests.account.test_page import form, post, sign_in
from vestibule.account import store

pytestmark = pytest.mark.anyio
PASSWORD = "correct horse"


async def opened(world: World, path: str) -> str:
    answer = await world.client.get(path)
    assert answer.status_code == 200, answer.headers
    return answer.text


async def sent(world: World, path: str, **values: str) -> httpx2.Response:
    """Open a form and send it with the right password."""
    return await post(world, path.partition("?")[0], await opened(world, path), current=PASSWORD, **values)


def words(page: str) -> str:
    """Return what a page says."""
    return unescape(re.sub(r"<[^>]+>", " ", page))


async def made(world: World, name: str = "laptop", days: str = "90") -> str:
    """Create a token; returns its value."""
    page = await sent(world, "/tokens/new", name=name, days=days)
    assert page.status_code == 200
    found = re.search(r"pat_\w+", page.text)
    assert found is not None
    return found[0]


async def test_a_token_is_made_shown_once_renamed_and_deleted(world: World) -> None:
    await sign_in(world)
    assert "No tokens yet" in await opened(world, "/tokens")
    value = await made(world, "my <laptop> & co/1")
    listed = await opened(world, "/tokens")
    assert value not in listed
    assert "my &lt;laptop&gt; &amp; co/1" in listed
    link = unescape(re.search(r'href="(/tokens/rename[^"]+)"', listed)[1])  # type: ignore[index]
    renamed = await sent(world, link, name="phone")
    assert (renamed.status_code, renamed.headers["location"]) == (303, "/tokens?saved=token-renamed")
    assert "The token has its new name." in await opened(world, "/tokens?saved=token-renamed")
    gone = await sent(world, "/tokens/delete?name=phone")
    assert (gone.status_code, gone.headers["location"]) == (303, "/tokens?saved=token-deleted")
    assert "No tokens yet" in await opened(world, "/tokens")


@pytest.mark.parametrize(("days", "ends"), [("30", 30), ("365", 365), ("never", None), ("forged", None)])
async def test_a_token_ends_when_it_was_asked_to(world: World, days: str, ends: int | None) -> None:
    await sign_in(world)
    await made(world, days=days)
    held = world.stub.personal["ada"][0]["expiresAt"]
    assert held == (None if ends is None else world.clock.now() + ends * 86_400_000)


async def test_a_name_that_is_taken_is_said_at_the_name(world: World) -> None:
    await sign_in(world)
    await made(world)
    again = await sent(world, "/tokens/new", name="laptop", days="30")
    assert again.status_code == 409
    assert re.search(r'id="name-fault">You already have one', again.text)
    assert 'value="laptop"' in again.text


@pytest.mark.parametrize("path", ["/tokens/new", "/authenticator", "/delete-account"])
async def test_a_wrong_password_changes_nothing(world: World, path: str) -> None:
    await sign_in(world)
    page = await opened(world, path)
    answer = await post(world, path, page, current="wrong", name="laptop", code="123456")
    assert answer.status_code == 422
    assert 'id="current-fault"' in answer.text
    assert (world.stub.personal.get("ada"), world.stub.factors.get("ada"), "ada" in world.stub.users) == (
        [] if "ada" in world.stub.personal else None,
        [] if "ada" in world.stub.factors else None,
        True,
    )


async def test_an_authenticator_app_is_scanned_tried_and_removed(world: World) -> None:
    await sign_in(world)
    assert "Not set up yet" in await opened(world, "/")
    page = await opened(world, "/authenticator")
    assert 'src="data:image/png;base64,' in page
    secret = form(page)["secret"]
    wrong = await post(world, "/authenticator", page, current=PASSWORD, code="000000")
    assert wrong.status_code == 422
    assert 'id="code-fault"' in wrong.text
    assert form(wrong.text)["secret"] == secret, "the person has scanned this one already"
    code = pyotp.TOTP(secret).at(world.clock.now() // 1000)
    done = await post(world, "/authenticator", wrong.text, current=PASSWORD, code=f"{code[:3]} {code[3:]}")
    assert (done.status_code, done.headers["location"]) == (303, "/?saved=authenticator")
    assert "Backup codes" in words(await opened(world, "/?saved=authenticator"))
    removed = await sent(world, "/authenticator")
    assert removed.headers["location"] == "/?saved=authenticator-removed"
    assert world.stub.factors["ada"] == []


async def with_authenticator(world: World) -> None:
    world.stub.factors["ada"] = [{"id": "one", "createdAt": "2026-01-01T00:00:00.000Z", "type": "Totp"}]
    await sign_in(world)


async def test_backup_codes_are_shown_once_and_removed(world: World) -> None:
    await with_authenticator(world)
    page = await sent(world, "/backup-codes")
    codes = re.findall(r"<li>([0-9a-f]{10})</li>", page.text)
    assert len(codes) == 10
    assert not [code for code in codes if code in await opened(world, "/") + await opened(world, "/backup-codes")]
    assert "10 left" in await opened(world, "/")
    assert (await sent(world, "/backup-codes")).headers["location"] == "/?saved=backup-removed"


async def test_backup_codes_without_an_authenticator_are_not_offered(world: World) -> None:
    await sign_in(world)
    assert "/backup-codes" not in await opened(world, "/")
    assert (await world.client.get("/backup-codes")).status_code == 404


CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
PASSKEYS = [
    {"id": "one", "createdAt": "2026-01-01T00:00:00.000Z", "type": "WebAuthn", "agent": CHROME},
    {"id": "two", "createdAt": "2026-02-01T00:00:00.000Z", "type": "WebAuthn", "name": "key <ring>",
     "lastUsedAt": "2026-03-01T00:00:00.000Z"},
]  # fmt: skip


async def test_passkeys_are_listed_and_removed_with_the_password(world: World) -> None:
    """B63: a wrong password removes none; backup codes can stand in for them."""
    world.stub.factors["ada"] = [dict(one) for one in PASSKEYS]
    await sign_in(world)
    home = words(await opened(world, "/"))
    assert "2 made" in home
    assert "Backup codes" in home
    listed = words(await opened(world, "/passkeys"))
    assert "Passkey made with Chrome, Linux" in listed
    assert "key <ring>" in listed
    assert "last used on Mar 1, 2026" in listed
    page = await opened(world, "/passkeys/remove?id=two")
    assert "“key <ring>” no longer signs you in" in words(page)
    wrong = await post(world, "/passkeys/remove", page, current="not it")
    assert wrong.status_code in {400, 403, 422}
    assert len(world.stub.factors["ada"]) == 2
    gone = await sent(world, "/passkeys/remove?id=two")
    assert (gone.status_code, gone.headers["location"]) == (303, "/passkeys?saved=passkey-removed")
    assert [one["id"] for one in world.stub.factors["ada"]] == ["one"]
    assert (await world.client.get("/passkeys/remove?id=two")).status_code == 404


async def test_a_passkey_is_renamed_with_the_password(world: World) -> None:
    world.stub.factors["ada"] = [dict(one) for one in PASSKEYS]
    await sign_in(world)
    page = await opened(world, "/passkeys/rename?id=one")
    assert "Mozilla" not in page, "what the browser calls itself is no name to begin with"
    assert 'value="key &lt;ring&gt;"' in await opened(world, "/passkeys/rename?id=two")
    wrong = await post(world, "/passkeys/rename", page, current="not it", name="laptop")
    assert (wrong.status_code, 'id="current-fault"' in wrong.text, 'value="laptop"' in wrong.text) == (422, True, True)
    done = await sent(world, "/passkeys/rename?id=one", name=" my <laptop> ")
    assert (done.status_code, done.headers["location"]) == (303, "/passkeys?saved=passkey-renamed")
    listed = await opened(world, "/passkeys?saved=passkey-renamed")
    assert "my &lt;laptop&gt;" in listed
    assert "The passkey has its new name." in listed
    assert (await world.client.get("/passkeys/rename?id=nothing")).status_code == 404


async def test_a_passkey_is_made_where_it_is_used_after_a_fresh_sign_in(world: World) -> None:
    """The account page's host is another one: the identity server asks, with a new sign-in as the proof."""
    await sign_in(world)
    assert "No passkeys yet." in await opened(world, "/passkeys")
    answer = await world.client.get("/passkeys/new")
    query = httpx2.QueryParams(answer.headers["location"].partition("?")[2])
    assert (query["vestibule_action"], query["prompt"]) == ("add-passkey", "login consent")


async def test_a_deleted_account_is_gone_with_its_sessions(world: World) -> None:
    """In every browser: what they hold says who it was."""
    await sign_in(world)
    world.client.cookies.clear()
    await sign_in(world)
    answer = await sent(world, "/delete-account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/deleted")
    assert "Your account is deleted" in await opened(world, "/deleted")
    assert "ada" not in world.stub.users
    assert (await world.client.get("/")).headers["location"] == "/login"
    async with world.server.ctx.db.read() as tx:
        assert await tx.one(store.LATEST_SESSION) is None


async def test_without_a_password_a_code_comes_first(world: World) -> None:
    world.stub.passwords.clear()
    await sign_in(world)
    page = await opened(world, "/tokens/new")
    assert "ada@example.com" in page
    step = await post(world, "/tokens/new", page)
    assert step.status_code == 200
    assert world.stub.sent == ["ada@example.com"]
    field = re.search(r'name="(proof_[^"]+)"', step.text[step.text.index("<label") :])
    assert field is not None
    done = await post(world, "/tokens/new", step.text, **{field[1]: CODE, "name": "laptop", "days": "30"})
    assert re.search(r"pat_\w+", done.text)


async def test_without_a_password_and_an_address_nothing_is_asked_in_vain(world: World) -> None:
    world.stub.passwords.clear()
    world.stub.users["ada"]["primaryEmail"] = None
    await sign_in(world)
    answer = await post(world, "/delete-account", await opened(world, "/delete-account"))
    assert answer.status_code == 422
    assert "Add an email address or a phone number first" in answer.text
    assert "ada" in world.stub.users


@pytest.mark.parametrize(
    "path", ["/tokens/new", "/tokens/delete", "/authenticator", "/backup-codes", "/delete-account"]
)
async def test_a_foreign_form_is_refused(world: World, path: str) -> None:
    """B41."""
    await with_authenticator(world)
    await made(world)
    values = {"current": PASSWORD, "of": "laptop", "name": "x"}
    for headers in ({"origin": "https://evil.example"}, {"origin": URL}):
        answer = await world.client.post(path, data=values, headers=headers)
        assert answer.status_code == 403
    assert "ada" in world.stub.users
    assert len(world.stub.personal["ada"]) == len(world.stub.factors["ada"]) == 1


@pytest.mark.parametrize("path", ["/tokens/rename?name=nothing", "/tokens/delete", "/tokens/delete?name=%00"])
async def test_what_is_not_there_is_said_to_be_missing(world: World, path: str) -> None:
    await sign_in(world)
    assert (await world.client.get(path)).status_code in {400, 404}


@pytest.mark.parametrize("path", ["/tokens", "/tokens/new", "/authenticator", "/backup-codes", "/delete-account"])
async def test_nobody_sees_these_pages_without_signing_in(world: World, path: str) -> None:
    for answer in (await world.client.get(path), await world.client.post(path, headers={"origin": URL})):
        login = f"/login?{urlencode({'back': path})}"
        assert (answer.status_code, answer.headers.get("location")) in {(303, login), (404, None), (405, None)}


async def test_the_pages_are_in_french_as_well(world: World) -> None:
    await with_authenticator(world)
    await made(world)
    for path in ("/", "/tokens", "/tokens/new", "/authenticator", "/backup-codes", "/delete-account", "/deleted"):
        page = await opened(world, f"{path}?lang=fr")
        assert '<html lang="fr">' in page
        assert not re.search(r"\b(Delete|Token|Codes left|Remove)\b", words(page[page.index("<main") :]))
