"""The battery: every provider's record begins, comes back, tells who it is, and fails in each of its ways."""

import base64
import json
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jws
from joserfc.jwk import OctKey

from tests.connectors.social.nearby import trial, upstream
from tests.connectors.social.payloads import CASES, RECORDS, filled
from tests.connectors.social.trial import FLOW, Hasty, Trial, reaching
from tests.connectors.social.upstream import NOW, Json, Said, Upstream, rsa_pem
from tests.connectors.world import LOOPBACK
from vestibule.connectors.oauth.engine import challenge
from vestibule.connectors.oauth.places import without_challenge
from vestibule.errors import (
    AppError,
    ConnectorAuthorizationFailed,
    ConnectorGeneral,
    ConnectorInvalidConfig,
    ConnectorInvalidResponse,
    ConnectorNotImplemented,
    SocialAccessTokenInvalid,
    SocialCodeInvalid,
    SocialIdTokenInvalid,
)

__all__ = ["trial", "upstream"]
pytestmark = pytest.mark.anyio

LOGGED_IN = [name for name in CASES if "tokenEndpoint" in CASES[name].answers]
WITH_PROFILE = [name for name in CASES if "userInfoEndpoint" in CASES[name].answers]
WITH_EMAIL = [name for name in CASES if "email" in RECORDS[name].claims]
ALIPAY = ("alipay-web", "alipay-native")


every = pytest.mark.parametrize("trial", CASES, indirect=True)
each_logged_in = pytest.mark.parametrize("trial", LOGGED_IN, indirect=True)
each_profile = pytest.mark.parametrize("trial", WITH_PROFILE, indirect=True)


def test_every_record_has_a_case() -> None:
    assert set(CASES) == set(RECORDS)
    assert len(RECORDS) == 28


@every
async def test_the_browser_is_sent_with_the_parameters_of_the_contract(trial: Trial) -> None:
    record, config = trial.record, trial.config
    sent = trial.factory.begin(config, FLOW)
    standard = {
        "client_id": "client",
        "appid": "client",
        "app_id": "client",
        "redirect_uri": FLOW.redirect_uri,
        "state": "s-1",
        "nonce": "n-1",
        "code_challenge": "qrOfGJ4MsIjPBmlUMAc44Ng4GGJIRIqRA5jPCzvM3Ho",
    }
    expected: list[tuple[str, str]] = []
    for word in trial.case.query.split():
        name, given, value = word.partition("=")
        if given or word in standard:
            expected.append((name, value if given else standard[name]))
        else:  # a value with spaces in it
            expected[-1] = (expected[-1][0], f"{expected[-1][1]} {word}")
    assert [name for name, _ in parse_qsl(urlsplit(sent).query)] == [name for name, _ in expected]
    assert dict(parse_qsl(urlsplit(sent).query)) | {"code_challenge": ""} == dict(expected) | {"code_challenge": ""}
    address = record.endpoints.get("authorizationEndpoint") or str(config["authorizationEndpoint"])
    assert sent.startswith(address.partition("{")[0])
    assert sent.endswith(record.fragment)


@every
async def test_a_callback_tells_who_it_is(trial: Trial) -> None:
    profile = (await trial.finish()).profile
    known = {name: value for name, value in asdict(profile).items() if value is not None and name != "raw"}
    assert known == trial.case.person
    assert profile.details()["id"] == trial.case.person["id"]
    assert "rawData" in profile.details()


@pytest.mark.parametrize("trial", WITH_EMAIL, indirect=True)
async def test_an_address_that_the_provider_does_not_vouch_for_is_never_a_verified_one(trial: Trial) -> None:
    """Otherwise whoever claims an address at a provider takes over its account here."""
    trial.answer(trial.case.unvouched)
    profile = (await trial.finish()).profile
    assert profile.email is None
    assert "email" not in profile.details()


@pytest.mark.parametrize("trial", WITH_EMAIL, indirect=True)
async def test_an_operator_can_vouch_where_the_provider_is_silent_and_never_over_its_no(trial: Trial) -> None:
    trial.config["trustUnverifiedEmail"] = True
    if trial.case.person.get("unverified_email"):
        assert (await trial.finish()).profile.email == trial.case.person["unverified_email"]
    denied = [key for key, said in trial.case.unvouched.items() if "false" in str(said).lower()]
    if denied and trial.record.id != "github-universal":
        trial.answer(trial.case.unvouched)
        assert (await trial.finish()).profile.email is None


