"""Calls to a provider: what is sent, what may come back, and what its failures are called.

Nothing of what was sent is repeated in a refusal: a provider may echo codes, tokens and secrets in its answers.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from vestibule.connectors.outgoing import Answer, Outgoing, OutgoingError
from vestibule.errors import AppError, ConnectorGeneral, ConnectorInvalidResponse

Json = dict[str, object]
Encoding = Literal["query", "form", "json"]
LISTED = "items"
"""Under which name a list stands that a provider answers with."""

_ERROR_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_DECODE = msgspec.json.Decoder(dict[str, object]).decode


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request: its fields go into the query, a form or a JSON object."""

    method: str = "POST"
    url: str
    fields: Mapping[str, str] = field(default_factory=dict)
    encoding: Encoding = "form"
    headers: Mapping[str, str] = field(default_factory=dict)


def with_query(url: str, fields: Mapping[str, str]) -> str:
    """Return an address with further parameters, before its fragment if it has one."""
    if not fields:
        return url
    address, mark, fragment = url.partition("#")
    joint = ("" if address.endswith(("?", "&")) else "&") if "?" in address else "?"
    return f"{address}{joint}{urlencode(fields)}{mark}{fragment}"


def basic(client_id: str, client_secret: str) -> str:
    """Return the Authorization header of a client, both parts form-encoded first (RFC 6749 section 2.3.1)."""
    pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


async def exchange(outgoing: Outgoing, call: Call) -> Answer:
    """Make a call; raises ConnectorGeneral when no answer came. An answer of any status is returned.

    Codes, tokens, keys and who somebody is go over TLS, or through networks that the operator lists.
    """
    headers = {"accept": "application/json", **call.headers}
    url, content = call.url, b""
    if call.encoding == "query":
        url = with_query(url, call.fields)
    elif call.encoding == "json":
        headers["content-type"] = "application/json"
        content = msgspec.json.encode(call.fields)
    elif call.fields or call.method == "POST":
        headers["content-type"] = "application/x-www-form-urlencoded"
        content = urlencode(call.fields).encode()
    try:
        await outgoing.refuse_plain(url)
        return await outgoing.request(call.method, url, content=content, headers=headers)
    except OutgoingError as error:
        raise ConnectorGeneral(f"The provider cannot be asked: {error}", data={"message": str(error)}) from error


def is_good(answer: Answer) -> bool:
    """Tell whether an answer is a success; a redirect is none."""
    return 200 <= answer.status < 300


def refused(answer: Answer, kinds: Mapping[int, type[AppError]], url: str) -> AppError:
    """Make the refusal that an answer without success stands for: by its status, else ConnectorGeneral."""
    kind = kinds.get(answer.status, ConnectorGeneral)
    host = urlsplit(url).hostname
    data: Json = {"message": f"{host} answered with status {answer.status}.", "statusCode": answer.status}
    word = error_word(answer)
    if word is not None:
        data["error"] = word
    return kind(f"The provider refused: {host} answered with status {answer.status}.", data=data)


def error_word(answer: Answer) -> str | None:
    """Return the `error` of an answer where it is a plain word such as `invalid_grant` (RFC 6749 section 5.2)."""
    try:
        word = _DECODE(answer.body).get("error")
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
    return word if isinstance(word, str) and _ERROR_WORD.fullmatch(word) else None


def object_of(answer: Answer, *, prefix: str = "", form: bool = False) -> Json:
    """Return the object of an answer; a list becomes one with the member `items`.

    `prefix` is what some providers write before it; one that ends in `(` is a call around it. `form` allows a
    form-encoded answer, which early OAuth providers send. Raises ConnectorInvalidResponse.
    """
    content = answer.body.strip()
    if prefix and content.startswith(prefix.encode()):
        content = content.removeprefix(prefix.encode())
        content = content.rstrip(b" ;").removesuffix(b")") if prefix.endswith("(") else content
    try:
        found = msgspec.json.decode(content)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        found = _form_of(content) if form else None
    if isinstance(found, list):
        return {LISTED: found}
    if not isinstance(found, dict) or not found:
        raise ConnectorInvalidResponse(data={"message": "The answer is no JSON object."})
    return found


def _form_of(content: bytes) -> Json:
    try:
        return dict(parse_qsl(content.decode("ascii"), strict_parsing=True, max_num_fields=32))
    except ValueError:
        return {}
