"""Making an account on the page: with any identifier, under the password policy, all or nothing."""

import pytest

from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.world import JSON, PASSWORD, World
from vestibule.domain.attempts import PER_ADDRESS
from vestibule.domain.interactions.steps import INTERACTION_MS
from vestibule.domain.users import get_user
from vestibule.oidc.claims import for_userinfo

pytestmark = pytest.mark.anyio


async def users(world: World) -> list[JSON]:
    """Return everybody who has an account."""
    return list((await world.call("GET", "/users")).json())


async def claims(world: World, user_id: str) -> JSON:
    """Return what relying parties are told of somebody's addresses."""
    async with world.server.ctx.db.read() as tx:
        return await for_userinfo(tx, await get_user(tx, user_id), frozenset({"email", "phone"}))


@pytest.mark.parametrize(
    ("identifier", "field", "stored"),
    [
        ("ada_1815", "username", "ada_1815"),
        (" ada ", "username", "ada"),
        ("Ada@Example.com", "primaryEmail", "Ada@Example.com"),
        ("a.d+a@sub.example.co", "primaryEmail", "a.d+a@sub.example.co"),
        ("+33 6 12 34 56 78", "primaryPhone", "33612345678"),
        ("+44 (0)20-7946.0958", "primaryPhone", "442079460958"),
        ("1/415/555-2671", "primaryPhone", "14155552671"),
    ],
)
async def test_any_identifier_makes_an_account(
    world: World, ada: Visitor, identifier: str, field: str, stored: str
) -> None:
    app = await application(world)
    await (await ada.begin(app)).register(identifier)
    assert ada.address.startswith(CALLBACK)
    (user,) = await users(world)
    assert user[field] == stored
    assert user["lastSignInAt"] == world.clock.now()
    again = await visitor(world).begin(app)
    await again.sign_in(identifier)
    assert again.address.startswith(CALLBACK)


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ("ada", "fault.username_taken"),
        ("ADA@example.com", "fault.email_taken"),
        ("+33612345678", "fault.phone_taken"),
        ("+33 (0) 6 12 34 56 78", "fault.phone_taken"),
        ("", "fault.identifier"),
        ("ada lovelace", "fault.identifier"),
        ("1ada", "fault.identifier"),
        ("adá", "fault.identifier"),
        ("ada-lovelace", "fault.identifier"),
        ("x" * 129, "fault.identifier"),
        ("@example.com", "fault.identifier"),
        ("ada@", "fault.identifier"),
        ("ada@localhost", "fault.identifier"),
        ("a@b@example.com", "fault.identifier"),
        ("ada@exam ple.com", "fault.identifier"),
        ("ada@example..com", "fault.identifier"),
        ("ada\x01@example.com", "fault.identifier"),
        ('"><script>@example.com', "fault.identifier"),
        ("x" * 130 + "@example.com", "fault.identifier"),
        ("12345", "fault.phone"),
        ("0612345678", "fault.phone"),
        ("+33612345678901234", "fault.phone"),
    ],
)
async def test_an_identifier_that_does_not_do_is_told_at_its_field(
    world: World, ada: Visitor, identifier: str, words: str
) -> None:
    """A27: what was typed stays, except the password; nothing is made."""
    await world.user(username="ada", primaryEmail="ada@example.com", primaryPhone="33612345678", password=PASSWORD)
    await (await ada.begin(await application(world))).register(identifier)
    assert ada.answer.status_code == 422
    assert ada.reads(words)
    assert 'id="identifier-fault"' in ada.answer.text
    assert ada.form.fields["identifier"] == identifier
    assert PASSWORD not in ada.text
    assert len(await users(world)) == 1


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "too_short"),
        ("xQ7pL2m", "too_short"),
        ("x9" * 128 + "x", "too_long"),
        ("password1", "pwned"),
        ("PASSWORD1", "pwned"),
        ("qwertyuiop", "pwned"),
        ("aaaaaaaaaaaa", "restricted_repetition"),
        ("ada_lovelace", "restricted_user_info"),
        ("ada_lovelace99", "restricted_user_info"),
    ],
)
async def test_a_weak_password_is_told_at_its_field(world: World, ada: Visitor, password: str, reason: str) -> None:
    """B44, B46: too short, too long, common, or one's own name."""
    await (await ada.begin(await application(world))).register("ada_lovelace", password)
    assert ada.answer.status_code == 422
    assert ada.reads(f"fault.password_rejected_{reason}", min=8, max=256)
    assert 'id="password-fault"' in ada.answer.text
    assert ada.form.fields["identifier"] == "ada_lovelace"
    assert await users(world) == []


@pytest.mark.parametrize(
    "password",
    [
        "xQ7pL2mw",
        "only lower case words",
        "31415926535897",
        ("nine otter" * 26)[:256],
        "пароль из слов",
        "🦦 otters 🦦",
        " spaces  kept ",
    ],
)
async def test_no_rule_of_composition_stands_in_the_way(world: World, ada: Visitor, password: str) -> None:
    """B44, B45: 8 to 256 characters of any kind, taken exactly as typed."""
    app = await application(world)
    await (await ada.begin(app)).register("ada", password)
    assert ada.address.startswith(CALLBACK)
    other = await (await visitor(world).begin(app)).sign_in("ada", password)
    assert other.address.startswith(CALLBACK)
    near = await (await visitor(world).begin(app)).sign_in("ada", password[:-1])
    assert near.answer.status_code == 422


