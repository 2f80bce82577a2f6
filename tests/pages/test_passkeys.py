"""Passkeys on the pages, as far as a browser without script goes, and what the script sends (B41, B64)."""

import json
import re
from pathlib import Path

import httpx2
import pytest

from tests.authenticator import code_at
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.passkeys import Passkey
from tests.world import JSON, PASSWORD, World, worlds

pytestmark = pytest.mark.anyio


@pytest.fixture
async def user(world: World) -> JSON:
    """Ada."""
    return await world.user(username="ada", password=PASSWORD)


async def settings(world: World, **changes: object) -> None:
    answer = await world.call("PATCH", "/sign-in-exp", changes)
    assert answer.status_code == 200, answer.text


async def api(ada: Visitor, path: str) -> JSON:
    """Ask for options as the page's script does."""
    sent = {"origin": "http://id.localhost:3001", "sec-fetch-site": "same-origin"}
    answer: httpx2.Response = await ada.client.post(f"/api/experience/{path}", headers=sent)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def made(key: Passkey, options: JSON) -> str:
    """Return what the script puts into the form."""
    payload = key.create(options) if "user" in options else key.get(options)
    return json.dumps({name: payload[name] for name in ("id", "rawId", "response")})


def passkey_form(ada: Visitor) -> int:
    """Return which form of the page is the one for the script."""
    forms = ada.answer.text.split("<form")[1:]
    return next(at for at, form in enumerate(forms) if "data-passkey" in form)


async def bind(ada: Visitor, key: Passkey) -> Visitor:
    """On the page that offers it, make a passkey."""
    asked = await api(ada, "verification/web-authn/registration")
    credential = made(key, asked["registrationOptions"])
    return await ada.submit(passkey_form(ada), record=asked["verificationId"], credential=credential)


async def test_a_passkey_is_set_up_and_asked_for(world: World, ada: Visitor, user: JSON) -> None:
    await settings(world, mfa={"factors": ["WebAuthn"], "policy": "Mandatory"})
    app = await application(world)
    await (await ada.begin(app)).sign_in("ada")
    assert ada.heading == t("binding.passkey_title")
    assert ada.reads("passkey.needs_script")
    key = Passkey()
    await bind(ada, key)
    assert ada.address.startswith(CALLBACK)
    other = visitor(world)
    await (await other.begin(app)).sign_in("ada")
    assert (other.heading, other.reads("factor.passkey_lead")) == (t("factor.title"), True)
    asked = await api(other, "verification/web-authn/authentication")
    credential = made(key, asked["authenticationOptions"])
    await other.submit(passkey_form(other), record=asked["verificationId"], credential="nonsense")
    assert (other.answer.status_code, other.reads("fault.passkey")) == (422, True)
    await other.submit(passkey_form(other), record=asked["verificationId"], credential=credential)
    assert other.address.startswith(CALLBACK)


async def test_a_passkey_signs_in_from_the_first_page(world: World, ada: Visitor, user: JSON) -> None:
    """Offered after a password, then enough by itself; what is declined is not offered again."""
    await settings(world, passkeySignIn={"enabled": True})
    app = await application(world)
    await (await ada.begin(app)).sign_in("ada")
    assert (ada.heading, ada.reads("binding.later")) == (t("binding.passkey_title"), True)
    key = Passkey()
    await bind(ada, key)
    assert ada.address.startswith(CALLBACK)
    other = await visitor(world).begin(app)
    assert other.reads("sign_in.passkey")
    options = (await api(other, "preflight/sign-in-passkey/authentication"))["authenticationOptions"]
    await other.submit(passkey_form(other), credential=made(key, options), csrf="wrong")
    assert other.answer.status_code == 403
    await other.begin(app)
    options = (await api(other, "preflight/sign-in-passkey/authentication"))["authenticationOptions"]
    key.host = "evil.example"
    await other.submit(passkey_form(other), credential=made(key, options))
    assert (other.answer.status_code, other.reads("fault.passkey")) == (422, True)
    key.host = "id.localhost"
    options = (await api(other, "preflight/sign-in-passkey/authentication"))["authenticationOptions"]
    await other.submit(passkey_form(other), credential=made(key, options))
    assert other.address.startswith(CALLBACK)


async def test_a_passkey_that_is_declined_is_not_offered_again(world: World, ada: Visitor, user: JSON) -> None:
    await settings(world, passkeySignIn={"enabled": True})
    app = await application(world)
    await (await ada.begin(app)).sign_in("ada")
    await ada.submit(1, factor="no-passkey")
    assert ada.address.startswith(CALLBACK)
    other = visitor(world)
    await (await other.begin(app)).sign_in("ada")
    assert other.address.startswith(CALLBACK)


def later(ada: Visitor) -> int:
    """Return which form of the page puts off what it offers."""
    forms = ada.answer.text.split("<form")[1:]
    return next(at for at, form in enumerate(forms) if t("binding.later") in form)


def put_off(ada: Visitor) -> str:
    """Return what the button of that form says."""
    form = ada.answer.text.split("<form")[1:][later(ada)]
    return str(re.findall(r'name="factor" value="([^"]+)"', form)[0])


