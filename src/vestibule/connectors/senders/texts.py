"""Senders of SMS: one record each. Aliyun's and Tencent's, which sign, have files of their own."""

import re
from hashlib import md5

from vestibule.connectors.factory import Message
from vestibule.connectors.senders.fields import EMAIL, PART, SWITCH, Field, endpoint, secret, text
from vestibule.connectors.senders.record import Config, Sender, Values, Verdict
from vestibule.connectors.senders.templates import CONTENT, KNOWN_USAGE, Template, Templates
from vestibule.errors import ConnectorGeneral

WORDS = Templates((CONTENT,), words=True)
CHINESE = re.compile(r"(?:86)?(1[3-9]\d{9})")
_HEX = re.compile(r"[0-9A-Fa-f]{32}")

TWILIO = Sender(
    id="twilio-short-message-service",
    kind="Sms",
    target="twilio-sms",
    name="Twilio",
    fields=(
        Field("accountSID", "Account SID", shape=PART),
        secret("authToken", "Auth token"),
        text("fromMessagingServiceSID", "Messaging service SID"),
        Field("disableRiskCheck", "Switch off the risk check", required=False, shape=SWITCH),
        endpoint("https://api.twilio.com"),
    ),
    templates=WORDS,
    origin="https://api.twilio.com",
    path="/2010-04-01/Accounts/$config.accountSID/Messages.json",
    encode="form",
    basic=("$config.accountSID", "$config.authToken"),
    body={
        "To": "$plus",
        "MessagingServiceSid": "$config.fromMessagingServiceSID",
        "Body": "$text",
        "RiskCheck": "$risk",
    },
    prepare=lambda config, template, message, values: {
        "risk": "disable" if config.get("disableRiskCheck") is True else "enable"
    },
    verdict=Verdict(code="code", reason="message"),
)

VONAGE = Sender(
    id="vonage-sms",
    kind="Sms",
    target="vonage-sms",
    name="Vonage",
    fields=(
        text("apiKey", "API key"),
        secret("apiSecret", "API secret"),
        text("brandName", "Sender"),
        endpoint("https://rest.nexmo.com"),
    ),
    templates=WORDS,
    origin="https://rest.nexmo.com",
    path="/sms/json",
    encode="form",
    body={
        "api_key": "$config.apiKey",
        "api_secret": "$config.apiSecret",
        "from": "$config.brandName",
        "to": "$to",
        "text": "$text",
        "type": "$unicode",
    },
    verdict=Verdict("messages.*.status", ("0",), code="messages.*.status", reason="messages.0.error-text"),
)

GATEWAYAPI = Sender(
    id="gatewayapi-sms",
    kind="Sms",
    target="gatewayapi-sms",
    name="GatewayAPI",
    fields=(
        endpoint("https://gatewayapi.com/rest/mtsms", required=True),
        secret("apiToken", "API token"),
        text("sender", "Sender"),
    ),
    templates=WORDS,
    origin="$config.endpoint",
    basic=("$config.apiToken", ""),
    body={"sender": "$config.sender", "message": "$text", "recipients": [{"msisdn": "$to"}], "encoding": "$ucs2"},
    verdict=Verdict(code="code", reason="message"),
)

SMSAERO = Sender(
    id="smsaero-short-message-service",
    kind="Sms",
    target="smsaero-sms",
    name="SMS Aero",
    fields=(
        Field("email", "E-mail address of the account", shape=EMAIL),
        secret("apiKey", "API key"),
        text("senderName", "Sender"),
        endpoint("https://gate.smsaero.ru"),
    ),
    templates=Templates((CONTENT,), exact=True, words=True),
    origin="https://gate.smsaero.ru",
    path="/v2/sms/send",
    basic=("$config.email", "$config.apiKey"),
    body={"number": "$to", "sign": "$config.senderName", "text": "$text"},
    verdict=Verdict(reason="message"),
)


