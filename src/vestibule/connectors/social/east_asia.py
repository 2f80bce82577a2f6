"""Providers that people in East Asia have accounts with: records."""

from vestibule.connectors.oauth.calls import Json
from vestibule.connectors.oauth.engine import Exchange
from vestibule.connectors.oauth.fields import APP_ID, APP_SECRET, CLIENT, CLIENT_ID, CLIENT_SECRET, Field
from vestibule.connectors.oauth.mapping import at
from vestibule.connectors.oauth.provider import AUTHORIZE, TOKEN, USERINFO, Codes, ProfileCall, Provider
from vestibule.errors import ConnectorInvalidResponse

LINE = Provider(
    id="line-universal",
    target="line",
    name="LINE",
    colour="#047857",
    endpoints={
        AUTHORIZE: "https://access.line.me/oauth2/v2.1/authorize",
        TOKEN: "https://api.line.me/oauth2/v2.1/token",
        USERINFO: "https://api.line.me/v2/profile",
    },
    authorize="response_type=code client_id=$clientId redirect_uri scope state",
    scope="openid profile",
    needs=("redirectUri",),
    callback="code",
    claims={"id": "userId", "name": "displayName", "avatar": "pictureUrl"},
)


def own_picture(told: Json, _: object) -> Json:
    """Leave out the picture that Kakao gives to everybody who has chosen none."""
    if at(told, "kakao_account.profile.is_default_image") is not True:
        return told
    account = told.get("kakao_account")
    return {
        **told,
        "kakao_account": {
            **(account if isinstance(account, dict) else {}),
            "profile": {"nickname": at(told, "kakao_account.profile.nickname")},
        },
    }


KAKAO = Provider(
    id="kakao-universal",
    target="kakao",
    name="Kakao",
    colour="#854d0e",
    endpoints={
        AUTHORIZE: "https://kauth.kakao.com/oauth/authorize",
        TOKEN: "https://kauth.kakao.com/oauth/token",
        USERINFO: "https://kapi.kakao.com/v2/user/me",
    },
    fields=(CLIENT_ID, Field("clientSecret", "Client secret", is_confidential=True)),
    authorize="client_id=$clientId redirect_uri response_type=code state",
    code_decoded=True,
    profile=(ProfileCall(method="POST"),),
    shape=own_picture,
    claims={
        "id": "id",
        "name": "kakao_account.profile.nickname",
        "avatar": "kakao_account.profile.profile_image_url",
        "email": "kakao_account.email",
        "email_verified": "kakao_account.is_email_valid kakao_account.is_email_verified",
    },
)

NAVER = Provider(
    id="naver-universal",
    target="naver",
    name="NAVER",
    colour="#15803d",
    endpoints={
        AUTHORIZE: "https://nid.naver.com/oauth2.0/authorize",
        TOKEN: "https://nid.naver.com/oauth2.0/token",
        USERINFO: "https://openapi.naver.com/v1/nid/me",
    },
    fields=(CLIENT_ID, CLIENT_SECRET),
    authorize="client_id=$clientId redirect_uri response_type=code state",
    code_decoded=True,
    profile=(ProfileCall(method="POST"),),
    claims={
        "id": "response.id",
        "name": "response.nickname",
        "avatar": "response.profile_image",
        "email": "response.email",
    },
)

XIAOMI = Provider(
    id="xiaomi-universal",
    target="xiaomi",
    name="Xiaomi",
    colour="#c2410c",
    endpoints={
        AUTHORIZE: "https://account.xiaomi.com/oauth2/authorize",
        TOKEN: "https://account.xiaomi.com/oauth2/token",
        USERINFO: "https://open.account.xiaomi.com/user/profile",
    },
    fields=(*CLIENT, Field("skipConfirm", "Do not ask again who agreed before", "Switch", default=False)),
    authorize="client_id=$clientId redirect_uri response_type=code state scope skip_confirm=$skipConfirm",
    scope="1",
    prefix="&&&START&&&",
    profile=(ProfileCall(carried="", params="clientId=$clientId token=$access_token"),),
    token_invalid_status=403,
    codes=Codes(member="code", message="description"),
    claims={"id": "data.unionId", "name": "data.miliaoNick", "avatar": "data.miliaoIcon"},
)

