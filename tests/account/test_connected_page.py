"""The page of accounts elsewhere: connect, come back to the same browser, disconnect; nothing needs script."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.account.conftest import World, browser
from tests.account.stub import CODE
from tests.account.test_linking import COMPANY, experience, keep, linked
from tests.account.test_page import post, sign_in
from tests.account.test_security_page import opened, sent, words

pytestmark = pytest.mark.anyio


@pytest.fixture
def providers(world: World) -> World:
    """Set up a provider with a name to escape."""
    world.stub.add_connector("github", name={"en": "Git <Hub>"})
    world.stub.experience = experience()
    return world


async def begun(world: World) -> dict[str, Any]:
    """Sign in, and go as far as the provider; returns what its redirect brings back."""
    await sign_in(world)
    gone = await sent(world, "/connected/new?to=github")
    assert gone.status_code == 303
    assert gone.headers["location"].startswith("https://provider.example/authorize?state=")
    return {"state": parse_qs(urlsplit(gone.headers["location"]).query)["state"][0], "code": "octocat"}


async def back(world: World, data: dict[str, Any], client: httpx2.AsyncClient | None = None) -> httpx2.Response:
    """Come back from the provider."""
    return await (client or world.client).get("/callback/github", params=data)


async def told(world: World, answer: httpx2.Response) -> str:
    """Return what the page says to which somebody is sent whose link came to nothing; its address holds no secret."""
    assert answer.status_code == 303
    assert re.fullmatch(r"/connected\?fault=[a-z-]+", answer.headers["location"])
    return words(await opened(world, answer.headers["location"]))


async def test_an_account_is_connected_and_disconnected(providers: World) -> None:
    await sign_in(providers)
    assert "Connected accounts" in words(await opened(providers, "/"))
    page = await opened(providers, "/connected")
    assert "Nothing is connected yet" in page
    assert "Git &lt;Hub&gt;" in page
    done = await back(providers, await begun(providers))
    assert (done.status_code, done.headers["location"]) == (303, "/connected?saved=connected")
    page = words(await opened(providers, "/connected?saved=connected"))
    assert "The account is connected." in page
    assert re.search(r"octocat there\s+octocat@there\.example", page)
    assert "Git <Hub>" in words(await opened(providers, "/"))
    gone = await sent(providers, "/connected/remove?of=github")
    assert (gone.status_code, gone.headers["location"]) == (303, "/connected?saved=disconnected")
    assert linked(providers) == {}


async def test_a_callback_in_another_browser_or_of_another_user_connects_nothing(providers: World) -> None:
    """B21, B73: neither the victim of a link that somebody else began, nor the same person elsewhere, finishes it."""
    data = await begun(providers)
    async with browser(providers.server) as other:
        unknown = await back(providers, data, other)
        assert unknown.headers["location"].startswith("/login?back=")
    providers.client.cookies.clear()
    await sign_in(providers)
    assert "was not started in this browser" in await told(providers, await back(providers, data))
    assert (providers.stub.linking, linked(providers)) == ([], {})


async def test_a_callback_that_comes_twice_or_with_a_made_up_state_is_a_sentence(providers: World) -> None:
    data = await begun(providers)
    forged = await back(providers, {**data, "state": "x"})
    assert "Nothing was connected; start again" in await told(providers, forged)
    assert linked(providers) == {}
    assert (await back(providers, data)).headers["location"] == "/connected?saved=connected"
    assert "Nothing was connected; start again" in await told(providers, await back(providers, data))


async def test_a_provider_that_answers_by_a_form_is_led_to_the_same_page(providers: World) -> None:
    """As Apple does. The form of another site brings no cookie, so that by itself it connects nothing."""
    data = await begun(providers)
    async with browser(providers.server) as other:
        posted = await other.post("/callback/github", data=data, headers={"origin": "https://provider.example"})
    assert (posted.status_code, linked(providers)) == (303, {})
    assert parse_qs(urlsplit(posted.headers["location"]).query) == {name: [value] for name, value in data.items()}
    done = await providers.client.get(posted.headers["location"])
    assert (done.status_code, done.headers["location"]) == (303, "/connected?saved=connected")
    assert "github" in linked(providers)
    odd = await providers.client.post("/callback/a%3F%2F%2F%0D%0Ab", data={"state": "c&d"})
    assert odd.headers["location"] == "/callback/a%3F%2F%2F%0D%0Ab?state=c%26d"


async def test_what_the_provider_says_no_to_is_a_sentence_and_not_repeated(providers: World) -> None:
    data = {"state": (await begun(providers))["state"], "error": "access_denied", "error_description": "<b>boo</b>"}
    said = await told(providers, await back(providers, data))
    assert "did not confirm who you are" in said
    assert "boo" not in said


async def test_an_account_of_somebody_else_is_a_sentence(providers: World) -> None:
    providers.stub.add("bob", "x", identities={"github": {"userId": "octocat", "details": {}}})
    assert "connected to somebody else" in await told(providers, await back(providers, await begun(providers)))


async def test_the_last_way_in_is_not_offered_to_go_and_says_why(providers: World) -> None:
    keep(providers, "an address")
    await sign_in(providers)
    page = await opened(providers, "/connected")
    assert "your only way to sign in" in page
    assert "/connected/remove" not in page
    form = await post(providers, "/connected/remove", await opened(providers, "/connected/remove?of=github"))
    code = re.search(r'name="(proof_[^"]+)"', form.text)
    assert code is not None
    answer = await post(providers, "/connected/remove", form.text, **{code[1]: CODE})
    assert answer.status_code == 409
    assert "This is your only way to sign in. Set a password" in words(answer.text)
    assert "github" in linked(providers)


async def test_a_form_of_another_site_and_a_wrong_password_start_nothing(providers: World) -> None:
    """B41."""
    await sign_in(providers)
    page = await opened(providers, "/connected/new?to=github")
    foreign = await providers.client.post(
        "/connected/new", data={"of": "github"}, headers={"origin": "https://e.example"}
    )
    assert foreign.status_code == 403
    assert (await post(providers, "/connected/new", page, current="wrong")).status_code == 422
    assert providers.stub.begun == []


async def test_only_the_form_that_leads_to_a_provider_may_lead_elsewhere(providers: World) -> None:
    await sign_in(providers)
    policy = {
        path: re.search(r"form-action ([^;]+)", (await providers.client.get(path)).headers["content-security-policy"])
        for path in ("/connected/new?to=github", "/connected", "/")
    }
    found = {path: match[1].split() for path, match in policy.items() if match}
    assert "https:" in found["/connected/new?to=github"]
    assert [path for path, sources in found.items() if "https:" in sources] == ["/connected/new?to=github"]


@pytest.mark.parametrize("path", ["/connected/new?to=nowhere", "/connected/remove?of=github", "/connected/new"])
async def test_what_is_not_there_is_a_page_that_says_so(providers: World, path: str) -> None:
    await sign_in(providers)
    assert (await providers.client.get(path)).status_code == 404


async def test_the_company_is_shown_and_cannot_be_changed(providers: World) -> None:
    providers.stub.companies["ada"] = [COMPANY]
    await sign_in(providers)
    page = await opened(providers, "/connected")
    assert "Acme Ltd looks after this one" in words(page)
    assert "ada@acme.example" in page
    assert "of=acme" not in page


async def test_where_no_provider_is_set_up_the_overview_does_not_speak_of_it(world: World) -> None:
    await sign_in(world)
    assert "Connected accounts" not in await opened(world, "/")
    assert "Nothing is connected yet" in await opened(world, "/connected")


@pytest.mark.parametrize(("language", "said"), [("fr", "Comptes associés"), ("de", "Verbundene Konten")])
async def test_the_page_speaks_the_persons_language(providers: World, language: str, said: str) -> None:
    await sign_in(providers)
    page = await providers.client.get("/connected", headers={"accept-language": language})
    assert said in page.text
    assert page.headers["content-security-policy"]
