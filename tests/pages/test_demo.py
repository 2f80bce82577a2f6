"""The preview of sign-in: its page, its script, and the built-in client it signs in with."""

import base64
import re
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.world import URL, World, worlds

pytestmark = pytest.mark.anyio

ADDRESS = f"{URL}/demo-app"


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with worlds(database_url, tmp_path) as made:
        yield made


async def test_the_page_brings_one_script_of_ours_and_nothing_else_may_run(world: World) -> None:
    """B102: no inline script, no other origin."""
    page = await world.client.get("/demo-app", headers={"accept-language": "en"})
    assert page.status_code == 200
    assert "Try signing in" in page.text
    scripts = re.findall(r'<script[^>]*src="([^"]+)"[^>]*>(.*?)</script>', page.text)
    assert len(scripts) == page.text.count("<script") == 2
    assert all(address.startswith("/") and not inner for address, inner in scripts)
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy
    script = await world.client.get(scripts[1][0])
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert (await world.client.get("/demo-app/other/demo.js")).status_code == 404


async def test_the_page_names_its_issuer_and_its_client(world: World) -> None:
    page = (await world.client.get("/demo-app", headers={"accept-language": "fr"})).text
    assert f'data-issuer="{URL}/oidc" data-client="demo-app" data-address="{ADDRESS}"' in page
    assert "Essayer la connexion" in page


async def test_what_the_answer_of_a_sign_in_holds_never_reaches_the_page(world: World) -> None:
    page = await world.client.get("/demo-app", params={"code": "c4n4ry", "state": "<script>x"})
    assert "c4n4ry" not in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_its_client_begins_a_sign_in_with_a_proof_key(world: World) -> None:
    challenge = base64.urlsafe_b64encode(sha256(b"v" * 50).digest()).rstrip(b"=").decode()
    query = {
        "client_id": "demo-app",
        "redirect_uri": ADDRESS,
        "response_type": "code",
        "scope": "openid profile email phone roles",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    answer = await world.client.get("/oidc/auth", params=query)
    assert answer.headers["location"].startswith("/sign-in?app_id=demo-app")
