"""Connectors over the Management API, on both stores."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.connectors.world import BEARER, Json, client_of, opened, smtp_config, template
from vestibule.db import Statement
from vestibule.domain import connectors as domain
from vestibule.domain.context import Context
from vestibule.store import connectors as store
from vestibule.store.tables import connectors as table

pytestmark = pytest.mark.anyio

HTTP_EMAIL = {"connectorId": "http-email", "config": {"endpoint": "https://example.com/mail"}}
HTTP_SMS = {"connectorId": "http-sms", "config": {"endpoint": "https://example.com/sms", "authorization": "key-9f"}}
SMTP = {"connectorId": "simple-mail-transfer-protocol", "config": smtp_config()}


@pytest.fixture
async def ctx(database_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    async with opened(database_url, tmp_path) as context:
        yield context


async def created(ctx: Context, body: Json) -> Json:
    async with client_of(ctx) as client:
        answer = await client.post("/api/connectors", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ids(ctx: Context) -> list[str]:
    async with client_of(ctx) as client:
        return [item["id"] for item in (await client.get("/api/connectors")).json()]


async def test_every_route_asks_for_a_management_token(ctx: Context) -> None:
    async with client_of(ctx) as client:
        del client.headers["authorization"]
        for method, path in (
            ("GET", "/api/connector-factories"),
            ("GET", "/api/connector-factories/http-email"),
            ("GET", "/api/connectors"),
            ("POST", "/api/connectors"),
            ("GET", "/api/connectors/x"),
            ("PATCH", "/api/connectors/x"),
            ("DELETE", "/api/connectors/x"),
            ("POST", "/api/connectors/http-email/test"),
        ):
            assert (await client.request(method, path)).status_code == 401, path


async def test_factories_are_listed_with_their_forms(ctx: Context) -> None:
    async with client_of(ctx) as client:
        listed = (await client.get("/api/connector-factories")).json()
        one = (await client.get("/api/connector-factories/simple-mail-transfer-protocol")).json()
    by_id = {factory["id"]: factory for factory in listed}
    assert {"simple-mail-transfer-protocol", "http-email", "http-sms"} <= set(by_id)
    assert one == by_id["simple-mail-transfer-protocol"]
    assert (one["type"], one["target"], one["platform"], one["logoDark"]) == ("Email", "smtp", None, None)
    assert one["isDemo"] is False
    assert by_id["http-sms"]["type"] == "Sms"
    for factory in listed:
        assert {"en", "fr"} <= set(factory["name"])
        assert factory["logo"].startswith("data:image/svg+xml,")
        assert factory["readme"].startswith("#")
    fields = {item["key"]: item for item in one["formItems"]}
    assert fields["port"]["type"] == "Number"
    assert fields["auth"]["isConfidential"] is True
    assert "placeholder" not in fields["templates"]


async def test_an_unknown_factory_is_not_found(ctx: Context) -> None:
    async with client_of(ctx) as client:
        answer = await client.get("/api/connector-factories/nope")
        assert (answer.status_code, answer.json()["code"]) == (404, "entity.not_found")
        answer = await client.post("/api/connectors", json={"connectorId": "nope", "config": {"x": 1}})
        assert (answer.status_code, answer.json()["code"]) == (422, "connector.not_found_with_connector_id")


async def test_a_created_connector_is_shown_whole(ctx: Context) -> None:
    shown = await created(ctx, HTTP_SMS)
    assert len(shown["id"]) == 12
    assert shown["connectorId"] == "http-sms"
    assert shown["config"] == HTTP_SMS["config"]
    assert (shown["metadata"], shown["extraInfo"], shown["isDemo"]) == ({}, {}, False)
    assert (shown["syncProfile"], shown["enableTokenStorage"], shown["type"]) == (False, False, "Sms")
    assert "createdAt" not in shown
    async with client_of(ctx) as client:
        assert (await client.get(f"/api/connectors/{shown['id']}")).json() == shown
        assert (await client.get("/api/connectors")).json() == [shown]


async def test_the_caller_may_choose_the_id(ctx: Context) -> None:
    assert (await created(ctx, {**HTTP_SMS, "id": "my-sms"}))["id"] == "my-sms"
    async with client_of(ctx) as client:
        again = await client.post("/api/connectors", json={**HTTP_SMS, "id": "my-sms"})
        assert (again.status_code, again.json()["code"]) == (422, "entity.create_failed")
        for bad in ("", "x" * 129):
            answer = await client.post("/api/connectors", json={**HTTP_SMS, "id": bad})
            assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")
    assert await ids(ctx) == ["my-sms"]


async def test_a_new_email_connector_takes_the_place_of_the_old_one(ctx: Context) -> None:
    await created(ctx, {**HTTP_SMS, "id": "sms"})
    await created(ctx, {**HTTP_EMAIL, "id": "first"})
    await created(ctx, {**SMTP, "id": "second"})
    assert await ids(ctx) == ["second", "sms"]


async def test_connectors_created_at_once_leave_one(ctx: Context) -> None:
    await asyncio.gather(*(created(ctx, {**HTTP_EMAIL, "id": f"at-once-{n}"}) for n in range(8)))
    assert len(await ids(ctx)) == 1


async def test_a_refused_connector_leaves_the_old_one(ctx: Context) -> None:
    await created(ctx, {**HTTP_EMAIL, "id": "old"})
    async with client_of(ctx) as client:
        answer = await client.post("/api/connectors", json={**SMTP, "config": {"host": "x"}})
    assert (answer.status_code, answer.json()["code"]) == (400, "connector.invalid_config")
    assert await ids(ctx) == ["old"]


async def test_a_faulty_configuration_lists_every_fault(ctx: Context) -> None:
    async with client_of(ctx) as client:
        body = {"connectorId": "simple-mail-transfer-protocol", "config": {"host": 5, "port": "25", "templates": []}}
        error = (await client.post("/api/connectors", json=body)).json()
        assert error["data"]["name"] == "ZodError"
        paths = [issue["path"] for issue in error["data"]["issues"]]
        assert paths == [["host"], ["port"], ["fromEmail"], ["templates"]]
        assert error["details"].count("\n") == 3
        empty = await client.post("/api/connectors", json={"connectorId": "http-email", "config": {}})
        assert empty.json()["code"] == "connector.invalid_config", "given, though empty, so checked"


async def test_a_configuration_is_cleaned_before_it_is_checked(ctx: Context) -> None:
    """An empty endpoint is no endpoint."""
    async with client_of(ctx) as client:
        body = {"connectorId": "http-email", "config": {"endpoint": ""}}
        assert (await client.post("/api/connectors", json=body)).json()["code"] == "connector.invalid_config"
    config = {"endpoint": "https://example.com", "authorization": "", "more": {"x": None, "y": [[], 0, False]}}
    shown = await created(ctx, {"connectorId": "http-email", "config": config})
    assert shown["config"] == {"endpoint": "https://example.com", "more": {"y": [0, False]}}, "unknown keys are kept"


async def test_the_configuration_may_come_later(ctx: Context) -> None:
    shown = await created(ctx, {"connectorId": "http-email"})
    assert shown["config"] == {}
    async with client_of(ctx) as client:
        answer = await client.patch(f"/api/connectors/{shown['id']}", json={"config": HTTP_EMAIL["config"]})
    assert answer.json()["config"] == HTTP_EMAIL["config"]


async def test_overrides_of_the_metadata_are_taken_on_creation_only(ctx: Context) -> None:
    metadata = {"name": {"en": "Ours"}, "target": "ours", "logo": "https://example.com/l.png", "readme": "x"}
    shown = await created(ctx, {**HTTP_EMAIL, "metadata": metadata})
    assert (shown["name"], shown["target"], shown["logo"]) == ({"en": "Ours"}, "ours", "https://example.com/l.png")
    assert shown["metadata"] == {key: metadata[key] for key in ("name", "target", "logo")}
    async with client_of(ctx) as client:
        assert len((await client.get("/api/connectors", params={"target": "ours"})).json()) == 1
        assert (await client.get("/api/connectors", params={"target": "http-email"})).json() == []
        answer = await client.patch(f"/api/connectors/{shown['id']}", json={"metadata": {}})
        code = "connector.cannot_overwrite_metadata_for_non_standard_connector"
        assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_changed_configuration_replaces_the_old_one(ctx: Context) -> None:
    shown = await created(ctx, HTTP_SMS)
    async with client_of(ctx) as client:
        path = f"/api/connectors/{shown['id']}"
        changed = await client.patch(path, json={"config": {"endpoint": "https://two.example"}})
        assert changed.json() == {**shown, "config": {"endpoint": "https://two.example"}}
        unchanged = await client.patch(path, json={})
        assert (unchanged.status_code, unchanged.json()) == (200, changed.json())
        refused = await client.patch(path, json={"config": {"endpoint": 1}})
        assert (refused.status_code, refused.json()["code"]) == (400, "connector.invalid_config")
        assert (await client.get(path)).json() == changed.json()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"syncProfile": True}, 422, "connector.invalid_type_for_syncing_profile"),
        ({"enableTokenStorage": True}, 422, "connector.token_storage_not_supported"),
        ({"syncProfile": "yes"}, 400, "guard.invalid_input"),
        ({"config": [1]}, 400, "guard.invalid_input"),
        ({"config": {"endpoint": "https://example.com\u0000"}}, 400, "guard.invalid_input"),
        ({"config": None}, 400, "guard.invalid_input"),
    ],
)
async def test_a_refused_change_changes_nothing(ctx: Context, body: Json, status: int, code: str) -> None:
    shown = await created(ctx, HTTP_SMS)
    async with client_of(ctx) as client:
        answer = await client.patch(f"/api/connectors/{shown['id']}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (await client.get(f"/api/connectors/{shown['id']}")).json() == shown


async def test_token_storage_is_refused_on_creation(ctx: Context) -> None:
    async with client_of(ctx) as client:
        answer = await client.post("/api/connectors", json={**HTTP_SMS, "enableTokenStorage": True})
    assert (answer.status_code, answer.json()["code"]) == (422, "connector.token_storage_not_supported")


async def test_a_deleted_connector_is_gone(ctx: Context) -> None:
    shown = await created(ctx, HTTP_SMS)
    async with client_of(ctx) as client:
        path = f"/api/connectors/{shown['id']}"
        assert (await client.delete(path)).status_code == 204
        for answer in (await client.delete(path), await client.get(path), await client.patch(path, json={})):
            assert (answer.status_code, answer.json()["code"]) == (404, "entity.not_found")


async def test_any_text_a_caller_can_send_comes_back(ctx: Context) -> None:
    config = {"endpoint": "https://example.com", "note": "é\u2028💡\\ \x7f", "big": 2**53, "deep": [[{"a": 1.5}]]}
    assert (await created(ctx, {"connectorId": "http-email", "config": config}))["config"] == config


@pytest.mark.parametrize(
    "config", ['{"endpoint":"https://a.example","x":"\\ud800"}', '{"endpoint":1e999}', f'{{"x":{10**400}}}']
)
async def test_oddities_are_refused_and_never_break(ctx: Context, config: str) -> None:
    async with client_of(ctx) as client:
        content = f'{{"connectorId":"http-email","config":{config}}}'
        headers = {"content-type": "application/json"}
        answer = await client.post("/api/connectors", content=content, headers=headers)
    assert answer.status_code == 400, answer.text


async def test_a_number_beyond_64_bits_does_not_break_the_list(ctx: Context) -> None:
    async with client_of(ctx) as client:
        content = f'{{"connectorId":"http-email","config":{{"endpoint":"https://a.example","n":{2**70}}}}}'
        answer = await client.post("/api/connectors", content=content, headers={"content-type": "application/json"})
        assert answer.status_code in {200, 400}
        assert (await client.get("/api/connectors")).status_code == 200


async def test_the_store_holds_no_secret_of_a_connector(ctx: Context) -> None:
    """B98, B99: sealed at rest, shown again to a Management token."""
    config = smtp_config(auth={"user": "u", "pass": "canary-pass"})
    shown = await created(ctx, {**SMTP, "config": config})
    assert shown["config"]["auth"]["pass"] == "canary-pass"
    async with ctx.db.read() as tx:
        rows = await tx.all(store.LIST)
    assert rows
    assert "canary" not in repr(rows)
    assert "127.0.0.1" not in repr(rows)


async def test_a_configuration_moved_to_another_row_does_not_open(ctx: Context) -> None:
    """B100: the row's id is bound into the seal."""
    sms = await created(ctx, HTTP_SMS)
    await created(ctx, {**HTTP_EMAIL, "id": "mail"})
    async with ctx.db.write() as tx:
        row = await tx.one(store.GET, id=sms["id"])
        assert row is not None
        move: Statement[tuple[object, ...]] = Statement(
            table.update().where(table.c.id == "mail").values(config_sealed=row.config_sealed)
        )
        await tx.run(move)
    async with client_of(ctx) as client:
        answer = await client.get("/api/connectors/mail")
    assert answer.status_code == 500
    assert "key-9f" not in answer.text


