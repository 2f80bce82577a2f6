"""`vestibule doctor` against a real server and a real proxy: each fault is found, with the line that mends it."""

import asyncio
import json
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.cli.conftest import Shell
from tests.cli.proxying import Edit, adding, proxy, unchanged, without
from tests.connectors.world import Mailbox, http_server, make_certificate, smtp_config, smtp_server
from tests.live import free_ports
from tests.world import World, worlds
from vestibule.cli.doctor import examine
from vestibule.cli.doctor_finding import Finding
from vestibule.clock import SystemClock
from vestibule.domain import doctor
from vestibule.http.server import serve
from vestibule.settings import AccountSettings, ServerSettings, load

pytestmark = pytest.mark.anyio
SMTP = "simple-mail-transfer-protocol"


def now_seconds() -> float:
    """The machine's time."""
    return SystemClock().now() / 1000


@dataclass
class Site:
    """A server on a port behind its public address, and the settings that both the server and the doctor have."""

    world: World
    settings: ServerSettings
    folder: Path

    async def found(self, account: dict[str, str] | None = None, **changes: Any) -> dict[str, Finding]:
        """Have the doctor look, with settings that may differ from the server's; returns the worst of each check."""
        env = {"VESTIBULE_ACCOUNT_CREDENTIALS": str(self.folder / "none.json"), **(account or {})}
        findings = await examine(replace(self.settings, **changes), load(AccountSettings, env))
        order = {"ok": 0, "warn": 1, "wrong": 2}
        return {finding.check: finding for finding in sorted(findings, key=lambda item: order[item.state])}


@asynccontextmanager
async def site(
    database_url: str,
    folder: Path,
    *,
    scheme: str = "http",
    behind: bool = False,
    tls: Any = None,
    request: Edit = unchanged,
    response: Edit = unchanged,
    **env: str,
) -> AsyncIterator[Site]:
    """Run a server, behind a proxy or not."""
    outer, inner = free_ports(2)
    public = f"{scheme}://localhost:{outer if behind else inner}"
    stop, ready = asyncio.Event(), asyncio.Event()
    async with AsyncExitStack() as held:
        world = await held.enter_async_context(
            worlds(
                database_url,
                folder,
                outbox=True,
                VESTIBULE_PUBLIC_URL=public,
                VESTIBULE_PORT=str(inner),
                VESTIBULE_ALLOW_PRIVATE="127.0.0.0/8",
                **env,
            )
        )
        task = asyncio.create_task(serve(world.server.app, "127.0.0.1", inner, ready=lambda _: ready.set(), stop=stop))
        await asyncio.wait_for(ready.wait(), 10)
        if behind:
            await held.enter_async_context(proxy(outer, inner, tls=tls, request=request, response=response))
        try:
            yield Site(world, world.server.ctx.settings, folder)
        finally:
            stop.set()
            await task


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A certificate for localhost that this machine accepts."""
    made = make_certificate(tmp_path, ("localhost",))
    (tmp_path / "ca.pem").write_text(made.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return made.server


async def test_a_server_that_is_well_is_told_so(database_url: str, tmp_path: Path) -> None:
    async with site(database_url, tmp_path) as here:
        found = await here.found()
    assert {check: finding.state for check, finding in found.items()} == dict.fromkeys(
        ("address", "clock", "cookies", "proxy", "store", "store clock", "mail", "factors", "account"), "ok"
    )
    assert found["proxy"].words == "no proxy in between"


async def test_a_proxy_with_tls_that_is_well_is_told_so(database_url: str, tmp_path: Path, trusted: Any) -> None:
    headers = adding("X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https")
    async with site(
        database_url,
        tmp_path,
        scheme="https",
        behind=True,
        tls=trusted,
        request=headers,
        VESTIBULE_TRUSTED_PROXIES="127.0.0.0/8",
    ) as here:
        found = await here.found()
    assert {finding.state for finding in found.values()} == {"ok"}
    assert found["proxy"].words == "the proxy at 127.0.0.1 is trusted and names the visitor (203.0.113.7)"
    assert found["cookies"].words.endswith("Secure")
    assert "is good for" in found["tls"].words


@pytest.mark.parametrize(
    ("request_edit", "trusts", "check", "state", "change"),
    [
        (adding("X-Forwarded-For: 203.0.113.7"), "", "proxy", "wrong", "VESTIBULE_TRUSTED_PROXIES=127.0.0.1"),
        (
            adding("X-Forwarded-For: 203.0.113.7"),
            "10.0.0.0/8",
            "proxy",
            "wrong",
            "VESTIBULE_TRUSTED_PROXIES=10.0.0.0/8,127.0.0.1",
        ),
        (unchanged, "127.0.0.1", "proxy", "wrong", "at the proxy: X-Forwarded-For"),
        (unchanged, "", "proxy", "warn", "at the proxy: X-Forwarded-For"),
        (adding("X-Forwarded-Proto: https"), "", "scheme", "warn", "at the proxy: X-Forwarded-Proto http"),
        (adding("X-Forwarded-Host: internal:80"), "", "host", "warn", "at the proxy: X-Forwarded-Host localhost:"),
        (
            lambda head: [*without("host")(head), "Host: internal:80"],
            "",
            "host",
            "warn",
            "at the proxy: Host localhost:",
        ),
    ],
)
async def test_what_a_proxy_forgets_or_says_wrongly_is_found(
    database_url: str, tmp_path: Path, request_edit: Edit, trusts: str, check: str, state: str, change: str
) -> None:
    async with site(
        database_url, tmp_path, behind=True, request=request_edit, VESTIBULE_TRUSTED_PROXIES=trusts
    ) as here:
        finding = (await here.found())[check]
    assert finding.state == state
    assert finding.change.startswith(change)


async def test_another_public_address_is_found_by_the_part_that_differs(database_url: str, tmp_path: Path) -> None:
    """The server believes one address, the command's environment has another that leads to it."""
    async with site(database_url, tmp_path) as here:
        other = here.settings.public_url.replace("localhost", "127.0.0.1")
        finding = (await here.found(public_url=other))["host"]
        assert finding.state == "wrong"
        assert here.settings.public_url in finding.words
        assert finding.change == f"VESTIBULE_PUBLIC_URL={other}, where the server runs"