async def test_what_githubs_list_denies_no_operator_believes(upstream: Upstream) -> None:
    trial = Trial("github-universal", upstream)
    trial.config["trustUnverifiedEmail"] = True
    shown = trial.case.answers["userInfoEndpoint"]["email"]
    listed = {"email": shown, "primary": True, "visibility": "public"}
    for verified, email in ((False, None), (None, None), (True, shown)):
        trial.answer({"emailsEndpoint": [{**listed, "verified": verified}]})
        assert (await trial.finish()).profile.email == email
    trial.answer({"emailsEndpoint": []})
    assert (await trial.finish()).profile.email == shown, "of which it says nothing"
    await trial.outgoing.close()


@each_logged_in
@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Said(b"", 500), ConnectorGeneral),
        (Said(b"<html>sorry</html>"), ConnectorInvalidResponse),
        (Said(b"[" * 100_000), ConnectorInvalidResponse),
        (Said(b"x" * 1_100_000), ConnectorGeneral),
        (Said({"error": "invalid_grant"}, 400), SocialCodeInvalid),
        (Said({"error": "invalid_client"}, 401), SocialCodeInvalid),
        (Said({"hello": "there"}), ConnectorInvalidResponse),
        (Said(b"[]"), ConnectorInvalidResponse),
        (None, ConnectorGeneral),
    ],
    ids=["500", "html", "deep", "huge", "used-code", "bad-client", "no-token", "list", "silent"],
)
async def test_a_token_endpoint_that_fails_is_named_and_nobody_is_known(
    trial: Trial, said: Said | None, kind: type[AppError]
) -> None:
    if said is None:
        del trial.upstream.answers["tokenEndpoint"]
        trial.outgoing = reaching([LOOPBACK], Hasty)
    else:
        trial.upstream.answers["tokenEndpoint"] = said
    refused = await trial.refusal()
    if trial.record.id in ALIPAY and kind in (ConnectorInvalidResponse, SocialCodeInvalid):
        assert isinstance(refused, SocialCodeInvalid | ConnectorInvalidResponse | ConnectorGeneral)
    else:
        assert type(refused) is kind
    assert refused.status in (400, 401)
    assert "s3cret" not in f"{refused.text}{refused.data}"
    assert "code-1" not in f"{refused.text}{refused.data}"


@each_profile
@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Said(b"", 500), ConnectorGeneral),
        (Said(b"<html>sorry</html>"), ConnectorInvalidResponse),
        (Said({"unknown": 1}), ConnectorInvalidResponse),
        (Said(b"x" * 1_100_000), ConnectorGeneral),
        (None, ConnectorGeneral),
    ],
    ids=["500", "html", "no-id", "huge", "silent"],
)
async def test_a_profile_that_does_not_come_is_named_and_nobody_is_known(
    trial: Trial, said: Said | None, kind: type[AppError]
) -> None:
    if said is None:
        del trial.upstream.answers["userInfoEndpoint"]
        trial.outgoing = reaching([LOOPBACK], Hasty)
    else:
        trial.upstream.answers["userInfoEndpoint"] = said
        if trial.record.id == "qq-universal" and said.body == {"unknown": 1}:
            trial.upstream.answers["openIdEndpoint"] = said  # there the id comes from another call
    refused = await trial.refusal()
    assert type(refused) is kind
    assert "at-1" not in f"{refused.text}{refused.data}"


@each_profile
async def test_an_access_token_that_is_not_accepted_is_told_by_the_providers_own_status(trial: Trial) -> None:
    trial.upstream.answers["userInfoEndpoint"] = Said({}, trial.record.token_invalid_status)
    assert type(await trial.refusal()) is SocialAccessTokenInvalid


@each_logged_in
async def test_a_redirect_is_never_followed(trial: Trial) -> None:
    """B92: a provider does not lead the server anywhere."""
    for key in ("tokenEndpoint", "userInfoEndpoint"):
        trial.answer()
        if key in trial.upstream.answers:
            elsewhere = trial.upstream.url("elsewhere")
            trial.upstream.answers[key] = Said(b"", 302, (f"Location: {elsewhere}",))
            assert type(await trial.refusal()) is ConnectorGeneral
    assert trial.upstream.requests("elsewhere") == []


