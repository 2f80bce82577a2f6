"""What each provider answers, in its own shape: written from the contract and the providers' published documentation.

No provider was asked. A case is the configuration, the callback, the answers by address, and the person they stand for.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.connectors.social.upstream import Json, id_token, jwks, rsa_pem
from vestibule.connectors.oauth.provider import Provider
from vestibule.connectors.registry import PROVIDERS

TOKEN = {"access_token": "at-1", "token_type": "bearer", "expires_in": 3600, "scope": "profile"}
CLIENT = {"clientId": "client", "clientSecret": "s3cret/&+"}
APP = {"appId": "client", "appSecret": "s3cret/&+"}
BACK = {"code": "code-1", "redirectUri": "https://app.example/back"}
EMAIL = "ana@example.com"


@dataclass(frozen=True)
class Case:
    """One provider. `answers` by the key of the address; `person` is the profile without its raw data."""

    answers: Json
    person: Json
    config: Json = field(default_factory=lambda: CLIENT)
    data: Json = field(default_factory=lambda: BACK)
    query: str = ""
    unvouched: Json = field(default_factory=dict)
    """Answers in which the provider says of the address that it is not verified, or says nothing."""
    nonce: str | None = None


def oidc_person(**more: Any) -> Json:
    return {"id": "person-1", "name": "Ana", "avatar": "https://pic.example/a.png", "email": EMAIL, **more}


def claims(**more: Any) -> Json:
    said = {"sub": "person-1", "name": "Ana", "picture": "https://pic.example/a.png", "email": EMAIL}
    return {**said, "email_verified": True, **more}


def kakao(**more: Any) -> Json:
    picture = {"nickname": "Ana", "profile_image_url": "https://pic.example/a.png", "is_default_image": False}
    account = {"profile": picture, "email": EMAIL, "is_email_valid": True, "is_email_verified": True}
    return {"id": 42, "connected_at": "2026-01-01T00:00:00Z", "kakao_account": {**account, **more}}


def patreon(**more: Any) -> Json:
    about = {"full_name": "Ana", "image_url": "https://pic.example/a.png", "email": EMAIL, "is_email_verified": True}
    return {"data": {"type": "user", "id": "77", "attributes": {**about, **more}}, "links": {}}


GITHUB_USER = {
    "login": "ana",
    "id": 583231,
    "avatar_url": "https://pic.example/a.png",
    "name": "Ana",
    "email": "x@y.io",
}
GITHUB_EMAILS = [
    {"email": "other@example.com", "primary": False, "verified": True, "visibility": None},
    {"email": EMAIL, "primary": True, "verified": True, "visibility": "private"},
]
FEISHU = {"sub": "ou-1", "name": "Ana", "picture": "https://pic.example/a.png", "open_id": "ou-1", "union_id": "on-1"}
ALIPAY_TOKEN = {"user_id": "2088", "access_token": "at-1", "expires_in": 600, "refresh_token": "r", "re_expires_in": 1}

CASES: dict[str, Case] = {
    "google-universal": Case(
        {"tokenEndpoint": TOKEN, "userInfoEndpoint": claims()},
        oidc_person(),
        config={**CLIENT, "prompts": ["consent", "select_account"], "offlineAccess": True},
        query="client_id redirect_uri response_type=code state scope=openid profile email "
        "prompt=consent select_account access_type=offline code_challenge code_challenge_method=S256",
        unvouched={"userInfoEndpoint": claims(email_verified=False)},
    ),
    "github-universal": Case(
        {"tokenEndpoint": TOKEN, "userInfoEndpoint": GITHUB_USER, "emailsEndpoint": GITHUB_EMAILS},
        {"id": "583231", "name": "Ana", "avatar": "https://pic.example/a.png", "email": EMAIL},
        query="client_id redirect_uri state scope=read:user user:email code_challenge code_challenge_method=S256",
        unvouched={"emailsEndpoint": [{**GITHUB_EMAILS[1], "verified": False}]},
    ),
    "facebook-universal": Case(
        {
            "tokenEndpoint": TOKEN,
            "userInfoEndpoint": {
                "id": "fb-1",
                "name": "Ana",
                "email": EMAIL,
                "picture": {"data": {"url": "https://pic.example/a.png", "is_silhouette": False}},
            },
        },
        {"id": "fb-1", "name": "Ana", "avatar": "https://pic.example/a.png", "unverified_email": EMAIL},
        query="client_id redirect_uri response_type=code state scope=email,public_profile",
    ),
    "azuread-universal": Case(
        {"tokenEndpoint": TOKEN, "userInfoEndpoint": {"id": "az-1", "displayName": "Ana", "mail": EMAIL}},
        {"id": "az-1", "name": "Ana", "unverified_email": EMAIL},
        config={**CLIENT, "cloudInstance": "https://login.microsoftonline.com", "tenantId": "common"},
        query="client_id scope=User.Read openid profile offline_access redirect_uri response_mode=query "
        "response_type=code state code_challenge code_challenge_method=S256",
    ),
    "discord-universal": Case(
        {
            "tokenEndpoint": TOKEN,
            "userInfoEndpoint": {"id": "80351", "username": "ana", "avatar": "a1b2", "verified": True, "email": EMAIL},
        },
        {"id": "80351", "name": "ana", "avatar": "https://cdn.discordapp.com/avatars/80351/a1b2", "email": EMAIL},
        query="client_id redirect_uri response_type=code scope=identify email state code_challenge "
        "code_challenge_method=S256",
        unvouched={"userInfoEndpoint": {"id": "80351", "username": "ana", "verified": False, "email": EMAIL}},
    ),
    "gitlab-universal": Case(
        {"tokenEndpoint": TOKEN, "userInfoEndpoint": claims()},
        oidc_person(),
        config={**CLIENT, "scope": "profile email"},
        query="response_type=code client_id scope=profile email openid redirect_uri state",
        unvouched={"userInfoEndpoint": claims(email_verified=False)},
    ),
    "linkedin-universal": Case(
        {"tokenEndpoint": TOKEN, "userInfoEndpoint": claims(locale={"country": "PT", "language": "pt"})},
        oidc_person(),
        query="response_type=code client_id redirect_uri scope=openid profile email state",
        unvouched={"userInfoEndpoint": claims(email_verified=None)},
    ),
    "slack-universal": Case(
        {"tokenEndpoint": {**TOKEN, "ok": True, "id_token": "claims"}, "jwksUri": "jwks"},
        oidc_person(),
        query="response_type=code client_id redirect_uri scope=openid profile email state",
        unvouched={"claims": {"email_verified": False}},
    ),
    "x-universal": Case(
        {"tokenEndpoint": TOKEN, "userInfoEndpoint": {"data": {"id": "x1", "name": "Ana", "confirmed_email": EMAIL}}},
        {"id": "x1", "name": "Ana", "email": EMAIL},
        query="response_type=code client_id redirect_uri scope=tweet.read users.read state code_challenge "
        "code_challenge_method=S256",
        unvouched={"userInfoEndpoint": {"data": {"id": "x1", "name": "Ana", "email": EMAIL}}},
    ),
    "amazon-universal": Case(
        {"tokenEndpoint": TOKEN, "userInfoEndpoint": {"user_id": "amzn1.account.K2", "name": "Ana", "email": EMAIL}},
        {"id": "amzn1.account.K2", "name": "Ana", "unverified_email": EMAIL},
        query="response_type=code client_id redirect_uri scope=profile state",
    ),
    "patreon-universal": Case(
        {"tokenEndpoint": TOKEN, "userInfoEndpoint": patreon()},
        {"id": "77", "name": "Ana", "avatar": "https://pic.example/a.png", "email": EMAIL},
        query="response_type=code client_id scope=identity identity[email] redirect_uri state",
        unvouched={"userInfoEndpoint": patreon(is_email_verified=False)},
    ),
    "huggingface-universal": Case(
        {"tokenEndpoint": TOKEN, "userInfoEndpoint": claims(preferred_username="ana")},
        oidc_person(),
        query="response_type=code client_id scope=profile redirect_uri state",
        unvouched={"userInfoEndpoint": claims(email_verified=None)},
    ),
    "apple-universal": Case(
        {"jwksUri": "jwks"},
        {"id": "person-1", "name": "Ana Silva", "email": EMAIL},
        config={"clientId": "client", "scope": "name email"},
        data={
            "id_token": "claims",
            "user": '{"name":{"firstName":"Ana","lastName":"Silva"},"email":"evil@example.com"}',
        },
        query="client_id redirect_uri scope=name email state nonce response_type=code id_token response_mode=form_post",
        unvouched={"claims": {"email_verified": "false"}},
        nonce="n-1",
    ),
    "line-universal": Case(
        {"tokenEndpoint": TOKEN, "userInfoEndpoint": {"userId": "U4af", "displayName": "Ana", "statusMessage": "hi"}},
        {"id": "U4af", "name": "Ana"},
        query="response_type=code client_id redirect_uri scope=openid profile state",
    ),
    "kakao-universal": Case(
        {"tokenEndpoint": TOKEN, "userInfoEndpoint": kakao()},
        {"id": "42", "name": "Ana", "avatar": "https://pic.example/a.png", "email": EMAIL},
        config={"clientId": "client"},
        query="client_id redirect_uri response_type=code state",
        unvouched={"userInfoEndpoint": kakao(is_email_verified=False)},
    ),
    "naver-universal": Case(
        {
            "tokenEndpoint": TOKEN,
            "userInfoEndpoint": {
                "resultcode": "00",
                "message": "success",
                "response": {
                    "id": "n1",
                    "nickname": "Ana",
                    "profile_image": "https://pic.example/a.png",
                    "email": EMAIL,
                },
            },
        },
        {"id": "n1", "name": "Ana", "avatar": "https://pic.example/a.png", "unverified_email": EMAIL},
        query="client_id redirect_uri response_type=code state",
    ),
    "xiaomi-universal": Case(
        {
            "tokenEndpoint": b'&&&START&&&{"access_token":"at-1","expires_in":1,"refresh_token":"r","scope":"1",'
            b'"openId":"o","union_id":"u"}',
            "userInfoEndpoint": {
                "result": "ok",
                "code": 0,
                "description": "no error",
                "data": {"unionId": "mi-1", "miliaoNick": "Ana", "miliaoIcon": "https://pic.example/a.png"},
            },
        },
        {"id": "mi-1", "name": "Ana", "avatar": "https://pic.example/a.png"},
        query="client_id redirect_uri response_type=code state scope=1 skip_confirm=false",
    ),
    "kook-universal": Case(
        {
            "tokenEndpoint": TOKEN,
            "userInfoEndpoint": {
                "code": 0,
                "message": "",
                "data": {"id": "k1", "username": "Ana", "identify_num": "7", "avatar": "https://pic.example/a.png"},
            },
        },
        {"id": "k1", "name": "Ana", "avatar": "https://pic.example/a.png"},
        query="client_id redirect_uri response_type=code scope=get_user_info state",
    ),
    "feishu-web": Case(
        {"tokenEndpoint": TOKEN, "userInfoEndpoint": {**FEISHU, "email": EMAIL, "mobile": "+8613800000000"}},
        {
            "id": "ou-1",
            "name": "Ana",
            "avatar": "https://pic.example/a.png",
            "unverified_email": EMAIL,
            "unverified_phone": "8613800000000",
        },
        config=APP,
        query="client_id redirect_uri response_type=code state",
    ),
    "dingtalk-web": Case(
        {
            "tokenEndpoint": {"accessToken": "at-1", "refreshToken": "r", "expireIn": 7200},
            "userInfoEndpoint": {
                "nick": "Ana",
                "unionId": "du-1",
                "openId": "o",
                "avatarUrl": "https://pic.example/a.png",
                "stateCode": "86",
                "mobile": "13800000000",
                "email": EMAIL,
            },
        },
        {
            "id": "du-1",
            "name": "Ana",
            "avatar": "https://pic.example/a.png",
            "unverified_email": EMAIL,
            "unverified_phone": "8613800000000",
        },
        query="client_id redirect_uri response_type=code scope=openid state prompt=consent",
    ),
    "qq-universal": Case(
        {
            "tokenEndpoint": {"access_token": "at-1", "expires_in": "7776000", "refresh_token": "r"},
            "openIdEndpoint": b'callback( {"client_id":"client","openid":"o-1","unionid":"qu-1"} );\n',
            "userInfoEndpoint": {"ret": 0, "msg": "", "nickname": "Ana", "figureurl_qq_1": "https://pic.example/a.png"},
        },
        {"id": "qu-1", "name": "Ana", "avatar": "https://pic.example/a.png"},
        query="response_type=code client_id redirect_uri state scope=get_user_info",
    ),
    "wechat-web": Case(
        {
            "tokenEndpoint": {"access_token": "at-1", "expires_in": 7200, "openid": "o-1", "scope": "snsapi_login"},
            "userInfoEndpoint": {
                "openid": "o-1",
                "unionid": "wu-1",
                "nickname": "Ana",
                "headimgurl": "https://pic.example/a.png",
            },
        },
        {"id": "wu-1", "name": "Ana", "avatar": "https://pic.example/a.png"},
        config=APP,
        query="appid redirect_uri response_type=code scope=snsapi_login state",
    ),
    "wechat-native": Case(
        {
            "tokenEndpoint": {"access_token": "at-1", "expires_in": 7200, "openid": "o-1"},
            "userInfoEndpoint": {"openid": "o-1", "nickname": "Ana"},
        },
        {"id": "o-1", "name": "Ana"},
        config={**APP, "universalLinks": "https://app.example/"},
        query="app_id state universal_link=https://app.example/",
    ),
    "wecom-universal": Case(
        {
            "tokenEndpoint": {"errcode": 0, "errmsg": "ok", "access_token": "at-1", "expires_in": 7200},
            "userInfoEndpoint": {"errcode": 0, "errmsg": "ok", "userid": "ana", "user_ticket": "t-1"},
            "userEndpoint": {"errcode": 0, "errmsg": "ok", "userid": "ana", "name": "Ana"},
            "detailEndpoint": {
                "errcode": 0,
                "errmsg": "ok",
                "userid": "ana",
                "avatar": "https://pic.example/a.png",
                "mobile": "13800000000",
                "email": EMAIL,
            },
        },
        {
            "id": "ana",
            "name": "Ana",
            "avatar": "https://pic.example/a.png",
            "unverified_email": EMAIL,
            "unverified_phone": "8613800000000",
        },
        config={"corpId": "client", "appSecret": "s3cret", "agentId": "7"},
        query="appid redirect_uri response_type=code scope=snsapi_userinfo state agentid=7",
    ),
    **{
        f"alipay-{kind}": Case(
            {
                "tokenEndpoint": {
                    "alipay_system_oauth_token_response": ALIPAY_TOKEN,
                    "alipay_user_info_share_response": {
                        "code": "10000",
                        "msg": "Success",
                        "user_id": "2088",
                        "nick_name": "Ana",
                        "avatar": "https://pic.example/a.png",
                    },
                    "sign": "x",
                }
            },
            {"id": "2088", "name": "Ana", "avatar": "https://pic.example/a.png"},
            config={"appId": "client", "privateKey": rsa_pem(), "signType": "RSA2"},
            data={"auth_code": "code-1"},
            query=query,
        )
        for kind, query in (("web", "app_id redirect_uri scope=auth_user state"), ("native", "app_id state"))
    },
    "oauth2": Case(
        {
            "tokenEndpoint": b"access_token=at-1&token_type=bearer&expires_in=3600",
            "userInfoEndpoint": {"user": {"uid": 9, "email": EMAIL, "email_verified": True}, "name": "Ana"},
        },
        {"id": "9", "name": "Ana", "email": EMAIL},
        config={
            **CLIENT,
            "authorizationEndpoint": "https://id.example/authorize",
            "scope": "me",
            "profileMap": {"id": "user.uid", "email": "user.email"},
            "customConfig": {"loginHint": "ana"},
        },
        query="response_type=code client_id scope=me redirect_uri state code_challenge code_challenge_method=S256 "
        "login_hint=ana",
        unvouched={"userInfoEndpoint": {"user": {"uid": 9, "email": EMAIL}, "name": "Ana"}},
    ),
    "oidc": Case(
        {"tokenEndpoint": {**TOKEN, "id_token": "claims"}, "jwksUri": "jwks"},
        oidc_person(),
        config={
            **CLIENT,
            "authorizationEndpoint": "https://id.example/authorize",
            "scope": "profile email",
            "idTokenVerificationConfig": {"jwksUri": "jwks", "issuer": "https://id.example"},
            "authRequestOptionalConfig": {"maxAge": "60"},
        },
        query="response_type=code client_id scope=profile email openid redirect_uri state nonce code_challenge "
        "code_challenge_method=S256 max_age=60",
        unvouched={"claims": {"email_verified": False}},
        nonce="n-1",
    ),
}
RECORDS: dict[str, Provider] = {provider.id: provider for provider in PROVIDERS}
ISSUERS = {"slack-universal": "https://slack.com", "apple-universal": "https://appleid.apple.com"}


def filled(value: Any, record: Provider, case: Case, more: Json, nonce: str | None) -> Any:
    """Put the signed token and the keys where an answer stands for them."""
    if value == "jwks":
        return jwks()
    if value == "claims":
        issuer = ISSUERS.get(record.id, "https://id.example")
        told = claims(iss=issuer, nonce=nonce)
        if record.id == "apple-universal":  # the name comes beside the token, a picture never
            told = {name: said for name, said in told.items() if name not in ("name", "picture")}
        return id_token(**{**told, **more})
    if isinstance(value, dict):
        return {name: filled(one, record, case, more, nonce) for name, one in value.items()}
    return value
