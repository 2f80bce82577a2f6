"""The typed client's operations on factors and settings, against the real server."""

import pytest

from tests.world import World
from vestibule.client import (
    AccessControl,
    AsyncManagementClient,
    NotFound,
    Refused,
    applications,
    configs,
    connectors,
    error_codes,
    mfa,
    organizations,
    sign_in_experience,
    status,
    users,
)

pytestmark = pytest.mark.anyio


async def test_factors_are_made_listed_and_removed(world: World, management: AsyncManagementClient) -> None:
    user = await management.send(users.create(username="ada"))
    totp = await management.send(mfa.create_totp(user.id, secret="A" * 16))
    assert totp.secret == "A" * 16
    assert totp.secret_qr_code.startswith("data:image/png;base64,")
    world.clock.advance(seconds=1)
    codes = (await management.send(mfa.create_backup_codes(user.id))).codes
    assert len(codes) == 10
    first, second = await management.send(mfa.find(user.id))
    assert (first.type, second.type, second.remain_codes) == ("Totp", "BackupCode", 10)
    await management.send(mfa.delete(user.id, second.id))
    assert (await management.send(mfa.create_backup_codes(user.id, codes=codes))).codes == codes
    await management.send(mfa.delete(user.id, first.id))
    with pytest.raises(NotFound):
        await management.send(mfa.delete(user.id, first.id))
    with pytest.raises(Refused):
        await management.send(mfa.create_totp(user.id, secret=""))


async def test_choices_about_factors_are_read_and_changed(management: AsyncManagementClient) -> None:
    user = await management.send(users.create())
    assert (await management.send(mfa.choices(user.id))).mfa.enabled is None
    changed = await management.send(mfa.update_choices(user.id, enabled=True, passkey_skipped=True))
    assert (changed.mfa.enabled, changed.mfa.skipped, changed.passkey_sign_in.skipped) == (True, False, True)
    assert await management.send(mfa.choices(user.id)) == changed


async def test_the_sign_in_experience_is_read_and_changed(management: AsyncManagementClient) -> None:
    assert (await management.send(sign_in_experience.get()))["signInMode"] == "SignInAndRegister"
    changed = await management.send(sign_in_experience.update(signInMode="SignIn"))
    assert changed == await management.send(sign_in_experience.get())
    assert (await management.send(sign_in_experience.public()))["signInMode"] == "SignIn"
    assert "register.title" in await management.send(sign_in_experience.phrases("fr"))
    with pytest.raises(Refused) as refused:
        await management.send(sign_in_experience.update(customContent={"/": "x"}))
    assert refused.value.data == {"fields": ["customContent"]}


async def test_a_password_is_tried_and_a_refusal_is_an_answer(management: AsyncManagementClient) -> None:
    user = await management.send(users.create(username="adalovelace"))
    good = await management.send(sign_in_experience.check_password("lazydoor", user.id))
    bad = await management.send(sign_in_experience.check_password("short", user.id))
    assert (good.result, bad.result, bad.issues[0].code) == (True, False, "password_rejected.too_short")
    with pytest.raises(Refused) as refused:
        await management.send(sign_in_experience.check_password("lazydoor"))
    assert refused.value.code == "request.invalid_input"


async def test_names_that_differ_by_case_are_listed(management: AsyncManagementClient) -> None:
    for name in ("ada", "Ada"):
        await management.send(users.create(username=name))
    found = await management.send(sign_in_experience.case_conflicts(5))
    assert (found.total_conflicts, found.samples[0].username_lower) == (1, "ada")


async def test_keys_and_settings_of_the_authorization_server_are_read_and_changed(
    management: AsyncManagementClient,
) -> None:
    (first,) = await management.send(configs.keys("private-keys"))
    rotated = await management.send(configs.rotate_keys("private-keys", rotation_grace_period=60))
    assert [(key.status, key.signing_key_algorithm) for key in rotated] == [("Current", "EC"), ("Next", "EC")]
    with pytest.raises(Refused) as refused:
        await management.send(configs.delete_key("private-keys", first.id))
    assert refused.value.code == "oidc.only_previous_key_can_be_deleted"
    new, old = await management.send(configs.rotate_keys("cookie-keys"))
    await management.send(configs.delete_key("cookie-keys", old.id))
    assert await management.send(configs.keys("cookie-keys")) == [new]
    assert (await management.send(configs.update_session(3600))).ttl == (await management.send(configs.session())).ttl
    chosen = await management.send(configs.replace_id_token(["custom_data"]))
    assert await management.send(configs.id_token()) == chosen
    await management.send(configs.forget_activities("User", ["ada"]))


async def test_a_password_is_marked_as_expired(management: AsyncManagementClient) -> None:
    user = await management.send(users.create(username="ada", password="correct horse battery"))
    with pytest.raises(Refused) as refused:
        await management.send(users.expire_password(user.id))
    assert refused.value.code == "sign_in_experiences.password_expiration_not_enabled"
    await management.send(sign_in_experience.update(passwordExpiration={"enabled": True, "validPeriodDays": 90}))
    assert (await management.send(users.expire_password(user.id))).id == user.id


async def test_factories_are_listed_and_a_connector_is_made_read_and_tried(management: AsyncManagementClient) -> None:
    smtp = await management.send(connectors.factory("simple-mail-transfer-protocol"))
    assert smtp in await management.send(connectors.factories())
    assert (smtp.type, smtp.is_demo, smtp.name["en"]) == ("Email", False, "SMTP")
    assert {"host", "port"} <= {item["key"] for item in smtp.form_items}
    url = "https://sms.example/send"
    made = await management.send(connectors.create("http-sms", {"endpoint": url}, id="mine"))
    assert (made.id, made.connector_id, made.config) == ("mine", "http-sms", {"endpoint": url})
    assert await management.send(connectors.get("mine")) == made
    assert made in await management.send(connectors.find(target="http-sms"))
    assert await management.send(connectors.find(target="nobody")) == []
    with pytest.raises(Refused) as refused:
        await management.send(connectors.send_test("http-sms", {}, phone="33612345678"))
    assert refused.value.code == error_codes.CONNECTOR_INVALID_CONFIG


async def test_everybody_may_use_an_application_and_a_rule_is_refused(management: AsyncManagementClient) -> None:
    made = await management.send(applications.create("Robot", "MachineToMachine"))
    assert await management.send(applications.access_control(made.id)) == AccessControl()
    assert await management.send(applications.replace_access_control(made.id, AccessControl())) == AccessControl()
    with pytest.raises(Refused) as refused:
        await management.send(applications.replace_access_control(made.id, AccessControl(user_ids=["u1"])))
    assert refused.value.code == error_codes.APPLICATION_NOT_SUPPORTED
    assert [item async for item in management.pages(organizations.of_application(made.id))] == []


async def test_a_server_that_is_there_says_so(management: AsyncManagementClient) -> None:
    await management.send(status.get())
