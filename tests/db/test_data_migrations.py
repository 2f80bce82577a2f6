"""Data that lives through a migration, on both engines."""

import asyncio

from alembic import command
from sqlalchemy import Connection, text

from tests.db.conftest import rows
from vestibule.db.alembic_child import config_of, in_postgres, in_sqlite
from vestibule.db.migrate import is_current, migrate
from vestibule.store import migrations

OLD_ROWS = (
    "INSERT INTO resources (id, name, indicator, is_default, access_token_ttl) VALUES ('r', 'R', 'urn:r', false, 60)",
    "INSERT INTO scopes (id, resource_id, name, description, created_at) VALUES ('s', 'r', 'READ', NULL, 1)",
    "INSERT INTO roles (id, name, description, type, is_default) VALUES ('o', 'Straße', 'ÄÖ', 'User', false)",
)


def at_revision(url: str, revision: str, *statements: str) -> None:
    """Migrate a store up to one revision and change it there."""
    config = config_of(migrations.__name__)

    def work(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in statements:
            connection.execute(text(statement))

    if url.startswith("sqlite"):
        in_sqlite(url, work)
    else:
        asyncio.run(in_postgres(url, work))


def test_names_that_were_there_are_found_in_any_case(empty_url: str) -> None:
    at_revision(empty_url, "0002", *OLD_ROWS)
    assert migrate(empty_url, migrations)
    assert is_current(empty_url, migrations)
    assert rows(empty_url, "SELECT name_folded, description_folded FROM scopes") == [("read", None)]
    assert rows(empty_url, "SELECT name_folded, description_folded FROM roles") == [("strasse", "äö")]


def test_identities_that_were_there_belong_to_their_users(empty_url: str) -> None:
    user = (
        "INSERT INTO users (id, custom_data, identities, created_at, updated_at, profile, is_suspended)"
        " VALUES ('{}', '{{}}', '{}', 1, 1, '{{}}', false)"
    )
    linked = '{"github": {"userId": "7", "details": {}}, "google": {"userId": "8"}}'
    at_revision(empty_url, "0005", user.format("ada", linked), user.format("bob", "{}"))
    assert migrate(empty_url, migrations)
    found = rows(empty_url, "SELECT user_id, target, identity_user_id FROM user_identities ORDER BY target")
    assert found == [("ada", "github", "7"), ("ada", "google", "8")]


def test_an_address_that_was_there_stays_and_a_longer_one_fits(empty_url: str) -> None:
    user = (
        "INSERT INTO users (id, primary_email, email_folded, custom_data, identities, created_at, updated_at, profile,"
        " is_suspended) VALUES ('{}', 'A', '{}', '{{}}', '{{}}', 1, 1, '{{}}', false)"
    )
    at_revision(empty_url, "0007", user.format("ada", "a@x.io"))
    at_revision(empty_url, "0008", user.format("bob", "s" * 384))
    found = rows(empty_url, "SELECT id, LENGTH(email_folded) FROM users ORDER BY id")
    assert found == [("ada", 6), ("bob", 384)]


def test_domains_that_companies_had_lead_to_them(empty_url: str) -> None:
    connector = (
        "INSERT INTO sso_connectors (id, provider_name, connector_name, config_sealed, domains, branding, sync_profile,"
        " enable_token_storage, created_at) VALUES ('{0}', 'OIDC', '{0}', 'x', '{1}', '{{}}', false, false, 1)"
    )
    said = f'["a.example", "b.example", "b.example", "{"x" * 254}"]'
    at_revision(empty_url, "0017", connector.format("one", said), connector.format("two", '["b.example"]'))
    assert migrate(empty_url, migrations)
    found = rows(empty_url, "SELECT domain, sso_connector_id FROM sso_connector_domains ORDER BY 1, 2")
    assert found == [("a.example", "one"), ("b.example", "one"), ("b.example", "two")]
