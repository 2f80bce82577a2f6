"""`vestibule account init`: what the account server needs, made once, mended when run again."""

import json
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from vestibule.account.permissions import SCOPES
from vestibule.domain.clients import Client, find_client
from vestibule.domain.connectors import list_instances
from vestibule.domain.context import Context
from vestibule.domain.resources import allowed_to_user
from vestibule.domain.users import NewUser, create_user
from vestibule.store import applications

FILE = Path("var/account.json")


def held() -> dict[str, str]:
    """Return the credentials that were written."""
    content: dict[str, str] = json.loads(FILE.read_text())
    return content


def page_of(shell: Shell) -> Client:
    """Return the page's application."""

    async def work(ctx: Context) -> Client | None:
        async with ctx.db.read() as tx:
            return await find_client(tx, held()["page_client_id"])

    found = shell.ask(work)
    assert found is not None
    return found


def test_the_first_run_writes_credentials_for_the_owner_alone(shell: Shell) -> None:
    done = shell("account", "init")
    assert "wrote" in done.out
    assert set(held()) == {"client_id", "client_secret", "page_client_id", "page_client_secret"}
    assert all(held().values())
    assert stat.S_IMODE(FILE.stat().st_mode) == 0o600


def test_a_second_run_changes_nothing(shell: Shell) -> None:
    shell("account", "init")
    first = held()
    assert "checked" in shell("account", "init").out
    assert held() == first


def test_every_user_may_use_the_account_server_those_from_before_too(shell: Shell) -> None:
    async def made(ctx: Context) -> str:
        return (await create_user(ctx, NewUser(username="ada"))).id

    before = shell.ask(made)
    shell("account", "init")

    async def allowed(ctx: Context) -> list[set[str | None]]:
        after = (await create_user(ctx, NewUser(username="bob"))).id
        async with ctx.db.read() as tx:
            found = [await allowed_to_user(tx, user, "http://localhost:3002/api") for user in (before, after)]
        return [{item.scope for item in items} for items in found]

    assert shell.ask(allowed) == [set(SCOPES), set(SCOPES)]


def test_credentials_of_another_store_are_replaced(shell: Shell) -> None:
    shell("account", "init")
    foreign = {**held(), "client_secret": "x" * 32}
    FILE.write_text(json.dumps(foreign))
    assert "wrote" in shell("account", "init").out
    assert held()["client_id"] != foreign["client_id"]
    assert "checked" in shell("account", "init").out


def test_credentials_that_are_set_but_wrong_are_refused_not_replaced(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CLIENT_ID", "CLIENT_SECRET", "PAGE_CLIENT_ID", "PAGE_CLIENT_SECRET"):
        monkeypatch.setenv(f"VESTIBULE_ACCOUNT_{name}", "nobody")
    done = shell("account", "init")
    assert done.code == 2
    assert "VESTIBULE_ACCOUNT_CLIENT_ID" in done.err
    assert not FILE.exists()


def test_the_pages_addresses_follow_the_public_address(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell("account", "init")
    assert page_of(shell).metadata.redirect_uris == ("http://localhost:3002/callback",)
    monkeypatch.setenv("VESTIBULE_ACCOUNT_PUBLIC_URL", "https://account.example.com")
    first = held()
    assert "checked" in shell("account", "init").out
    assert held() == first
    metadata = page_of(shell).metadata
    assert metadata.redirect_uris == ("https://account.example.com/callback",)
    assert metadata.post_logout_redirect_uris == ("https://account.example.com/signed-out",)


def test_the_page_is_told_of_sign_outs_where_it_can_be_reached(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine's own address is refused to outgoing requests unless the operator lists it."""
    shell("account", "init")
    assert "backchannelLogoutUri" not in page_of(shell).application.oidc_client_metadata
    monkeypatch.setenv("VESTIBULE_ALLOW_PRIVATE", "127.0.0.0/8")
    shell("account", "init")
    assert page_of(shell).metadata.backchannel_logout_uri == "http://localhost:3002/backchannel-logout"
    monkeypatch.setenv("VESTIBULE_ACCOUNT_PUBLIC_URL", "https://account.example.com")
    monkeypatch.delenv("VESTIBULE_ALLOW_PRIVATE")
    shell("account", "init")
    assert page_of(shell).metadata.backchannel_logout_uri == "https://account.example.com/backchannel-logout"


def test_where_an_operator_lets_the_page_be_told_stays(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address inside a network, for one: the next start changes nothing about it."""
    shell("account", "init")
    inside = "http://account.internal:3002/backchannel-logout"

    async def set_inside(ctx: Context) -> None:
        async with ctx.db.write() as tx:
            page = await tx.one(applications.GET, id=held()["page_client_id"])
            assert page is not None
            text = json.dumps({**json.loads(page.oidc_client_metadata), "backchannelLogoutUri": inside})
            await tx.run(applications.SET_METADATA, application_id=page.id, oidc_client_metadata=text)

    shell.ask(set_inside)
    for address in ("http://localhost:3002", "https://account.example.com"):
        monkeypatch.setenv("VESTIBULE_ACCOUNT_PUBLIC_URL", address)
        shell("account", "init")
        assert page_of(shell).metadata.backchannel_logout_uri == inside


def test_the_outbox_is_set_up_only_on_request(shell: Shell) -> None:
    async def kinds(ctx: Context) -> list[str]:
        return sorted(instance.factory.kind for instance in await list_instances(ctx))

    assert shell("account", "init", "--quiet").out == ""
    assert shell.ask(kinds) == []
    shell("account", "init", "--outbox")
    assert shell.ask(kinds) == ["Email", "Sms"]
