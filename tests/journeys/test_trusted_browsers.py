"""A browser that is trusted: the second factor is not asked for again there, and everywhere else it is."""

import pytest
from playwright.async_api import Browser, expect

from tests.authenticator import code_at
from tests.journeys.conftest import ONE_STORE
from tests.journeys.looking import Look
from tests.journeys.site import Site
from tests.journeys.test_sign_in import somebody
from tests.journeys.test_ways_in import decided
from tests.journeys.visitor import PASSWORD, visiting
from vestibule.client import mfa, users
from vestibule.clock import SystemClock

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("site", ONE_STORE, indirect=True)]


async def test_a_trusted_browser_is_not_asked_again(browser: Browser, site: Site) -> None:
    name, look = somebody(site), Look()
    (user,) = site.manager.pages(users.find(search=name))
    seed = site.manager.send(mfa.create_totp(user.id)).secret
    with decided(site, trustedDevice={"enabled": True}, mfa={"factors": ["Totp"], "policy": "UserControlled"}):
        async with visiting(browser, site) as ada, visiting(browser, site) as elsewhere:
            await ada.open("/")
            await ada.sign_in(name, PASSWORD)
            await ada.sees(ada.t("factor.title"))
            await look(ada.page, "trust this browser")
            await ada.page.get_by_label(ada.t("factor.trust", days="30")).check()
            await ada.box("factor.totp").fill(code_at(SystemClock().now(), seed))
            await ada.press("factor.go")
            await ada.sees(name)
            await ada.sign_out()
            await ada.open("/")
            await ada.sign_in(name, PASSWORD)
            await ada.sees(name)
            await elsewhere.open("/")
            await elsewhere.sign_in(name, PASSWORD)
            await elsewhere.sees(elsewhere.t("factor.title"))
            await expect(elsewhere.page.get_by_role("checkbox")).not_to_be_checked()
    assert look.is_content()
