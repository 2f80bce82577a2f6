"""E-mail templates through the Management API: written, listed, changed, deleted, and used when e-mails are sent."""

import re
from typing import Any

import pytest

from tests.world import World
from vestibule.connectors.templates import USAGES
from vestibule.domain import messages, outbox

pytestmark = pytest.mark.anyio
PATH = "/email-templates"
DETAILS = {"subject": "Hello {{code}}", "content": "<p>{{code}}</p>"}


def template(language: str = "fr", usage: str = "SignIn", **details: str) -> dict[str, Any]:
    """A template as it is sent."""
    return {"languageTag": language, "templateType": usage, "details": {**DETAILS, **details}}


async def put(world: World, *templates: dict[str, Any]) -> list[dict[str, Any]]:
    """Write templates."""
    answer = await world.call("PUT", PATH, {"templates": list(templates)})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def listed(world: World, query: str = "") -> list[tuple[str, str]]:
    """Language and usage of what is listed."""
    found = (await world.call("GET", f"{PATH}{query}")).json()
    return [(item["languageTag"], item["templateType"]) for item in found]


async def test_templates_are_written_in_the_order_that_was_sent(world: World) -> None:
    whole = template("fr", "SignIn", contentType="text/plain", replyTo="a@b.c", sendFrom="Us")
    first, second = await put(world, whole, template("de", "Generic"))
    assert re.fullmatch(r"[0-9a-z]{21}", first["id"])
    assert first == {
        "tenantId": "default",
        "id": first["id"],
        "languageTag": "fr",
        "templateType": "SignIn",
        "details": whole["details"],
        "createdAt": first["createdAt"],
    }
    assert second["details"] == DETAILS
    assert (await world.call("GET", f"{PATH}/{first['id']}")).json() == first


async def test_a_pair_that_is_there_keeps_its_id_and_loses_its_details(world: World) -> None:
    (before,) = await put(world, template(replyTo="a@b.c"))
    world.clock.advance(seconds=5)
    (after,) = await put(world, template(subject="New"))
    assert after == {**before, "details": {**DETAILS, "subject": "New"}}
    assert await listed(world) == [("fr", "SignIn")]


async def test_templates_are_listed_by_language_and_usage(world: World) -> None:
    await put(world, template("fr", "SignIn"), template("de", "SignIn"), template("fr", "Generic"))
    assert await listed(world) == [("de", "SignIn"), ("fr", "Generic"), ("fr", "SignIn")]
    assert await listed(world, "?languageTag=fr") == [("fr", "Generic"), ("fr", "SignIn")]
    assert await listed(world, "?templateType=SignIn") == [("de", "SignIn"), ("fr", "SignIn")]
    assert await listed(world, "?languageTag=fr&templateType=SignIn") == [("fr", "SignIn")]
    assert await listed(world, "?languageTag=it") == []


async def test_details_are_changed_member_by_member(world: World) -> None:
    (made,) = await put(world, template(replyTo="a@b.c"))
    answer = await world.call("PATCH", f"{PATH}/{made['id']}/details", {"subject": "New", "contentType": "text/plain"})
    assert answer.status_code == 200
    assert answer.json()["details"] == {**made["details"], "subject": "New", "contentType": "text/plain"}
    assert (await world.call("PATCH", f"{PATH}/{made['id']}/details", {})).json() == answer.json()


async def test_templates_are_deleted_one_by_one_or_by_language_and_usage(world: World) -> None:
    pairs = [("fr", "SignIn"), ("fr", "Generic"), ("de", "SignIn"), ("de", "Generic"), ("es", "BindMfa")]
    made = await put(world, *(template(*pair) for pair in pairs))
    assert (await world.call("DELETE", f"{PATH}/{made[4]['id']}")).status_code == 204
    answer = await world.call("DELETE", f"{PATH}?languageTag=fr&templateType=SignIn")
    assert (answer.status_code, answer.json()) == (200, {"rowCount": 1})
    assert (await world.call("DELETE", f"{PATH}?templateType=Generic")).json() == {"rowCount": 2}
    assert (await world.call("DELETE", f"{PATH}?languageTag=de")).json() == {"rowCount": 1}
    assert (await world.call("DELETE", f"{PATH}?languageTag=de")).json() == {"rowCount": 0}
    assert await listed(world) == []