@every
async def test_a_private_address_is_not_reached_unless_it_is_allowed(trial: Trial) -> None:
    """B92."""
    trial.outgoing = reaching([])
    refused = await trial.refusal()
    assert type(refused) is ConnectorGeneral
    assert "VESTIBULE_ALLOW_PRIVATE" in refused.text
    assert trial.upstream.asked == []


@every
async def test_what_the_provider_or_the_person_declined_is_said(trial: Trial) -> None:
    refused = await trial.refusal(error="access_denied", error_description="The user said no")
    assert (type(refused), refused.data) == (ConnectorAuthorizationFailed, {"message": "The user said no"})
    refused = await trial.refusal(error="server_error", error_description="x" * 5000)
    assert type(refused) is ConnectorGeneral
    assert refused.data == {"error": "server_error", "errorDescription": "x" * 300}
    assert trial.upstream.asked == []


@every
async def test_a_callback_that_lacks_something_is_refused_before_anybody_is_asked(trial: Trial) -> None:
    needed = trial.record.callback.split()[0]
    lacking: list[Any] = [None, "", 5, ["x"]]
    for value in lacking:
        assert type(await trial.refusal(**{needed: value})) is trial.record.incomplete
    assert type(await trial.refusal(state="another")) is ConnectorAuthorizationFailed
    assert type(await trial.refusal(state=None)) is ConnectorAuthorizationFailed
    assert type(await trial.refusal(redirectUri="https://evil.example/")) is ConnectorAuthorizationFailed
    assert type(await trial.refusal(more="x" * 70_000)) is ConnectorGeneral
    assert trial.upstream.asked == []


@every
async def test_without_what_the_request_began_with_only_some_can_come_back(trial: Trial) -> None:
    needs = tuple(trial.record.needs)
    if needs == ("redirectUri",):
        refused = await trial.refusal(None, redirectUri=None)
        both = trial.record.callback != "code"
        assert type(refused) is (ConnectorGeneral if both else ConnectorNotImplemented)
        assert (await trial.finish(None, redirectUri=FLOW.redirect_uri)).profile.id == trial.case.person["id"]
    elif trial.record.is_alone:
        assert type(await trial.refusal(None)) is SocialIdTokenInvalid
    elif needs:
        assert type(await trial.refusal(None)) is ConnectorNotImplemented
    else:
        assert (await trial.finish(None)).profile.id == trial.case.person["id"]


@every
async def test_a_configuration_that_lacks_what_is_required_lists_each(trial: Trial) -> None:
    required = {field.key for field in trial.record.all_fields() if field.required}
    with pytest.raises(ConnectorInvalidConfig) as refused:
        trial.factory.read({})
    issues: Any = refused.value.data
    assert {issue["path"][0] for issue in issues["issues"]} == required
    for key in required:
        with pytest.raises(ConnectorInvalidConfig):
            trial.factory.read({**trial.config, key: 5})
    with pytest.raises(ConnectorInvalidConfig):
        trial.factory.read({**trial.config, "clientId": "a\r\nb", "appId": "a\nb", "corpId": "a\nb"})
    assert trial.factory.read(trial.config)


