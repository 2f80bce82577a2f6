"""The sign-in experience on the hosted pages: who may do what, with which identifiers, in which looks and words."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2
import pytest

from tests.world import PASSWORD, URL, World, worlds
from vestibule.ui.messages import translator

pytestmark = pytest.mark.anyio
t = translator("en")
CALLBACK = "https://app.example/callback"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with worlds(database_url, tmp_path) as made:
        yield made


class Visitor:
    """Somebody with a browser, on the way to an application."""

    def __init__(self, world: World, client: httpx2.AsyncClient, app_id: str) -> None:
        self.world, self.client, self.app_id = world, client, app_id
        self.answer = httpx2.Response(200)
        self.address = ""

    async def open(self, address: str = "", **query: str) -> "Visitor":
        """Open an address, or begin a sign-in; follow redirects as far as this server."""
        params = {
            "client_id": self.app_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        begin = not address
        self.answer = await self.client.get(
            address or "/oidc/auth", params={**(params if begin else {}), **query} or None
        )
        return await self._follow()

    async def submit(self, **values: str) -> "Visitor":
        """Fill in the form of the page and send it."""
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.answer.text)
        assert csrf is not None, self.answer.text
        self.answer = await self.client.post(self.address, data={"csrf": csrf[1], **values}, headers={"origin": URL})
        return await self._follow()

    async def _follow(self) -> "Visitor":
        self.address = str(self.answer.request.url)
        while self.answer.status_code in {302, 303}:
            self.address = urljoin(self.address, self.answer.headers["location"])
            if not self.address.startswith(URL):
                break
            self.answer = await self.client.get(self.address)
        return self

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def has_arrived(self) -> bool:
        """Whether the way ended at the application with a code."""
        return self.address.startswith(f"{CALLBACK}?code=")

    @property
    def policy(self) -> dict[str, str]:
        """The Content-Security-Policy, by directive."""
        lines = self.answer.headers["content-security-policy"].split("; ")
        return {name: rest for name, _, rest in (line.partition(" ") for line in lines)}


@pytest.fixture
async def visitor(world: World) -> AsyncIterator[Visitor]:
    app_id, _ = await world.app("SPA", redirect_uris=(CALLBACK,))
    transport = httpx2.ASGITransport(app=world.server.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=URL) as client:
        yield Visitor(world, client, app_id)


async def decide(world: World, **body: Any) -> None:
    answer = await world.call("PATCH", "/sign-in-exp", body)
    assert answer.status_code == 200, answer.text


def methods(*kinds: str) -> dict[str, Any]:
    each = {"password": True, "verificationCode": False, "isPasswordPrimary": True}
    return {"methods": [{"identifier": kind, **each} for kind in kinds]}


def sign_up(*kinds: str) -> dict[str, Any]:
    return {"identifiers": list(kinds), "password": True, "verify": False}


# --- who may do what ---


async def test_at_first_people_sign_in_and_register(visitor: Visitor) -> None:
    await visitor.open()
    assert "/register?" in visitor.text
    await visitor.open(visitor.address.replace("/sign-in", "/register"))
    assert (await visitor.submit(identifier="ada", password=PASSWORD)).has_arrived


async def test_without_registration_the_way_to_it_is_gone_and_the_form_is_refused(
    world: World, visitor: Visitor
) -> None:
    await visitor.open(first_screen="register")
    form = visitor.answer
    await decide(world, signInMode="SignIn")
    refused = await visitor.submit(identifier="ada", password=PASSWORD)
    assert refused.answer.status_code == 403
    assert (await world.call("GET", "/users")).json() == []
    visitor.answer = form
    await visitor.open(first_screen="register")
    assert visitor.address.startswith(f"{URL}/sign-in")
    assert "/register" not in visitor.text


async def test_with_registration_alone_nobody_signs_in(world: World, visitor: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    await visitor.open()
    await decide(world, signInMode="Register")
    assert (await visitor.submit(identifier="ada", password=PASSWORD)).answer.status_code == 403
    await visitor.open()
    assert visitor.address.startswith(f"{URL}/register")
    assert "/sign-in?" not in visitor.text
    assert (await visitor.submit(identifier="bob", password=PASSWORD)).has_arrived


@pytest.mark.parametrize(
    ("kinds", "label", "good", "bad"),
    [
        (("username",), "field.username", ["ada"], ["ada@x.io", "+33612345678"]),
        (("email",), "field.email", ["ADA@x.io"], ["ada", "+33612345678"]),
        (("phone",), "field.phone", ["+33 6 12 34 56 78"], ["ada", "ada@x.io"]),
        (("email", "phone"), "field.email_or_phone", ["ada@x.io", "33612345678"], ["ada"]),
        (("username", "email"), "field.email_or_username", ["ada", "ada@x.io"], ["+33612345678"]),
        (("username", "phone"), "field.phone_or_username", ["ada", "33612345678"], ["ada@x.io"]),
    ],
)
async def test_people_sign_in_with_the_identifiers_that_are_let_in(
    world: World, visitor: Visitor, kinds: tuple[str, ...], label: str, good: list[str], bad: list[str]
) -> None:
    await world.user(username="ada", primaryEmail="ada@x.io", primaryPhone="33612345678", password=PASSWORD)
    await decide(world, signIn=methods(*kinds))
    for text in bad:
        await visitor.open()
        assert f">{t(label)}</label>" in visitor.text
        refused = await visitor.submit(identifier=text, password=PASSWORD)
        assert refused.answer.status_code == 422
        assert t("fault.credentials") in refused.text
    for text in good:
        await visitor.open(prompt="login")
        assert (await visitor.submit(identifier=text, password=PASSWORD)).has_arrived


@pytest.mark.parametrize(
    ("kinds", "label", "good", "bad"),
    [
        (("username",), "field.username", "ada", "ada@x.io"),
        (("email",), "field.email", "ada@x.io", "ada"),
        (("phone",), "field.phone", "+33612345678", "ada"),
        (("email", "phone"), "field.email_or_phone", "+33612345678", "ada"),
    ],
)
async def test_people_register_with_the_identifiers_that_are_asked_for(
    world: World, visitor: Visitor, kinds: tuple[str, ...], label: str, good: str, bad: str
) -> None:
    await decide(world, signUp=sign_up(*kinds))
    await visitor.open(first_screen="register")
    assert f">{t(label)}</label>" in visitor.text
    assert ("country code" in visitor.text) is ("phone" in kinds)
    refused = await visitor.submit(identifier=bad, password=PASSWORD)
    assert refused.answer.status_code == 422
    assert t("fault.identifier_kind", kind=t(label)) in refused.text
    assert (await world.call("GET", "/users")).json() == []
    assert (await visitor.submit(identifier=good, password=PASSWORD)).has_arrived


# --- what is asked of passwords and names ---


@pytest.mark.parametrize(
    ("policy", "password", "words"),
    [
        ({"length": {"min": 15, "max": 256}}, "lazydoor", "Use at least 15 characters."),
        ({"length": {"min": 8, "max": 20}}, "a lazy door in a lazy house", "Use at most 20 characters."),
        ({"characterTypes": {"min": 3}}, "lazydoor", "Use at least 3 kinds of character"),
        ({}, "password1", "one of the first that others would guess"),
        ({}, "xyxyxyxyxyxy", "Do not repeat one piece"),
        ({}, "lkjhgfdsapoiuy", "rows of letters, digits or keys"),
        ({}, "lovelace12", "your own name or address"),
        (
            {"rejects": {"pwned": True, "repetitionAndSequence": True, "userInfo": True, "words": ["acme"]}},
            "I love Acme so much",
            "Leave out words that anybody would try here",
        ),
    ],
)
async def test_the_password_policy_is_told_at_the_field_and_holds(
    world: World, visitor: Visitor, policy: dict[str, Any], password: str, words: str
) -> None:
    """B44 to B46: 15 characters by one setting."""
    await decide(world, passwordPolicy=policy)
    await visitor.open(first_screen="register")
    refused = await visitor.submit(identifier="lovelace", password=password)
    assert refused.answer.status_code == 422
    assert words in refused.text
    assert (await world.call("GET", "/users")).json() == []


async def test_the_form_knows_the_length_that_is_asked_for(world: World, visitor: Visitor) -> None:
    await decide(world, passwordPolicy={"length": {"min": 15, "max": 90}})
    await visitor.open(first_screen="register")
    assert 'minlength="15"' in visitor.text
    assert "15 to 90 characters" in visitor.text


@pytest.mark.parametrize(
    ("policy", "good", "bad"),
    [
        ({"minLength": 4, "maxLength": 6}, "adal", "ada"),
        ({"minLength": 1, "maxLength": 3}, "ada", "adal"),
        ({"allowedChars": {"uppercase": False}}, "ada", "Ada"),
        ({"allowedChars": {"lowercase": False}}, "ADA", "Ada"),
        ({"allowedChars": {"numbers": False}}, "ada", "ada1"),
        ({"allowedChars": {"underscore": False}}, "ada", "ada_l"),
    ],
)
async def test_the_policy_for_user_names_holds(
    world: World, visitor: Visitor, policy: dict[str, Any], good: str, bad: str
) -> None:
    whole = {"caseSensitive": True, "minLength": 1, "maxLength": 128, "allowedChars": {}, **policy}
    await decide(world, usernamePolicy=whole)
    await visitor.open(first_screen="register")
    refused = await visitor.submit(identifier=bad, password=PASSWORD)
    assert refused.answer.status_code == 422
    assert "not allowed here" in refused.text
    assert (await visitor.submit(identifier=good, password=PASSWORD)).has_arrived


async def test_a_name_in_another_case_signs_in_when_case_does_not_count(world: World, visitor: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    await visitor.open()
    assert (await visitor.submit(identifier="ADA", password=PASSWORD)).answer.status_code == 422
    policy = {"caseSensitive": False, "minLength": 1, "maxLength": 128, "allowedChars": {}}
    await decide(world, usernamePolicy=policy)
    assert (await visitor.submit(identifier="ADA", password=PASSWORD)).has_arrived


async def test_tries_run_out_as_it_is_set_and_the_page_says_for_how_long(world: World, visitor: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    await decide(world, sentinelPolicy={"maxAttempts": 2, "lockoutDuration": 3})
    await visitor.open()
    for _ in range(2):
        assert (await visitor.submit(identifier="ada", password="x")).answer.status_code == 422
    locked = await visitor.submit(identifier="ada", password=PASSWORD)
    assert locked.answer.status_code == 429
    assert "Wait 3 minutes" in locked.text
    world.clock.advance(seconds=181)
    assert (await visitor.submit(identifier="ada", password=PASSWORD)).has_arrived


# --- terms ---

TERMS, PRIVACY = "https://x.io/terms", "https://x.io/privacy"


async def test_terms_are_shown_to_those_who_register(world: World, visitor: Visitor) -> None:
    await visitor.open(first_screen="register")
    assert "Terms of use" not in visitor.text
    await decide(world, termsOfUseUrl=TERMS, privacyPolicyUrl=PRIVACY)
    await visitor.open(first_screen="register")
    assert f'<a href="{TERMS}"' in visitor.text
    assert f'<a href="{PRIVACY}"' in visitor.text
    assert 'type="checkbox"' not in visitor.text
    assert (await visitor.submit(identifier="ada", password=PASSWORD)).has_arrived


@pytest.mark.parametrize("policy", ["ManualRegistrationOnly", "Manual"])
async def test_terms_are_accepted_by_hand_where_it_is_asked(world: World, visitor: Visitor, policy: str) -> None:
    await decide(world, termsOfUseUrl=TERMS, agreeToTermsPolicy=policy)
    await visitor.open(first_screen="register")
    assert 'type="checkbox" name="agree"' in visitor.text
    refused = await visitor.submit(identifier="ada", password=PASSWORD)
    assert refused.answer.status_code == 422
    assert "Tick the box" in refused.text
    assert (await world.call("GET", "/users")).json() == []
    assert (await visitor.submit(identifier="ada", password=PASSWORD, agree="yes")).has_arrived


async def test_terms_are_accepted_at_each_sign_in_only_where_it_is_asked(world: World, visitor: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    await decide(world, termsOfUseUrl=TERMS, agreeToTermsPolicy="ManualRegistrationOnly")
    await visitor.open()
    assert 'name="agree"' not in visitor.text
    await decide(world, agreeToTermsPolicy="Manual")
    await visitor.open()
    refused = await visitor.submit(identifier="ada", password=PASSWORD)
    assert refused.answer.status_code == 422
    assert "Tick the box" in refused.text
    assert (await visitor.submit(identifier="ada", password=PASSWORD, agree="yes")).has_arrived


async def test_without_terms_there_is_nothing_to_accept(world: World, visitor: Visitor) -> None:
    await decide(world, agreeToTermsPolicy="Manual")
    await visitor.open(first_screen="register")
    assert (await visitor.submit(identifier="ada", password=PASSWORD)).has_arrived


# --- looks ---


async def test_our_own_looks_load_nothing_from_elsewhere(visitor: Visitor) -> None:
    """B102: pictures come from ourselves; no style sheet of colours is linked."""
    await visitor.open()
    assert visitor.policy["img-src"] == "'self' data:"
    assert "/ui/colours/" not in visitor.text
    assert "dark.css" in visitor.text


async def test_colours_are_a_style_sheet_of_our_own_under_the_same_policy(world: World, visitor: Visitor) -> None:
    """B102: no inline style."""
    colours = {"primaryColor": "#FF0", "isDarkModeEnabled": True, "darkPrimaryColor": "#00ff00"}
    await decide(world, color=colours)
    await visitor.open()
    (path,) = re.findall(r'<link rel="stylesheet" href="(/ui/colours/[^"]+)">', visitor.text)
    assert "style=" not in visitor.text
    assert visitor.policy["style-src"] == "'self'"
    sheet = await visitor.client.get(path)
    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in sheet.headers["cache-control"]
    assert "--accent: #00ff00;" in sheet.text
    assert (await visitor.client.get("/ui/colours/x.css")).status_code == 404


async def test_pages_are_never_dark_where_it_is_set_so(world: World, visitor: Visitor) -> None:
    colours = {"primaryColor": "#0d5c54", "isDarkModeEnabled": False, "darkPrimaryColor": "#000"}
    await decide(world, color=colours)
    await visitor.open()
    assert "dark" not in visitor.text
    main = re.search(r'href="(/ui/[^"]+/vestibule.css)"', visitor.text)
    assert main is not None
    assert "dark" not in (await visitor.client.get(main[1])).text


async def test_logos_are_shown_and_the_policy_is_opened_for_them_alone(world: World, visitor: Visitor) -> None:
    """B102, B105: exactly these pictures, wherever else they may lie beside."""
    branding = {
        "logoUrl": "https://cdn.x.io/logo.svg?v=2",
        "darkLogoUrl": "https://cdn.x.io/dark.svg",
        "favicon": "https://x.io/icon.png",
        "darkFavicon": "https://x.io/icon-dark.png",
    }
    await decide(world, branding=branding)
    await visitor.open()
    assert visitor.policy["img-src"] == (
        "'self' data: https://cdn.x.io/logo.svg https://cdn.x.io/dark.svg https://x.io/icon.png https://x.io/icon-dark.png"
    )
    assert all(f'"{address}"' in visitor.text for address in branding.values())
    assert ">Vestibule<" not in visitor.text
    missing = await visitor.client.get("/nothing-here")
    assert "https://cdn.x.io/logo.svg" in missing.headers["content-security-policy"]


SHEET = "h1 { color: #123456 }\n/* </style><script>alert(1)</script> */ @import 'https://evil.example/x.css';"


async def test_a_style_sheet_of_the_operators_is_served_by_us_under_the_same_policy(
    world: World, visitor: Visitor
) -> None:
    """B102, B105: linked after ours on every page and never written into one; what it asks for elsewhere stays shut."""
    await visitor.open()
    assert "/ui/own/" not in visitor.text
    assert (await visitor.client.get("/ui/own/x.css")).status_code == 404
    policy = dict(visitor.policy)
    await decide(world, customCss=SHEET)
    await visitor.open()
    assert visitor.policy == policy
    assert policy["style-src"] == "'self'"
    assert "alert(1)" not in visitor.text
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', visitor.text)
    assert sheets[-1].startswith("/ui/own/")
    served = await visitor.client.get(sheets[-1])
    assert (served.text, served.headers["content-type"]) == (SHEET, "text/css; charset=utf-8")
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in served.headers["cache-control"]
    assert sheets[-1] in (await visitor.client.get("/nothing-here")).text
    await decide(world, customCss="h1 { color: #654321 }")
    older = await visitor.client.get(sheets[-1])
    assert (older.text, older.headers["cache-control"]) == ("h1 { color: #654321 }", "no-store")
    assert sheets[-1] not in (await visitor.open()).text


async def test_our_own_name_can_be_left_out(world: World, visitor: Visitor) -> None:
    await decide(world, hideLogtoBranding=True)
    await visitor.open()
    assert "Vestibule" not in visitor.text
    assert "Vestibule" not in (await visitor.client.get("/nothing-here")).text


# --- words and ways out ---


async def test_languages_are_detected_or_not(world: World, visitor: Visitor) -> None:
    visitor.client.headers["accept-language"] = "fr"
    assert 'lang="fr"' in (await visitor.open()).text
    await decide(world, languageInfo={"autoDetect": False, "fallbackLanguage": "en"})
    assert '<html lang="en">' in (await visitor.open()).text
    visitor.client.headers["accept-language"] = "en"
    await decide(world, languageInfo={"autoDetect": False, "fallbackLanguage": "fr"})
    assert '<html lang="fr">' in (await visitor.open()).text
    assert '<html lang="en">' in (await visitor.open(ui_locales="en")).text
    assert '<html lang="fr">' in (await visitor.client.get("/nothing-here")).text
    await decide(world, languageInfo={"autoDetect": True, "fallbackLanguage": "fr"})
    visitor.client.headers["accept-language"] = "xx"
    assert '<html lang="fr">' in (await visitor.open()).text


async def test_pages_that_tell_of_an_error_say_where_help_is(world: World, visitor: Visitor) -> None:
    assert "Need help?" not in (await visitor.client.get("/nothing-here")).text
    await decide(world, supportEmail="help@x.io", supportWebsiteUrl="https://x.io/help")
    for address in ("/nothing-here", "/unknown-session", "/oidc/auth?client_id=nobody"):
        page = (await visitor.client.get(address, headers={"accept": "text/html"})).text
        assert '<a href="mailto:help@x.io">' in page
        assert '<a href="https://x.io/help"' in page
    assert "Need help?" not in (await visitor.client.get("/")).text


async def test_a_lost_sign_in_leads_where_it_is_set(world: World, visitor: Visitor) -> None:
    lost = await visitor.client.get("/sign-in")
    assert (lost.status_code, lost.headers["location"]) == (302, "/unknown-session")
    await decide(world, unknownSessionRedirectUrl="http://x.io/start?again=1")
    lost = await visitor.client.get("/sign-in")
    assert (lost.status_code, lost.headers["location"]) == (302, "http://x.io/start?again=1")
    await visitor.open()
    assert "http:" in visitor.policy["form-action"].split()
