"""What a sender is: a record of data from which the engine makes one request and reads one answer.

Bodies, headers and addresses are written as they are sent, with `$path` where a value belongs: `$config.apiKey`, `$to`,
`$subject`. A member whose value is not there is left out, and so is an object that says `"?": "$path"` when nothing is
at that path.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from vestibule.connectors.factory import FormItem, Message
from vestibule.connectors.senders.fields import Field, Table
from vestibule.connectors.senders.templates import Deliveries, Template, Templates
from vestibule.errors import AppError, ConnectorGeneral
from vestibule.http.issues import Issue

Config = dict[str, object]
Values = dict[str, object]
"""What the paths of a record lead to."""

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Call:
    """A request as it will be sent. `secrets` are what no refusal may repeat."""

    method: str
    url: str
    headers: Headers
    content: bytes
    secrets: Sequence[str] = ()

    def adding(self, **headers: str) -> "Call":
        """Return the request with further headers, `_` standing for the hyphen of their names."""
        added = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **added})


@dataclass(frozen=True)
class Verdict:
    """Which answers mean that the message was taken: a 2xx status and, at `path`, nothing but these values.

    `code` and `reason` are where a refusal's code and sentence stand; `refusals` are the outcomes that some codes mean.
    """

    path: str = ""
    accepted: Sequence[str] = ()
    needed: Sequence[str] = ()
    code: str = ""
    reason: str = ""
    refusals: Mapping[str, type[AppError]] = field(default_factory=dict)
    otherwise: type[AppError] = ConnectorGeneral


@dataclass(frozen=True, kw_only=True)
class Sender:
    """A provider of e-mail or SMS.

    `origin` and `path` make the address; the configuration's `endpoint` replaces the origin. `sender_keys` name the
    members of the configuration that hold the sender's address and name. `prepare` adds values of its own or refuses,
    and `sign` signs the finished request. `localised` says that stored templates are used.
    """

    id: str
    kind: Literal["Email", "Sms"]
    target: str
    name: str
    fields: Sequence[Field]
    templates: Templates | Deliveries
    origin: str
    path: str = ""
    method: Literal["GET", "POST"] = "POST"
    encode: Literal["json", "form", "query"] = "json"
    headers: Headers = field(default_factory=dict)
    basic: tuple[str, str] | None = None
    body: object
    sender_keys: tuple[str, str] = ("", "")
    verdict: Verdict = field(default_factory=Verdict)
    prepare: Callable[[Config, Template | None, Message, Values], Values | None] | None = None
    sign: Callable[[Config, Call, Message], Call] | None = None
    guide: str = ""

    @property
    def localised(self) -> bool:
        """Whether the words are ours to choose, and not kept by the service."""
        return self.templates.words and self.kind == "Email"

    def issues(self, config: Config) -> Sequence[Issue]:
        """List every fault of a configuration."""
        return [*Table(self.fields).issues(config, []), *self.templates.issues(config)]

    def form(self) -> list[FormItem]:
        """Return the form of the configuration."""
        return [*(item.item() for item in self.fields), *self.templates.items()]
