"""`@logto/node` and `@logto/api`, unchanged, against live servers."""

from tests.browser_by_hand import Browser
from tests.clients.talking import answered, line, node
from tests.live import Live

CALLBACK = "http://localhost:9/callback"
SIGNED_OUT = "http://localhost:9/bye"


def test_logto_node_signs_a_user_in_and_out(live: Live) -> None:
    app = live.application("traditional", "--redirect-uri", CALLBACK, "--post-logout-redirect-uri", SIGNED_OUT)
    live.command(
        "users", "create", "--username", "ada", "--email", "ada@example.com", "--password", "correct horse battery"
    )
    process = node(
        "sign_in.mjs",
        {
            "endpoint": live.identity,
            "appId": app["id"],
            "appSecret": app["secret"],
            "redirectUri": CALLBACK,
            "postLogoutUri": SIGNED_OUT,
            "resource": f"{live.account}/api",
            "resourceScopes": ["account:read"],
        },
    )
    browser = Browser(stop_at=CALLBACK).open(line(process, "navigate"))
    browser.submit({"identifier": "ada", "password": "correct horse battery"})
    assert browser.address.startswith(CALLBACK)
    answered(process, browser.address)

    result = line(process, "result")
    assert result["authenticated"] is True
    assert result["claims"]["username"] == "ada"
    assert result["claims"]["iss"] == f"{live.identity}/oidc"
    assert result["userInfo"]["email"] == "ada@example.com"
    assert result["resourceToken"].count(".") == 2

    leaving = Browser(stop_at=SIGNED_OUT)
    leaving.client.cookies = browser.client.cookies
    leaving.open(line(process, "navigate"))
    leaving.submit({"logout": "yes"})
    assert leaving.address.startswith(SIGNED_OUT)
    assert line(process, "signedOut") == {"authenticated": False}
    assert process.wait(timeout=20) == 0


STEPS = {
    "create": 200, "get": 200, "search": 200, "update": 200, "profile": 200, "customData": 200, "verify": 204,
    "wrongPassword": 422, "hasPassword": 200, "sendCode": 204, "verifyCode": 204, "setPassword": 200,
    "application": 200, "createToken": 201, "exchange": 200, "userInfo": 200, "listTokens": 200, "addTotp": 200,
    "addCodes": 200, "factors": 200, "removeFactor": 204, "suspend": 200, "exchangeSuspended": 400, "duplicate": 422,
    "delete": 204, "gone": 404,
}  # fmt: skip


def test_logto_api_lives_through_a_user(live: Live) -> None:
    app = live.application("machine-to-machine", "--management")
    process = node("management.mjs", {"endpoint": live.identity, "clientId": app["id"], "clientSecret": app["secret"]})
    answered(process, live.last_code(line(process, "code")))
    seen = line(process, "seen")
    assert {name: step["status"] for name, step in seen.items()} == STEPS
    assert seen["update"]["data"]["name"] == "Renamed"
    assert [user["username"] for user in seen["search"]["data"]] == ["sdk_user"]
    assert seen["profile"]["data"] == {"nickname": "Sd"}
    assert seen["wrongPassword"]["error"]["code"] == "session.invalid_credentials"
    assert seen["exchange"]["data"]["token_type"] == "Bearer"
    assert (seen["userInfo"]["data"]["sub"], seen["userInfo"]["data"]["name"]) == (
        seen["create"]["data"]["id"],
        "Renamed",
    )
    assert [token["name"] for token in seen["listTokens"]["data"]] == ["robot"]
    assert {factor["type"] for factor in seen["factors"]["data"]} == {"Totp", "BackupCode"}
    assert seen["exchangeSuspended"]["error"]["error"] == "invalid_grant"
    assert seen["duplicate"]["error"]["code"] == "user.username_already_in_use"
    assert seen["gone"]["error"]["code"] == "entity.not_found"
    assert process.wait(timeout=20) == 0