async def test_a_wrong_port_is_found_and_the_right_one_is_named(database_url: str, tmp_path: Path) -> None:
    async with site(database_url, tmp_path) as here:
        finding = (await here.found(public_url="http://localhost:1"))["port"]
        assert finding == Finding(
            "port", "wrong", "nobody answers at http://localhost:1", f"VESTIBULE_PUBLIC_URL={here.settings.public_url}"
        )
        stopped = (await here.found(public_url="http://localhost:1", port=1))["port"]
        assert stopped.change == "start the server: vestibule serve"


async def test_a_name_without_an_address_is_found(database_url: str, tmp_path: Path, monkeypatch: Any) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    async with site(database_url, tmp_path) as here:
        monkeypatch.setattr("vestibule.cli.doctor_address.fetch", nowhere)
        finding = (await here.found(public_url="https://id.example.com"))["host"]
    assert (finding.state, finding.words) == ("wrong", "id.example.com has no address")
    assert finding.change.startswith("VESTIBULE_PUBLIC_URL=https://id.example.com")


async def test_a_wrong_scheme_is_found_both_ways(database_url: str, tmp_path: Path, trusted: Any) -> None:
    async with site(database_url, tmp_path) as here:
        secure = here.settings.public_url.replace("http", "https")
        finding = (await here.found(public_url=secure))["scheme"]
        assert finding.change.startswith(f"VESTIBULE_PUBLIC_URL={here.settings.public_url}")
    async with site(database_url, tmp_path, scheme="https", behind=True, tls=trusted) as here:
        plain = here.settings.public_url.replace("https", "http")
        finding = (await here.found(public_url=plain))["scheme"]
        assert finding.change == f"VESTIBULE_PUBLIC_URL={here.settings.public_url}"


async def test_an_address_that_leads_on_is_found(database_url: str, tmp_path: Path) -> None:
    moved = b"HTTP/1.1 301 Moved\r\nLocation: https://id.example.com/\r\nContent-Length: 0\r\n\r\n"
    async with site(database_url, tmp_path) as here, http_server(moved) as (port, _):
        finding = (await here.found(public_url=f"http://localhost:{port}"))["scheme"]
    assert finding.change == "VESTIBULE_PUBLIC_URL=https://id.example.com"


async def test_something_else_at_the_address_is_found(database_url: str, tmp_path: Path) -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    [port] = free_ports(1)
    async with site(database_url, tmp_path) as here, http_server(page) as (inner, _), proxy(port, inner):
        finding = (await here.found(public_url=f"http://localhost:{port}"))["address"]
    assert finding.state == "wrong"
    assert finding.change == f"VESTIBULE_PUBLIC_URL={here.settings.public_url}"


