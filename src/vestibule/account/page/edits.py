"""The forms of the page: one for each change, and the step that asks for the codes that were sent."""

from collections.abc import Callable
from dataclasses import replace

from vestibule.account.page import profile
from vestibule.account.page.api import JsonObject
from vestibule.account.page.forms import Field, Form, Link, code_field, password_field
from vestibule.account.page.proving import PASSED, passed_in, pending_in
from vestibule.ui.messages import Translate

ADDRESSES = {"email": ("email", "email", ""), "phone": ("tel", "tel", "tel")}
POLICED = frozenset({"username", "password"})
REMOVALS = {"remove-email": "email", "remove-phone": "phone", "remove-username": "username"}


def held(kind: str, me: JsonObject) -> str:
    """Return an identifier as people write it, or nothing."""
    value = me[kind] or ""
    return f"+{value}" if kind == "phone" and value else str(value)


def own_address(me: JsonObject) -> str:
    """Return the address that a code to the account itself goes to, or nothing."""
    return held("email", me) or held("phone", me)


def form(field: str, me: JsonObject, t: Translate) -> Form | None:
    """Return the form of one change, or None where there is nothing to change.

    Of the fields in POLICED, `me` also has the `policies`.
    """
    makers: dict[str, Callable[[], Form | None]] = {
        "name": lambda: _simple("name", me, t, autocomplete="name", verbatim=False),
        "picture": lambda: _simple("avatar", me, t, path="/picture", kind="url", autocomplete="photo"),
        "username": lambda: replace(
            _simple("username", me, t, hint=_username_hint(me, t), autocomplete="username", required=True),
            remove=_removal("username", me, t),
        ),
        "profile": lambda: profile.form(me, t),
        "email": lambda: _address("email", me, t),
        "phone": lambda: _address("phone", me, t),
        "password": lambda: _password(me, t),
    }
    if field in REMOVALS:
        return _remove(REMOVALS[field], me, t)
    return makers[field]() if field in makers else None


def codes(form: Form, values: dict[str, str], sent: dict[str, str], t: Translate) -> Form:
    """The second step: the codes that were sent (field to address), with everything else carried along."""
    carried = {*ADDRESSES, PASSED, *form.hidden}
    kept = {name: value for name, value in values.items() if name in carried and value}
    return replace(
        form,
        lead=t("edit.code_lead") if sent else form.lead,
        go=form.last or t("account.confirm"),
        fields=(*(code_field(t, name, target) for name, target in sent.items()), *form.later),
        hidden={**kept, **{f"to_{name}": target for name, target in sent.items()}},
        resend=t("edit.resend_lead") if sent else "",
        remove=None,
    )


def again(form: Form, values: dict[str, str], t: Translate) -> Form:
    """The form as it was sent: at the codes, where some are still to be typed, or with what was typed."""
    waiting = {f"proof_{name}": values.get(f"to_proof_{name}", "") for name in pending_in(values)}
    if waiting or (form.later and passed_in(values)):
        return codes(form, values, waiting, t)
    return form.with_values(values)


def _simple(
    name: str, me: JsonObject, t: Translate, *, path: str = "", kind: str = "text", autocomplete: str,
    required: bool = False, verbatim: bool = True, hint: str = "",
) -> Form:  # fmt: skip
    field = Field(
        name=name,
        label=t(f"field.{name}"),
        kind=kind,
        value=me[name] or "",
        hint=hint or t(f"hint.{name}"),
        wrong="" if verbatim is False else t(f"problem.field.{name}"),
        autocomplete=autocomplete,
        required=required,
        verbatim=verbatim,
    )
    return Form(path=path or f"/{name}", heading=t(f"edit.{name}"), go=t("account.save"), fields=(field,))


def _address(kind: str, me: JsonObject, t: Translate) -> Form:
    input_type, autocomplete, mode = ADDRESSES[kind]
    field = Field(
        name=kind,
        label=t(f"field.new_{kind}"),
        kind=input_type,
        hint=t(f"hint.{kind}"),
        wrong=t(f"problem.field.{kind}"),
        autocomplete=autocomplete,
        mode=mode,
        required=True,
    )
    return Form(
        path=f"/{kind}",
        heading=t(f"edit.{kind}"),
        lead=t("edit.now", value=held(kind, me)) if me[kind] else "",
        go=t("account.send_code"),
        fields=(field, password_field(t)) if me["hasPassword"] else (field,),
        remove=_removal(kind, me, t),
    )


def _username_hint(me: JsonObject, t: Translate) -> str:
    """Say what is asked of user names, where it is more than what they are anyway."""
    asked = me["policies"]["username"]
    if asked == {"minLength": 1, "maxLength": 128, "allowedChars": dict.fromkeys(asked["allowedChars"], True)}:
        return t("hint.username")
    kinds = [t(f"characters.{name}") for name, may in asked["allowedChars"].items() if may]
    return t("hint.username_policy", min=asked["minLength"], max=asked["maxLength"], kinds=", ".join(kinds))


def _password(me: JsonObject, t: Translate) -> Form:
    asked = me["policies"]["password"]
    new = Field(
        name="password",
        label=t("field.new_password"),
        kind="password",
        hint=t("hint.password", min=asked["minLength"], max=asked["maxLength"]),
        shortest=asked["minLength"],
        longest=asked["maxLength"],
        autocomplete="new-password",
        required=True,
    )
    form = Form(
        path="/password",
        heading=t("edit.password"),
        go=t("account.save"),
        fields=(password_field(t), new),
        account=own_address(me) or me["username"] or "",
    )
    if me["hasPassword"]:
        return replace(form, lead=t("edit.password_lead"))
    return replace(form, lead=code_first(me, t), go=t("account.send_code"), fields=(), later=(new,))


def _remove(kind: str, me: JsonObject, t: Translate) -> Form | None:
    if not me[kind]:
        return None
    lead, by_code = t("edit.remove_lead", value=held(kind, me)), not me["hasPassword"]
    return Form(
        path=f"/remove-{kind}",
        heading=t(f"edit.remove_{kind}"),
        lead=f"{lead} {code_first(me, t)}" if by_code else lead,
        go=t("account.send_code") if by_code and own_address(me) else t("account.remove"),
        fields=() if by_code else (password_field(t),),
        danger=True,
    )


def code_first(me: JsonObject, t: Translate) -> str:
    """Say that a code is sent first, and where to."""
    return t("edit.code_first", target=own_address(me)) if own_address(me) else ""


def _removal(kind: str, me: JsonObject, t: Translate) -> Link | None:
    others = [name for name in ("username", "email", "phone") if name != kind and me[name]]
    return Link(path=f"/remove-{kind}", words=t(f"edit.remove_{kind}")) if me[kind] and others else None
