"""Every change the page offers: what happens when its form is sent."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from vestibule.account.page import edits, profile
from vestibule.account.page.api import JsonObject, SettingsApi, Trouble
from vestibule.account.page.forms import Form
from vestibule.account.page.proving import PASSED, RESEND, Pending, Prover, passed_in, pending_in
from vestibule.ui.messages import MissingMessageError, Translate

Values = dict[str, str]
Apply = Callable[[JsonObject, str, Values, Translate], Awaitable[Form | None]]


# The field that a refusal is about; an empty one is the field that the page is about.
PLACES = {"wrong-password": "current", "wrong-totp-code": "code", "taken": "", "name-taken": "name"}


@dataclass(frozen=True)
class Again:
    """The form to show again, with a status."""

    form: Form
    status: int = 422


class Changes:
    """The changes, over the settings API."""

    def __init__(self, api: SettingsApi) -> None:
        self._api = api

    async def apply(
        self, field: str, form: Form, me: JsonObject, token: str, values: Values, t: Translate
    ) -> Again | None:
        """Make one change; returns the form to show again, or None when it is done."""
        steps: dict[str, Apply] = {
            "name": self._apply_name,
            "picture": self._apply_picture,
            "profile": self._apply_profile,
            "username": self._apply_username,
            "email": lambda *a: self._apply_address("email", form, *a),
            "phone": lambda *a: self._apply_address("phone", form, *a),
            "password": lambda *a: self._apply_password(form, *a),
            **dict.fromkeys(edits.REMOVALS, lambda *a: self._apply_removal(edits.REMOVALS[field], form, *a)),
        }
        try:
            more = await steps[field](me, token, values, t)
        except Trouble as trouble:
            return Again(with_trouble(field, edits.again(form, values, t), trouble, t), trouble.status)
        return None if more is None else Again(more, 200)

    async def _apply_name(self, me: JsonObject, token: str, values: Values, t: Translate) -> None:
        await self._api.call(token, "PATCH", "", {"name": values.get("name", "").strip()})

    async def _apply_picture(self, me: JsonObject, token: str, values: Values, t: Translate) -> None:
        await self._api.call(token, "PATCH", "", {"avatar": values.get("avatar", "").strip()})

    async def _apply_profile(self, me: JsonObject, token: str, values: Values, t: Translate) -> None:
        given = {name: values.get(name, "").strip() for name in profile.PROFILE}
        await self._api.call(token, "PATCH", "/profile", given)

    async def _apply_username(self, me: JsonObject, token: str, values: Values, t: Translate) -> None:
        await self._api.call(token, "PUT", "/username", {"username": values.get("username", "")})

    async def _apply_address(
        self, kind: str, form: Form, me: JsonObject, token: str, values: Values, t: Translate
    ) -> Form | None:
        prover = Prover(self._api, token, f"{kind}.change")
        if _typing(form, values):
            proofs = await prover.typed(values)
            await self._api.call(token, "PUT", f"/{kind}", {kind: values.get(kind, "")}, proofs=proofs)
            return None
        if not me["hasPassword"]:
            values.pop(PASSED, None)
        elif not passed_in(values):
            # The password first: a wrong one sends no message to anybody.
            values[PASSED] = await prover.password(values.get("current", ""))
        sent = [await prover.new_address(kind, values.get(kind, ""))]
        own = None if me["hasPassword"] else await prover.own_address(me)
        return _sent(form, values, [*sent, own] if own else sent, t)

    async def _apply_password(
        self, form: Form, me: JsonObject, token: str, values: Values, t: Translate
    ) -> Form | None:
        proofs = await confirm(Prover(self._api, token, "password.change"), form, me, values, t, needed=True)
        if isinstance(proofs, Form):
            return proofs
        await self._api.call(token, "PUT", "/password", {"password": values.get("password", "")}, proofs=proofs)
        return None

    async def _apply_removal(
        self, kind: str, form: Form, me: JsonObject, token: str, values: Values, t: Translate
    ) -> Form | None:
        proofs = await confirm(Prover(self._api, token, f"{kind}.remove"), form, me, values, t)
        if isinstance(proofs, Form):
            return proofs
        await self._api.call(token, "DELETE", f"/{kind}", proofs=proofs)
        return None


async def confirm(
    prover: Prover, form: Form, me: JsonObject, values: Values, t: Translate, *, needed: bool = False
) -> list[str] | Form:
    """Prove that the person is there: returns the proofs, or the form that asks for the code that was sent.

    An account with neither password nor address has nothing to show: no proofs, or Trouble where one is `needed`.
    """
    if me["hasPassword"]:
        return [await prover.password(values.get("current", ""))]
    if _typing(form, values):
        return await prover.typed(values)
    own = await prover.own_address(me)
    if own is not None:
        return _sent(form, values, [own], t)
    if needed:
        raise Trouble("no-address", t("problem.no-address"), {}, 422)
    return []


def _typing(form: Form, values: Values) -> bool:
    """Tell whether a form brings its codes, rather than asking for them."""
    later = passed_in(values) and any(field.name in values for field in form.later)
    return RESEND not in values and bool(pending_in(values) or later)


def _sent(form: Form, values: Values, sent: list[Pending], t: Translate) -> Form:
    shown = edits.codes(form, values, {pending.field: pending.target for pending in sent}, t)
    return replace(shown, told=t("edit.sent_again")) if RESEND in values else shown


def with_trouble(field: str, form: Form, trouble: Trouble, t: Translate) -> Form:
    """Say what is wrong at the field it belongs to, or over the form."""
    words = _translated(t, f"problem.{trouble.code}", trouble.detail)
    faults = {name: _translated(t, f"problem.field.{name}", said) for name, said in trouble.fields.items()}
    faults |= {name: _reasons(t, name, listed) for name, listed in trouble.reasons.items()}
    if trouble.code in {"wrong-code", "code-over"}:
        faults = dict.fromkeys(trouble.fields, words)
    elif trouble.code in PLACES:
        faults = {PLACES[trouble.code] or field: words}
    known = {name: said for name, said in faults.items() if any(f.name == name for f in form.fields)}
    return form.with_faults(known, "" if known else next(iter(faults.values()), words))


def _reasons(t: Translate, name: str, reasons: list[JsonObject]) -> str:
    """Say every reason against a value; one that only a newer server knows in the words that came with it."""
    said = []
    for reason in reasons:
        key = f"fault.{name}_rejected_{str(reason['code']).replace('.', '_')}"
        kinds = ", ".join(t(f"characters.{kind}") for kind in reason.get("allowed", []))
        said.append(_translated(t, key, str(reason["detail"]), kinds=kinds, **reason.get("numbers", {})))
    return " ".join(said)


def _translated(t: Translate, key: str, fallback: str, **values: object) -> str:
    try:
        return t(key, **values)
    except MissingMessageError:
        return fallback
