"""WeChat, on the web and in native applications, and WeCom, WeChat's edition for companies."""

from collections.abc import Mapping

from vestibule.connectors.oauth.calls import Call, Json, with_query
from vestibule.connectors.oauth.engine import CLIENT_FAULTS, Exchange
from vestibule.connectors.oauth.fields import APP_ID, APP_SECRET, SCOPE, Field
from vestibule.connectors.oauth.provider import AUTHORIZE, TOKEN, USERINFO, Codes, ProfileCall, Provider
from vestibule.errors import ConnectorGeneral, ConnectorInvalidResponse, SocialAccessTokenInvalid

CODES = Codes(
    member="errcode",
    message="errmsg",
    code_invalid=(40029, 40163, 42003),
    token_invalid=(40001, 40014),
)


async def by_open_id(flow: Exchange) -> Json:
    """Learn who it is: the token comes with the person's `openid`, and the profile is asked with both."""
    if not isinstance((await flow.token()).get("openid"), str):
        raise ConnectorInvalidResponse(data={"message": "The provider tells no openid."})
    return await flow.ask(flow.provider.profile[0])


WECHAT_WEB = Provider(
    id="wechat-web",
    target="wechat",
    name="WeChat",
    colour="#047857",
    platform="Web",
    endpoints={
        AUTHORIZE: "https://open.weixin.qq.com/connect/qrconnect",
        TOKEN: "https://api.weixin.qq.com/sns/oauth2/access_token",
        USERINFO: "https://api.weixin.qq.com/sns/userinfo",
    },
    fields=(APP_ID, APP_SECRET, SCOPE),
    authorize="appid=$appId redirect_uri response_type=code scope state",
    scope="snsapi_login",
    callback="code",
    redeem="appid=$appId secret=$appSecret code grant_type=authorization_code",
    redeem_method="GET",
    redeem_encoding="query",
    profile=(ProfileCall(carried="query", params="openid=$openid"),),
    codes=CODES,
    claims={"id": "unionid|openid", "name": "nickname", "avatar": "headimgurl"},
    learn=by_open_id,
)

WECHAT_NATIVE = Provider(
    id="wechat-native",
    target="wechat",
    name="WeChat",
    colour="#047857",
    about="People who have an account with WeChat, in native applications.",
    platform="Native",
    endpoints={**WECHAT_WEB.endpoints, AUTHORIZE: "wechat://"},
    fields=(APP_ID, APP_SECRET, Field("universalLinks", "Universal link")),
    authorize="app_id=$appId state universal_link=$universalLinks",
    callback="code",
    redeem=WECHAT_WEB.redeem,
    redeem_method="GET",
    redeem_encoding="query",
    profile=WECHAT_WEB.profile,
    codes=CODES,
    claims=WECHAT_WEB.claims,
    learn=by_open_id,
)


async def by_company(flow: Exchange) -> Json:
    """Learn who it is from WeCom: the code is asked with the company's own token, then details as far as they go."""
    await flow.token()
    person = await flow.ask(ProfileCall(carried="query", params="code"))
    found: Json = {}
    if person.get("userid"):
        flow.tokens |= {"userid": person["userid"]}
        found |= await _if_told(flow, ProfileCall(address="userEndpoint", carried="query", params="userid=$userid"))
    ticket = person.get("user_ticket")
    if isinstance(ticket, str):
        found |= await _detail(flow, {"user_ticket": ticket})
    kept = {name: value for name, value in person.items() if name != "user_ticket"}
    return {**found, **kept, "phone": _international(found.get("mobile"))}


async def _if_told(flow: Exchange, call: ProfileCall) -> Json:
    try:
        return await flow.ask(call)
    except (ConnectorGeneral, ConnectorInvalidResponse, SocialAccessTokenInvalid):
        return {}


async def _detail(flow: Exchange, fields: Mapping[str, str]) -> Json:
    url = with_query(flow.endpoint("detailEndpoint"), {"access_token": str(flow.tokens["access_token"])})
    try:
        told = await flow.call(Call(url=url, fields=fields, encoding="json"), CLIENT_FAULTS)
        flow.told(told, code=False)
    except (ConnectorGeneral, ConnectorInvalidResponse, SocialAccessTokenInvalid):
        return {}
    return told


def _international(mobile: object) -> str | None:
    """Return a number with its country code: one without a plus is Chinese."""
    if not isinstance(mobile, str) or not mobile:
        return None
    return mobile if mobile.startswith("+") else f"86{mobile}"


WECOM = Provider(
    id="wecom-universal",
    target="wecom",
    name="WeCom",
    colour="#1d4ed8",
    about="Members of a company in WeCom.",
    endpoints={
        AUTHORIZE: "https://open.work.weixin.qq.com/wwopen/sso/qrConnect",
        "inAppAuthorizationEndpoint": "https://open.weixin.qq.com/connect/oauth2/authorize",
        TOKEN: "https://qyapi.weixin.qq.com/cgi-bin/gettoken",
        USERINFO: "https://qyapi.weixin.qq.com/cgi-bin/auth/getuserinfo",
        "userEndpoint": "https://qyapi.weixin.qq.com/cgi-bin/user/get",
        "detailEndpoint": "https://qyapi.weixin.qq.com/cgi-bin/auth/getuserdetail",
    },
    fields=(
        Field("corpId", "Company ID", required=True),
        APP_SECRET,
        Field("agentId", "Agent ID", required=True),
        SCOPE,
    ),
    in_app=("wxwork", "inAppAuthorizationEndpoint"),
    authorize="appid=$corpId redirect_uri response_type=code scope state agentid=$agentId",
    scope="snsapi_userinfo",
    fragment="#wechat_redirect",
    callback="code",
    redeem="corpid=$corpId corpsecret=$appSecret",
    redeem_method="GET",
    redeem_encoding="query",
    codes=CODES,
    claims={
        "id": "userid|UserId|openid|OpenId",
        "name": "name|userid|UserId|openid|OpenId",
        "avatar": "avatar",
        "email": "email|biz_mail",
        "phone": "phone",
    },
    learn=by_company,
)

PROVIDERS = (WECHAT_WEB, WECHAT_NATIVE, WECOM)
