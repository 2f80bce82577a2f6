"""The templates that a sender asks for: their fields, the usages that must be there, and how one is chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import UNSET

from vestibule.connectors.factory import BUILT_IN, FormItem
from vestibule.connectors.senders.fields import ANYTHING, TEXT, Field, Table
from vestibule.connectors.templates import GENERIC, REQUIRED_USAGES, USAGES
from vestibule.errors import ConnectorTemplateNotFound
from vestibule.http.issues import Issue, custom
from vestibule.http.rules import Length
from vestibule.http.shapes import Choice, Items, Scalar, Shape

FILLED = Scalar("string", (Length(1),))
USAGE: Shape = FILLED
KNOWN_USAGE: Shape = Choice(USAGES)
CONTENT = Field("content", "Content", shape=FILLED)
SUBJECT = Field("subject", "Subject", shape=FILLED)
CODE_TEMPLATE = Field("templateCode", "Template code")

Template = Mapping[str, object]


def content_type(*, required: bool = True) -> Field:
    """Make the field that says whether a template is text or HTML."""
    return Field("type", "Content type", required, Choice(("text/plain", "text/html")))


@dataclass(frozen=True)
class Templates:
    """A list of templates with these fields beside `usageType`.

    `words` says that they are words, which the built-in messages can stand in for. An `exact` sender has no use for
    the `Generic` template in place of another.
    """

    fields: Sequence[Field]
    required: Sequence[str] = REQUIRED_USAGES
    usage: Shape = USAGE
    exact: bool = False
    words: bool = False

    def issues(self, config: Mapping[str, object]) -> list[Issue]:
        """List the faults of the templates in a configuration."""
        built_in = self.words and config.get("defaultTemplates") is True
        if built_in and "templates" not in config:
            return []
        table = Table((Field("usageType", "Usage", shape=self.usage), *self.fields))
        found = Items("array", table, (Length(1),)).issues(config.get("templates", UNSET), ["templates"])
        if found or built_in:
            return found
        present = {item["usageType"] for item in listed(config)}
        missing = [usage for usage in self.required if usage not in present]
        return [custom(f"Add templates for: {', '.join(missing)}.", ["templates"])] if missing else []

    def choose(self, config: Mapping[str, object], usage: str) -> Template | None:
        """Return the template for a usage, or None where a built-in message is due.

        Raises ConnectorTemplateNotFound.
        """
        built_in = self.words and config.get("defaultTemplates") is True
        for wanted in (usage,) if self.exact or built_in else (usage, GENERIC):
            for template in listed(config):
                if template["usageType"] == wanted:
                    return template
        if built_in:
            return None
        raise ConnectorTemplateNotFound(data={"message": f"There is no template for {usage}, and none to use instead."})

    def items(self) -> list[FormItem]:
        """Return the fields of the form."""
        example = {"usageType": GENERIC, **{field.key: _EXAMPLES.get(field.key, "…") for field in self.fields}}
        found = [FormItem("templates", "Templates", "Json", required=True, default_value=[example])]
        if self.words:
            found.append(BUILT_IN)
        return found


@dataclass(frozen=True)
class Deliveries:
    """Templates as an object keyed by usage (Mailgun): words, or the name of a template kept by the service."""

    words = True

    def issues(self, config: Mapping[str, object]) -> list[Issue]:
        """List the faults; no usage is mandatory, but there must be one."""
        if config.get("defaultTemplates") is True and "deliveries" not in config:
            return []
        found = Items("object", _DELIVERY).issues(config.get("deliveries", UNSET), ["deliveries"])
        if found:
            return found
        return [
            custom("Expected `html`, or the name of a `template`.", ["deliveries", usage])
            for usage, delivery in _deliveries(config).items()
            if "html" not in delivery and "template" not in delivery
        ]

    def choose(self, config: Mapping[str, object], usage: str) -> Template | None:
        """Return the delivery for a usage, or None where a built-in message is due."""
        held = _deliveries(config)
        built_in = config.get("defaultTemplates") is True
        found = held.get(usage) or (None if built_in else held.get(GENERIC))
        if found is None and not built_in:
            raise ConnectorTemplateNotFound(data={"message": f"There is no delivery for {usage} and no Generic one."})
        return found

    def items(self) -> list[FormItem]:
        """Return the fields of the form."""
        example = {GENERIC: {"subject": _EXAMPLES["subject"], "html": "<p>{{code}}</p>"}}
        return [
            FormItem("deliveries", "Deliveries", "Json", required=True, default_value=example),
            BUILT_IN,
        ]


_EXAMPLES = {"subject": "{{code}}", "content": "{{code}}", "type": "text/plain", "contentType": "text/plain"}
_DELIVERY = Table(
    (
        Field("html", "HTML", required=False, shape=FILLED),
        Field("text", "Text", required=False, shape=FILLED),
        Field("template", "Template", required=False, shape=TEXT),
        Field("variables", "Variables", required=False, shape=Items("object", ANYTHING)),
        Field("subject", "Subject", required=False, shape=FILLED),
        Field("replyTo", "Reply to", required=False, shape=FILLED),
    )
)


def listed(config: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the templates of a configuration."""
    held = config.get("templates")
    return [item for item in held if isinstance(item, dict)] if isinstance(held, list) else []


def _deliveries(config: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    held = config.get("deliveries")
    return {usage: item for usage, item in held.items() if isinstance(item, dict)} if isinstance(held, dict) else {}
