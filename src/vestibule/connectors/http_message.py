"""The two factories that hand a message to a service of the operator's: `http-email` and `http-sms`."""

from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from vestibule.connectors.factory import FormItem, Message, SenderFactory
from vestibule.connectors.logos import ENVELOPE, PHONE
from vestibule.connectors.outgoing import Outgoing, OutgoingError
from vestibule.errors import ConnectorGeneral
from vestibule.http.guard import Pattern, rule

README = """# A service of your own

Every message is posted to the endpoint as JSON:

    {"to": "…", "type": "SignIn", "payload": {"code": "123456", "locale": "en"}, "ip": "203.0.113.7"}

`to` is an e-mail address, or a phone number in digits with its country code. `type` says what the message is for, and
`payload.locale`, when there is one, in which language to write. Whatever stands in `authorization` is sent as the
`Authorization` header, so that the service knows who is asking. Answer with any 2xx status within five seconds;
everything else, a redirect included, is a failure.

An endpoint on a private network must be listed in `VESTIBULE_ALLOW_PRIVATE`.
"""


class HttpConfig(Struct):
    """Where messages are posted, and with which Authorization header."""

    endpoint: Annotated[str, rule(Pattern(r"^https?:\/\/[^\s\/]+", "Expected an address such as https://example.com."))]
    authorization: Annotated[str, rule(Pattern(r"^[\t -~]*$", "Expected a header value."))] | UnsetType = UNSET


class HttpBody(Struct, omit_defaults=True):
    """What is posted."""

    to: str
    type: str
    payload: dict[str, object]
    ip: str | None = None


async def deliver(outgoing: Outgoing, config: HttpConfig, message: Message) -> None:
    """Post one message; raises ConnectorGeneral. The answer's body is not passed on: it may repeat the message."""
    headers = {} if isinstance(config.authorization, UnsetType) else {"authorization": config.authorization}
    body = HttpBody(message.to, message.type, dict(message.payload), message.ip)
    try:
        answer = await outgoing.post_json(config.endpoint, body, headers)
    except OutgoingError as error:
        raise ConnectorGeneral(f"The message was not sent: {error}", data={"message": str(error)}) from error
    if not 200 <= answer.status < 300:
        description = f"The endpoint answered with status {answer.status}."
        raise ConnectorGeneral(
            f"The message was not sent: {description}", data={"message": description, "statusCode": answer.status}
        )


FORM = (
    FormItem("endpoint", "Endpoint", "Text", placeholder="https://example.com/messages", required=True),
    FormItem(
        "authorization",
        "Authorization header",
        "Text",
        placeholder="Bearer …",
        is_confidential=True,
        description="Sent with every message as it stands here.",
    ),
)

HTTP_EMAIL = SenderFactory(
    id="http-email",
    kind="Email",
    target="http-email",
    name={"en": "HTTP e-mail", "fr": "E-mail par HTTP"},
    description={
        "en": "Posts e-mail messages to a service of yours.",
        "fr": "Transmet les e-mails à un service de votre choix.",
    },
    logo=ENVELOPE,
    readme=README,
    form_items=FORM,
    config=HttpConfig,
    deliver=deliver,
)

HTTP_SMS = SenderFactory(
    id="http-sms",
    kind="Sms",
    target="http-sms",
    name={"en": "HTTP SMS", "fr": "SMS par HTTP"},
    description={
        "en": "Posts text messages to a service of yours.",
        "fr": "Transmet les SMS à un service de votre choix.",
    },
    logo=PHONE,
    readme=README,
    form_items=FORM,
    config=HttpConfig,
    deliver=deliver,
)
