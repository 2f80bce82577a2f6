"""The forms of access tokens, factors and deletion: each asks for the password, or a code first."""

from collections.abc import Sequence
from dataclasses import replace

from vestibule.account.page.addresses import APPLICATIONS, CONNECTED, TRUSTED
from vestibule.account.page.api import JsonObject
from vestibule.account.page.edits import code_first, own_address
from vestibule.account.page.forms import Field, Figure, Form, Link, password_field
from vestibule.ui.messages import Translate

DAY_MS = 86_400_000
LIFETIMES = (30, 90, 365)
"""Days that a token can be made for; the empty choice is for ever."""


def new_token(me: JsonObject, t: Translate) -> Form:
    """A token to create."""
    choices = tuple((str(days), t("token.days", days=days)) for days in LIFETIMES)
    fields = (
        Field(name="name", label=t("token.name"), hint=t("token.name_hint"), required=True, verbatim=False),
        Field(
            name="days",
            label=t("token.ends"),
            kind="select",
            value=str(LIFETIMES[1]),
            options=(("", (*choices, ("never", t("token.never")))),),
        ),
    )
    form = Form(path="/tokens/new", heading=t("token.new"), lead=t("token.new_lead"), go=t("token.create"), fields=())
    return replace(_asking(form, me, t, fields), back=_tokens(t))


def rename_token(name: str, me: JsonObject, t: Translate) -> Form:
    """Another name for a token."""
    field = Field(name="name", label=t("token.name"), value=name, required=True, verbatim=False)
    form = Form(path="/tokens/rename", heading=t("token.rename"), go=t("account.save"), fields=(), hidden={"of": name})
    return replace(_asking(form, me, t, (field,)), back=_tokens(t))


def delete_token(name: str, me: JsonObject, t: Translate) -> Form:
    """No token any more."""
    form = Form(
        path="/tokens/delete",
        heading=t("token.delete"),
        lead=t("token.delete_lead", name=name),
        go=t("token.delete_go"),
        fields=(),
        hidden={"of": name},
        danger=True,
    )
    return replace(_asking(form, me, t), back=_tokens(t))


def authenticator(seed: JsonObject, me: JsonObject, t: Translate) -> Form:
    """An authenticator app, shown its seed."""
    secret = str(seed["secret"])
    field = Field(
        name="code",
        label=t("authenticator.code"),
        hint=t("authenticator.code_hint"),
        autocomplete="off",
        mode="numeric",
        style="code",
        required=True,
    )
    form = Form(
        path="/authenticator",
        heading=t("authenticator.add"),
        lead=t("authenticator.lead"),
        go=t("authenticator.go"),
        fields=(),
        figure=Figure(picture=seed["qrCode"], text=_grouped(secret), address=seed["address"]),
        hidden={"secret": secret},
    )
    return _asking(form, me, t, (field,))


def remove_authenticator(factor: JsonObject, me: JsonObject, t: Translate) -> Form:
    """No authenticator app any more."""
    lead = t("authenticator.remove_lead")
    form = Form(
        path="/authenticator", heading=t("authenticator.remove"), lead=lead, go=t("account.remove"), fields=(),
        hidden={"of": factor["id"]}, danger=True,
    )  # fmt: skip
    return _asking(form, me, t)


def backup_codes(me: JsonObject, t: Translate) -> Form:
    """Ten new codes."""
    form = Form(path="/backup-codes", heading=t("backup.make"), lead=t("backup.lead"), go=t("backup.go"), fields=())
    return _asking(form, me, t)


def remove_backup_codes(factor: JsonObject, me: JsonObject, t: Translate) -> Form:
    """No backup codes any more; new ones can be made then."""
    lead = t("backup.remove_lead", left=factor["remainingCodes"])
    form = Form(
        path="/backup-codes", heading=t("backup.remove"), lead=lead, go=t("account.remove"), fields=(),
        hidden={"of": factor["id"]}, danger=True,
    )  # fmt: skip
    return _asking(form, me, t)


def remove_passkey(factor_id: str, name: str, me: JsonObject, t: Translate) -> Form:
    """No such passkey any more."""
    form = Form(
        path="/passkeys/remove", heading=t("passkey.remove"), lead=t("passkey.remove_lead", name=name),
        go=t("account.remove"), fields=(), hidden={"of": factor_id}, danger=True,
    )  # fmt: skip
    return replace(_asking(form, me, t), back=Link(path="/passkeys", words=t("passkey.heading")))


def rename_passkey(factor_id: str, name: str, me: JsonObject, t: Translate) -> Form:
    """Another name for a passkey."""
    field = Field(
        name="name", label=t("token.name"), hint=t("passkey.name_hint"), value=name, required=True, verbatim=False
    )
    form = Form(
        path="/passkeys/rename", heading=t("passkey.rename"), go=t("account.save"), fields=(), hidden={"of": factor_id}
    )
    return replace(_asking(form, me, t, (field,)), back=Link(path="/passkeys", words=t("passkey.heading")))


