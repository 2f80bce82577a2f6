"""The engine of the senders: fills a record, sends one request through the guard, and judges the answer."""

from base64 import b64encode
from functools import partial
from urllib.parse import quote, urlencode

import msgspec

from vestibule.connectors.factory import Message, SenderFactory
from vestibule.connectors.logos import ENVELOPE, PHONE
from vestibule.connectors.outgoing import Answer, Outgoing, OutgoingError
from vestibule.connectors.redaction import redacted
from vestibule.connectors.senders.mail import mail_values
from vestibule.connectors.senders.paths import at, filled, found
from vestibule.connectors.senders.record import Call, Config, Sender, Values
from vestibule.connectors.senders.sms import sms_values
from vestibule.errors import AppError, ConnectorGeneral, ConnectorInvalidConfig, ConnectorInvalidResponse

TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
MAX_CODE = 64


async def deliver(record: Sender, outgoing: Outgoing, config: Config, message: Message) -> None:
    """Send one message; raises ConnectorGeneral, or what the record makes of a refusal.

    What the service answered is not passed on but for its code and sentence, without what the message carried (B93).
    """
    call = build(record, config, message)
    if call is None:
        return
    try:
        answer = await outgoing.request(call.method, call.url, content=call.content, headers=call.headers)
    except OutgoingError as error:
        raise ConnectorGeneral(f"The message was not sent: {error}", data={"message": str(error)}) from error
    judge(record, call, message, answer)


def build(record: Sender, config: Config, message: Message) -> Call | None:
    """Return the request for a message; None when the record sends nothing for it.

    Raises ConnectorTemplateNotFound, ConnectorInvalidParameters, ConnectorInvalidConfig.
    """
    template = None if message.wording is not None else record.templates.choose(config, message.type)
    own = mail_values(record, config, template, message) if record.kind == "Email" else sms_values(template, message)
    payload = dict(message.payload)
    values: Values = {"config": config, "template": template or {}, "to": message.to, "payload": payload, **own}
    if record.prepare is not None:
        prepared = record.prepare(config, template, message, values)
        if prepared is None:
            return None
        values |= prepared
    call = _call(record, config, values)
    return call if record.sign is None else record.sign(config, call, message)


def _call(record: Sender, config: Config, values: Values) -> Call:
    body = filled(record.body, values)
    headers = {name: str(value) for name, text in record.headers.items() if (value := filled(text, values)) is not None}
    if record.basic is not None:
        pair = ":".join(str(filled(part, values)) for part in record.basic)
        headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    url, content = _address(record, config, values), b""
    if record.encode == "json":
        content = msgspec.json.encode(body)
    elif isinstance(body, dict):
        pairs = urlencode({key: _text(value) for key, value in body.items()})
        url, content = (f"{url}?{pairs}", b"") if record.encode == "query" else (url, pairs.encode())
    if record.encode in TYPES:
        headers["content-type"] = TYPES[record.encode]
    secrets = [str(config[item.key]) for item in record.fields if item.is_secret and item.key in config]
    secrets += [value for name, value in headers.items() if name != "content-type"]
    return Call(record.method, url, headers, content, secrets)


def _address(record: Sender, config: Config, values: Values) -> str:
    """Return the address of the request; raises ConnectorInvalidConfig when a part of it is not configured."""
    quoted = {key: quote(value, safe="") for key, value in config.items() if isinstance(value, str)}
    within = {**values, "config": quoted}
    origin = config.get("endpoint") or filled(record.origin, within)
    path = filled(record.path, within) if record.path else ""
    if not isinstance(origin, str) or not isinstance(path, str):
        raise ConnectorInvalidConfig(data={"message": "The address of the service is not configured."})
    return origin.rstrip("/") + path if path else origin


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def judge(record: Sender, call: Call, message: Message, answer: Answer) -> None:
    """Return when the answer means that the message was taken; raises what the record makes of any other."""
    verdict, body = record.verdict, _read(answer.body)
    taken = 200 <= answer.status < 300
    if taken and verdict.path:
        said = [str(value) for value in found(body, verdict.path)]
        taken = bool(said) and all(value in verdict.accepted for value in said)
    if taken and any(not found(body, name) for name in verdict.needed):
        raise _refusal(ConnectorInvalidResponse, answer.status, "", "the answer lacks what it should hold")
    if taken:
        return
    code = _code(body, verdict.code)
    reason = at(body, verdict.reason) if isinstance(body, dict) and verdict.reason else None
    words = redacted(reason, message, call.secrets) if isinstance(reason, str) else ""
    raise _refusal(verdict.refusals.get(code, verdict.otherwise), answer.status, code, words)


def _read(content: bytes) -> object:
    try:
        body: object = msgspec.json.decode(content)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return {"text": content[:MAX_CODE].decode(errors="replace").strip()}
    return body if isinstance(body, dict) else {"text": str(body)[:MAX_CODE], "items": body}


def _code(body: object, path: str) -> str:
    """Return the service's own code for a failure, if it looks like one and not like a sentence."""
    for value in found(body, path) if path else ():
        text = str(value)
        if len(text) <= MAX_CODE and text.isascii() and text.replace(".", "").replace("_", "").isalnum():
            return text
    return ""


def _refusal(kind: type[AppError], status: int, code: str, words: str) -> AppError:
    data: dict[str, object] = {"message": words or f"The service answered with status {status}.", "statusCode": status}
    if code:
        data |= {"providerCode": code}
    text = f"The message was not sent: the service answered with status {status}"
    details = ", ".join(part for part in (code, words) if part)
    return kind(f"{text} ({details})." if details else f"{text}.", data=data)


def factory_of(record: Sender) -> SenderFactory[Config]:
    """Return the factory of a record."""
    kind = {"Email": "e-mail", "Sms": "text messages"}[record.kind]
    kinds = {"Email": ("les e-mails", "E-Mails"), "Sms": ("les SMS", "SMS")}[record.kind]
    return SenderFactory(
        id=record.id,
        kind=record.kind,
        target=record.target,
        name=dict.fromkeys(("en", "fr", "de"), record.name),
        description={
            "en": f"Sends {kind} through {record.name}.",
            "fr": f"Envoie {kinds[0]} par {record.name}.",
            "de": f"Sendet {kinds[1]} über {record.name}.",
        },
        logo=ENVELOPE if record.kind == "Email" else PHONE,
        readme=f"# {record.name}\n\nSends {kind} through {record.name}.\n{record.guide}",
        form_items=tuple(record.form()),
        config=dict[str, object],
        deliver=partial(deliver, record),
        check=record.issues,
        localised=record.localised,
    )
