"""Our own typed client, sync and async, against a live server: a user's whole life."""

import asyncio

import pyotp
import pytest

from tests.live import Live
from vestibule.client import (
    AsyncManagementClient,
    ManagementClient,
    NotFound,
    Refused,
    codes,
    logs,
    mfa,
    personal_access_tokens,
    users,
)

PASSWORD = "correct horse battery"


def test_a_user_lives_from_creation_to_deletion(live: Live) -> None:
    app = live.application("machine-to-machine", "--management")
    with ManagementClient(live.identity, app["id"], app["secret"]) as management:
        user = management.send(users.create(username="own", primary_email="own@example.com", password=PASSWORD))
        assert [found.id for found in management.pages(users.find(search="%own%"))] == [user.id]
        assert management.send(users.update_profile(user.id, {"nickname": "O"})).nickname == "O"
        management.send(users.verify_password(user.id, PASSWORD))
        with pytest.raises(Refused) as wrong:
            management.send(users.verify_password(user.id, "wrong"))
        assert (wrong.value.status, wrong.value.code) == (422, "session.invalid_credentials")
        management.send(codes.send(email="own@example.com"))
        management.send(codes.verify(live.last_code("own@example.com"), email="own@example.com"))
        token = management.send(personal_access_tokens.create(user.id, "robot"))
        assert token.value.startswith("pat_")
        seed = management.send(mfa.create_totp(user.id)).secret
        assert pyotp.TOTP(seed).now().isdigit()
        assert len(management.send(mfa.create_backup_codes(user.id)).codes) == 10
        for factor in management.send(mfa.find(user.id)):
            management.send(mfa.delete(user.id, factor.id))
        assert management.send(mfa.find(user.id)) == []
        assert management.send(users.suspend(user.id)).is_suspended
        management.send(users.delete(user.id))
        with pytest.raises(NotFound):
            management.send(users.get(user.id))
        trail = [entry.key for entry in management.pages(logs.find(user_id=user.id))]
        assert (trail[0], trail[-1]) == ("Management.DELETE /users/{userId}", "Management.POST /users")


def test_many_at_once_share_one_token(live: Live) -> None:
    app = live.application("machine-to-machine", "--management")

    async def many() -> list[str]:
        async with AsyncManagementClient(live.identity, app["id"], app["secret"]) as management:
            made = await asyncio.gather(*(management.send(users.create(username=f"user{n}")) for n in range(20)))
            listed = [item.id async for item in management.pages(users.find(search__username="user%"))]
            assert sorted(listed) == sorted(user.id for user in made)
            return [entry.key async for entry in management.pages(logs.find(application_id=app["id"]))]

    assert asyncio.run(many()).count("ExchangeTokenBy.ClientCredentials") == 1
