"""The sign-in experience through the Management API: shown whole, changed by field, never stored in silence."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.world import World, worlds
from vestibule.app import in_background
from vestibule.domain import verifications
from vestibule.errors import CodeExpired, CodeTriesExceeded
from vestibule.http import Log

pytestmark = pytest.mark.anyio
PATH = "/sign-in-exp"
SAMPLE_KEYS = {
    "tenantId", "id", "color", "branding", "hideLogtoBranding", "languageInfo", "termsOfUseUrl", "privacyPolicyUrl",
    "agreeToTermsPolicy", "signIn", "signUp", "socialSignIn", "socialSignInConnectorTargets", "signInMode",
    "customCss", "customContent", "customUiAssets", "customUiCsp", "passwordPolicy", "mfa", "adaptiveMfa",
    "singleSignOnEnabled", "supportEmail", "supportWebsiteUrl", "unknownSessionRedirectUrl", "captchaPolicy",
    "sentinelPolicy", "verificationCodePolicy", "passkeySignIn", "signUpProfileFields", "passwordExpiration",
    "usernamePolicy",
}  # fmt: skip
USERNAMES = {"caseSensitive": True, "minLength": 1, "maxLength": 128, "allowedChars": {}}


async def patch(world: World, **body: Any) -> httpx2.Response:
    return await world.call("PATCH", PATH, body)


async def shown(world: World) -> dict[str, Any]:
    return dict((await world.call("GET", PATH)).json())


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_the_whole_record_is_shown_with_our_defaults(world: World) -> None:
    record = await shown(world)
    assert set(record) >= SAMPLE_KEYS
    assert record["signInMode"] == "SignInAndRegister"
    assert [method["identifier"] for method in record["signIn"]["methods"]] == ["username", "email", "phone"]
    assert (record["passwordPolicy"], record["verificationCodePolicy"], record["sentinelPolicy"]) == ({}, {}, {})
    assert record["branding"] == {}  # no remote logo


async def test_a_record_sent_back_whole_changes_nothing(world: World) -> None:
    record = await shown(world)
    answer = await world.call("PATCH", PATH, record)
    assert (answer.status_code, answer.json()) == (200, record)


async def test_fields_change_one_by_one_and_replace_what_they_held(world: World) -> None:
    first = await patch(world, passwordPolicy={"length": {"min": 12, "max": 64}}, supportEmail="help@x.io")
    assert first.status_code == 200
    assert first.json()["passwordPolicy"] == {"length": {"min": 12, "max": 64}}
    second = (await patch(world, passwordPolicy={"characterTypes": {"min": 2}}, unknown=1)).json()
    assert second["passwordPolicy"] == {"characterTypes": {"min": 2}}
    assert second["supportEmail"] == "help@x.io"
    assert await shown(world) == second


async def test_an_empty_address_is_no_address(world: World) -> None:
    await patch(world, termsOfUseUrl="https://x.io/terms", supportWebsiteUrl="https://x.io")
    record = (await patch(world, termsOfUseUrl="", supportWebsiteUrl=None)).json()
    assert (record["termsOfUseUrl"], record["supportWebsiteUrl"]) == (None, None)


@pytest.mark.parametrize("body", [{}, {"tenantId": "default"}, {"somethingElse": 1}])
async def test_nothing_to_change_is_told(world: World, body: dict[str, Any]) -> None:
    assert refusal(await world.call("PATCH", PATH, body)) == (422, "entity.invalid_input")


async def test_a_style_sheet_of_ones_own_is_taken_cleared_and_bounded(world: World) -> None:
    assert (await patch(world, customCss="body{}")).json()["customCss"] == "body{}"
    assert (await world.client.get("/api/.well-known/sign-in-exp")).json()["customCss"] == "body{}"
    assert (await patch(world, customCss=None)).json()["customCss"] is None
    assert refusal(await patch(world, customCss="x" * 65_537)) == (400, "guard.invalid_input")


@pytest.mark.parametrize("password", [True, False])
async def test_people_may_register_only_as_others_name_them(world: World, password: bool) -> None:
    sign_up = {"identifiers": [], "password": password, "verify": False}
    assert (await patch(world, signUp=sign_up)).json()["signUp"] == sign_up


NOT_OBEYED = {
    "customContent": {"/": "x"},
    "adaptiveMfa": {"enabled": True},
    "captchaPolicy": {"enabled": True},
    "emailBlocklistPolicy": {"blockSubaddressing": True},
    "forgotPasswordMethods": ["EmailVerificationCode"],
    "signUpProfileFields": [{"name": "x"}],
    "customUiCsp": {"scriptSrc": ["https://x.io"]},
}


@pytest.mark.parametrize("field", sorted(NOT_OBEYED))
async def test_a_setting_that_is_not_obeyed_is_refused_and_nothing_is_stored(world: World, field: str) -> None:
    before = await shown(world)
    answer = await world.call("PATCH", PATH, {field: NOT_OBEYED[field], "supportEmail": "help@x.io"})
    assert refusal(answer) == (400, "sign_in_experiences.not_supported")
    assert answer.json()["data"] == {"fields": [field]}
    assert await shown(world) == before


@pytest.mark.parametrize("field", ["adaptiveMfa", "captchaPolicy"])
async def test_what_there_is_not_may_be_switched_off_and_is_shown_so_until_it_is_left_out(
    world: World, field: str
) -> None:
    assert (await patch(world, **{field: {"enabled": False}})).json()[field] == {"enabled": False}
    assert (await shown(world))[field] == {"enabled": False}
    assert (await world.client.get("/api/.well-known/sign-in-exp")).json()[field] == {"enabled": False}
    assert refusal(await patch(world, **{field: {"enabled": True}})) == (400, "sign_in_experiences.not_supported")
    assert refusal(await patch(world, **{field: {"enabled": "no"}})) == (400, "guard.invalid_input")
    assert (await patch(world, **{field: {}})).json()[field] == {}


async def test_everything_that_is_asked_for_and_not_there_is_named(world: World) -> None:
    answer = await patch(world, captchaPolicy={"enabled": True}, adaptiveMfa={"enabled": True})
    assert answer.json()["data"] == {"fields": ["adaptiveMfa", "captchaPolicy"]}


async def test_a_code_that_nothing_sends_is_no_factor_to_insist_on(world: World) -> None:
    """Nobody would get in."""
    codes, one = ["EmailVerificationCode", "PhoneVerificationCode"], ["PhoneVerificationCode", "BackupCode"]
    assert (await patch(world, mfa={"factors": one, "policy": "Mandatory"})).status_code == 200
    await patch(world, mfa={"factors": [], "policy": "UserControlled"})
    sms = next(each for each in (await world.call("GET", "/connectors")).json() if each["type"] == "Sms")
    await world.call("DELETE", f"/connectors/{sms['id']}")
    for policy in ("Mandatory", "PromptOnlyAtSignInMandatory", "PromptAtSignInAndSignUpMandatory"):
        refused = refusal(await patch(world, mfa={"factors": one, "policy": policy}))
        assert refused == (400, "sign_in_experiences.enabled_connector_not_found")
        for others in (codes, [*one, "Totp"], [*one, "WebAuthn"], []):
            assert (await patch(world, mfa={"factors": others, "policy": policy})).status_code == 200
    for policy in ("UserControlled", "NoPrompt", "PromptOnlyAtSignIn"):
        assert (await patch(world, mfa={"factors": one, "policy": policy})).status_code == 200


def methods(*kinds: str, password: bool = True, code: bool = False) -> dict[str, Any]:
    each = {"password": password, "verificationCode": code, "isPasswordPrimary": True}
    return {"methods": [{"identifier": kind, **each} for kind in kinds]}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"signIn": {"methods": []}}, "sign_in_experiences.at_least_one_authentication_factor"),
        ({"signIn": methods("email", password=False)}, "sign_in_experiences.at_least_one_authentication_factor"),
        ({"signIn": methods("username", code=True)}, "request.invalid_input"),
        ({"signIn": methods("email", "email")}, "request.invalid_input"),
        (
            {"signUp": {"identifiers": ["email"], "password": False, "verify": False}},
            "sign_in_experiences.passwordless_requires_verify",
        ),
        ({"signUp": {"identifiers": ["username"], "password": False, "verify": True}}, "request.invalid_input"),
        (
            {"languageInfo": {"autoDetect": True, "fallbackLanguage": "nl"}},
            "sign_in_experiences.unsupported_default_language",
        ),
        ({"passwordPolicy": {"length": {"min": 20, "max": 10}}}, "request.invalid_input"),
        ({"passwordExpiration": {"enabled": True}}, "request.invalid_input"),
        ({"usernamePolicy": {**USERNAMES, "minLength": 5, "maxLength": 4}}, "request.invalid_input"),
        (
            {
                "usernamePolicy": {
                    **USERNAMES,
                    "allowedChars": dict.fromkeys(("lowercase", "uppercase", "numbers", "underscore"), False),
                }
            },
            "request.invalid_input",
        ),
    ],
)
async def test_a_setting_that_makes_no_sense_is_refused_by_name(world: World, body: dict[str, Any], code: str) -> None:
    before = await shown(world)
    assert refusal(await world.call("PATCH", PATH, body)) == (400, code)
    assert await shown(world) == before


@pytest.mark.parametrize(
    "body",
    [
        {"color": {"primaryColor": "red", "isDarkModeEnabled": True, "darkPrimaryColor": "#fff"}},
        {"color": {"primaryColor": "#fff;}", "isDarkModeEnabled": True, "darkPrimaryColor": "#fff"}},
        {"color": {"primaryColor": "#ffff", "isDarkModeEnabled": True, "darkPrimaryColor": "#fff"}},
        {"color": {"primaryColor": "#fff\n", "isDarkModeEnabled": True, "darkPrimaryColor": "#fff"}},
        {"color": None},
        {"branding": {"logoUrl": "javascript:alert(1)"}},
        {"branding": {"logoUrl": "https://x.io/a;script-src *"}},
        {"branding": {"logoUrl": "https://x.io/a b"}},
        {"branding": {"favicon": "//x.io/a"}},
        {"termsOfUseUrl": "javascript:alert(1)"},
        {"privacyPolicyUrl": "data:text/html,x"},
        {"unknownSessionRedirectUrl": "https://x.io/\r\nx: y"},
        {"supportWebsiteUrl": 'https://x.io/"><script>'},
        {"supportEmail": "help"},
        {"signInMode": "Closed"},
        {"signIn": methods("carrier-pigeon")},
        {"passwordPolicy": {"length": {"min": 0, "max": 10}}},
        {"passwordPolicy": {"length": {"min": 8, "max": 257}}},
        {"passwordPolicy": {"characterTypes": {"min": 5}}},
        {"passwordPolicy": {"rejects": {"words": [""]}}},
        {"verificationCodePolicy": {"expirationDuration": 59}},
        {"verificationCodePolicy": {"expirationDuration": 3601}},
        {"verificationCodePolicy": {"maxRetryAttempts": 0}},
        {"verificationCodePolicy": {"maxRetryAttempts": 101}},
        {"sentinelPolicy": {"maxAttempts": 101}},
        {"sentinelPolicy": {"lockoutDuration": 0}},
        {"usernamePolicy": {"caseSensitive": False}},
        {"passwordExpiration": {"enabled": True, "validPeriodDays": -1}},
        {"passwordExpiration": {"enabled": "yes"}},
    ],
)
async def test_a_value_of_another_shape_is_refused(world: World, body: dict[str, Any]) -> None:
    """B105: an address with script, or one that would end a policy, is no address."""
    assert refusal(await world.call("PATCH", PATH, body)) == (400, "guard.invalid_input")


async def test_changes_made_at_once_do_not_lose_each_other(world: World) -> None:
    bodies: list[dict[str, Any]] = [
        {"supportEmail": "help@x.io"},
        {"termsOfUseUrl": "https://x.io/terms"},
        {"signInMode": "SignIn"},
        {"hideLogtoBranding": True},
    ]
    answers = await asyncio.gather(*[world.call("PATCH", PATH, body) for body in bodies])
    assert {answer.status_code for answer in answers} == {200}
    record = await shown(world)
    assert {name: record[name] for body in bodies for name in body} == {
        k: v for body in bodies for k, v in body.items()
    }


async def test_another_server_notices_a_change(database_url: str, tmp_path: Path) -> None:
    async with worlds(database_url, tmp_path) as one, worlds(database_url, tmp_path, outbox=False) as other:
        await patch(one, signInMode="SignIn")
        assert other.server.ctx.live.experience.lets_register
        await other.server.ctx.live.refresh()  # what a running server does every second
        assert not other.server.ctx.live.experience.lets_register


async def test_a_running_server_reads_the_settings_every_second(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vestibule.app.EVERY_SECONDS", 0.01)
    ctx, seen = world.server.ctx, asyncio.Event()
    original = ctx.live.refresh

    async def refresh() -> None:
        await original()
        seen.set()

    monkeypatch.setattr(ctx.live, "refresh", refresh)
    async with in_background(ctx, world.server.keys, Log(world.clock, write=lambda line: None)):
        await asyncio.wait_for(seen.wait(), 5)


# --- a password tried against the policy ---


async def check(world: World, **body: Any) -> httpx2.Response:
    return await world.call("POST", f"{PATH}/default/check-password", body)


async def test_a_password_is_tried_against_the_policy_and_the_persons_names(world: World) -> None:
    user = await world.user(username="adalovelace", primaryEmail="countess@x.io", primaryPhone="33612345678")
    assert (await check(world, password="lazydoor", userId=user["id"])).json() == {"result": True}
    for password in ("adalovelace1", "Countess!", "33612345678"):
        answer = await check(world, password=password, userId=user["id"])
        assert answer.status_code == 400
        assert answer.json()["result"] is False
        assert {"code": "password_rejected.restricted.user_info"} in answer.json()["issues"]
    await patch(world, passwordPolicy={"length": {"min": 10, "max": 256}})
    answer = await check(world, password="lazydoor", userId=user["id"])
    issues = [{"code": "password_rejected.too_short", "interpolation": {"min": 10}}]
    assert answer.json() == {"result": False, "issues": issues}


async def test_without_a_person_the_names_cannot_be_compared(world: World) -> None:
    answer = await check(world, password="lazydoor")
    assert refusal(answer) == (400, "request.invalid_input")
    assert "userId" in answer.json()["data"]["message"]
    rejects = {"pwned": True, "repetitionAndSequence": True, "userInfo": False, "words": []}
    await patch(world, passwordPolicy={"rejects": rejects})
    assert (await check(world, password="lazydoor")).status_code == 200


async def test_a_password_of_nobody_is_not_found(world: World) -> None:
    assert refusal(await check(world, password="lazydoor", userId="nobody")) == (404, "entity.not_found")
    assert refusal(await check(world, userId="nobody")) == (400, "guard.invalid_input")


# --- user names that differ by case ---


async def test_names_that_differ_only_by_case_are_listed(world: World) -> None:
    ids = {}
    for name in ("ada", "Ada", "ADA", "bob", "Bob", "carl"):
        ids[name] = (await world.user(username=name))["id"]
        world.clock.advance(seconds=1)
    path = f"{PATH}/username-policy/case-sensitivity-conflicts"
    answer = (await world.call("GET", path)).json()
    assert answer["totalConflicts"] == 2
    assert answer["samples"] == [
        {"usernameLower": "ada", "userIds": [ids["ada"], ids["Ada"], ids["ADA"]]},
        {"usernameLower": "bob", "userIds": [ids["bob"], ids["Bob"]]},
    ]
    limited = (await world.call("GET", f"{path}?limit=1")).json()
    assert (limited["totalConflicts"], len(limited["samples"])) == (2, 1)
    for limit in ("0", "101", "x", "-1", "1.5"):
        assert refusal(await world.call("GET", f"{path}?limit={limit}")) == (400, "guard.invalid_input")


async def test_case_of_user_names_counts_or_not_as_it_is_set(world: World) -> None:
    await world.user(username="ada")
    await world.user(username="Ada")
    policy = {"caseSensitive": False, "minLength": 1, "maxLength": 128, "allowedChars": {}}
    assert (await patch(world, usernamePolicy=policy)).status_code == 200
    assert refusal(await world.call("POST", "/users", {"username": "aDa"})) == (422, "user.username_already_in_use")


# --- codes and tries ---


async def test_the_lifetime_of_codes_is_read_when_they_are_tried(world: World) -> None:
    ctx = world.server.ctx
    await verifications.send_code(ctx, "email", "ada@x.io")
    await patch(world, verificationCodePolicy={"expirationDuration": 60})
    world.clock.advance(seconds=61)
    with pytest.raises(CodeExpired):
        await verifications.verify_code(ctx, "email", "ada@x.io", world.code_for("ada@x.io"))
    await patch(world, verificationCodePolicy={"expirationDuration": 120})
    await verifications.verify_code(ctx, "email", "ada@x.io", world.code_for("ada@x.io"))


async def test_the_tries_at_a_code_are_read_when_it_is_tried(world: World) -> None:
    ctx = world.server.ctx
    await patch(world, verificationCodePolicy={"maxRetryAttempts": 1})
    await verifications.send_code(ctx, "email", "ada@x.io")
    await world.call("POST", "/verification-codes/verify", {"email": "ada@x.io", "verificationCode": "x"})
    with pytest.raises(CodeTriesExceeded):
        await verifications.verify_code(ctx, "email", "ada@x.io", world.code_for("ada@x.io"))
    await patch(world, verificationCodePolicy={"maxRetryAttempts": 2})
    await verifications.verify_code(ctx, "email", "ada@x.io", world.code_for("ada@x.io"))


async def without_connectors(world: World) -> None:
    for connector in (await world.call("GET", "/connectors")).json():
        await world.call("DELETE", f"/connectors/{connector['id']}")


BESIDE = {"identifiers": ["username"], "password": True, "verify": False}


@pytest.mark.parametrize(
    "body",
    [
        {"signIn": methods("email", code=True)},
        {"signIn": methods("phone", code=True, password=False)},
        {"signUp": {"identifiers": ["email"], "password": False, "verify": True}},
        {"signUp": {**BESIDE, "secondaryIdentifiers": [{"identifier": "emailOrPhone", "verify": True}]}},
    ],
)
async def test_codes_are_asked_for_where_something_can_send_them(world: World, body: dict[str, Any]) -> None:
    await patch(world, **body)
    await without_connectors(world)
    refused = (400, "sign_in_experiences.enabled_connector_not_found")
    assert refusal(await world.call("PATCH", PATH, body)) == refused
    assert refusal(await world.call("PATCH", PATH, {"signInMode": "SignIn"})) == refused, "looked at as a whole"
    await patch(world, signIn=methods("email"), signUp=BESIDE)


# --- what everybody may see ---


async def test_everybody_sees_the_experience_without_what_is_private(world: World) -> None:
    await patch(world, signInMode="SignIn", termsOfUseUrl="https://x.io/terms")
    answer = await world.client.get("/api/.well-known/sign-in-exp?appId=x&organizationId=y")
    assert answer.status_code == 200
    record = answer.json()
    assert {"emailBlocklistPolicy", "forgotPasswordMethods"}.isdisjoint(record)
    assert (record["signInMode"], record["termsOfUseUrl"]) == ("SignIn", "https://x.io/terms")
    assert (record["socialConnectors"], record["ssoConnectors"]) == ([], [])
    assert record["forgotPassword"] == {"phone": True, "email": True}
    await without_connectors(world)
    record = (await world.client.get("/api/.well-known/sign-in-exp")).json()
    assert record["forgotPassword"] == {"phone": False, "email": False}
    assert set(record) >= SAMPLE_KEYS | {"isDevelopmentTenant", "customProfileFields"}


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [("?lng=fr", "en", "fr"), ("?lng=nl", "fr", "fr"), ("", "fr-CA,en;q=0.5", "fr"), ("?lng=", "xx", "en")],
)
async def test_everybody_can_read_the_words_of_the_pages(
    world: World, query: str, accepted: str, language: str
) -> None:
    answer = await world.client.get(f"/api/.well-known/phrases{query}", headers={"accept-language": accepted})
    assert (answer.status_code, answer.headers["content-language"]) == (200, language)
    assert answer.json()["register.title"] == {"en": "Create your account", "fr": "Créez votre compte"}[language]


async def test_words_follow_the_fallback_language_where_nothing_is_detected(world: World) -> None:
    await patch(world, languageInfo={"autoDetect": False, "fallbackLanguage": "fr"})
    answer = await world.client.get("/api/.well-known/phrases", headers={"accept-language": "en"})
    assert answer.headers["content-language"] == "fr"


async def test_second_factors_are_listed_once_and_backup_codes_beside_another(world: World) -> None:
    good = {"factors": ["BackupCode", "Totp"], "policy": "Mandatory"}
    answer = await patch(world, mfa=good)
    assert (answer.status_code, answer.json()["mfa"]) == (200, good)
    for factors, code in (
        (["Totp", "Totp"], "sign_in_experiences.duplicated_mfa_factors"),
        (["BackupCode"], "sign_in_experiences.backup_code_cannot_be_enabled_alone"),
        (["Fingerprint"], "guard.invalid_input"),
    ):
        assert refusal(await patch(world, mfa={"factors": factors, "policy": "Mandatory"})) == (400, code)
    assert refusal(await patch(world, mfa={"factors": [], "policy": "Never"})) == (400, "guard.invalid_input")
    assert (await shown(world))["mfa"] == good
