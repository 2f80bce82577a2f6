"""Signing in on the page: what is told, what is kept, who is counted, whose sign-in it is."""

import asyncio

import pytest

from tests.oidc.world import query_of
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.world import PASSWORD, World
from vestibule.domain.attempts import PER_ADDRESS, WINDOW_MS
from vestibule.domain.interactions.steps import INTERACTION_MS
from vestibule.domain.sign_in_experience import DEFAULT_TRIES
from vestibule.errors import ServerBusy

pytestmark = pytest.mark.anyio
WRONG = "not the password"


@pytest.mark.parametrize("identifier", ["ada", " ada ", "Ada@Example.com", "+33 6 12 34 56 78", "33612345678"])
async def test_any_identifier_signs_in(world: World, ada: Visitor, identifier: str) -> None:
    await world.user(username="ada", primaryEmail="ada@example.com", primaryPhone="33612345678", password=PASSWORD)
    await ada.begin(await application(world))
    assert ada.heading == t("sign_in.title")
    await ada.sign_in(identifier)
    assert ada.address.startswith(CALLBACK)
    assert query_of(ada.address).keys() == {"code", "state", "iss"}


async def test_a_wrong_password_is_told_and_only_the_password_is_forgotten(world: World, ada: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    await ada.begin(await application(world))
    await ada.sign_in("ada", WRONG)
    assert ada.answer.status_code == 422
    assert ada.reads("fault.credentials")
    assert ada.form.fields["identifier"] == "ada"
    assert WRONG not in ada.text
    await ada.sign_in("ada")
    assert ada.address.startswith(CALLBACK)


async def test_nobody_learns_who_has_an_account(world: World, ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """B50: the same status and page for a wrong password, an unknown name and an account without password; and the
    same work: one password of the full cost is checked.
    """
    await world.user(username="known", password=PASSWORD)
    await world.user(username="empty")
    pool, checks = world.server.ctx.passwords, list[str]()
    verify = pool.verify

    async def counted(password: str, stored: str | None, algorithm: str | None) -> bool:
        checks.append(password)
        return await verify(password, stored, algorithm)

    monkeypatch.setattr(pool, "verify", counted)
    await ada.begin(await application(world))
    pages = set()
    for name in ("known", "empty", "nobody", "nobody@example.com", "+33 6 99 99 99 99"):
        await ada.sign_in(name, WRONG)
        pages.add((ada.answer.status_code, ada.text.replace(name, "…")))
    assert len(pages) == 1
    assert checks == [WRONG] * 5


async def test_the_tenth_wrong_try_is_the_last_for_a_while(world: World, ada: Visitor) -> None:
    """B51: one counter whichever identifier is used, from wherever; the right password does not help before the end."""
    await world.user(username="ada", primaryEmail="ada@example.com", primaryPhone="33612345678", password=PASSWORD)
    app = await application(world)
    await ada.begin(app)
    for number in range(DEFAULT_TRIES):
        await ada.sign_in(("ada", "ADA@example.com", "+33612345678")[number % 3], WRONG)
        assert ada.answer.status_code == 422
    other = await visitor(world).begin(app)
    await other.sign_in("ada")
    assert other.answer.status_code == 429
    assert other.reads("fault.too_many", minutes=15)
    world.clock.advance(seconds=WINDOW_MS / 1000 + 1)
    await other.sign_in("ada")
    assert other.address.startswith(CALLBACK)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("case_sensitive", [False, True])
@pytest.mark.parametrize(
    ("typed", "variant", "counts_alike"),
    [
        ("nobody", " nobody ", "always"),
        ("nobody", "NOBODY", "without case"),
        ("groß", "GROSS", "without case"),
        ("straße@x.io", " STRASSE@x.io", "always"),
        ("+33 (0) 6 12 34 56 78", "33612345678", "always"),
        ("+39 06 69812345", "+39 6 69812345", "always"),
        ("+39 6 69812345", "+39 006 69812345", "always"),
    ],
)
async def test_the_lock_does_not_tell_who_is_known(
    world: World, ada: Visitor, known: bool, case_sensitive: bool, typed: str, variant: str, counts_alike: str
) -> None:
    """B50, B51: after the last try every spelling is answered alike, whether anybody has the name or nobody."""
    if known:
        names = {"username": "nobody"} if typed == "nobody" else {"name": "somebody"}
        await world.user(primaryEmail="straße@x.io", primaryPhone="33612345678", password=PASSWORD, **names)
        await world.user(primaryPhone="390669812345", password=PASSWORD)
    if not case_sensitive:
        policy = {"caseSensitive": False, "minLength": 1, "maxLength": 128, "allowedChars": {}}
        await world.call("PATCH", "/sign-in-exp", {"usernamePolicy": policy})
    await ada.begin(await application(world))
    for _ in range(DEFAULT_TRIES):
        await ada.sign_in(typed, WRONG)
        assert ada.answer.status_code == 422
    await ada.sign_in(variant, WRONG)
    is_one = counts_alike == "always" or not case_sensitive
    assert ada.answer.status_code == (429 if is_one else 422)


async def test_a_good_sign_in_forgets_the_tries_at_every_identifier(world: World, ada: Visitor) -> None:
    await world.user(username="ada", primaryEmail="ada@example.com", password=PASSWORD)
    app = await application(world)
    for wrong, right in (("ada", "ada@example.com"), ("ada@example.com", "ada"), ("ada", "ada")):
        await ada.begin(app, prompt="login")
        for _ in range(DEFAULT_TRIES - 1):
            await ada.sign_in(wrong, WRONG)
            assert ada.answer.status_code == 422
        await ada.sign_in(right)
        assert ada.address.startswith(CALLBACK)


async def test_a_good_sign_in_forgets_the_wrong_tries(world: World, ada: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    app = await application(world)
    for _ in range(2):
        await ada.begin(app, prompt="login")
        for _ in range(DEFAULT_TRIES - 1):
            await ada.sign_in("ada", WRONG)
            assert ada.answer.status_code == 422
        await ada.sign_in("ada")
        assert ada.address.startswith(CALLBACK)


async def test_many_names_from_one_address_are_counted_together(world: World, ada: Visitor) -> None:
    await ada.begin(await application(world))
    for number in range(PER_ADDRESS):
        await ada.sign_in(f"nobody_{number}", WRONG)
        assert ada.answer.status_code == 422
    await ada.sign_in("somebody_else", WRONG)
    assert ada.answer.status_code == 429


async def test_a_burst_of_wrong_passwords_is_not_looked_at(
    world: World, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B52: 200 at once; no more than the limit are evaluated."""
    await world.user(username="ada", password=PASSWORD)
    await ada.begin(await application(world))
    form, checks = ada.form, list[str]()

    async def counted(password: str, stored: str | None, algorithm: str | None) -> bool:
        checks.append(password)
        await asyncio.sleep(0)
        return False

    monkeypatch.setattr(world.server.ctx.passwords, "verify", counted)
    data = {**form.fields, "identifier": "ada", "password": WRONG}
    answers = await asyncio.gather(*[ada.client.post(form.action, data=data) for _ in range(200)])
    assert len(checks) == DEFAULT_TRIES
    assert sorted(answer.status_code for answer in answers) == [422] * DEFAULT_TRIES + [429] * (200 - DEFAULT_TRIES)


async def test_a_suspended_account_is_told_so_after_the_right_password_only(world: World, ada: Visitor) -> None:
    user = await world.user(username="ada", password=PASSWORD)
    await world.call("PATCH", f"/users/{user['id']}/is-suspended", {"isSuspended": True})
    await ada.begin(await application(world))
    await ada.sign_in("ada", WRONG)
    assert ada.reads("fault.credentials")
    await ada.sign_in("ada")
    assert ada.reads("fault.suspended")
    assert ada.cookie("_session") == ""


async def test_a_busy_server_keeps_what_was_typed(world: World, ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """B49: load is shed with 503 and a page, before memory runs out."""

    async def busy(password: str, stored: str | None, algorithm: str | None) -> bool:
        raise ServerBusy

    await ada.begin(await application(world))
    monkeypatch.setattr(world.server.ctx.passwords, "verify", busy)
    await ada.sign_in("ada")
    assert ada.answer.status_code == 503
    assert ada.answer.headers["retry-after"] == "2"
    assert ada.reads("fault.busy")
    assert ada.form.fields["identifier"] == "ada"


async def test_redirects_after_credentials_are_303(world: World, ada: Visitor) -> None:
    """B19: a 307 would post the password on to the application."""
    await world.user(username="ada", password=PASSWORD)
    await ada.begin(await application(world))
    data = {**ada.form.fields, "identifier": "ada", "password": PASSWORD}
    answer = await ada.client.post(ada.form.action, data=data)
    while "location" in answer.headers and not answer.headers["location"].startswith(CALLBACK):
        assert answer.status_code in {302, 303}
        answer = await ada.client.get(answer.headers["location"])
    assert answer.status_code == 303


async def test_a_sign_in_begun_elsewhere_is_not_carried_on(world: World, ada: Visitor) -> None:
    """B21, A19: neither its page nor its form are for another browser, whatever cookies were planted there."""
    await world.user(username="mallory", password=PASSWORD)
    app = await application(world)
    mallory = await visitor(world).begin(app)
    await ada.open(mallory.address)
    assert ada.heading == t("unknown.title")
    for kept in mallory.client.cookies.jar:
        if not kept.name.startswith("vestibule"):
            ada.client.cookies.set(kept.name, kept.value or "", domain=kept.domain, path=kept.path)
    await ada.open(mallory.address)
    assert ada.heading == t("unknown.title")
    data = {**mallory.form.fields, "identifier": "mallory", "password": PASSWORD}
    answer = await ada.client.post(mallory.form.action, data=data)
    assert (answer.status_code, answer.headers["location"]) == (302, "/unknown-session")
    assert not await ada.is_signed_in(app)


async def test_a_form_of_another_browser_does_not_fit(world: World, ada: Visitor) -> None:
    """B41: Mallory's form, sent from Ada's browser, would sign Ada in as Mallory."""
    await world.user(username="mallory", password=PASSWORD)
    app = await application(world)
    mallory = await visitor(world).begin(app)
    await ada.begin(app)
    await ada.submit(csrf=mallory.form.fields["csrf"], identifier="mallory", password=PASSWORD)
    assert ada.answer.status_code == 403
    assert ada.heading == t("foreign.title")
    assert not await ada.is_signed_in(app)


async def test_a_sign_in_that_took_too_long_is_over(world: World, ada: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    await ada.begin(await application(world))
    world.clock.advance(seconds=INTERACTION_MS / 1000)
    await ada.sign_in("ada")
    assert ada.heading == t("unknown.title")


async def test_the_session_id_changes_at_sign_in_and_the_old_one_is_dead(world: World, ada: Visitor) -> None:
    """B37."""
    await world.user(username="ada", password=PASSWORD)
    app = await application(world)
    assert ada.cookie("_session") == ""
    await (await ada.begin(app)).sign_in("ada")
    old = {name: ada.cookie(name) for name in ("_session", "_session.sig")}
    await (await ada.begin(app, prompt="login")).sign_in("ada")
    assert ada.cookie("_session") not in {"", old["_session"]}
    thief = visitor(world)
    for name, value in old.items():
        thief.client.cookies.set(name, value, domain="id.localhost", path="/")
    assert not await thief.is_signed_in(app)
    assert await ada.is_signed_in(app)


async def test_two_users_in_turn_share_nothing(world: World, ada: Visitor) -> None:
    """B38, A20: Bob, on Ada's browser, gets neither her session nor what she granted."""
    for name in ("ada", "bob"):
        await world.user(username=name, password=PASSWORD)
    app = await application(world, third_party=True)
    await (await ada.begin(app)).sign_in("ada")
    await ada.submit(decision="allow")
    assert ada.address.startswith(CALLBACK)
    hers = ada.cookie("_session")
    await (await ada.begin(app, prompt="login")).sign_in("bob")
    assert ada.heading == t("consent.title", application="Test")
    assert "bob" in ada.text
    assert ada.cookie("_session") != hers
    assert not await ada.is_signed_in(app)


@pytest.mark.parametrize("identifier", ["a\0b", "\0", "ada\0@example.com"])
async def test_a_nul_is_refused_and_nothing_else_happens(world: World, ada: Visitor, identifier: str) -> None:
    """B89, B47."""
    await ada.begin(await application(world))
    await ada.sign_in(identifier)
    assert ada.answer.status_code == 400
    assert ada.heading == t("error.request.title")


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        " ",
        "@",
        "a@b@c",
        "+",
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "\u202eada",
        "ada\u200b",
        "\ufffd\U0010ffff",
        "e\u0301" * 500,
        "٣٣٦١٢٣٤٥٦٧٨",
        "x" * 20_000,
        "9" * 20_000,
        "x" * 20_000 + "@example.com",
    ],
)
async def test_odd_names_are_names_that_nobody_has(world: World, ada: Visitor, identifier: str) -> None:
    """B89, A27: told like any other, shown again as it was typed, and never as markup."""
    await world.user(username="ada", primaryPhone="33612345678", password=PASSWORD)
    await ada.begin(await application(world))
    await ada.sign_in(identifier)
    assert ada.answer.status_code == 422
    assert ada.reads("fault.credentials")
    assert ada.form.fields["identifier"] == identifier
    assert "<script>alert" not in ada.answer.text
    assert "<img src=x" not in ada.answer.text


@pytest.mark.parametrize("raw", ["%ff%fe", "\xff\xfe", "%ed%a0%80"])
async def test_bytes_that_are_no_text_are_no_password(world: World, ada: Visitor, raw: str) -> None:
    """B47, B89: replaced by a character, they would all be the same one."""
    await world.user(username="ada", password="\ufffd\ufffd correct horse")
    await ada.begin(await application(world))
    body = f"csrf={ada.form.fields['csrf']}&identifier=ada&password={raw}+correct+horse".encode("latin-1")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await ada.client.post(ada.form.action, content=body, headers=headers)
    assert answer.status_code == 400


async def test_passwords_are_taken_exactly(world: World, ada: Visitor) -> None:
    """B47: neither cut at 72 bytes, nor folded, trimmed or normalised."""
    good = "é" * 36 + " Ending one "
    await world.user(username="ada", password=good)
    await ada.begin(await application(world))
    for near in (good.strip(), good.lower(), good.replace("é", "e\u0301"), good[:36], "é" * 36 + " Ending two "):
        await ada.sign_in("ada", near)
        assert ada.answer.status_code == 422, near
    await ada.sign_in("ada", good)
    assert ada.address.startswith(CALLBACK)


async def test_a_form_that_is_too_large_is_refused(world: World, ada: Visitor) -> None:
    """B87: 56 KiB for a form."""
    await ada.begin(await application(world))
    await ada.sign_in("ada", "x" * 60_000)
    assert ada.answer.status_code == 413
    assert ada.heading == t("error.request.title")


@pytest.mark.parametrize("media", ["multipart/form-data; boundary=x", "text/plain", "application/xml"])
async def test_other_kinds_of_bodies_are_refused(world: World, ada: Visitor, media: str) -> None:
    await ada.begin(await application(world))
    answer = await ada.client.post(ada.form.action, content="identifier=ada", headers={"content-type": media})
    assert answer.status_code == 400


async def test_a_hint_fills_in_the_name(world: World, ada: Visitor) -> None:
    await ada.begin(await application(world), login_hint='ada@example.com"><b>')
    assert ada.form.fields["identifier"] == 'ada@example.com"><b>'
    assert '"><b>' not in ada.answer.text


@pytest.mark.parametrize(
    ("first_screen", "heading"),
    [
        ("sign_in", "sign_in.title"),
        ("register", "register.title"),
        ("identifier:sign_in", "sign_in.title"),
        ("identifier:register", "register.title"),
        ("reset_password", "recovery.title"),
        ("single_sign_on", "sign_in.title"),
    ],
)
async def test_every_first_screen_leads_to_a_page(world: World, ada: Visitor, first_screen: str, heading: str) -> None:
    await ada.begin(await application(world), first_screen=first_screen)
    assert ada.heading == t(heading)


async def test_giving_up_tells_the_application(world: World, ada: Visitor) -> None:
    await ada.begin(await application(world))
    await ada.submit(1)
    assert query_of(ada.address)["error"] == "access_denied"
    assert query_of(ada.address)["state"] == "st"


async def test_a_sign_in_ends_with_its_application(world: World, ada: Visitor) -> None:
    """Another application's, begun in the same browser, goes on."""
    await world.user(username="ada", password=PASSWORD)
    kept, gone = await application(world), await application(world)
    await ada.begin(kept)
    await ada.begin(gone)
    page, form = ada.address, ada.answer
    assert (await world.call("DELETE", f"/applications/{gone.id}")).status_code == 204
    await ada.sign_in("ada")
    assert ada.heading == t("unknown.title")
    await ada.open(page)
    assert ada.heading == t("unknown.title")
    ada.address, ada.answer = page, form
    await ada.submit(1)
    assert ada.heading == t("unknown.title"), "the way back, too"
    await ada.open(f"/sign-in?app_id={kept.id}")
    assert ada.heading == t("sign_in.title")
    await ada.sign_in("ada")
    assert await ada.is_signed_in(kept)
