"""The configuration of a provider as a table of fields: what is checked, what is filled in, and the form that asks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET

from vestibule.connectors.factory import FormItem, SelectItem
from vestibule.errors import ConnectorInvalidConfig
from vestibule.http.issues import Issue, custom, refusal, wrong_type

Config = dict[str, object]
FieldType = Literal["Text", "MultilineText", "Switch", "Select", "MultiSelect", "Number", "Json"]

_KINDS: Mapping[FieldType, tuple[type, str]] = {
    "Text": (str, "string"),
    "MultilineText": (str, "string"),
    "Select": (str, "string"),
    "Switch": (bool, "boolean"),
    "MultiSelect": (list, "array"),
    "Number": (int, "number"),
    "Json": (dict, "object"),
}


@dataclass(frozen=True)
class Field:
    """One key of a configuration. `default` is applied when it is read; `hint` is only shown."""

    key: str
    label: str
    type: FieldType = "Text"
    required: bool = False
    default: object = None
    choices: Sequence[str] = ()
    hint: object = None
    is_confidential: bool = False
    is_address: bool = False
    description: str = ""
    fault: Callable[[object], str | None] | None = None
    """Says what is wrong with a value of the right type; None where nothing is."""

    def issues(self, value: object) -> list[Issue]:
        """List what is wrong with a value; UNSET stands for none."""
        kind, name = _KINDS[self.type]
        if value is UNSET:
            return [wrong_type(name, value, [self.key])] if self.required else []
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            return [wrong_type(name, value, [self.key])]
        given = value if isinstance(value, list) else [value]
        if self.choices and any(one not in self.choices for one in given):
            return [custom(f"Expected one of: {', '.join(self.choices)}.", [self.key])]
        if isinstance(value, str) and (any(char in value for char in "\r\n\0") and self.type == "Text"):
            return [custom("Expected one line of text.", [self.key])]
        if self.is_address and isinstance(value, str) and not value.startswith(("https://", "http://")):
            return [custom("Expected an address such as https://example.com.", [self.key])]
        words = self.fault(value) if self.fault else None
        return [custom(words, [self.key])] if words else []

    def form_item(self) -> FormItem:
        """Return the field of the form."""
        shown = self.default if self.hint is None else self.hint
        return FormItem(
            self.key,
            self.label,
            self.type,
            required=self.required or UNSET,
            default_value=UNSET if shown is None or self.is_address else shown,
            placeholder=shown if self.is_address and isinstance(shown, str) else UNSET,
            description=self.description or UNSET,
            is_confidential=self.is_confidential or UNSET,
            select_items=[SelectItem(choice, choice) for choice in self.choices] if self.choices else UNSET,
        )


def read(config: Config, fields: Sequence[Field]) -> Config:
    """Return a cleaned configuration with its defaults; raises ConnectorInvalidConfig with every fault."""
    issues = [issue for field in fields for issue in field.issues(config.get(field.key, UNSET))]
    if issues:
        listed = refusal(issues)
        raise ConnectorInvalidConfig(data=listed.data, details=listed.details)
    return {**{field.key: field.default for field in fields if field.default is not None}, **config}


CLIENT_ID = Field("clientId", "Client ID", required=True)
CLIENT_SECRET = Field("clientSecret", "Client secret", required=True, is_confidential=True)
APP_ID = Field("appId", "App ID", required=True)
APP_SECRET = Field("appSecret", "App secret", required=True, is_confidential=True)
SCOPE = Field("scope", "Scope", "MultilineText")
TRUST = Field(
    "trustUnverifiedEmail",
    "Trust e-mail addresses of which the provider does not say that they are verified",
    "Switch",
    description="Only where the provider proves every address itself: whoever names an address gets its account.",
)
CLIENT = (CLIENT_ID, CLIENT_SECRET, SCOPE)
