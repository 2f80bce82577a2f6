"""Message templates: which one a message takes, and how its placeholders are filled."""

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from vestibule.errors import ConnectorTemplateNotFound
from vestibule.http.issues import Issue, custom

GENERIC = "Generic"
REQUIRED_USAGES = ("Register", "SignIn", "ForgotPassword", GENERIC)
USAGES = (
    "SignIn",
    "Register",
    "ForgotPassword",
    "OrganizationInvitation",
    GENERIC,
    "UserPermissionValidation",
    "BindNewIdentifier",
    "MfaVerification",
    "BindMfa",
)
"""What messages are for."""

_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


class Template(Protocol):
    """A template of a configuration; says which messages it is for."""

    @property
    def usage_type(self) -> str:
        """The usage, such as `SignIn`."""


T = TypeVar("T", bound=Template)


def choose(templates: Sequence[T], usage_type: str) -> T:
    """Return the template for a usage, else the `Generic` one; raises ConnectorTemplateNotFound."""
    for wanted in (usage_type, GENERIC):
        for template in templates:
            if template.usage_type == wanted:
                return template
    raise ConnectorTemplateNotFound(data={"message": f"There is no template for {usage_type} and no Generic one."})


def missing_usages(templates: Sequence[Template]) -> list[Issue]:
    """Name the usages that every configuration must have a template for."""
    present = {template.usage_type for template in templates}
    missing = [usage for usage in REQUIRED_USAGES if usage not in present]
    return [custom(f"Add templates for: {', '.join(missing)}.", ["templates"])] if missing else []


def fill(text: str, payload: Mapping[str, object], *, escape: bool = False) -> str:
    """Put the payload's values where `{{ path.to.value }}` stands; `escape` makes them safe inside HTML.

    A path whose first part is not in the payload stays as it is; one that leads nowhere becomes empty.
    """

    def value(match: re.Match[str]) -> str:
        path = match.group(1).split(".")
        if path[0] not in payload:
            return match.group()
        shown = _shown(_at(payload, path))
        return html.escape(shown) if escape else shown

    return _PLACEHOLDER.sub(value, text)


def one_line(text: str) -> str:
    """Return a text without control characters and line breaks: fit for a header."""
    return _CONTROL.sub(" ", text).strip()


def _at(value: object, path: Sequence[str]) -> object:
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _shown(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
