"""What an edit page holds: its words, its fields, what was typed, and what is wrong with it."""

from dataclasses import dataclass, field, replace

from vestibule.ui.messages import Translate

# Groups of choices: the words over a group, and value and words of each choice.
Options = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One input. `kind` is an input type; `password` and `select` get their own control.

    `wrong` is what the page says at once when the browser finds the value malformed; `verbatim` keeps the keyboard
    from correcting it; `shortest` and `longest` are for new passwords.
    """

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    hint: str = ""
    fault: str = ""
    wrong: str = ""
    autocomplete: str = ""
    mode: str = ""
    style: str = ""
    options: Options = ()
    shortest: int = 0
    longest: int = 0
    required: bool = False
    verbatim: bool = True


@dataclass(frozen=True, kw_only=True)
class Link:
    """Where a link leads, and its words."""

    path: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A picture to scan, what stands in it for those who type, and the address that opens an app on the device."""

    picture: str
    text: str
    address: str


@dataclass(frozen=True, kw_only=True)
class Form:
    """An edit page.

    `later` are fields that join the codes in the second step, `last` is the button there when `go` only sends them.
    `account` tells a password manager whose password it is. `back` is where the form belongs, when that is not the
    overview. `abroad`: what the form does leads to another site. `told` is good news; `resend` are the words before the
    button that sends the codes again.
    """

    path: str
    heading: str
    go: str
    fields: tuple[Field, ...]
    later: tuple[Field, ...] = ()
    lead: str = ""
    fault: str = ""
    told: str = ""
    resend: str = ""
    account: str = ""
    last: str = ""
    danger: bool = False
    abroad: bool = False
    figure: Figure | None = None
    back: Link | None = None
    remove: Link | None = None
    hidden: dict[str, str] = field(default_factory=dict)

    @property
    def wrong(self) -> bool:
        """Whether something has to be corrected."""
        return bool(self.fault) or any(field.fault for field in self.fields)

    def with_values(self, values: dict[str, str]) -> "Form":
        """Keep what was typed; passwords are never sent back."""
        kept = [f if f.kind == "password" else replace(f, value=values.get(f.name, f.value)) for f in self.fields]
        return replace(self, fields=tuple(kept))

    def with_faults(self, faults: dict[str, str], fault: str = "") -> "Form":
        """Say what is wrong: at the fields, or for all."""
        marked = [replace(f, fault=faults.get(f.name, "")) for f in self.fields]
        return replace(self, fields=tuple(marked), fault=fault)


def password_field(t: Translate) -> Field:
    """The person's present password."""
    return Field(
        name="current",
        label=t("field.current_password"),
        kind="password",
        autocomplete="current-password",
        required=True,
    )


def code_field(t: Translate, name: str, target: str) -> Field:
    """A code that was sent to an address."""
    return Field(
        name=name,
        label=t("field.code_for", target=target) if target else t("field.code"),
        autocomplete="one-time-code",
        mode="numeric",
        style="code",
        required=True,
    )
