"""Alibaba Cloud: Direct Mail, SMS, and SMS for verification codes, over its signed RPC interface.

The signature is HMAC-SHA1 over the sorted parameters (help.aliyun.com, "RPC signature"); there is no newer one for RPC
form posts that all three services take.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from msgspec import UNSET

from vestibule.connectors.factory import Message
from vestibule.connectors.senders.fields import SWITCH, TEXT, Field, Table, endpoint, secret, text
from vestibule.connectors.senders.record import Call, Config, Sender, Values, Verdict
from vestibule.connectors.senders.templates import CODE_TEMPLATE, CONTENT, SUBJECT, Template, Templates
from vestibule.connectors.senders.texts import CHINESE
from vestibule.connectors.templates import USAGES
from vestibule.crypto import new_id
from vestibule.errors import ConnectorInvalidParameters, ConnectorRateLimited
from vestibule.http.issues import Issue, Path
from vestibule.http.shapes import Choice

KEYS = (text("accessKeyId", "Access key id"), secret("accessKeySecret", "Access key secret"))
SIGN_NAME = text("signName", "Signature")
REGIONS = ("cn-hangzhou", "ap-southeast-1", "ap-southeast-2", "eu-central-1", "us-east-1")
TOO_MANY = {"isv.BUSINESS_LIMIT_CONTROL": ConnectorRateLimited}


def signature(method: str, parameters: Mapping[str, str], secret: str) -> str:
    """Return the signature of the parameters of a request."""
    query = "&".join(f"{_encoded(name)}={_encoded(parameters[name])}" for name in sorted(parameters))
    to_sign = f"{method}&%2F&{_encoded(query)}"
    return b64encode(hmac.digest(f"{secret}&".encode(), to_sign.encode(), "sha1")).decode()


def _encoded(text: str) -> str:
    return quote(text, safe="~")


def _sign(config: Config, call: Call, message: Message) -> Call:
    parameters = {
        **dict(parse_qsl(call.content.decode(), keep_blank_values=True)),
        "AccessKeyId": str(config["accessKeyId"]),
        "Format": "json",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": new_id(),
        "SignatureVersion": "1.0",
        "Timestamp": datetime.fromtimestamp(message.at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    parameters["Signature"] = signature(call.method, parameters, str(config["accessKeySecret"]))
    return replace(call, content=urlencode(parameters).encode())


def _mail(config: Config, template: Template | None, message: Message, values: Values) -> Values:
    """Choose the host of the region; a name in the template wins over the configured alias."""
    region = str(config.get("regionId", REGIONS[0]))
    host = "dm" if region == REGIONS[0] else f"dm.{region}"
    return {"region": region, "host": host}


DIRECT_MAIL = Sender(
    id="aliyun-direct-mail",
    kind="Email",
    target="aliyun-dm",
    name="Alibaba Cloud Direct Mail",
    fields=(
        *KEYS,
        text("accountName", "Sender's address"),
        Field("regionId", "Region", required=False, shape=Choice(REGIONS), default=REGIONS[0]),
        text("fromAlias", "Sender's name", required=False),
        endpoint("https://dm.aliyuncs.com"),
    ),
    templates=Templates((SUBJECT, CONTENT), words=True),
    sender_keys=("accountName", "fromAlias"),
    origin="https://$host.aliyuncs.com",
    path="/",
    encode="form",
    prepare=_mail,
    body={
        "Action": "SingleSendMail",
        "Version": "2015-11-23",
        "RegionId": "$region",
        "AddressType": "1",
        "ReplyToAddress": "false",
        "AccountName": "$config.accountName",
        "FromAlias": "$from.name",
        "ToAddress": "$to",
        "Subject": "$subject",
        "HtmlBody": "$content",
        "TextBody": "$alternative",
    },
    sign=_sign,
    verdict=Verdict(needed=("EnvId", "RequestId"), code="Code", reason="Message"),
)


class _TemplateCodes:
    """A template's code, or one for China and one for elsewhere."""

    ruled = True

    def issues(self, value: object, path: Path) -> list[Issue]:
        """List the faults of either form."""
        by_place = Table((Field("china", "China"), Field("overseas", "Elsewhere")))
        return (by_place if isinstance(value, Mapping) else TEXT).issues(value, path)

    def broken(self, value: object) -> bool:
        """Tell whether there is a fault."""
        return bool(self.issues(value, []))