def end_session(session_id: str, device: str, me: JsonObject, t: Translate) -> Form:
    """Signed out of one session."""
    form = Form(
        path="/sessions/end", heading=t("session.end"), lead=t("session.end_lead", device=device),
        go=t("session.end_now"), fields=(), hidden={"of": session_id}, danger=True,
    )  # fmt: skip
    return replace(_asking(form, me, t), back=_sessions(t))


def end_other_sessions(me: JsonObject, t: Translate) -> Form:
    """Signed out everywhere but here."""
    form = Form(
        path="/sessions/end-others", heading=t("session.end_others"), lead=t("session.end_others_lead"),
        go=t("session.end_others_go"), fields=(), danger=True,
    )  # fmt: skip
    return replace(_asking(form, me, t), back=_sessions(t))


def end_application(application: JsonObject, lasts: str, me: JsonObject, t: Translate) -> Form:
    """An application that may do nothing any more, once what it holds has ended as well; `lasts` says when, if ever."""
    name = application["name"]
    lead = [t("application.end_lead", name=name), t("application.end_later", time=lasts) if lasts else ""]
    form = Form(
        path=f"{APPLICATIONS}/end", heading=t("application.end", name=name), lead=" ".join(filter(None, lead)),
        go=t("application.end_go"), fields=(), hidden={"of": application["id"]}, danger=True,
    )  # fmt: skip
    return replace(_asking(form, me, t), back=Link(path=APPLICATIONS, words=t("application.heading")))


def forget_device(device_id: str, device: str, me: JsonObject, t: Translate) -> Form:
    """One browser in which a second factor is asked for again."""
    form = Form(
        path=f"{TRUSTED}/remove", heading=t("trusted.remove"), lead=t("trusted.remove_lead", device=device),
        go=t("trusted.remove_go"), fields=(), hidden={"of": device_id}, danger=True,
    )  # fmt: skip
    return replace(_asking(form, me, t), back=_trusted(t))


def forget_devices(me: JsonObject, t: Translate) -> Form:
    """A second factor asked for everywhere."""
    form = Form(
        path=f"{TRUSTED}/remove-all", heading=t("trusted.remove_all"), lead=t("trusted.remove_all_lead"),
        go=t("trusted.remove_all_go"), fields=(), danger=True,
    )  # fmt: skip
    return replace(_asking(form, me, t), back=_trusted(t))


def connect(provider: JsonObject, me: JsonObject, t: Translate) -> Form:
    """An account at a provider to connect; the browser goes there next."""
    name = provider["provider"]
    form = Form(
        path=f"{CONNECTED}/new", heading=t("connected.new", provider=name),
        lead=t("connected.new_lead", provider=name), go=t("connected.go", provider=name), fields=(),
        hidden={"of": provider["target"]}, abroad=True,
    )  # fmt: skip
    return replace(_asking(form, me, t), back=_connected(t))


def disconnect(identity: JsonObject, me: JsonObject, t: Translate) -> Form:
    """No such account connected any more."""
    name = identity["provider"]
    form = Form(
        path=f"{CONNECTED}/remove", heading=t("connected.remove", provider=name),
        lead=t("connected.remove_lead", provider=name), go=t("connected.disconnect"), fields=(),
        hidden={"of": identity["target"]}, danger=True,
    )  # fmt: skip
    return replace(_asking(form, me, t), back=_connected(t))


def delete_account(me: JsonObject, t: Translate) -> Form:
    """The end of the account."""
    form = Form(
        path="/delete-account",
        heading=t("delete.heading"),
        lead=t("delete.lead"),
        go=t("delete.go"),
        fields=(),
        danger=True,
    )
    return _asking(form, me, t)


def _asking(form: Form, me: JsonObject, t: Translate, fields: Sequence[Field] = ()) -> Form:
    """Ask for the password in the same form; without one, for a code first and for the fields with it."""
    if me["hasPassword"]:
        account = own_address(me) or me["username"] or ""
        return replace(form, fields=(*fields, password_field(t)), account=account)
    lead = " ".join(part for part in (form.lead, code_first(me, t)) if part)
    return replace(form, lead=lead, go=t("account.send_code"), fields=(), later=tuple(fields), last=form.go)


def _tokens(t: Translate) -> Link:
    return Link(path="/tokens", words=t("token.heading"))


def _connected(t: Translate) -> Link:
    return Link(path=CONNECTED, words=t("connected.heading"))


def _trusted(t: Translate) -> Link:
    return Link(path=TRUSTED, words=t("trusted.heading"))


def _sessions(t: Translate) -> Link:
    return Link(path="/sessions", words=t("session.heading"))


def _grouped(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
