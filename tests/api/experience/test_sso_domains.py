"""Which companies an address leads to, and what it costs to know: as much with many companies as with one."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.api.experience.test_sso import Company, company
from tests.sso_provider import CONFIG
from vestibule.crypto import Sealer
from vestibule.db.compiled import Compiled

__all__ = ["company"]

pytestmark = pytest.mark.anyio
FIND = "/sso-connectors?email=ada@acme.example"


async def cost(company: Company, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Return how many statements the store is given for a look-up, and how many secrets are opened."""
    await company.program.good("GET", FIND)
    statements, opened, arguments, opens = [], [], Compiled.arguments, Sealer.open

    def counted(self: Compiled[Any], parameters: Mapping[str, Any]) -> Any:
        statements.append(parameters)
        return arguments(self, parameters)

    def seen(self: Sealer, *sealed: Any) -> bytes:
        opened.append(sealed)
        return opens(self, *sealed)

    with monkeypatch.context() as patch:
        patch.setattr(Compiled, "arguments", counted)
        patch.setattr(Sealer, "open", seen)
        await company.program.good("GET", FIND)
    return len(statements), len(opened)


async def another(company: Company, name: str, *domains: str) -> str:
    """Set up a further company; returns the id of its connector."""
    body = {"providerName": "OIDC", "connectorName": name, "config": CONFIG, "domains": list(domains)}
    return str((await company.world.made("/sso-connectors", **body))["id"])


async def led_to(company: Company, email: str) -> list[str]:
    """Return where an address leads."""
    return list((await company.program.good("GET", f"/sso-connectors?email={email}"))["connectorIds"])


async def test_an_address_costs_no_more_with_every_company(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    await company.program.begin()
    alone = await cost(company, monkeypatch)
    for number in range(6):
        await another(company, f"Company {number}", f"c{number}.example", f"also{number}.example")
    assert await cost(company, monkeypatch) == alone
    assert alone[1] <= 1, "its own configuration, to see that it is whole"


async def test_domains_lead_where_they_were_said_last(company: Company) -> None:
    await company.program.begin()
    second = await another(company, "B", "b.example", "both.example")
    company.world.clock.advance(seconds=1)
    third = await another(company, "C", "both.example", f"{'x' * 250}.example")
    assert await led_to(company, "ada@both.example") == [second, third]
    change = f"/sso-connectors/{second}"
    assert (await company.world.call("PATCH", change, {"domains": ["New.example"]})).status_code == 200
    assert await led_to(company, "ada@both.example") == [third]
    assert await led_to(company, "ada@b.example") == []
    assert await led_to(company, "ada@new.EXAMPLE.") == [second]
    await company.world.call("PATCH", change, {"connectorName": "Renamed"})
    assert await led_to(company, "ada@new.example") == [second]
    await company.world.call("PATCH", change, {"domains": []})
    assert await led_to(company, "ada@new.example") == []
    await company.world.call("DELETE", f"/sso-connectors/{third}")
    assert await led_to(company, "ada@both.example") == []
    assert await led_to(company, "ada@acme.example") == [company.id]