def _code_only(values: Values) -> str:
    """Return the parameters of a template: the code, and nothing that would break one of letters and digits alone."""
    return msgspec.json.encode({} if values["code"] is UNSET else {"code": values["code"]}).decode()


def _sms(config: Config, template: Template | None, message: Message, values: Values) -> Values:
    """Choose between the template for China and the one for elsewhere."""
    held = (template or {}).get("templateCode")
    needs_prefix = config.get("strictPhoneRegionNumberCheck") is True
    at_home = CHINESE.fullmatch(message.to) is not None and (message.to.startswith("86") or not needs_prefix)
    code = held.get("china" if at_home else "overseas") if isinstance(held, Mapping) else held
    return {"template_code": code, "parameters": _code_only(values)}


SMS = Sender(
    id="aliyun-short-message-service",
    kind="Sms",
    target="aliyun-sms",
    name="Alibaba Cloud SMS",
    fields=(
        *KEYS,
        SIGN_NAME,
        Field(
            "strictPhoneRegionNumberCheck", "Only numbers that begin with 86 are Chinese", required=False, shape=SWITCH
        ),
        endpoint("https://dysmsapi.aliyuncs.com"),
    ),
    templates=Templates((Field("templateCode", "Template code", shape=_TemplateCodes()),)),
    origin="https://dysmsapi.aliyuncs.com",
    path="/",
    encode="form",
    prepare=_sms,
    body={
        "Action": "SendSms",
        "Version": "2017-05-25",
        "RegionId": "cn-hangzhou",
        "PhoneNumbers": "$to",
        "SignName": "$config.signName",
        "TemplateCode": "$template_code",
        "TemplateParam": "$parameters",
    },
    sign=_sign,
    verdict=Verdict("Code", ("OK",), code="Code", reason="Message", refusals=TOO_MANY),
)


def _code_sms(config: Config, template: Template | None, message: Message, values: Values) -> Values:
    """Send to mainland China only, ten minutes being said in the message; raises ConnectorInvalidParameters."""
    chinese = CHINESE.fullmatch(message.to)
    if chinese is None or not message.to.startswith("86"):
        raise ConnectorInvalidParameters(data={"message": "This service reaches numbers in mainland China only."})
    code = {} if values["code"] is UNSET else {"code": values["code"]}
    return {"national": chinese[1], "parameters": msgspec.json.encode({**code, "min": "10"}).decode()}


CODE_SMS = Sender(
    id="aliyun-short-message-auth-service",
    kind="Sms",
    target="aliyun-sms-mas",
    name="Alibaba Cloud verification SMS",
    fields=(*KEYS, SIGN_NAME, endpoint("https://dypnsapi.aliyuncs.com")),
    templates=Templates((CODE_TEMPLATE,), required=USAGES),
    origin="https://dypnsapi.aliyuncs.com",
    path="/",
    encode="form",
    prepare=_code_sms,
    body={
        "Action": "SendSmsVerifyCode",
        "Version": "2017-05-25",
        "CountryCode": "86",
        "PhoneNumber": "$national",
        "SignName": "$config.signName",
        "TemplateCode": "$template.templateCode",
        "TemplateParam": "$parameters",
    },
    sign=_sign,
    verdict=Verdict(
        "Code",
        ("OK",),
        code="Code",
        reason="Message",
        refusals={
            "BUSINESS_LIMIT_CONTROL": ConnectorRateLimited,
            "isv.BUSINESS_LIMIT_CONTROL": ConnectorRateLimited,
            "FREQUENCY_FAIL": ConnectorRateLimited,
            "biz.FREQUENCY": ConnectorRateLimited,
            "MOBILE_NUMBER_ILLEGAL": ConnectorInvalidParameters,
            "isv.MOBILE_NUMBER_ILLEGAL": ConnectorInvalidParameters,
        },
    ),
)
