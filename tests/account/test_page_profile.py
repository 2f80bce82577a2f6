"""The profile on the account page: chosen rather than typed, kept when it is unusual, and told in words."""

import re

import pytest

from tests.account.conftest import World
from tests.account.test_page import post, sign_in
from vestibule.account.page.profile import summary

pytestmark = pytest.mark.anyio

PROFILE = {
    "givenName": "Ada", "familyName": "Lovelace", "website": "https://ada.example/", "birthdate": "1815-12-10",
    "locale": "fr-CA", "zoneinfo": "America/Argentina/Buenos_Aires",
}  # fmt: skip


def chosen(page: str, name: str) -> str:
    """Return the selected value of a choice."""
    choice = page[page.index(f'<select id="{name}"') :]
    found = re.search(r'value="([^"]*)" selected', choice[: choice.index("</select>")])
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("language", "born"), [("en", "December 10, 1815"), ("fr", "10 décembre 1815")])
def test_a_profile_is_told_in_words(language: str, born: str) -> None:
    told = summary(PROFILE, language)
    assert told == ["Ada Lovelace", "ada.example", born, "Français (Canada)", "Argentina, Buenos Aires"]
    assert summary({}, language) == []


@pytest.mark.parametrize("birthdate", ["0000-12-10", "1815", "2023-02-30", "10.12.1815"])
async def test_a_date_that_no_calendar_shows_is_not_lost(world: World, birthdate: str) -> None:
    """OpenID Connect allows a year alone, and a date without a year."""
    world.stub.users["ada"]["profile"] = {"birthdate": birthdate}
    await sign_in(world)
    assert birthdate in (await world.client.get("/")).text
    page = (await world.client.get("/profile")).text
    assert re.search(rf'name="birthdate" type="text" value="{birthdate}"', page)


async def test_any_other_date_is_chosen_from_a_calendar(world: World) -> None:
    world.stub.users["ada"]["profile"] = {"birthdate": "1815-12-31"}
    await sign_in(world)
    assert 'name="birthdate" type="date" value="1815-12-31"' in (await world.client.get("/profile")).text


async def test_a_language_and_a_time_zone_are_chosen(world: World) -> None:
    await sign_in(world)
    page = (await world.client.get("/profile")).text
    assert chosen(page, "zoneinfo") == ""
    saved = await post(world, "/profile", page, locale="fr", zoneinfo="Europe/Paris")
    assert saved.headers["location"] == "/?saved=profile"
    home = (await world.client.get("/")).text
    assert "Français" in home
    assert ">Paris<" in home
    assert chosen((await world.client.get("/profile")).text, "zoneinfo") == "Europe/Paris"


async def test_a_value_that_is_no_choice_of_ours_stays_chosen(world: World) -> None:
    world.stub.users["ada"]["profile"] = {"zoneinfo": "Mars/Olympus_Mons", "locale": "tlh"}
    await sign_in(world)
    page = (await world.client.get("/profile")).text
    assert (chosen(page, "zoneinfo"), chosen(page, "locale")) == ("Mars/Olympus_Mons", "tlh")
