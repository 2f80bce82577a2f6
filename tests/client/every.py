"""One call of every operation of the client, with everything it takes, and the kind of answer that is read."""

from types import ModuleType
from typing import Any

from vestibule.client import (
    applications,
    codes,
    configs,
    connectors,
    grants,
    identities,
    logs,
    mfa,
    one_time_tokens,
    organizations,
    personal_access_tokens,
    resources,
    roles,
    sessions,
    sign_in_experience,
    status,
    subject_tokens,
    users,
)
from vestibule.client.models import AccessControl, OrganizationRoleRule
from vestibule.client.operation import Operation, Page

MODULES: tuple[ModuleType, ...] = (
    applications,
    codes,
    configs,
    connectors,
    grants,
    identities,
    logs,
    mfa,
    one_time_tokens,
    organizations,
    personal_access_tokens,
    resources,
    roles,
    sessions,
    sign_in_experience,
    status,
    subject_tokens,
    users,
)
NOT_IN_THE_CLIENT = {
    "GET /api/swagger.json": "a document for generators of clients",
    "GET /api/.well-known/management.openapi.json": "a document for generators of clients",
    "GET /api/.well-known/experience.openapi.json": "a document for generators of clients",
    "POST /api/verifications/verification-code": "the second spelling of /api/verification-codes",
    "POST /api/verifications/verification-code/verify": "the second spelling of /api/verification-codes/verify",
    "PATCH /api/users/{}/personal-access-tokens/{}": "the second spelling of PATCH …/personal-access-tokens",
    "DELETE /api/users/{}/personal-access-tokens/{}": "the second spelling of POST …/personal-access-tokens/delete",
}
"""Operations of the server that the client leaves out, and why."""
SHAPELESS = {"PUT /api/applications/a1/roles"}
"""Operations of whose answers the contract's document tells no shape."""

