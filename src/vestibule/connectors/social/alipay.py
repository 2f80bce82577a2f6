"""Alipay, on the web and in native applications: every call is signed with the application's private key."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from vestibule.connectors.oauth.calls import Call, Json, exchange, is_good, object_of, refused, with_query
from vestibule.connectors.oauth.engine import Exchange
from vestibule.connectors.oauth.fields import APP_ID, SCOPE, Field
from vestibule.connectors.oauth.provider import AUTHORIZE, TOKEN, Provider
from vestibule.errors import (
    ConnectorGeneral,
    ConnectorInvalidConfig,
    ConnectorInvalidResponse,
    SocialAccessTokenInvalid,
    SocialCodeInvalid,
)

BEIJING = timedelta(hours=8)
PRIVATE_KEY = Field("privateKey", "Private key (PEM)", "MultilineText", required=True, is_confidential=True)
SIGN_TYPE = Field("signType", "Signature", "Select", required=True, choices=("RSA", "RSA2"), hint="RSA2")
ENCODINGS = {"gbk": "gb18030", "utf8": "utf-8"}
GATEWAY = "https://openapi.alipay.com/gateway.do"


async def by_gateway(flow: Exchange) -> Json:
    """Learn who it is through the gateway: the code buys a token, the token a profile."""
    code = {"grant_type": "authorization_code", "code": flow.data["auth_code"]}
    answer = await _gateway(flow, "alipay.system.oauth.token", code)
    token = answer.get("alipay_system_oauth_token_response")
    if not isinstance(token, dict):
        refusal = answer.get("error_response")
        words = refusal.get("msg") if isinstance(refusal, dict) else None
        raise SocialCodeInvalid(data={"message": str(words or "The provider gave no token.")[:300]})
    held = flow.accept(token)
    asked = {"auth_token": str(held["access_token"]), "biz_content": "{}"}
    answer = await _gateway(flow, "alipay.user.info.share", asked)
    told = answer.get("alipay_user_info_share_response")
    return _checked(told if isinstance(told, dict) else {})


def _checked(told: Json) -> Json:
    detail = told.get("sub_code")
    data = {"message": str(told.get("sub_msg") or told.get("msg") or "")[:300], "code": detail or told.get("code")}
    if str(told.get("code")) == "20001":
        raise SocialAccessTokenInvalid(data=data)
    if detail == "isv.code-invalid":
        raise SocialCodeInvalid(data=data)
    if detail:
        raise ConnectorGeneral("The provider refused.", data=data)
    if not told:
        raise ConnectorInvalidResponse(data={"message": "The provider gave no profile."})
    return told


async def _gateway(flow: Exchange, method: str, more: dict[str, str]) -> Json:
    config = {name: value for name, value in flow.config.items() if isinstance(value, str)}
    charset = config.get("charset", "utf8")
    at = datetime.fromtimestamp(flow.now / 1000, UTC) + BEIJING
    fields = {
        "method": method,
        "format": "JSON",
        "timestamp": f"{at:%Y-%m-%d %H:%M:%S}",
        "version": "1.0",
        "app_id": config["appId"],
        "sign_type": config["signType"],
        "charset": charset,
        **more,
    }
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name])
    fields["sign"] = _signature(text.encode(ENCODINGS[charset]), config["privateKey"], config["signType"])
    url = with_query(flow.endpoint(TOKEN), fields)
    answer = await exchange(flow.outgoing, Call(url=url))
    if not is_good(answer):
        raise refused(answer, {}, url)
    # The answer is written in the character set of the request.
    return object_of(replace(answer, body=answer.body.decode(ENCODINGS[charset], "replace").encode()))


def _signature(text: bytes, pem: str, kind: str) -> str:
    """Sign as Alipay asks: RSA2 with SHA-256, and with SHA-1 where the operator has chosen the old RSA."""
    try:
        key = load_pem_private_key(pem.strip().encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConnectorInvalidConfig("The private key cannot be read. Give an RSA key in PEM.") from error
    if not isinstance(key, RSAPrivateKey):
        raise ConnectorInvalidConfig("The private key is no RSA key.")
    digest = hashes.SHA256() if kind == "RSA2" else hashes.SHA1()  # noqa: S303 - the old kind of the provider
    return base64.b64encode(key.sign(text, padding.PKCS1v15(), digest)).decode()


CLAIMS = {"id": "user_id", "name": "nick_name", "avatar": "avatar"}

ALIPAY_WEB = Provider(
    id="alipay-web",
    target="alipay",
    name="Alipay",
    colour="#1677ff",
    platform="Web",
    endpoints={AUTHORIZE: "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm", TOKEN: GATEWAY},
    fields=(
        APP_ID,
        PRIVATE_KEY,
        SIGN_TYPE,
        Field("charset", "Character set", "Select", choices=("gbk", "utf8"), default="utf8"),
        SCOPE,
    ),
    authorize="app_id=$appId redirect_uri scope state",
    scope="auth_user",
    callback="auth_code",
    incomplete=ConnectorInvalidResponse,
    claims=CLAIMS,
    learn=by_gateway,
)

ALIPAY_NATIVE = Provider(
    id="alipay-native",
    target="alipay",
    name="Alipay",
    colour="#1677ff",
    about="People who have an account with Alipay, in native applications.",
    platform="Native",
    endpoints={AUTHORIZE: "alipay://", TOKEN: GATEWAY},
    fields=(APP_ID, PRIVATE_KEY, SIGN_TYPE),
    authorize="app_id=$appId state",
    callback="auth_code",
    claims=CLAIMS,
    learn=by_gateway,
)

PROVIDERS = (ALIPAY_WEB, ALIPAY_NATIVE)