@pytest.mark.parametrize("policy", ["NoPrompt", "UserControlled", "PromptAtSignInAndSignUp"])
async def test_a_passkey_that_would_be_a_factor_as_well_is_declined_all_the_same(
    world: World, ada: Visitor, user: JSON, policy: str
) -> None:
    """And whoever puts factors off does not go round in a circle."""
    await settings(world, passkeySignIn={"enabled": True}, mfa={"factors": ["WebAuthn"], "policy": policy})
    await (await ada.begin(await application(world))).sign_in("ada")
    for _ in range(2):
        if not ada.address.startswith(CALLBACK):
            assert ada.heading in {t("binding.passkey_title"), t("binding.title")}
            await ada.submit(later(ada), factor=put_off(ada))
    assert ada.address.startswith(CALLBACK)


async def test_whoever_has_set_up_the_factor_that_is_demanded_need_not_make_a_passkey(
    world: World, ada: Visitor, user: JSON
) -> None:
    """Without script it could not be made."""
    mfa = {"factors": ["WebAuthn", "Totp"], "policy": "Mandatory"}
    await settings(world, passkeySignIn={"enabled": True}, mfa=mfa)
    await (await ada.begin(await application(world))).sign_in("ada")
    await ada.open(f"{ada.address}&factor=totp")
    (seed,) = re.findall(r'<p class="secret-text">([A-Z2-7 ]+)</p>', ada.text)
    await ada.submit(code=code_at(world.clock.now(), seed.replace(" ", "")))
    assert ada.heading == t("binding.passkey_title")
    await ada.submit(later(ada), factor=put_off(ada))
    assert ada.address.startswith(CALLBACK)


@pytest.mark.parametrize(
    ("setting", "button", "script"),
    [
        ({}, False, False),
        ({"enabled": True}, True, True),
        ({"enabled": True, "showPasskeyButton": False}, False, True),
        ({"enabled": True, "showPasskeyButton": False, "allowAutofill": False}, False, False),
    ],
)
async def test_the_settings_decide_what_the_first_page_offers(
    world: World, ada: Visitor, setting: dict[str, bool], button: bool, script: bool
) -> None:
    await settings(world, passkeySignIn=setting)
    await ada.begin(await application(world))
    assert (ada.reads("sign_in.passkey"), "passkey.js" in ada.answer.text) == (button, script)
    assert ("data-fills-in" in ada.answer.text) == (setting.get("allowAutofill", script) and script)


async def test_other_origins_that_may_use_our_passkeys_are_listed_and_heard(database_url: str, tmp_path: Path) -> None:
    other = "https://shop.example"
    async with worlds(database_url, tmp_path, VESTIBULE_RELATED_ORIGINS=other) as world:
        answer = await world.client.get("/.well-known/webauthn")
        assert (answer.status_code, answer.json()) == (200, {"origins": [other]})
        assert answer.headers["content-type"].startswith("application/json")
        await world.user(username="ada", password=PASSWORD)
        await settings(world, mfa={"factors": ["WebAuthn"], "policy": "Mandatory"})
        ada = visitor(world)
        await (await ada.begin(await application(world))).sign_in("ada")
        await bind(ada, Passkey(origin="https://another.example"))
        assert ada.reads("fault.passkey")
        await bind(ada, Passkey(origin=other))
        assert ada.address.startswith(CALLBACK)


async def test_an_application_asks_for_a_passkey_and_gets_its_user_back(world: World, ada: Visitor, user: JSON) -> None:
    """`vestibule_action=add-passkey`: also for who has one; declined, the sign-in goes on; not where there are none."""
    app = await application(world)
    await (await ada.begin(app, vestibule_action="add-passkey")).sign_in("ada")
    assert ada.address.startswith(CALLBACK), "nothing is made where no passkeys are"
    await settings(world, mfa={"factors": ["WebAuthn"], "policy": "NoPrompt"})
    first, second = Passkey(), Passkey(id=b"of another device")
    other = visitor(world)
    await (await other.begin(app, vestibule_action="add-passkey")).sign_in("ada")
    await bind(other, first)
    assert other.address.startswith(CALLBACK)
    other = visitor(world)
    await (await other.begin(app, vestibule_action="add-passkey")).sign_in("ada")
    assert other.heading == t("factor.title"), "whoever has a factor proves it first"
    asked = await api(other, "verification/web-authn/authentication")
    credential = made(first, asked["authenticationOptions"])
    await other.submit(passkey_form(other), record=asked["verificationId"], credential=credential)
    assert other.heading == t("binding.passkey_title")
    await bind(other, second)
    assert other.address.startswith(CALLBACK)
    held = (await world.call("GET", f"/users/{user['id']}/mfa-verifications")).json()
    assert [one["type"] for one in held] == ["WebAuthn", "WebAuthn"]


async def test_an_answer_nested_beyond_reason_is_a_refused_passkey(world: World, ada: Visitor) -> None:
    """B89."""
    app = await application(world)
    await ada.begin(app)
    nested = '{"a":' + "[" * 20_000 + "]" * 20_000 + "}"
    answer = await ada.client.post(
        f"/sign-in?app_id={app.id}",
        content=f"csrf={ada.form.fields['csrf']}&credential={nested}",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 422