ROLES_ONLY = AccessControl(
    user_ids=["u1"],
    user_role_ids=["r1"],
    organization_ids=["o1"],
    organization_role_rules=[OrganizationRoleRule("o1", ["or1"])],
)
APPLICATIONS: list[Operation[Any] | Page[Any]] = [
    applications.find(types=["SPA"], is_third_party=False, search="%a%"),
    applications.get("a1"),
    applications.create(
        "A",
        "SPA",
        description=None,
        oidc_client_metadata={"redirectUris": [], "postLogoutRedirectUris": []},
        custom_client_metadata={"corsAllowedOrigins": []},
        custom_data={"a": None},
        is_third_party=True,
    ),
    applications.update(
        "a1",
        name="B",
        description="b",
        oidc_client_metadata={"redirectUris": [], "postLogoutRedirectUris": []},
        custom_client_metadata={"idTokenTtl": 60},
        custom_data={},
        is_admin=False,
    ),
    applications.update_custom_data("a1", {"a": [1]}),
    applications.delete("a1"),
    applications.secrets("a1"),
    applications.create_secret("a1", "new", expires_at=None),
    applications.rename_secret("a1", "new", "newer"),
    applications.delete_secret("a1", "newer"),
    applications.consent_scopes("a1"),
    applications.add_consent_scopes("a1", user_scopes=["email"], resource_scopes=["s1"]),
    applications.remove_consent_scope("a1", "user-scopes", "email"),
    applications.access_control("a1"),
    applications.replace_access_control("a1", ROLES_ONLY),
]
RESOURCES: list[Operation[Any] | Page[Any]] = [
    resources.find(with_scopes=True),
    resources.get("r1"),
    resources.create("R", "https://r.example/", access_token_ttl=60),
    resources.update("r1", name="S", access_token_ttl=61),
    resources.set_default("r1"),
    resources.delete("r1"),
    resources.scopes("r1", search="%a%"),
    resources.create_scope("r1", "read", description=None),
    resources.update_scope("r1", "s1", name="write", description="w"),
    resources.delete_scope("r1", "s1"),
]
ROLES: list[Operation[Any] | Page[Any]] = [
    roles.find(type="User"),
    roles.get("r1"),
    roles.create("R", "r", type="User", is_default=True, scope_ids=["s1"]),
    roles.update("r1", name="S", description="s", is_default=False),
    roles.delete("r1"),
    roles.scopes("r1"),
    roles.add_scopes("r1", ["s1"]),
    roles.remove_scope("r1", "s1"),
    roles.users("r1"),
    roles.add_users("r1", ["u1"]),
    roles.remove_user("r1", "u1"),
    roles.applications("r1"),
    roles.add_applications("r1", ["a1"]),
    roles.remove_application("r1", "a1"),
    roles.of_user("u1"),
    roles.give_user("u1", ["r1"]),
    roles.replace_of_user("u1", ["r1"]),
    roles.take_from_user("u1", "r1"),
    roles.of_application("a1"),
    roles.give_application("a1", ["r1"]),
    roles.replace_of_application("a1", ["r1"]),
    roles.take_from_application("a1", "r1"),
]
USERS: list[Operation[Any] | Page[Any]] = [
    users.find(search="%a%"),
    users.get("u1"),
    users.create(
        username="ada",
        primary_email="a@example.com",
        primary_phone="33612345678",
        password="secret",
        name="Ada",
        avatar=None,
        custom_data={"a": None},
        profile={"nickname": "A"},
    ),
    users.update("u1", name=None, profile={"nickname": "A"}),
    users.update_profile("u1", {"nickname": "A"}),
    users.custom_data("u1"),
    users.update_custom_data("u1", {"a": [1]}),
    users.suspend("u1"),
    users.delete("u1"),
    users.verify_password("u1", "secret"),
    users.set_password("u1", "secret"),
    users.expire_password("u1"),
    users.has_password("u1"),
    sessions.find("u1"),
    sessions.get("u1", "s1"),
    sessions.end("u1", "s1", revoke_grants="all"),
    grants.find("u1", app_type="thirdParty"),
    grants.revoke("u1", "g1"),
    identities.find("u1", token_secret=True),
    identities.get("u1", "github", token_secret=True),
    identities.put("u1", "github", "g1", details={"name": "Ada"}),
    identities.link("u1", "c1", {"code": "x"}),
    identities.remove("u1", "github"),
    identities.get_sso("u1", "c1", token_secret=True),
    organizations.of_user("u1"),
    organizations.of_application("a1"),
    mfa.find("u1"),
    mfa.create_totp("u1", secret="ABC"),
    mfa.create_backup_codes("u1", codes=["a"]),
    mfa.delete("u1", "m1"),
    mfa.choices("u1"),
    mfa.update_choices("u1", enabled=True, skipped=False, skip_mfa_on_sign_in=True, passkey_skipped=True),
    personal_access_tokens.find("u1"),
    personal_access_tokens.create("u1", "robot", expires_at=None),
    personal_access_tokens.rename("u1", "robot", "droid"),
    personal_access_tokens.delete("u1", "droid"),
    one_time_tokens.find(email="a@b.io", status="active"),
    one_time_tokens.get("t1"),
    one_time_tokens.create("a@b.io", expires_in=60, event="SignIn", organization_ids=["o1"]),
    one_time_tokens.verify("t", "a@b.io"),
    one_time_tokens.set_status("t1", "revoked"),
    one_time_tokens.delete("t1"),
    subject_tokens.create("u1", {"why": "support"}),
]
SETTINGS: list[Operation[Any] | Page[Any]] = [
    codes.send(email="a@example.com"),
    codes.verify("123456", phone="33612345678"),
    connectors.factories(),
    connectors.factory("f1"),
    connectors.find(target="smtp"),
    connectors.get("c1"),
    connectors.create(
        "smtp", {"host": "x"}, id="c1", metadata={"target": "t"}, sync_profile=True, enable_token_storage=True
    ),
    connectors.update("c1", {"host": "y"}, metadata={}, sync_profile=False, enable_token_storage=False),
    connectors.delete("c1"),
    connectors.authorization_uri("c1", "s", "https://app.example/back"),
    connectors.send_test("f1", {"host": "x"}, email="a@example.com", locale="en"),
    configs.keys("private-keys"),
    configs.rotate_keys("private-keys", signing_key_algorithm="EC", rotation_grace_period=60),
    configs.delete_key("private-keys", "k1"),
    configs.session(),
    configs.update_session(3600),
    configs.id_token(),
    configs.replace_id_token(["roles"]),
    configs.forget_activities("User", ["ada"]),
    logs.find(user_id="u1", application_id="a1", key="k", since=1, until=2),
    logs.get("l1"),
    sign_in_experience.get(),
    sign_in_experience.update(signInMode="SignIn"),
    sign_in_experience.check_password("secret", "u1"),
    sign_in_experience.case_conflicts(5),
    sign_in_experience.public(),
    sign_in_experience.phrases("fr"),
    status.get(),
]
EVERY = [*APPLICATIONS, *RESOURCES, *ROLES, *USERS, *SETTINGS]


def single(call: Operation[Any] | Page[Any]) -> Operation[Any]:
    """Return the operation that is sent: of a list its first page."""
    return call.at(1) if isinstance(call, Page) else call


def plain(operation: Operation[Any]) -> str:
    """Return method and path, as a line of the access log has them."""
    return f"{operation.method} {operation.path}"