async def test_a_certificate_that_browsers_refuse_is_found(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_certificate(tmp_path, ("id.example.com",))
    async with site(database_url, tmp_path, scheme="https", behind=True, tls=made.server) as here:
        finding = (await here.found())["tls"]
        assert finding.state == "wrong"
        assert "self-signed certificate" in finding.words
        (tmp_path / "ca.pem").write_text(made.pem)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        finding = (await here.found())["tls"]
        port = here.settings.public_url.rpartition(":")[2]
        assert finding.change == f"VESTIBULE_PUBLIC_URL=https://id.example.com:{port}"


@pytest.mark.parametrize(
    ("response", "scheme", "words"),
    [
        (without("set-cookie"), "http", "takes them away"),
        (lambda head: [line.replace("; Secure", "") for line in head], "https", "lose Secure"),
        (
            lambda head: [line + "; Secure" if line.lower().startswith("set-cookie") else line for line in head],
            "http",
            "browsers keep none",
        ),
    ],
)
async def test_cookies_that_are_spoilt_on_the_way_are_found(
    database_url: str, tmp_path: Path, trusted: Any, response: Edit, scheme: str, words: str
) -> None:
    tls = trusted if scheme == "https" else None
    async with site(database_url, tmp_path, scheme=scheme, behind=True, tls=tls, response=response) as here:
        finding = (await here.found())["cookies"]
    assert finding.state == "wrong"
    assert words in finding.words


@pytest.mark.parametrize(("ahead", "state"), [(20, "warn"), (300, "wrong"), (-300, "wrong")])
async def test_a_clock_that_is_wrong_is_found(database_url: str, tmp_path: Path, ahead: int, state: str) -> None:
    def turned(head: list[str]) -> list[str]:
        return [*without("date")(head), f"Date: {formatdate(now_seconds() + ahead, usegmt=True)}"]

    async with site(database_url, tmp_path, behind=True, response=turned) as here:
        finding = (await here.found())["clock"]
    assert (finding.state, finding.change) == (state, "set both clocks by NTP")
    assert ("ahead of" if ahead > 0 else "behind") in finding.words


async def test_a_mail_server_is_greeted_and_gets_no_message(database_url: str, tmp_path: Path) -> None:
    mailbox = Mailbox()
    async with site(database_url, tmp_path) as here:
        async with smtp_server(mailbox) as port:
            answer = await here.world.call(
                "POST",
                "/connectors",
                {"connectorId": SMTP, "config": smtp_config(port, auth={"user": "x", "pass": "y"})},
            )
            assert answer.status_code == 200, answer.text
            assert (await here.found())["mail"] == Finding("mail", "ok", "the mail server 127.0.0.1 answers")
        assert (mailbox.mails, mailbox.logins) == ([], [])
        finding = (await here.found())["mail"]
    assert finding.state == "wrong"
    assert finding.change.startswith("PATCH /api/connectors/")


async def test_a_server_without_mail_is_warned(database_url: str, tmp_path: Path) -> None:
    async with site(database_url, tmp_path) as here:
        for connector in (await here.world.call("GET", "/connectors")).json():
            await here.world.call("DELETE", f"/connectors/{connector['id']}")
        finding = (await here.found())["mail"]
    assert (finding.state, finding.change) == ("warn", "POST /api/connectors")


async def test_a_factor_that_is_insisted_on_and_that_some_cannot_have_is_found(
    database_url: str, tmp_path: Path
) -> None:
    async with site(database_url, tmp_path) as here:

        async def found(*factors: str) -> Finding:
            body = {"mfa": {"factors": factors, "policy": "Mandatory"}}
            assert (await here.world.call("PATCH", "/sign-in-exp", body)).status_code == 200
            return (await here.found())["factors"]

        assert (await found("Totp", "EmailVerificationCode")).state == "ok"
        assert (await found("PhoneVerificationCode", "EmailVerificationCode")).state == "ok"
        one = await found("EmailVerificationCode", "BackupCode")
        assert (one.state, "by e-mail" in one.words) == ("warn", True)
        assert one.change.startswith("PATCH /api/sign-in-exp (mfa.factors")
        for connector in (await here.world.call("GET", "/connectors")).json():
            await here.world.call("DELETE", f"/connectors/{connector['id']}")
        none = (await here.found())["factors"]
    assert (none.state, none.change[:20]) == ("wrong", "POST /api/connectors")


async def test_another_store_or_key_than_the_servers_is_found(database_url: str, tmp_path: Path) -> None:
    async with site(database_url, tmp_path) as here:
        empty = (await here.found(database_url=f"sqlite:///{tmp_path}/none.db"))["store"]
        assert (empty.state, empty.change[:17]) == ("wrong", "vestibule migrate")
        gone = (await here.found(database_url="postgresql://nobody@127.0.0.1:1/none"))["store"]
        assert (gone.state, gone.change) == ("wrong", "VESTIBULE_DATABASE_URL=…")
        key = (await here.found(secret_key="B" * 43))["key"]
        assert (key.state, key.change[:21]) == ("wrong", "VESTIBULE_SECRET_KEY=")
        missing = (await here.found(secret_key="", secret_key_file=str(tmp_path / "none.key")))["key"]
        assert missing.change == "VESTIBULE_SECRET_KEY_FILE=…"


async def test_a_server_on_another_store_is_found(
    database_url: str, tmp_path: Path, bare: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f"sqlite:///{tmp_path}/other.db"
    monkeypatch.setenv("VESTIBULE_DATABASE_URL", other)
    assert (await asyncio.to_thread(bare, "migrate", "--store", "identity")).code == 0
    async with site(database_url, tmp_path) as here:
        finding = (await here.found(database_url=other))["store"]
    assert finding.state == "wrong"
    assert finding.change.startswith("VESTIBULE_DATABASE_URL")


async def test_an_account_server_that_is_set_up_must_answer(database_url: str, tmp_path: Path) -> None:
    described = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    env = {"VESTIBULE_ACCOUNT_CLIENT_ID": "x", "VESTIBULE_ACCOUNT_PUBLIC_URL": "http://localhost:1"}
    async with site(database_url, tmp_path) as here, http_server(described) as (port, _):
        finding = (await here.found(env))["account"]
        assert finding.state == "wrong"
        assert finding.change.startswith("VESTIBULE_ACCOUNT_PUBLIC_URL=http://localhost:1")
        env["VESTIBULE_ACCOUNT_PUBLIC_URL"] = f"http://localhost:{port}"
        assert (await here.found(env))["account"].state == "ok"


async def test_what_the_server_sees_is_told_to_the_doctor_once_and_to_no_stranger(
    database_url: str, tmp_path: Path
) -> None:
    """The question lies in the store under the store's own key."""
    async with worlds(database_url, tmp_path) as world:

        async def ask(token: str | None) -> httpx2.Response:
            headers = {} if token is None else {doctor.HEADER: token}
            return await world.client.get("/doctor", headers=headers)

        token = await doctor.ask(world.server.ctx)
        for stranger in (None, "", "x" * 43, token[:-1], token.lower()):
            assert (await ask(stranger)).status_code == 404
        good = await ask(token)
        assert good.json()["publicUrl"] == world.server.ctx.settings.public_url
        assert good.headers["cache-control"] == "no-store"
        assert (await ask(token)).status_code == 404


def test_the_command_prints_a_line_a_check_and_ends_with_one(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VESTIBULE_PUBLIC_URL", "http://localhost:1")
    monkeypatch.setenv("VESTIBULE_PORT", "1")
    done = shell("doctor")
    assert done.code == 1
    assert done.out.splitlines()[:2] == [
        "wrong port        nobody answers at http://localhost:1",
        "      →           start the server: vestibule serve",
    ]
    told = json.loads(shell("doctor", "--json").out)["checks"]
    assert told[0] == {
        "check": "port",
        "state": "wrong",
        "words": "nobody answers at http://localhost:1",
        "change": "start the server: vestibule serve",
    }


def test_a_store_that_cannot_be_written_is_found(bare: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VESTIBULE_SECRET_KEY", "A" * 43)
    monkeypatch.setenv("VESTIBULE_DATABASE_URL", "sqlite:///held.db")
    assert bare("users", "create", "--username", "ada").code == 0
    holder = sqlite3.connect(bare.folder / "held.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        told = {check["check"]: check for check in json.loads(bare("doctor", "--json").out)["checks"]}
    finally:
        holder.close()
    assert told["store"]["state"] == "wrong"
    assert "cannot be written" in told["store"]["words"]
