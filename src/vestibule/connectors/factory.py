"""What a connector factory is: a record of metadata and the shape of a configuration; and one that sends messages."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from msgspec import UNSET, Struct, UnsetType

from vestibule.connectors import configuration
from vestibule.connectors.outgoing import Outgoing
from vestibule.connectors.wording import Wording
from vestibule.http.issues import Issue

C = TypeVar("C")

ConnectorType = Literal["Email", "Sms", "Social"]
Platform = Literal["Native", "Web", "Universal"]
Words = Mapping[str, str]
"""A text in several languages, by language tag; `en` is always there."""


class SelectItem(Struct):
    """One choice of a select field."""

    value: str
    title: str


class FormItem(Struct, rename="camel", omit_defaults=True):
    """One field of the form for a configuration; `default_value` is a hint and never applied."""

    key: str
    label: str
    type: Literal["Text", "Number", "MultilineText", "Switch", "Select", "MultiSelect", "Json"]
    placeholder: str | UnsetType = UNSET
    required: bool | UnsetType = UNSET
    default_value: object = UNSET
    description: str | UnsetType = UNSET
    is_confidential: bool | UnsetType = UNSET
    select_items: list[SelectItem] | UnsetType = UNSET


BUILT_IN = FormItem(
    "defaultTemplates",
    "Built-in messages",
    "Switch",
    default_value=False,
    description="For every usage that has no template here, in the language of the recipient.",
)

Template = Mapping[str, object]
"""The field that lets our own words stand in for templates."""


@dataclass(frozen=True)
class Message:
    """A message on its way: `to` is an e-mail address, or a phone number in digits; `at` is epoch ms."""

    to: str
    type: str
    payload: Mapping[str, object]
    at: int
    ip: str | None = None
    wording: Wording | None = None
    """What administrators have written for it, to be used in place of the configuration's templates."""


def _no_issues(_: object) -> Sequence[Issue]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Factory(ABC, Generic[C]):
    """A kind of connector that can be configured: metadata, and how a configuration is read.

    Of a standard factory (`oauth2`, `oidc`, `saml`) there can be several instances, each with a target of its own.
    """

    id: str
    kind: ConnectorType
    target: str
    name: Words
    description: Words
    logo: str
    readme: str
    form_items: Sequence[FormItem]
    logo_dark: str | None = None
    platform: Platform | None = None
    is_standard: bool = False
    is_token_storage_supported: bool = False

    @abstractmethod
    def read(self, config: dict[str, object]) -> C:
        """Return a cleaned configuration in this factory's shape; raises ConnectorInvalidConfig."""

    def party(self, config: dict[str, object]) -> tuple[object, ...]:
        """Return with whom a cleaned configuration deals, complete or not: what they gave goes to nobody else."""
        return ()


@dataclass(frozen=True, kw_only=True)
class SenderFactory(Factory[C]):
    """A kind of connector that sends messages. `deliver` sends one; it raises the connector errors.

    A `localised` one sends the words that it is given, so that stored templates are looked up for it.
    """

    kind: Literal["Email", "Sms"]
    config: type[C]
    deliver: Callable[[Outgoing, C, Message], Awaitable[None]]
    check: Callable[[C], Sequence[Issue]] = _no_issues
    localised: bool = False

    def read(self, config: dict[str, object]) -> C:
        """Return a cleaned configuration as this factory's struct; raises ConnectorInvalidConfig."""
        return configuration.read(config, self.config, self.check)

    async def send(self, outgoing: Outgoing, config: dict[str, object], message: Message) -> None:
        """Send one message with a cleaned configuration; raises the connector errors."""
        await self.deliver(outgoing, self.read(config), message)