async def test_all_templates_at_once_are_not_deleted(world: World) -> None:
    await put(world, template())
    answer = await world.call("DELETE", PATH)
    assert (answer.status_code, answer.json()["code"]) == (422, "connector.email_connector.bulk_deletion_no_filter")
    assert await listed(world) == [("fr", "SignIn")]


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("PATCH", "/details")])
async def test_an_unknown_template_is_not_found(world: World, method: str, path: str) -> None:
    answer = await world.call(method, f"{PATH}/nobody{path}", {"subject": "S"} if method == "PATCH" else None)
    assert (answer.status_code, answer.json()["code"]) == (404, "entity.not_exists_with_id")


@pytest.mark.parametrize(
    "templates",
    [
        [],
        [template(usage="Other")],
        [template(language="")],
        [template(language="x" * 17)],
        [{**template(), "details": {"subject": "S"}}],
        [template(contentType="text/markdown")],
        [template(), {"languageTag": "fr"}],
    ],
)
async def test_what_is_no_template_is_refused_and_nothing_is_written(world: World, templates: list[Any]) -> None:
    answer = await world.call("PUT", PATH, {"templates": templates})
    assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")
    assert await listed(world) == []


async def test_an_unknown_usage_in_a_query_is_refused(world: World) -> None:
    for method in ("GET", "DELETE"):
        answer = await world.call(method, f"{PATH}?templateType=Other")
        assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")


async def subject_of(world: World, usage: str, **payload: object) -> str:
    """Send an e-mail and return its subject."""
    await messages.send(world.server.ctx, "email", "ana@example.com", usage, {"code": "123456", **payload})
    world.clock.advance(seconds=1)
    return outbox.list_messages(world.outbox)[0].subject or ""


async def test_the_template_is_chosen_by_language_then_usage(world: World) -> None:
    """Locale, its language, the fallback language, `Generic` in the fallback language, the connector's own words."""
    assert await subject_of(world, "SignIn", locale="fr") == "Votre code de connexion"
    await put(world, template("en", "Generic", subject="generic en"), template("fr", "Generic", subject="generic fr"))
    assert await subject_of(world, "SignIn", locale="fr") == "generic en"
    await put(world, template("en", "SignIn", subject="en {{code}}"))
    assert await subject_of(world, "SignIn", locale="fr") == "en 123456"
    await put(world, template("fr", "SignIn", subject="fr"), template("FR-ca", "SignIn", subject="québécois"))
    assert await subject_of(world, "SignIn", locale="fr-CA") == "québécois"
    assert await subject_of(world, "SignIn", locale="fr-BE") == "fr"
    assert await subject_of(world, "SignIn") == "en 123456"


async def test_every_usage_has_words_of_ours(world: World) -> None:
    organization = {"name": "Orchard"}
    for locale in ("en", "fr", "de", "es", "zh"):
        found = {await subject_of(world, usage, locale=locale, organization=organization) for usage in USAGES}
        assert len(found) == len(USAGES)
        assert not any("{{" in subject for subject in found)


async def test_a_test_message_says_what_is_stored(world: World) -> None:
    await put(world, template("es", "Generic", subject="de prueba"))
    body = {"email": "ana@example.com", "config": {}, "locale": "es-MX"}
    answer = await world.call("POST", "/connectors/vestibule-outbox-email/test", body)
    assert answer.status_code == 204, answer.text
    assert outbox.list_messages(world.outbox)[0].subject == "de prueba"