async def test_a_sign_in_that_is_over_makes_no_account(world: World, ada: Visitor) -> None:
    """Nothing is half-made: no account without the sign-in that it was made for."""
    await ada.begin(await application(world), first_screen="register")
    world.clock.advance(seconds=INTERACTION_MS / 1000)
    await ada.register("ada")
    assert ada.heading == t("unknown.title")
    assert await users(world) == []


async def test_there_is_nothing_to_register_once_signed_in(world: World, ada: Visitor) -> None:
    """At the question for consent the sign-in is done: the page leads there, and a form sent anyway makes nobody."""
    await world.user(username="ada", password=PASSWORD)
    app = await application(world, third_party=True)
    await (await ada.begin(app)).sign_in("ada")
    csrf, address = ada.form.fields["csrf"], f"/register?app_id={app.id}"
    answer = await ada.client.post(address, data={"csrf": csrf, "identifier": "eve", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (302, "/unknown-session")
    assert len(await users(world)) == 1
    await ada.open(address)
    assert ada.heading == t("consent.title", application="Test")


async def test_of_two_who_take_a_name_at_once_one_gets_it(world: World, ada: Visitor) -> None:
    app = await application(world)
    await ada.begin(app, first_screen="register")
    eve = await visitor(world).begin(app, first_screen="register")
    await ada.register("same_name")
    await eve.register("same_name")
    assert ada.address.startswith(CALLBACK)
    assert eve.reads("fault.username_taken")
    assert len(await users(world)) == 1


async def test_one_place_in_the_network_cannot_ask_for_every_name(world: World, ada: Visitor) -> None:
    """B51: registrations count with the other tries from an address, whatever becomes of them."""
    await world.user(username="taken", password=PASSWORD)
    await ada.begin(await application(world), first_screen="register")
    for _ in range(PER_ADDRESS):
        await ada.register("taken")
        assert ada.reads("fault.username_taken")
    await ada.register("free_name")
    assert ada.answer.status_code == 429
    assert ada.reads("fault.too_many", minutes=15)
    assert len(await users(world)) == 1


async def test_a_name_that_is_taken_costs_a_hash(world: World, ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """B50: how long the answer takes tells nothing before the answer does."""
    await world.user(username="taken", password=PASSWORD)
    hashed = list[str]()
    pool, real = world.server.ctx.passwords, world.server.ctx.passwords.hash

    async def counted(password: str) -> str:
        hashed.append(password)
        return await real(password)

    monkeypatch.setattr(pool, "hash", counted)
    await ada.begin(await application(world), first_screen="register")
    for name in ("taken", "free_name"):
        await ada.register(name)
        assert hashed.pop() == PASSWORD
    assert hashed == []


async def test_an_address_that_nobody_proved_is_not_called_verified(world: World, ada: Visitor) -> None:
    """A24, A28: relying parties join accounts by addresses that they are told are verified."""
    await (await ada.begin(await application(world))).register("ada@example.com")
    (made,) = await users(world)
    assert (await claims(world, made["id"]))["email_verified"] is False
    await world.call("PATCH", f"/users/{made['id']}", {"primaryEmail": "ada@example.com"})
    assert (await claims(world, made["id"]))["email_verified"] is True, "an operator vouches for it"
    other = await visitor(world).begin(await application(world))
    await other.register("+33612345678")
    assert (await claims(world, (await users(world))[0]["id"]))["phone_number_verified"] is False


async def test_a_nul_makes_no_account(world: World, ada: Visitor) -> None:
    """B89."""
    await ada.begin(await application(world), first_screen="register")
    for identifier, password in (("a\0da", PASSWORD), ("ada", f"{PASSWORD}\0more")):
        await ada.open(f"/register?app_id={ada.address.rpartition('=')[2]}")
        await ada.register(identifier, password)
        assert ada.answer.status_code == 400
    assert await users(world) == []


async def test_the_two_pages_lead_to_each_other(world: World, ada: Visitor) -> None:
    await ada.begin(await application(world), login_hint="ada")
    for words in ("register", "sign_in"):
        link = ada.text.partition(t(f"{'sign_in' if words == 'register' else 'register'}.{words}"))[0]
        await ada.open(link.rpartition('href="')[2].partition('"')[0])
        assert ada.heading == t(f"{words}.title")
        assert ada.form.fields["identifier"] == "ada"


async def test_an_address_is_verified_once_the_way_back_in_is_over(world: World, ada: Visitor) -> None:
    """A24: a code that was entered, and nothing after it, vouches for nobody's account."""
    app = await application(world)
    await (await ada.begin(app)).register("ada@example.com")
    (made,) = await users(world)
    owner = await visitor(world).begin(app, first_screen="reset_password")
    await owner.submit(identifier="ada@example.com")
    world.clock.advance(seconds=1)
    await owner.submit(code=world.code_for("ada@example.com"))
    assert (await claims(world, made["id"]))["email_verified"] is False
    await owner.submit(password="another lazy door")
    assert (await claims(world, made["id"]))["email_verified"] is True
