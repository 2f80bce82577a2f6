"""What is set at the server and what it notes: connectors, policies, keys, the trail. Times are epoch milliseconds."""

from typing import Any

import msgspec


class ConnectorFactory(msgspec.Struct, rename="camel", kw_only=True):
    """A provider that can be set up: `name` and `description` by language, `form_items` are what its config asks for.

    `readme` is Markdown; `logo` is an address or a data URI; `target` names the provider in identities.
    """

    id: str
    type: str
    target: str
    name: dict[str, Any]
    description: dict[str, Any]
    logo: str
    readme: str
    logo_dark: str | None = None
    platform: str | None = None
    is_demo: bool = False
    form_items: list[dict[str, Any]] = []
    config_template: str | None = None
    is_standard: bool = False
    is_token_storage_supported: bool = False


class Connector(ConnectorFactory, rename="camel", kw_only=True):
    """A configured connector; `connector_id` names its factory, `metadata` overrides members of it."""

    connector_id: str
    config: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    sync_profile: bool = False
    enable_token_storage: bool = False


class PasswordIssue(msgspec.Struct):
    """A reason against a password, and the numbers that a sentence about it names."""

    code: str
    interpolation: dict[str, Any] = {}


class PasswordVerdict(msgspec.Struct):
    """Whether a password meets the policy."""

    result: bool
    issues: list[PasswordIssue] = []


class SharedName(msgspec.Struct, rename="camel"):
    """A user name in small letters, and who has it in one case or another."""

    username_lower: str
    user_ids: list[str]


class CaseConflicts(msgspec.Struct, rename="camel"):
    """User names that differ only by case."""

    total_conflicts: int
    samples: list[SharedName]


class OidcKey(msgspec.Struct, rename="camel", kw_only=True):
    """A key of the authorization server; `created_at` in epoch seconds, `effective_at` in epoch milliseconds."""

    id: str
    created_at: float
    signing_key_algorithm: str | None = None
    status: str | None = None
    effective_at: float | None = None


class SessionConfig(msgspec.Struct):
    """For how many seconds a session may lie unused."""

    ttl: float


class IdTokenConfig(msgspec.Struct, rename="camel"):
    """Which extended claims an ID token carries."""

    enabled_extended_claims: list[str] = []


class LogEntry(msgspec.Struct, rename="camel", kw_only=True):
    """An entry of the audit trail; `payload` has at least `key` and `result`."""

    id: str
    key: str
    payload: dict[str, Any]
    created_at: float


class Authorization(msgspec.Struct, rename="camel", kw_only=True):
    """Where to send the browser; `session` is what must be given back with the callback, if it was asked for."""

    redirect_to: str
    session: str | None = None