def _smsbao(config: Config, template: Template | None, message: Message, values: Values) -> Values:
    """A password travels as its MD5 sum, a key as it is; a Chinese number without its country."""
    held = str(config["passwordOrApiKey"])
    chinese = CHINESE.fullmatch(message.to)
    return {
        "key": held if _HEX.fullmatch(held) else md5(held.encode(), usedforsecurity=False).hexdigest(),
        "number": chinese[1] if chinese and message.to.startswith("86") else message.to,
    }


SMSBAO = Sender(
    id="smsbao-sms",
    kind="Sms",
    target="smsbao-sms",
    name="SMSBao",
    fields=(
        text("username", "User name"),
        secret("passwordOrApiKey", "Password, or API key"),
        text("goodsId", "Product", required=False),
        endpoint("https://api.smsbao.com"),
    ),
    templates=Templates((CONTENT,), required=(), usage=KNOWN_USAGE, words=True),
    origin="https://api.smsbao.com",
    path="/sms",
    method="GET",
    encode="query",
    prepare=_smsbao,
    body={"u": "$config.username", "p": "$key", "g": "$config.goodsId", "m": "$number", "c": "$text"},
    verdict=Verdict("text", ("0",), code="text"),
)


def _yunpian(config: Config, template: Template | None, message: Message, values: Values) -> Values | None:
    """Refuse numbers outside China unless they are enabled: with the configured words, or silently without any."""
    chinese = CHINESE.fullmatch(message.to)
    if chinese and message.to.startswith("86"):
        return {"mobile": chinese[1]}
    if config.get("enableInternational") is True:
        return {"mobile": f"+{message.to}"}
    words = config.get("unsupportedCountriesMsg")
    if not isinstance(words, str):
        return None
    raise ConnectorGeneral(f"The message was not sent: {words}", data={"message": words})


YUNPIAN = Sender(
    id="yunpian-sms",
    kind="Sms",
    target="yunpian-sms",
    name="Yunpian",
    fields=(
        secret("apikey", "API key"),
        Field("enableInternational", "Send to numbers outside China", required=False, shape=SWITCH),
        text(
            "unsupportedCountriesMsg",
            "What to say of numbers outside China",
            required=False,
            hint="Without it such messages are dropped in silence.",
        ),
        endpoint("https://sms.yunpian.com"),
    ),
    templates=WORDS,
    origin="https://sms.yunpian.com",
    path="/v2/sms/single_send.json",
    encode="form",
    prepare=_yunpian,
    body={"apikey": "$config.apikey", "mobile": "$mobile", "text": "$text"},
    verdict=Verdict("code", ("0",), code="code", reason="msg"),
)


def _whatsapp(config: Config, template: Template | None, message: Message, values: Values) -> Values:
    if "code" not in message.payload:
        raise ConnectorGeneral(data={"message": "WhatsApp templates carry a code, and this message has none."})
    return {"language": (template or {}).get("language", "en"), "code": str(message.payload["code"])}


WHATSAPP = Sender(
    id="whatsapp-short-message-service",
    kind="Sms",
    target="whatsapp-sms",
    name="WhatsApp",
    fields=(
        secret("accessToken", "Access token"),
        Field("phoneNumberId", "Phone number id", shape=PART),
        endpoint("https://graph.facebook.com"),
    ),
    templates=Templates((text("templateName", "Template name"), text("language", "Language", required=False))),
    origin="https://graph.facebook.com",
    path="/v19.0/$config.phoneNumberId/messages",
    headers={"authorization": "Bearer $config.accessToken"},
    prepare=_whatsapp,
    body={
        "messaging_product": "whatsapp",
        "to": "$to",
        "type": "template",
        "template": {
            "name": "$template.templateName",
            "language": {"code": "$language"},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": "$code"}]},
                {
                    "type": "button",
                    "sub_type": "url",
                    "index": "0",
                    "parameters": [{"type": "text", "text": "$code"}],
                },
            ],
        },
    },
    verdict=Verdict(code="error.code", reason="error.message"),
)

TEXTS = (TWILIO, VONAGE, GATEWAYAPI, SMSAERO, SMSBAO, YUNPIAN, WHATSAPP)
