"""One recorded exchange for every sender that is a record: what is configured, what must be sent, what answers yes."""

from base64 import b64encode
from dataclasses import dataclass, field

from vestibule.connectors.templates import REQUIRED_USAGES, USAGES

Json = dict[str, object]
CODE, MAIL, PHONE, CHINESE = "482913", "ana@example.com", "61412345678", "8613812345678"
KEY = "canary-key-of-the-provider"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def templates(*usages: str, **members: object) -> list[Json]:
    """Templates with these members for every usage."""
    return [{"usageType": usage, **members} for usage in usages or REQUIRED_USAGES]


def basic(user: str, password: str) -> str:
    """A header of HTTP Basic."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


@dataclass(frozen=True)
class Case:
    """`answers` is a body that says yes, `refuses` one that says no with status 200, where there is such a thing."""

    id: str
    config: Json
    path: str
    body: Json
    headers: dict[str, str] = field(default_factory=dict)
    to: str = MAIL
    answers: bytes = b"{}"
    refuses: bytes | None = None
    encoding: str = JSON
    own: frozenset[str] = frozenset()
    """Members of the body that differ at each request: nonces and signatures."""


HTML = {"type": "text/html", "subject": "Sign in: {{code}}", "content": "<b>{{ code }}</b>"}
WORDS = templates(**HTML)
SMS_WORDS = templates(content="Code {{code}}")
SIGNED = frozenset({"SignatureNonce", "Timestamp", "Signature"})
RPC = {"AccessKeyId": "id", "Format": "json", "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0"}

CASES = [
    Case(
        "sendgrid-email-service",
        {"apiKey": KEY, "fromEmail": "id@example.org", "fromName": "Vestibule", "templates": WORDS},
        "/v3/mail/send",
        {
            "personalizations": [{"to": [{"email": MAIL}]}],
            "from": {"email": "id@example.org", "name": "Vestibule"},
            "subject": f"Sign in: {CODE}",
            "content": [{"type": "text/html", "value": f"<b>{CODE}</b>"}],
        },
        {"authorization": f"Bearer {KEY}"},
    ),
    Case(
        "mailgun-email",
        {
            "domain": "mg.example.org",
            "apiKey": KEY,
            "from": "Vestibule <id@example.org>",
            "deliveries": {
                "SignIn": {"html": "<b>{{code}}</b>", "text": "{{code}}", "subject": "Hi", "replyTo": "a@b.c"}
            },
        },
        "/v3/mg.example.org/messages",
        {
            "from": "Vestibule <id@example.org>",
            "to": MAIL,
            "subject": "Hi",
            "h:Reply-To": "a@b.c",
            "html": f"<b>{CODE}</b>",
            "text": CODE,
        },
        {"authorization": basic("api", KEY)},
        encoding=FORM,
    ),
    Case(
        "postmark-mail",
        {"serverToken": KEY, "fromEmail": "id@example.org", "templates": templates(templateAlias="welcome")},
        "/email/withTemplate",
        {"From": "id@example.org", "TemplateAlias": "welcome", "To": MAIL, "TemplateModel": {"code": CODE}},
        {"x-postmark-server-token": KEY},
    ),
    Case(
        "mailjunky-email-service",
        {"apiKey": KEY, "fromEmail": "id@example.org", "fromName": "Vestibule", "templates": WORDS},
        "/api/v1/emails/send",
        {
            "from": "Vestibule <id@example.org>",
            "to": MAIL,
            "subject": f"Sign in: {CODE}",
            "html": f"<b>{CODE}</b>",
            "text": CODE,
        },
        {"authorization": f"Bearer {KEY}"},
    ),
    Case(
        "smtp2go-email-service",
        {
            "apiKey": KEY,
            "sender": "id@example.org",
            "templates": templates(
                type="text/plain", subject="S", content="{{code}}", replyTo="Help <help@example.org>"
            ),
        },
        "/v3/email/send",
        {
            "api_key": KEY,
            "to": [MAIL],
            "sender": "id@example.org",
            "subject": "S",
            "text_body": CODE,
            "custom_headers": [{"header": "Reply-To", "value": "Help <help@example.org>"}],
        },
    ),
    Case(
        "aws-ses-mail",
        {
            "accessKeyId": "AKID",
            "accessKeySecret": KEY,
            "region": "eu-central-1",
            "emailAddress": "Vestibülé <id@example.org>",
            "configurationSetName": "set",
            "templates": templates(subject="S", content="<b>{{code}}</b>"),
        },
        "/v2/email/outbound-emails",
        {
            "FromEmailAddress": "=?utf-8?b?VmVzdGliw7xsw6k=?= <id@example.org>",
            "Destination": {"ToAddresses": [MAIL]},
            "ConfigurationSetName": "set",
            "Content": {
                "Simple": {
                    "Subject": {"Data": "S", "Charset": "utf8"},
                    "Body": {"Html": {"Data": f"<b>{CODE}</b>", "Charset": "utf8"}},
                }
            },
        },
        {"x-amz-date": "20250615T150640Z"},
    ),
    Case(
        "aliyun-direct-mail",
        {
            "accessKeyId": "id",
            "accessKeySecret": KEY,
            "accountName": "id@example.org",
            "fromAlias": "Vestibule",
            "templates": templates(subject="S", content="<b>{{code}}</b>"),
        },
        "/",
        {
            **RPC,
            "Action": "SingleSendMail",
            "Version": "2015-11-23",
            "RegionId": "cn-hangzhou",
            "AddressType": "1",
            "ReplyToAddress": "false",
            "AccountName": "id@example.org",
            "FromAlias": "Vestibule",
            "ToAddress": MAIL,
            "Subject": "S",
            "HtmlBody": f"<b>{CODE}</b>",
        },
        answers=b'{"EnvId": "1", "RequestId": "2"}',
        refuses=b"{}",
        encoding=FORM,
        own=SIGNED,
    ),
    Case(
        "twilio-short-message-service",
        {"accountSID": "AC1", "authToken": KEY, "fromMessagingServiceSID": "MG1", "templates": SMS_WORDS},
        "/2010-04-01/Accounts/AC1/Messages.json",
        {"To": f"+{PHONE}", "MessagingServiceSid": "MG1", "Body": f"Code {CODE}", "RiskCheck": "enable"},
        {"authorization": basic("AC1", KEY)},
        to=PHONE,
        encoding=FORM,
    ),
    Case(
        "vonage-sms",
        {"apiKey": "key", "apiSecret": KEY, "brandName": "Vestibule", "templates": SMS_WORDS},
        "/sms/json",
        {"api_key": "key", "api_secret": KEY, "from": "Vestibule", "to": PHONE, "text": f"Code {CODE}"},
        to=PHONE,
        answers=b'{"messages": [{"status": "0"}, {"status": "0"}]}',
        refuses=b'{"messages": [{"status": "0"}, {"status": "4", "error-text": "Bad"}]}',
        encoding=FORM,
    ),
    Case(
        "gatewayapi-sms",
        {"apiToken": KEY, "sender": "Vestibule", "templates": SMS_WORDS},
        "/rest/mtsms",
        {"sender": "Vestibule", "message": f"Code {CODE}", "recipients": [{"msisdn": PHONE}]},
        {"authorization": basic(KEY, "")},
        to=PHONE,
    ),
    Case(
        "smsaero-short-message-service",
        {
            "email": "op@example.org",
            "apiKey": KEY,
            "senderName": "Vestibule",
            "templates": templates(content="Code {{code}}"),
        },
        "/v2/sms/send",
        {"number": PHONE, "sign": "Vestibule", "text": f"Code {CODE}"},
        {"authorization": basic("op@example.org", KEY)},
        to=PHONE,
    ),
    Case(
        "smsbao-sms",
        {
            "username": "u",
            "passwordOrApiKey": KEY,
            "goodsId": "g",
            "templates": templates("Generic", content="{{code}}"),
        },
        "/sms",
        {"u": "u", "p": "5ab286b1acffeb9c8c95110321279f3a", "g": "g", "m": "13812345678", "c": CODE},
        to=CHINESE,
        answers=b"0",
        refuses=b"30",
        encoding="query",
    ),
    Case(
        "yunpian-sms",
        {"apikey": KEY, "templates": SMS_WORDS},
        "/v2/sms/single_send.json",
        {"apikey": KEY, "mobile": "13812345678", "text": f"Code {CODE}"},
        to=CHINESE,
        answers=b'{"code": 0}',
        refuses=b'{"code": 22, "msg": "no"}',
        encoding=FORM,
    ),
    Case(
        "whatsapp-short-message-service",
        {"accessToken": KEY, "phoneNumberId": "42", "templates": templates(templateName="otp")},
        "/v19.0/42/messages",
        {
            "messaging_product": "whatsapp",
            "to": PHONE,
            "type": "template",
            "template": {
                "name": "otp",
                "language": {"code": "en"},
                "components": [
                    {"type": "body", "parameters": [{"type": "text", "text": CODE}]},
                    {
                        "type": "button",
                        "sub_type": "url",
                        "index": "0",
                        "parameters": [{"type": "text", "text": CODE}],
                    },
                ],
            },
        },
        {"authorization": f"Bearer {KEY}"},
        to=PHONE,
    ),
    Case(
        "aliyun-short-message-service",
        {
            "accessKeyId": "id",
            "accessKeySecret": KEY,
            "signName": "签名",
            "templates": templates(templateCode={"china": "SMS_1", "overseas": "SMS_2"}),
        },
        "/",
        {
            **RPC,
            "Action": "SendSms",
            "Version": "2017-05-25",
            "RegionId": "cn-hangzhou",
            "PhoneNumbers": PHONE,
            "SignName": "签名",
            "TemplateCode": "SMS_2",
            "TemplateParam": f'{{"code":"{CODE}"}}',
        },
        to=PHONE,
        answers=b'{"Code": "OK"}',
        refuses=b'{"Code": "isv.AMOUNT_NOT_ENOUGH", "Message": "no"}',
        encoding=FORM,
        own=SIGNED,
    ),
    Case(
        "aliyun-short-message-auth-service",
        {
            "accessKeyId": "id",
            "accessKeySecret": KEY,
            "signName": "签名",
            "templates": templates(*USAGES, templateCode="1"),
        },
        "/",
        {
            **RPC,
            "Action": "SendSmsVerifyCode",
            "Version": "2017-05-25",
            "CountryCode": "86",
            "PhoneNumber": "13812345678",
            "SignName": "签名",
            "TemplateCode": "1",
            "TemplateParam": f'{{"code":"{CODE}","min":"10"}}',
        },
        to=CHINESE,
        answers=b'{"Code": "OK"}',
        refuses=b'{"Code": "biz.NO", "Message": "no"}',
        encoding=FORM,
        own=SIGNED,
    ),
    Case(
        "tencent-short-message-service",
        {
            "accessKeyId": "id",
            "accessKeySecret": KEY,
            "signName": "签名",
            "sdkAppId": "14",
            "region": "ap-guangzhou",
            "templates": templates(templateCode="7"),
        },
        "/",
        {
            "SmsSdkAppId": "14",
            "SignName": "签名",
            "TemplateId": "7",
            "TemplateParamSet": [CODE],
            "PhoneNumberSet": [PHONE],
        },
        {
            "x-tc-action": "SendSms",
            "x-tc-version": "2021-01-11",
            "x-tc-region": "ap-guangzhou",
            "x-tc-timestamp": "1750000000",
        },
        to=PHONE,
        answers=b'{"Response": {"SendStatusSet": [{"Code": "Ok"}]}}',
        refuses=b'{"Response": {"SendStatusSet": [{"Code": "LimitExceeded"}]}}',
    ),
]
