"""Factors through the Management API: TOTP, backup codes, passkeys; nothing secret of them is stored in clear."""

import asyncio
import base64
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import insert, select

from tests.world import World, worlds
from vestibule import totp
from vestibule.db import Statement
from vestibule.store.tables import backup_codes, mfa_verifications

pytestmark = pytest.mark.anyio
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CODES = [f"{number:010x}" for number in range(10)]


def path(user: dict[str, Any], *rest: str) -> str:
    return "/".join([f"/users/{user['id']}/mfa-verifications", *rest])


async def add(world: World, user: dict[str, Any], **body: Any) -> httpx2.Response:
    answer = await world.call("POST", path(user), body)
    world.clock.advance(seconds=0.001)  # the oldest comes first
    return answer


async def listed(world: World, user: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await world.call("GET", path(user))
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def code_of(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_totp_generator_is_made_and_then_shown_without_its_secret(world: World) -> None:
    user = await world.user(name="Ada")
    now = datetime.fromtimestamp(world.clock.now() / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    made = await add(world, user, type="Totp")
    assert made.status_code == 200
    assert list(made.json()) == ["type", "secret", "secretQrCode"]
    secret = made.json()["secret"]
    assert len(base64.b32decode(secret)) == 20
    (factor,) = await listed(world, user)
    assert factor == {"id": factor["id"], "createdAt": now, "type": "Totp"}
    assert len(factor["id"]) == 21
    assert secret not in json.dumps(world.lines)


async def test_a_given_secret_is_kept(world: World) -> None:
    made = await add(world, await world.user(), type="Totp", secret=SEED)
    assert made.json()["secret"] == SEED


@pytest.mark.parametrize(
    ("who", "label"),
    [
        ({"name": "Ada L", "primaryEmail": "a@x.io"}, "Ada%20L"),
        ({"primaryEmail": "a@x.io", "username": "ada"}, "a%40x.io"),
        ({"primaryPhone": "33612345678", "username": "ada"}, "%2B33%206%2012%2034%2056%2078"),
        ({"username": "ada"}, "ada"),
        ({}, "Account"),
    ],
)
async def test_the_qr_code_names_the_person_and_the_configured_host(
    world: World, who: dict[str, str], label: str
) -> None:
    made = await world.call(
        "POST", path(await world.user(**who)), {"type": "Totp", "secret": SEED}, headers={"host": "evil.example"}
    )
    host = "id.localhost"
    address = f"otpauth://totp/{host}:{label}?secret={SEED}&period=30&digits=6&algorithm=SHA1&issuer={host}"
    assert made.json()["secretQrCode"] == totp.qr_code(address)
    kind, _, content = made.json()["secretQrCode"].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(content).startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize("secret", ["", "short", "a" * 16, "A" * 33, "A" * 17])
async def test_a_bad_secret_is_refused_and_so_is_an_empty_one(world: World, secret: str) -> None:
    user = await world.user()
    assert code_of(await add(world, user, type="Totp", secret=secret)) == (422, "user.totp_secret_invalid")
    assert await listed(world, user) == []


async def test_a_user_has_one_totp_generator_and_that_is_said_first(world: World) -> None:
    user = await world.user()
    await add(world, user, type="Totp")
    for secret in (SEED, "bad"):
        assert code_of(await add(world, user, type="Totp", secret=secret)) == (422, "user.totp_already_in_use")


async def test_of_many_at_once_one_totp_generator_is_made(world: World) -> None:
    user = await world.user()
    answers = await asyncio.gather(*[add(world, user, type="Totp") for _ in range(8)])
    assert sorted(answer.status_code for answer in answers) == [200, *[422] * 7]
    assert len(await listed(world, user)) == 1


async def test_backup_codes_are_shown_once_and_then_counted(world: World) -> None:
    user = await world.user()
    await add(world, user, type="Totp")
    made = await add(world, user, type="BackupCode")
    assert (made.status_code, list(made.json())) == (200, ["type", "codes"])
    codes = made.json()["codes"]
    assert len(set(codes)) == 10
    assert all(len(code) == 10 and set(code) <= set("0123456789abcdef") for code in codes)
    factor = (await listed(world, user))[1]
    assert factor == {**factor, "type": "BackupCode", "remainCodes": 10}
    assert set(factor) == {"id", "createdAt", "type", "remainCodes"}


async def test_backup_codes_need_another_factor(world: World) -> None:
    user = await world.user()
    expected = (422, "session.mfa.backup_code_can_not_be_alone")
    assert code_of(await add(world, user, type="BackupCode")) == expected
    assert code_of(await add(world, user, type="BackupCode", codes=["bad"])) == expected


@pytest.mark.parametrize(
    "codes", [[], CODES[:9], [*CODES, CODES[0]], [*CODES[:9], "g" * 10], [*CODES[:9], "1" * 9], [*CODES[:9], "1" * 11]]
)
async def test_given_backup_codes_are_ten_of_ten_hexadecimal_digits(world: World, codes: list[str]) -> None:
    user = await world.user()
    await add(world, user, type="Totp")
    assert code_of(await add(world, user, type="BackupCode", codes=codes)) == (422, "user.wrong_backup_code_format")


async def test_given_backup_codes_are_taken_duplicates_and_capitals_too(world: World) -> None:
    user = await world.user()
    await add(world, user, type="Totp")
    codes = [*CODES[:8], "ABCDEF0123", CODES[0]]
    assert (await add(world, user, type="BackupCode", codes=codes)).json() == {"type": "BackupCode", "codes": codes}


async def test_new_backup_codes_wait_until_the_old_ones_are_gone(world: World) -> None:
    """B61: there is never more than one set that counts."""
    user = await world.user()
    await add(world, user, type="Totp")
    await add(world, user, type="BackupCode")
    assert code_of(await add(world, user, type="BackupCode")) == (422, "user.backup_code_already_in_use")
    assert code_of(await add(world, user, type="BackupCode", codes=[])) == (422, "user.backup_code_already_in_use")
    factors = await listed(world, user)
    assert (await world.call("DELETE", path(user, factors[1]["id"]))).status_code == 204
    assert (await add(world, user, type="BackupCode")).status_code == 200


async def test_a_removed_totp_generator_leaves_the_backup_codes(world: World) -> None:
    user = await world.user()
    await add(world, user, type="Totp")
    await add(world, user, type="BackupCode")
    first, second = await listed(world, user)
    removed = await world.call("DELETE", path(user, first["id"]))
    assert (removed.status_code, removed.content) == (204, b"")
    assert await listed(world, user) == [second]


async def test_a_passkey_is_renamed_by_its_owners_id_alone(world: World) -> None:
    """B78: no other factor, and none of somebody else; what is kept of it stays."""
    user, eve = await world.user(), await world.user()
    statement: Statement[Any] = Statement(insert(mfa_verifications))
    data = json.dumps({"publicKey": "secret key", "agent": "Chrome", "aaguid": "a", "transports": ["usb"]})
    row = {"user_id": user["id"], "type": "WebAuthn", "secret_sealed": None, "last_step": None, "data": data}
    async with world.server.ctx.db.write() as tx:
        await tx.run(statement, id="key1", credential_id="c1", **row, created_at=1, last_used_at=None)
    await add(world, user, type="Totp")
    for whose, factor in ((eve, "key1"), (user, (await listed(world, user))[1]["id"]), (user, "nothing")):
        answer = await world.call("PATCH", path(whose, factor, "name"), {"name": "x"})
        assert code_of(answer) == (404, "entity.not_found")
    for name in ("", " ", "\u00a0\t\u2003", "x" * 129, None, 7):
        assert (await world.call("PATCH", path(user, "key1", "name"), {"name": name})).status_code == 400
    answer = await world.call("PATCH", path(user, "key1", "name"), {"name": "key <ring>"})
    assert answer.status_code == 200
    assert answer.json() == (await listed(world, user))[0]
    assert answer.json()["name"] == "key <ring>"
    kept = Statement[Any](select(mfa_verifications.c.data).where(mfa_verifications.c.id == "key1"))
    async with world.server.ctx.db.read() as tx:
        assert json.loads(await tx.value(kept)) == {**json.loads(data), "name": "key <ring>"}


async def test_passkeys_are_shown_without_their_keys_and_can_be_removed(world: World) -> None:
    user = await world.user()
    statement: Statement[Any] = Statement(insert(mfa_verifications))
    data = json.dumps({"agent": "Firefox", "name": "Key ring", "publicKey": "secret-ish", "counter": 1})
    row = {"user_id": user["id"], "type": "WebAuthn", "secret_sealed": None, "last_step": None, "data": data}
    async with world.server.ctx.db.write() as tx:
        await tx.run(statement, **row, id="key1", credential_id="c1", created_at=0, last_used_at=1500)
        await tx.run(statement, **row | {"data": "{}"}, id="key2", credential_id="c2", created_at=1, last_used_at=None)
    shown = await listed(world, user)
    assert shown == [
        {
            "id": "key1",
            "createdAt": "1970-01-01T00:00:00.000Z",
            "type": "WebAuthn",
            "lastUsedAt": "1970-01-01T00:00:01.500Z",
            "agent": "Firefox",
            "name": "Key ring",
        },
        {"id": "key2", "createdAt": "1970-01-01T00:00:00.001Z", "type": "WebAuthn"},
    ]
    assert (await add(world, user, type="BackupCode")).status_code == 200  # a passkey is another factor
    assert (await world.call("DELETE", path(user, "key1"))).status_code == 204
    assert [factor["type"] for factor in await listed(world, user)] == ["WebAuthn", "BackupCode"]


@pytest.mark.parametrize(
    ("body", "issue"),
    [
        ({"type": "WebAuthn"}, "invalid_union_discriminator"),
        ({}, "invalid_union_discriminator"),
        ({"type": "Totp", "secret": 1}, "invalid_type"),
        ({"type": "Totp", "secret": None}, "invalid_type"),
        ({"type": "BackupCode", "codes": "0000000000"}, "invalid_type"),
        ({"type": "BackupCode", "codes": [1]}, "invalid_type"),
    ],
)
async def test_another_shape_is_refused(world: World, body: dict[str, Any], issue: str) -> None:
    answer = await add(world, await world.user(), **body)
    assert code_of(answer) == (400, "guard.invalid_input")
    assert [item["code"] for item in answer.json()["data"]["issues"]] == [issue]


async def test_nobody_and_somebody_elses_factor_are_not_found(world: World) -> None:
    """B78: a factor is reached through its own user only."""
    ada, bob = await world.user(), await world.user()
    await add(world, ada, type="Totp")
    (factor,) = await listed(world, ada)
    missing = {"id": "nobody"}
    answers = [
        await world.call("GET", path(missing)),
        await add(world, missing, type="Totp"),
        await add(world, missing, type="BackupCode"),
        await world.call("DELETE", path(missing, factor["id"])),
        await world.call("DELETE", path(bob, factor["id"])),
        await world.call("DELETE", path(ada, "unknown")),
    ]
    assert [code_of(answer) for answer in answers] == [(404, "entity.not_found")] * 6
    assert await listed(world, ada) == [factor]


async def test_factors_go_with_their_user(world: World) -> None:
    user = await world.user()
    await add(world, user, type="Totp")
    await add(world, user, type="BackupCode")
    assert (await world.call("DELETE", f"/users/{user['id']}")).status_code == 204
    async with world.server.ctx.db.read() as tx:
        assert await tx.all(Statement(select(mfa_verifications.c.id))) == []
        assert await tx.all(Statement(select(backup_codes.c.position))) == []


async def test_the_database_file_holds_no_seed_and_no_backup_code(
    sqlite_templates: dict[str, Path], tmp_path: Path
) -> None:
    """B98: seeds are sealed, codes are digests."""
    file = tmp_path / "store.db"
    file.write_bytes(sqlite_templates["identity"].read_bytes())
    async with worlds(f"sqlite:///{file}", tmp_path) as world:
        user = await world.user()
        secret = (await add(world, user, type="Totp")).json()["secret"]
        codes = (await add(world, user, type="BackupCode")).json()["codes"]
    with sqlite3.connect(file) as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert user["id"] in dump
    assert [text for text in (secret, *codes) if text in dump] == []
