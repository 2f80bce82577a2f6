"""The profile on the page: its fields, what one chooses from, and what it says."""

import re
from collections.abc import Mapping
from datetime import date

from babel.dates import format_date

from vestibule.account.page.api import JsonObject
from vestibule.account.page.forms import Field, Form, Options
from vestibule.ui.choices import LANGUAGE_NAMES, city, time_zones
from vestibule.ui.messages import Translate

# The members: what a browser may fill in, and the kind of input.
PROFILE = {
    "givenName": ("given-name", "text"),
    "familyName": ("family-name", "text"),
    "nickname": ("nickname", "text"),
    "website": ("url", "url"),
    "birthdate": ("bday", "date"),
    "gender": ("sex", "text"),
    "locale": ("language", "select"),
    "zoneinfo": ("off", "select"),
}
DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def form(me: JsonObject, t: Translate) -> Form:
    """Return the form of the profile."""
    fields = tuple(_field(name, me["profile"].get(name, ""), t) for name in PROFILE)
    return Form(path="/profile", heading=t("edit.profile"), go=t("account.save"), fields=fields)


def summary(profile: Mapping[str, str], language: str) -> list[str]:
    """Return what the profile holds as a person would say it, a line each."""
    given = {name: profile.get(name, "") for name in PROFILE}
    name = f"{given['givenName']} {given['familyName']}".strip()
    day = _day(given["birthdate"])
    born = format_date(day, "long", language) if day else given["birthdate"]
    spoken = LANGUAGE_NAMES.get(given["locale"], given["locale"])
    website = given["website"].removeprefix("https://").removesuffix("/")
    told = (name, given["nickname"], website, born, given["gender"], spoken, city(given["zoneinfo"]))
    return [part for part in told if part]


def _day(text: str) -> date | None:
    """Return a whole date that a calendar has, or nothing: OpenID Connect also allows a year alone, or no year."""
    try:
        return date.fromisoformat(text) if DATE.match(text) else None
    except ValueError:
        return None


def _field(name: str, value: str, t: Translate) -> Field:
    autocomplete, kind = PROFILE[name]
    return Field(
        name=name,
        label=t(f"field.{name}"),
        # A date input would lose what it cannot show.
        kind="text" if kind == "date" and value and not _day(value) else kind,
        value=value,
        wrong=t(f"problem.field.{name}") if kind in {"url", "date"} else "",
        autocomplete=autocomplete,
        options=_options(name, value, t),
        verbatim=kind == "url",
    )


def _options(name: str, value: str, t: Translate) -> Options:
    """Return the groups of a choice; a value that is none of ours stays a choice."""
    if PROFILE[name][1] != "select":
        return ()
    if name == "locale":
        groups = {"": tuple(LANGUAGE_NAMES.items())}
    else:
        groups = {t(f"region.{region}"): tuple((z, city(z)) for z in zones) for region, zones in time_zones().items()}
    known = not value or any(value == one for group in groups.values() for one, _ in group)
    own = () if known else ((value, value),)
    return (("", (("", t("field.choose")), *own)), *groups.items())
