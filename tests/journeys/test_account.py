"""The main road: register, change name, e-mail and password, sign out, sign in again; with and without script."""

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.site import Site
from tests.journeys.visitor import PASSWORD, visiting
from vestibule.client import users

pytestmark = pytest.mark.anyio
NEW_PASSWORD = "seven quiet otters"


@pytest.mark.parametrize("scripts", [True, False], ids=["with script", "without script"])
async def test_an_account_is_made_changed_and_used_again(browser: Browser, site: Site, scripts: bool) -> None:
    name = site.somebody()
    address = f"{name}@example.com"
    async with visiting(browser, site, scripts=scripts) as ada:
        await ada.register(name)

        await ada.change("name", "name")
        await ada.sees(ada.t("edit.name"))
        await ada.fill(name="Ada Lovelace")
        await ada.press("account.save")
        await ada.sees("Ada Lovelace")
        await expect(ada.page.get_by_role("status")).to_have_text(ada.t("saved.name"))

        await ada.change("email", "email")
        await ada.fill(new_email=address, current_password=PASSWORD)
        await ada.press("account.send_code")
        await expect(ada.page.locator("[autocomplete=one-time-code]")).to_be_visible()
        await ada.page.locator("[autocomplete=one-time-code]").fill(site.mailbox.code_for(address))
        await ada.press("account.confirm")
        await expect(ada.page.get_by_role("status")).to_have_text(ada.t("saved.email"))
        await ada.reads(address)

        await ada.change("password", "password")
        await ada.fill(current_password=PASSWORD, new_password=NEW_PASSWORD)
        await ada.press("account.save")
        await expect(ada.page.get_by_role("status")).to_have_text(ada.t("saved.password"))

        await ada.sign_out()
        await ada.open("/")
        await ada.sees(ada.t("sign_in.title"))
        await ada.sign_in(address, PASSWORD)
        await ada.reads(ada.t("fault.credentials"))
        await ada.sign_in(address, NEW_PASSWORD)
        await ada.sees("Ada Lovelace")
    (user,) = site.manager.pages(users.find(search=name))
    assert (user.name, user.primary_email) == ("Ada Lovelace", address)
