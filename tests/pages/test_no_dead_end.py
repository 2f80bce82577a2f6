"""However second factors are set, whoever has no passkey and no script comes through a sign-in in a few steps."""

import re
from typing import get_args

import pytest

from tests.authenticator import code_at
from tests.oidc.world import App
from tests.pages.visitor import CALLBACK, Visitor, application, t
from tests.world import PASSWORD, World
from vestibule.domain.factor_settings import MfaPolicy

pytestmark = pytest.mark.anyio
ADDRESS, NEW = "ada@example.com", "new@example.com"
OPTION = re.compile(r'class="option" href="([^"]+)"')
SEED = re.compile(r'class="secret-text">([A-Z2-7 ]+)<')
FACTOR = re.compile(r'name="factor" value="([^"]+)"')
STEPS = 9


async def step_on(world: World, ada: Visitor) -> None:
    """Do what the page asks for: another way than a passkey, else what can be put off is put off."""
    forms, seed = ada.text.split("<form")[1:], SEED.search(ada.text)
    options = [path for path in OPTION.findall(ada.text) if "factor=passkey" not in path]
    later = next((at for at, form in enumerate(forms) if t("binding.later") in form), None)
    if seed:
        await ada.submit(code=code_at(world.clock.now(), seed[1].replace(" ", "")))
    elif ada.heading == t("backup.made_heading"):
        await ada.submit()
    elif options:
        await ada.open(options[0])
    elif 'name="identifier"' in forms[0]:
        await ada.submit(identifier=NEW)
    elif 'name="code"' in forms[0]:
        await ada.submit(code=world.code_for(NEW if NEW in ada.text else ADDRESS))
    elif 'name="send"' in forms[0]:
        await ada.submit(send="yes")
    elif later is not None:
        await ada.submit(later, factor=FACTOR.findall(forms[later])[0])
    else:
        await ada.submit(factor=FACTOR.findall(forms[0])[0])


async def comes_through(world: World, ada: Visitor, app: App) -> bool:
    """Sign in by password and go on."""
    await (await ada.begin(app)).sign_in("ada")
    for _ in range(STEPS):
        if ada.address.startswith(CALLBACK):
            return True
        assert ada.answer.status_code == 200, ada.text
        await step_on(world, ada)
    return False


@pytest.mark.parametrize("address", [None, ADDRESS])
@pytest.mark.parametrize(
    "factors",
    [["WebAuthn", "Totp", "BackupCode"], ["WebAuthn", "EmailVerificationCode"], ["Totp", "EmailVerificationCode"]],
)
@pytest.mark.parametrize("policy", get_args(MfaPolicy))
async def test_a_sign_in_ends_whatever_is_set(
    world: World, ada: Visitor, policy: str, factors: list[str], address: str | None
) -> None:
    await world.user(username="ada", password=PASSWORD, **({"primaryEmail": address} if address else {}))
    body = {"mfa": {"policy": policy, "factors": factors}, "passkeySignIn": {"enabled": True}}
    assert (await world.call("PATCH", "/sign-in-exp", body)).status_code == 200
    assert await comes_through(world, ada, await application(world)), ada.text
