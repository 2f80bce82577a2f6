"""Which language a page speaks: a link just followed, the application's wish, the last choice, the browser's wish."""

import pytest

from tests.pages.visitor import Visitor, application
from tests.world import PASSWORD, World
from vestibule.ui.messages import translator

pytestmark = pytest.mark.anyio
FRENCH, ENGLISH, GERMAN = "fr", "en", "de"


def speaks(ada: Visitor, language: str) -> bool:
    """Tell whether a page is in a language, title, heading and mark-up alike."""
    t = translator(language)
    return f'<html lang="{language}">' in ada.answer.text and ada.heading == t("sign_in.title")


@pytest.mark.parametrize(
    ("ui_locales", "accepted", "language"),
    [
        ("", "", ENGLISH),
        ("", "fr", FRENCH),
        ("", "fr-CA, en;q=0.8", FRENCH),
        ("", "nl, en;q=0.5, fr;q=0.7", FRENCH),
        ("", "nl", ENGLISH),
        ("", "de-CH, fr;q=0.9", GERMAN),
        ("de-AT", "fr", GERMAN),
        ("", "fr;q=0, en", ENGLISH),
        ("fr", "en", FRENCH),
        ("en-GB", "fr", ENGLISH),
        ("nl fr-BE", "en", FRENCH),
        ("nl", "fr", FRENCH),
    ],
)
async def test_the_application_decides_before_the_browser(
    world: World, ada: Visitor, ui_locales: str, accepted: str, language: str
) -> None:
    ada.client.headers["accept-language"] = accepted
    await ada.begin(await application(world), **({"ui_locales": ui_locales} if ui_locales else {}))
    assert speaks(ada, language)


async def test_the_applications_wish_holds_to_the_end(world: World, ada: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    await ada.begin(await application(world, third_party=True), ui_locales="fr")
    await ada.sign_in("ada")
    assert ada.heading == translator(FRENCH)("consent.title", application="Test")


async def test_a_language_chosen_by_a_link_stays_except_where_the_application_insists(
    world: World, ada: Visitor
) -> None:
    ada.client.headers["accept-language"] = "fr"
    app = await application(world)
    await ada.begin(app)
    await ada.open(f"{ada.address}&lang=en")
    assert speaks(ada, ENGLISH)
    await ada.begin(app)
    assert speaks(ada, ENGLISH)
    await ada.begin(app, ui_locales="fr")
    assert speaks(ada, FRENCH)


@pytest.mark.parametrize(
    "wish",
    [
        "*",
        "-",
        ",;q=",
        "fr;q=x",
        "fr-",
        "_",
        "x" * 5000,
        "fr" + ",de" * 2000,
        "i-klingon",
        "fr-FR-x-private",
        "\u00e9",
        "en_US.UTF-8",
    ],
)
async def test_odd_wishes_never_break_a_page(world: World, ada: Visitor, wish: str) -> None:
    app = await application(world)
    answer = await ada.client.get("/unknown-session", headers=[(b"accept-language", wish.encode("latin-1"))])
    assert answer.status_code == 200
    await ada.begin(app, ui_locales=wish)
    assert ada.answer.status_code == 200
    await ada.open(f"{ada.address}&lang={wish}")
    assert ada.answer.status_code == 200
    await ada.client.get("/", params={"lang": wish})
    assert ada.cookie("vestibule_language") in {FRENCH, ENGLISH}