async def test_a_connector_without_its_factory_is_not_shown(database_url: str, tmp_path: Path) -> None:
    """A store that moves from a developer's machine to a public address loses its outbox."""
    async with opened(database_url, tmp_path) as development:
        shown = await created(development, {"connectorId": "vestibule-outbox-sms"})
    async with opened(database_url, tmp_path, public_url="https://id.example.com") as public:
        assert await ids(public) == []
        async with client_of(public) as client:
            assert (await client.get(f"/api/connectors/{shown['id']}")).status_code == 404
            factories = (await client.get("/api/connector-factories")).json()
            assert not [item for item in factories if "outbox" in item["id"]]
            answer = await client.post("/api/connectors", json={"connectorId": "vestibule-outbox-sms"})
            assert answer.status_code == 422


async def test_two_connectors_of_a_kind_are_named_as_a_fault(ctx: Context) -> None:
    """Only a restored or hand-made store can hold them."""
    for name, factory, code in (
        ("mail", "http-email", "more_than_one_email"),
        ("sms", "http-sms", "more_than_one_sms"),
    ):
        async with ctx.db.write() as tx:
            for number in range(2):
                row_id = f"{name}-{number}"
                await tx.run(
                    store.INSERT,
                    id=row_id,
                    connector_id=factory,
                    config_sealed=ctx.sealer.seal(b"{}", store.TABLE, store.COLUMN, row_id),
                    metadata="{}",
                    sync_profile=False,
                    enable_token_storage=False,
                    created_at=0,
                )
        async with client_of(ctx) as client:
            answer = await client.get("/api/connectors")
            assert (answer.status_code, answer.json()["code"]) == (400, f"connector.{code}")
            await client.delete(f"/api/connectors/{name}-0")
            assert (await client.get("/api/connectors")).status_code == 200


async def test_the_answer_matches_what_was_stored_byte_for_byte(ctx: Context) -> None:
    config = smtp_config(templates=[template(usage) for usage in ("Register", "SignIn", "ForgotPassword", "Generic")])
    shown = await created(ctx, {**SMTP, "config": config})
    assert json.dumps(shown["config"]) == json.dumps(config)
    assert (await domain.get_instance(ctx, shown["id"])).config == config
    assert BEARER["authorization"] not in json.dumps(shown)
