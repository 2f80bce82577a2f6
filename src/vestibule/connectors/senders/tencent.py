"""Tencent Cloud SMS, signed with TC3-HMAC-SHA256 (cloud.tencent.com/document/api/382, "Signature v3")."""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import urlsplit

from vestibule.connectors.factory import Message
from vestibule.connectors.senders.fields import LABEL, Field, endpoint, secret, text
from vestibule.connectors.senders.record import Call, Config, Sender, Verdict
from vestibule.connectors.senders.templates import CODE_TEMPLATE, Templates

ALGORITHM = "TC3-HMAC-SHA256"


def authorization(key_id: str, secret: str, service: str, call: Call, seconds: int) -> str:
    """Return the Authorization header of a request signed at `seconds` since the epoch."""
    signed = {"content-type": call.headers["content-type"], "host": urlsplit(call.url).netloc}
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    payload = hashlib.sha256(call.content).hexdigest()
    canonical = "\n".join((call.method, "/", "", lines, ";".join(signed), payload))
    date = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
    scope = f"{date}/{service}/tc3_request"
    to_sign = "\n".join((ALGORITHM, str(seconds), scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"TC3{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={';'.join(signed)}, Signature={signature}"


def _sign(config: Config, call: Call, message: Message) -> Call:
    seconds = message.at // 1000
    key_id, key = str(config["accessKeyId"]), str(config["accessKeySecret"])
    return call.adding(x_tc_timestamp=str(seconds), authorization=authorization(key_id, key, "sms", call, seconds))


TENCENT = Sender(
    id="tencent-short-message-service",
    kind="Sms",
    target="tencent-sms",
    name="Tencent Cloud SMS",
    fields=(
        text("accessKeyId", "Secret id"),
        secret("accessKeySecret", "Secret key"),
        text("signName", "Signature"),
        text("sdkAppId", "Application id"),
        Field("region", "Region", shape=LABEL, placeholder="ap-guangzhou"),
        endpoint("https://sms.tencentcloudapi.com"),
    ),
    templates=Templates((CODE_TEMPLATE,), exact=True),
    origin="https://sms.tencentcloudapi.com",
    path="/",
    headers={"x-tc-action": "SendSms", "x-tc-version": "2021-01-11", "x-tc-region": "$config.region"},
    body={
        "SmsSdkAppId": "$config.sdkAppId",
        "SignName": "$config.signName",
        "TemplateId": "$template.templateCode",
        "TemplateParamSet": ["$code"],
        "PhoneNumberSet": ["$to"],
    },
    sign=_sign,
    verdict=Verdict(
        "Response.SendStatusSet.0.Code", ("Ok", "ok"), code="Response.Error.Code", reason="Response.Error.Message"
    ),
)