@pytest.mark.parametrize("trial", ["slack-universal", "apple-universal", "oidc"], indirect=True)
@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "somebody"},
        {"aud": ["client", "somebody"]},
        {"iss": "https://evil.example"},
        {"exp": NOW // 1000 - 61},
        {"iat": NOW // 1000 - 601},
        {"iat": NOW // 1000 + 61},
        {"iat": None},
        {"exp": "soon"},
        {"sub": None},
        {"sub": ""},
        {"azp": "somebody"},
        {"nbf": NOW // 1000 + 61},
    ],
    ids=str,
)
async def test_an_id_token_that_says_something_else_is_refused(trial: Trial, claims: Json) -> None:
    """OpenID Connect Core 3.1.3.7."""
    trial.answer({"claims": claims})
    assert type(await trial.refusal()) is SocialIdTokenInvalid


async def test_the_secret_goes_where_the_provider_wants_it(upstream: Upstream) -> None:
    for name in LOGGED_IN:
        trial = Trial(name, upstream)
        upstream.asked.clear()
        await trial.finish()
        await trial.outgoing.close()
        asked = upstream.requests("tokenEndpoint")[0]
        if trial.record.redeem_basic:
            assert asked.headers["authorization"] == "Basic Y2xpZW50OnMzY3JldCUyRiUyNiUyQg=="
            assert "client_secret" not in asked.form
        elif name not in (*ALIPAY, "kakao-universal", "wecom-universal"):
            assert (
                "s3cret/&+" in {**asked.query, **asked.form, **(asked.json if name == "dingtalk-web" else {})}.values()
            )
        assert asked.method == trial.record.redeem_method
        assert trial.record.id != "github-universal" or asked.headers["accept"] == "application/json"


@pytest.mark.parametrize("name", ["google-universal", "github-universal", "azuread-universal", "discord-universal"])
async def test_a_code_is_bound_to_whoever_began_wherever_that_can_be_remembered(upstream: Upstream, name: str) -> None:
    """RFC 7636: a code that is stolen on its way back is worth nothing; where nobody remembers, none is promised."""
    trial = Trial(name, upstream)
    address = trial.factory.begin(trial.config, FLOW)
    sent, unbound = (parse_qs(urlsplit(one).query) for one in (address, without_challenge(address)))
    bound = {"code_challenge": [challenge(FLOW.verifier)], "code_challenge_method": ["S256"]}
    assert {key: sent[key] for key in sent if key.startswith("code_")} == bound
    assert sent == unbound | bound
    assert not unbound.keys() & bound.keys()
    await trial.finish()
    await trial.finish(None, redirectUri=FLOW.redirect_uri)
    kept, not_kept = upstream.requests("tokenEndpoint")
    assert kept.form["code_verifier"] == FLOW.verifier
    assert "code_verifier" not in not_kept.form
    await trial.outgoing.close()


async def test_every_code_that_can_be_bound_is(upstream: Upstream) -> None:
    bound = [name for name, record in RECORDS.items() if record.has_verifier]
    assert {"x-universal", "oidc", "oauth2", "google-universal", "github-universal"} <= set(bound)
    for name in bound:
        trial = Trial(name, upstream)
        upstream.asked.clear()
        await trial.finish()
        await trial.outgoing.close()
        assert upstream.requests("tokenEndpoint")[0].form["code_verifier"] == FLOW.verifier


async def test_a_code_of_googles_may_still_be_encoded(upstream: Upstream) -> None:
    trial = Trial("google-universal", upstream)
    await trial.finish(code="4%2F0AX")
    await trial.outgoing.close()
    assert upstream.requests("tokenEndpoint")[0].form["code"] == "4/0AX"


async def test_one_tap_is_an_id_token_of_googles(upstream: Upstream) -> None:
    trial = Trial("google-universal", upstream)
    upstream.answers["jwksUri"] = Said(filled("jwks", trial.record, trial.case, {}, None))
    for issuer in ("https://accounts.google.com", "accounts.google.com"):
        credential = filled("claims", trial.record, trial.case, {"iss": issuer}, None)
        assert (await trial.finish(None, credential=credential, code=None)).profile.email == "ana@example.com"
    forged = filled("claims", trial.record, trial.case, {"iss": "https://evil.example"}, None)
    assert type(await trial.refusal(None, credential=forged, code=None)) is SocialIdTokenInvalid
    await trial.outgoing.close()


async def test_another_providers_callback_is_not_taken(upstream: Upstream) -> None:
    """RFC 9207: where the callback says from whom it is, a code does not go to anybody else."""
    trial = Trial("oidc", upstream)
    assert type(await trial.refusal(iss="https://evil.example")) is ConnectorAuthorizationFailed
    assert upstream.asked == []
    assert (await trial.finish(iss="https://id.example")).profile.id == "person-1"
    await trial.outgoing.close()


@pytest.mark.parametrize("depth", [40, 300, 600, 900])
async def test_what_is_nested_too_deeply_is_not_kept(upstream: Upstream, depth: int) -> None:
    """It would be stored with the user, and whoever reads the user would have to unpack it."""
    trial = Trial("discord-universal", upstream)
    upstream.answers["userInfoEndpoint"] = Said(b'{"id": "1", "x": ' + b"[" * depth + b"]" * depth + b"}")
    profile = (await trial.finish()).profile
    await trial.outgoing.close()
    assert (profile.id, profile.raw) == ("1", {})


async def test_alipay_answers_in_the_character_set_that_is_configured(upstream: Upstream) -> None:
    trial = Trial("alipay-web", upstream)
    trial.config["charset"] = "gbk"
    said = {**trial.case.answers["tokenEndpoint"]}
    said["alipay_user_info_share_response"] = {"user_id": "2088", "nick_name": "\u5b89\u5a1c"}
    upstream.answers["tokenEndpoint"] = Said(json.dumps(said, ensure_ascii=False).encode("gbk"))
    assert (await trial.finish()).profile.name == "\u5b89\u5a1c"
    await trial.outgoing.close()
    assert upstream.asked[0].query["charset"] == "gbk"


async def test_alipays_calls_are_signed_over_their_sorted_parameters(upstream: Upstream) -> None:
    key: Any = load_pem_private_key(rsa_pem().encode(), None)
    for kind, digest in (("RSA2", hashes.SHA256()), ("RSA", hashes.SHA1())):
        trial = Trial("alipay-web", upstream)
        trial.config["signType"] = kind
        await trial.finish()
        await trial.outgoing.close()
        sent = dict(upstream.asked[-1].query)
        signature = base64.b64decode(sent.pop("sign"))
        text = "&".join(f"{name}={sent[name]}" for name in sorted(sent))
        key.public_key().verify(signature, text.encode(), padding.PKCS1v15(), digest)
        assert (sent["method"], sent["timestamp"]) == ("alipay.user.info.share", "2025-06-15 23:06:40")
    trial.config["privateKey"] = "none"
    assert type(await trial.refusal()) is ConnectorInvalidConfig


@pytest.mark.parametrize(
    ("key", "number", "kind"),
    [
        ("tokenEndpoint", 40029, SocialCodeInvalid),
        ("tokenEndpoint", 40163, SocialCodeInvalid),
        ("tokenEndpoint", -1, ConnectorGeneral),
        ("userInfoEndpoint", 40001, SocialAccessTokenInvalid),
        ("userInfoEndpoint", 50001, ConnectorGeneral),
        ("userInfoEndpoint", [1], ConnectorGeneral),
    ],
)
async def test_wechats_errors_come_inside_good_answers(
    upstream: Upstream, key: str, number: Any, kind: type[AppError]
) -> None:
    for name in ("wechat-web", "wechat-native", "wecom-universal"):
        trial = Trial(name, upstream)
        upstream.answers[key] = Said({"errcode": number, "errmsg": "invalid"})
        refused = await trial.refusal()
        assert (type(refused), refused.data) == (
            kind,
            {"message": "invalid", "errcode": None if isinstance(number, list) else number},
        )
        upstream.answers[key] = Said({"errcode": number, "errmsg": "invalid code-1 s3cret"})
        repeated: Any = (await trial.refusal()).data
        await trial.outgoing.close()
        assert repeated["message"] == ""


async def test_wecom_sends_people_inside_its_own_browser_elsewhere_and_does_without_details(upstream: Upstream) -> None:
    trial = Trial("wecom-universal", upstream)
    inside = trial.factory.begin(trial.case.config, FLOW, user_agent="Mozilla/5.0 WXWork/4.1")
    assert inside.startswith("https://open.weixin.qq.com/connect/oauth2/authorize?appid=client&")
    for key in ("userEndpoint", "detailEndpoint"):
        upstream.answers[key] = Said({"errcode": 48002, "errmsg": "api forbidden"})
    profile = (await trial.finish()).profile
    await trial.outgoing.close()
    assert (profile.id, profile.name, profile.unverified_email) == ("ana", "ana", None)
    assert upstream.requests("detailEndpoint")[0].json == {"user_ticket": "t-1"}


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic", "client_secret_jwt"])
async def test_a_server_of_ones_own_gets_the_client_authentication_that_it_wants(
    upstream: Upstream, method: str
) -> None:
    trial = Trial("oauth2", upstream)
    trial.config |= {"tokenEndpointAuthMethod": method, "clientSecret": "secret/" * 6}
    await trial.finish()
    await trial.outgoing.close()
    asked = upstream.requests("tokenEndpoint")[0]
    assert asked.form["login_hint"] == "ana"
    assert ("authorization" in asked.headers) == (method == "client_secret_basic")
    assert ("client_secret" in asked.form) == (method == "client_secret_post")
    if method == "client_secret_jwt":
        assertion = jws.deserialize_compact(asked.form["client_assertion"], OctKey.import_key("secret/" * 6))
        said = json.loads(assertion.payload)
        assert (said["iss"], said["sub"], said["aud"]) == ("client", "client", upstream.url("tokenEndpoint"))
        assert said["exp"] == said["iat"] + 600 == NOW // 1000 + 600