KOOK = Provider(
    id="kook-universal",
    target="kook",
    name="KOOK",
    colour="#166534",
    endpoints={
        AUTHORIZE: "https://www.kookapp.cn/app/oauth2/authorize",
        TOKEN: "https://www.kookapp.cn/api/oauth2/token",
        USERINFO: "https://www.kookapp.cn/api/v3/user/me",
    },
    scope="get_user_info",
    codes=Codes(member="code", message="message"),
    claims={"id": "data.id", "name": "data.username", "avatar": "data.avatar"},
)

FEISHU = Provider(
    id="feishu-web",
    target="feishu",
    name="Feishu",
    colour="#1d4ed8",
    platform="Web",
    endpoints={
        AUTHORIZE: "https://passport.feishu.cn/suite/passport/oauth/authorize",
        TOKEN: "https://passport.feishu.cn/suite/passport/oauth/token",
        USERINFO: "https://passport.feishu.cn/suite/passport/oauth/userinfo",
    },
    fields=(APP_ID, APP_SECRET),
    authorize="client_id=$appId redirect_uri response_type=code state",
    incomplete=ConnectorInvalidResponse,
    redeem="grant_type=authorization_code code client_id=$appId client_secret=$appSecret redirect_uri",
    claims={"id": "sub", "name": "name", "avatar": "avatar_url|picture", "email": "email", "phone": "mobile"},
)

DINGTALK = Provider(
    id="dingtalk-web",
    target="dingtalk",
    name="DingTalk",
    colour="#0369a1",
    platform="Web",
    endpoints={
        AUTHORIZE: "https://login.dingtalk.com/oauth2/auth",
        TOKEN: "https://api.dingtalk.com/v1.0/oauth2/userAccessToken",
        USERINFO: "https://api.dingtalk.com/v1.0/contact/users/me",
    },
    authorize="client_id=$clientId redirect_uri response_type=code scope state prompt=consent",
    scope="openid",
    callback="code",
    redeem="clientId=$clientId clientSecret=$clientSecret code grantType=authorization_code",
    redeem_encoding="json",
    issued="accessToken",
    profile=(ProfileCall(carried="x-acs-dingtalk-access-token"),),
    token_invalid_status=400,
    claims={
        "id": "unionId",
        "name": "nick",
        "avatar": "avatarUrl",
        "email": "email",
        "phone": "{stateCode}{mobile} if mobile",
    },
)


async def by_open_id(flow: Exchange) -> Json:
    """Learn who it is from QQ: the ids of the person and of the company's programs first, then the profile."""
    await flow.token()
    ids = await flow.ask(ProfileCall(address="openIdEndpoint", carried="query", params="fmt=json unionid=1"))
    if not isinstance(ids.get("openid"), str) or not isinstance(ids.get("unionid"), str):
        raise ConnectorInvalidResponse(data={"message": "The provider tells no openid or no unionid."})
    flow.tokens |= {"openid": ids["openid"]}
    profile = await flow.ask(flow.provider.profile[0])
    return {**profile, "unionid": ids["unionid"]}


QQ = Provider(
    id="qq-universal",
    target="qq",
    name="QQ",
    colour="#0369a1",
    endpoints={
        AUTHORIZE: "https://graph.qq.com/oauth2.0/authorize",
        TOKEN: "https://graph.qq.com/oauth2.0/token",
        "openIdEndpoint": "https://graph.qq.com/oauth2.0/me",
        USERINFO: "https://graph.qq.com/user/get_user_info",
    },
    authorize="response_type=code client_id=$clientId redirect_uri state scope",
    scope="get_user_info",
    needs=("redirectUri",),
    callback="code",
    redeem="grant_type=authorization_code client_id=$clientId client_secret=$clientSecret code redirect_uri fmt=json",
    redeem_method="GET",
    redeem_encoding="query",
    prefix="callback(",
    profile=(ProfileCall(carried="query", params="oauth_consumer_key=$clientId openid=$openid"),),
    codes=Codes(member="ret", message="msg"),
    claims={"id": "unionid", "name": "nickname", "avatar": "figureurl_qq_2|figureurl_qq_1"},
    learn=by_open_id,
)

PROVIDERS = (LINE, KAKAO, NAVER, XIAOMI, KOOK, FEISHU, DINGTALK, QQ)
