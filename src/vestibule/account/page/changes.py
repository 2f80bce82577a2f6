"""Every change the page offers: its form, and what happens when it is sent."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from vestibule.account.page.api import JsonObject, SettingsApi, Trouble
from vestibule.account.page.forms import Field, Form, code_field, password_field
from vestibule.account.page.proving import Prover, pending_in
from vestibule.ui.messages import MissingMessageError, Translate

PROFILE = (
    ("givenName", "given-name"),
    ("familyName", "family-name"),
    ("nickname", "nickname"),
    ("website", "url"),
    ("birthdate", "bday"),
    ("gender", "sex"),
    ("locale", "language"),
    ("zoneinfo", "off"),
)
ADDRESSES = {"email": ("email", "email", ""), "phone": ("tel", "tel", "tel")}
REMOVALS = {"remove-email": "email", "remove-phone": "phone", "remove-username": "username"}


@dataclass(frozen=True)
class Again:
    """The form to show again, with a status."""

    form: Form
    status: int = 422


Values = dict[str, str]
Apply = Callable[[JsonObject, str, Values, Translate], Awaitable[Form | None]]


class Changes:
    """The changes, over the settings API."""

    def __init__(self, api: SettingsApi) -> None:
        self._api = api

    def form(self, field: str, me: JsonObject, t: Translate) -> Form | None:
        """Return the form of one change, or None for an unknown one."""
        makers: dict[str, Callable[[], Form]] = {
            "name": lambda: self._simple("name", me["name"], t, autocomplete="name"),
            "picture": lambda: self._simple(
                "avatar", me["avatar"], t, path="/picture", kind="url", autocomplete="photo"
            ),
            "username": lambda: replace(
                self._simple("username", me["username"], t, autocomplete="username", required=True),
                remove=_removal("username", me),
            ),
            "profile": lambda: self._profile(me, t),
            "email": lambda: self._address("email", me, t),
            "phone": lambda: self._address("phone", me, t),
            "password": lambda: self._password(me, t),
            **{name: lambda kind=kind: self._remove(kind, me, t) for name, kind in REMOVALS.items()},  # type: ignore[misc]
        }
        return makers[field]() if field in makers else None

    async def apply(self, field: str, me: JsonObject, token: str, values: Values, t: Translate) -> Again | None:
        """Make one change; returns the form to show again, or None when it is done."""
        form = self.form(field, me, t)
        if form is None:
            return None
        steps: dict[str, Apply] = {
            "name": self._apply_name,
            "picture": self._apply_picture,
            "profile": self._apply_profile,
            "username": self._apply_username,
            "email": lambda *a: self._apply_address("email", *a),
            "phone": lambda *a: self._apply_address("phone", *a),
            "password": self._apply_password,
            **{name: lambda *a, kind=kind: self._apply_removal(kind, *a) for name, kind in REMOVALS.items()},
        }
        shown = self._codes_form(form, values, t) if pending_in(values) else form.with_values(values)
        try:
            more = await steps[field](me, token, values, t)
        except Trouble as trouble:
            return Again(self._with_trouble(shown, trouble, t), trouble.status)
        return None if more is None else Again(more, 200)

    @staticmethod
    def _with_trouble(form: Form, trouble: Trouble, t: Translate) -> Form:
        names = {field.name for field in form.fields}
        faults = {name: _translated(t, f"problem.field.{name}", words) for name, words in trouble.fields.items()}
        if trouble.code in {"wrong-password", "wrong-code"}:
            place = next((f.name for f in form.fields if f.name == "current" or f.style == "code"), "")
            faults = {place: _translated(t, f"problem.{trouble.code}", trouble.detail)}
        known = {name: words for name, words in faults.items() if name in names}
        if known:
            return form.with_faults(known)
        return form.with_faults(
            {}, next(iter(faults.values()), _translated(t, f"problem.{trouble.code}", trouble.detail))
        )

    @staticmethod
    def _simple(
        name: str,
        value: str | None,
        t: Translate,
        *,
        path: str = "",
        kind: str = "text",
        autocomplete: str = "",
        required: bool = False,
    ) -> Form:
        field = Field(
            name=name,
            label=t(f"field.{name}"),
            kind=kind,
            value=value or "",
            hint=t(f"hint.{name}"),
            autocomplete=autocomplete,
            required=required,
        )
        return Form(path=path or f"/{name}", heading=t(f"edit.{name}"), go=t("account.save"), fields=(field,))

    @staticmethod
    def _profile(me: JsonObject, t: Translate) -> Form:
        fields = [
            Field(name=name, label=t(f"field.{name}"), value=me["profile"].get(name, ""), autocomplete=autocomplete)
            for name, autocomplete in PROFILE
        ]
        return Form(path="/profile", heading=t("edit.profile"), go=t("account.save"), fields=tuple(fields))

    def _address(self, kind: str, me: JsonObject, t: Translate) -> Form:
        input_type, autocomplete, mode = ADDRESSES[kind]
        field = Field(
            name=kind,
            label=t(f"field.new_{kind}"),
            kind=input_type,
            hint=t(f"hint.{kind}"),
            autocomplete=autocomplete,
            mode=mode,
            required=True,
        )
        fields = (field, password_field(t)) if me["hasPassword"] else (field,)
        lead = t("edit.now", value=me[kind]) if me[kind] else ""
        return Form(
            path=f"/{kind}",
            heading=t(f"edit.{kind}"),
            lead=lead,
            go=t("account.send_code"),
            fields=fields,
            remove=_removal(kind, me),
        )

    @staticmethod
    def _password(me: JsonObject, t: Translate) -> Form:
        new = Field(
            name="password",
            label=t("field.new_password"),
            kind="password",
            hint=t("hint.password"),
            autocomplete="new-password",
            required=True,
        )
        fields = (password_field(t), new) if me["hasPassword"] else (new,)
        return Form(
            path="/password",
            heading=t("edit.password"),
            lead=t("edit.password_lead"),
            go=t("account.save"),
            fields=fields,
        )

    @staticmethod
    def _remove(kind: str, me: JsonObject, t: Translate) -> Form:
        fields = (password_field(t),) if me["hasPassword"] else ()
        lead = t("edit.remove_lead", value=me[kind] or "")
        return Form(
            path=f"/remove-{kind}", heading=t(f"edit.remove_{kind}"), lead=lead, go=t("account.remove"), fields=fields
        )

    @staticmethod
    def _codes_form(form: Form, values: Values, t: Translate, sent: dict[str, str] | None = None) -> Form:
        """The second step: the codes that were sent, with everything else carried along."""
        targets = sent if sent is not None else dict.fromkeys((f"proof_{name}" for name in pending_in(values)), "")
        fields = [
            code_field(t, name, t("field.code_for", target=target or values.get(f"to_{name}", "")))
            for name, target in targets.items()
        ]
        kept = {
            name: value
            for name, value in values.items()
            if name in {"email", "phone", "passed"} or name.startswith("to_")
        }
        for name, target in targets.items():
            if target:
                kept[f"to_{name}"] = target
        return replace(
            form, lead=t("edit.code_lead"), go=t("account.confirm"), fields=tuple(fields), hidden=kept, remove=""
        )

    async def _apply_name(self, me: JsonObject, token: str, values: Values, t: Translate) -> None:
        await self._api.call(token, "PATCH", "", {"name": values.get("name", "").strip()})

    async def _apply_picture(self, me: JsonObject, token: str, values: Values, t: Translate) -> None:
        await self._api.call(token, "PATCH", "", {"avatar": values.get("avatar", "").strip()})

    async def _apply_profile(self, me: JsonObject, token: str, values: Values, t: Translate) -> None:
        given = {name: values.get(name, "").strip() for name, _ in PROFILE}
        await self._api.call(token, "PATCH", "/profile", given)

    async def _apply_username(self, me: JsonObject, token: str, values: Values, t: Translate) -> None:
        await self._api.call(token, "PUT", "/username", {"username": values.get("username", "")})

    async def _apply_address(self, kind: str, me: JsonObject, token: str, values: Values, t: Translate) -> Form | None:
        prover = Prover(self._api, token, f"{kind}.change")
        if pending_in(values):
            proofs = await self._typed(prover, values)
            await self._api.call(token, "PUT", f"/{kind}", {kind: values.get(kind, "")}, proofs=proofs)
            return None
        # The password first: a wrong one sends no message to anybody.
        passed = [await prover.password(values.get("current", ""))] if me["hasPassword"] else []
        sent = [await prover.code(kind, values.get(kind, ""))]
        own = None if me["hasPassword"] else await prover.own_code(me)
        sent += [own] if own else []
        carried = {kind: values.get(kind, ""), "passed": ",".join(passed)}
        form = self._address(kind, me, t)
        return self._codes_form(form, carried, t, {pending.field: pending.target for pending in sent})

    async def _apply_password(self, me: JsonObject, token: str, values: Values, t: Translate) -> Form | None:
        prover = Prover(self._api, token, "password.change")
        if not me["hasPassword"] and not pending_in(values):
            own = await prover.own_code(me)
            if own is None:
                raise Trouble("no-address", t("problem.no-address"), {}, 422)
            form = self._password(me, t)
            codes = self._codes_form(form, {}, t, {own.field: own.target})
            return replace(codes, fields=(*codes.fields, *form.fields))
        proofs = (
            await self._typed(prover, values)
            if pending_in(values)
            else [await prover.password(values.get("current", ""))]
        )
        await self._api.call(token, "PUT", "/password", {"password": values.get("password", "")}, proofs=proofs)
        return None

    async def _apply_removal(self, kind: str, me: JsonObject, token: str, values: Values, t: Translate) -> Form | None:
        prover = Prover(self._api, token, f"{kind}.remove")
        if pending_in(values):
            proofs = await self._typed(prover, values)
        elif me["hasPassword"]:
            proofs = [await prover.password(values.get("current", ""))]
        else:
            own = await prover.own_code(me)
            if own is not None:
                return self._codes_form(self._remove(kind, me, t), {}, t, {own.field: own.target})
            proofs = []
        await self._api.call(token, "DELETE", f"/{kind}", proofs=proofs)
        return None

    @staticmethod
    async def _typed(prover: Prover, values: Values) -> list[str]:
        """Verify the codes that were typed; returns all proofs of the change."""
        codes = pending_in(values)
        for proof_id, code in codes.items():
            await prover.verify(proof_id, code)
        return [*(part for part in values.get("passed", "").split(",") if part), *codes]


def _removal(kind: str, me: JsonObject) -> str:
    held = [name for name in ("username", "email", "phone") if me[name]]
    return f"/remove-{kind}" if kind in held and len(held) > 1 else ""


def _translated(t: Translate, key: str, fallback: str) -> str:
    try:
        return t(key)
    except MissingMessageError:
        return fallback
