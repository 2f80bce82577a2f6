"""The fields of a configuration as a table: from it come the form, and the list of faults. No struct a provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import UNSET

from vestibule.connectors.factory import FormItem, SelectItem
from vestibule.http.issues import Issue, Path, wrong_type
from vestibule.http.rules import Check, Pattern
from vestibule.http.shapes import Anything, Choice, Scalar, Shape

ONE_LINE: Sequence[Check] = (Pattern(r"^[^\x00-\x1f\x7f]+$", "Expected one line of text."),)
HEADER: Sequence[Check] = (Pattern(r"^[ -~]+$", "Expected printable ASCII characters."),)
ADDRESS: Sequence[Check] = (
    Pattern(r"^https?:\/\/[^\s\/?#@]+(\/[^\s?#]*)?$", "Expected an address: https://example.com."),
)
TEXT, SWITCH, ANYTHING = Scalar("string", ONE_LINE), Scalar("boolean"), Anything()
DOMAIN = Scalar("string", (Pattern(r"^[A-Za-z0-9][A-Za-z0-9.-]*$", "Expected a domain, such as mail.example.com."),))
EMAIL = Scalar("string", (Pattern(r"^[^\s@<>]+@[^\s@<>]+$", "Expected an e-mail address."),))
LABEL = Scalar("string", (Pattern(r"^[a-z0-9-]+$", "Expected lower-case letters, digits and hyphens."),))
PART = Scalar("string", (Pattern(r"^[A-Za-z0-9_-]+$", "Expected letters, digits, hyphens and underscores."),))


@dataclass(frozen=True)
class Field:
    """One member of a configuration; `default` is a hint of the form and never applied."""

    key: str
    label: str
    required: bool = True
    shape: Shape = TEXT
    placeholder: str = ""
    default: object = UNSET
    hint: str = ""
    is_secret: bool = False

    def item(self) -> FormItem:
        """Return the field as it is shown in a form."""
        choices = self.shape.options if isinstance(self.shape, Choice) else ()
        return FormItem(
            self.key,
            self.label,
            "Select" if choices else "Switch" if self.shape is SWITCH else "Text",
            placeholder=self.placeholder or UNSET,
            required=self.required or UNSET,
            default_value=self.default,
            description=self.hint or UNSET,
            is_confidential=self.is_secret or UNSET,
            select_items=[SelectItem(str(choice), str(choice)) for choice in choices] or UNSET,
        )


@dataclass(frozen=True)
class Table:
    """An object whose members are declared by fields; others are left alone."""

    fields: Sequence[Field]
    ruled = True

    def issues(self, value: object, path: Path) -> list[Issue]:
        """List the faults in declared order."""
        if not isinstance(value, Mapping):
            return [wrong_type("object", value, path)]
        found: list[Issue] = []
        for field in self.fields:
            member = value.get(field.key, UNSET)
            if member is not UNSET or field.required:
                found += field.shape.issues(member, [*path, field.key])
        return found

    def broken(self, value: object) -> bool:
        """Tell whether there is a fault."""
        return bool(self.issues(value, []))


def text(key: str, label: str, *, required: bool = True, placeholder: str = "", hint: str = "") -> Field:
    """Make a field for one line of text."""
    return Field(key, label, required, placeholder=placeholder, hint=hint)


def secret(key: str, label: str) -> Field:
    """Make a required field for a key or a password, which travels in a header or a signature."""
    return Field(key, label, shape=Scalar("string", HEADER), is_secret=True)


def endpoint(default: str, *, required: bool = False) -> Field:
    """Make the field that says where the service is, if not at its public address."""
    shape = Scalar("string", ADDRESS)
    return Field("endpoint", "Address of the service", required, shape, placeholder=default, default=default)
