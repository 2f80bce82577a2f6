"""The environment, read once into frozen values; docs/configuration.md is made from the fields."""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

MASTER_KEY_BYTES = 32
MINUTE, HOUR, DAY = 60, 3600, 86_400
Network = IPv4Network | IPv6Network


class SettingError(Exception):
    """A setting is missing or wrong; the sentence names it and says what to write."""


def _setting(name: str, default: str, doc: str, within: tuple[int, int] | None = None) -> Any:
    return field(metadata={"name": name, "default": default, "doc": doc, "within": within})


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """Settings of the identity server (`vestibule serve`)."""

    public_url: str = _setting(
        "VESTIBULE_PUBLIC_URL",
        "http://localhost:3001",
        "Address of the identity server as browsers and clients see it; the issuer is this plus `/oidc`.",
    )
    host: str = _setting("VESTIBULE_HOST", "127.0.0.1", "Address the identity server listens on.")
    port: int = _setting("VESTIBULE_PORT", "3001", "Port the identity server listens on.")
    database_url: str = _setting(
        "VESTIBULE_DATABASE_URL",
        "sqlite:///var/vestibule.db",
        "The store: `sqlite:///path` or `postgresql://user:password@host:port/name`.",
    )
    secret_key: str = _setting(
        "VESTIBULE_SECRET_KEY",
        "",
        "Master key that seals every secret in the store: 32 random bytes as base64url. "
        "Several, separated by commas, while rotating: the first one seals, all open (docs/operating.md).",
    )
    secret_key_file: str = _setting(
        "VESTIBULE_SECRET_KEY_FILE", "var/secret.key", "File holding the master key when it is not set directly."
    )
    signing_algorithm: str = _setting(
        "VESTIBULE_SIGNING_ALGORITHM", "ES384", "Algorithm of new signing keys: ES384, ES256, RS256 or EdDSA."
    )
    allow_private: tuple[Network, ...] = _setting(
        "VESTIBULE_ALLOW_PRIVATE",
        "",
        "Private networks that outgoing requests may reach, such as `127.0.0.0/8,10.1.0.0/16`; none by default. "
        "Providers in them may be spoken to by plain http://.",
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        "VESTIBULE_TRUSTED_PROXIES",
        "",
        "Networks of reverse proxies whose `X-Forwarded-For` names the client; none by default.",
    )
    related_origins: tuple[str, ...] = _setting(
        "VESTIBULE_RELATED_ORIGINS",
        "",
        "Other origins whose pages may use passkeys of this server's host, such as `https://example.org`; "
        "`/.well-known/webauthn` lists them.",
    )
    case_sensitive_usernames: bool = _setting(
        "CASE_SENSITIVE_USERNAME", "true", "Whether `alice` and `Alice` are two user names."
    )
    default_role_names: tuple[str, ...] = _setting(
        "USER_DEFAULT_ROLE_NAMES",
        "",
        "Names of roles that every new user gets beside the default roles; none by default.",
    )
    password_min: int = _setting(
        "VESTIBULE_PASSWORD_MIN",
        "8",
        "Least length of a new password, 1 to 256, where the sign-in experience sets none. "
        "NIST SP 800-63B-4 asks for 15 where a password is all that somebody signs in with.",
        (1, 256),
    )
    breached_file: str = _setting(
        "VESTIBULE_BREACHED_FILE",
        "",
        "File of breached passwords made by `vestibule breached build`; new passwords are held against it "
        "(docs/operating.md).",
    )
    breached_range_url: str = _setting(
        "VESTIBULE_BREACHED_RANGE_URL",
        "",
        "Address of a service that lists breached passwords by the first five digits of their SHA-1, such as "
        "`https://api.pwnedpasswords.com/range/`; asked beside the file, and none by default.",
    )
    outbox: str = _setting(
        "VESTIBULE_OUTBOX",
        "var/outbox",
        "Folder of the development outbox; the outbox exists only when the public address is a loopback one.",
    )
    show_tokens: Literal["always", "once"] = _setting(
        "VESTIBULE_SHOW_TOKENS",
        "always",
        "`always`: lists show the values of personal access tokens and application secrets, as the contract does. "
        "`once`: a value is shown when it is created and never again, and the store forgets the sealed copies it has.",
    )
    sqlite_synchronous: str = _setting(
        "VESTIBULE_SQLITE_SYNCHRONOUS",
        "NORMAL",
        "`FULL` survives power loss without losing the last transactions, at a third of the write speed.",
    )
    session_days: int = _setting(
        "VESTIBULE_SESSION_DAYS",
        "0",
        "Days after which a session ends however much it is used, counted from the sign-in; 0: 90 days, or as long as "
        "a session may lie unused where administrators allow longer.",
    )
    audit_days: int = _setting(
        "VESTIBULE_AUDIT_DAYS", "365", "Days after which entries of the audit trail are deleted; 0 keeps them for ever."
    )
    log_level: str = _setting("VESTIBULE_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR.")

    @property
    def issuer(self) -> str:
        """The OpenID issuer."""
        return f"{self.public_url}/oidc"

    @property
    def public_host(self) -> str:
        """The host of the public address: what authenticators and passkeys know this server by."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the server over https."""
        return self.public_url.startswith("https://")

    @property
    def is_loopback(self) -> bool:
        """Whether the public address is this machine itself, which is what development looks like."""
        return is_loopback(self.public_url)


@dataclass(frozen=True, kw_only=True)
class AccountSettings:
    """Settings of the account server (`vestibule account`)."""

    public_url: str = _setting(
        "VESTIBULE_ACCOUNT_PUBLIC_URL",
        "http://localhost:3002",
        "Address of the account server as browsers see it; its resource indicator is this plus `/api`.",
    )
    host: str = _setting("VESTIBULE_ACCOUNT_HOST", "127.0.0.1", "Address the account server listens on.")
    port: int = _setting("VESTIBULE_ACCOUNT_PORT", "3002", "Port the account server listens on.")
    database_url: str = _setting(
        "VESTIBULE_ACCOUNT_DATABASE_URL",
        "sqlite:///var/account.db",
        "The account server's own store: page sessions and proofs.",
    )
    secret_key: str = _setting(
        "VESTIBULE_ACCOUNT_SECRET_KEY", "", "Master key of the account server's store; 32 random bytes as base64url."
    )
    secret_key_file: str = _setting(
        "VESTIBULE_ACCOUNT_SECRET_KEY_FILE", "var/account.key", "File holding that key when it is not set directly."
    )
    identity_url: str = _setting(
        "VESTIBULE_PUBLIC_URL", "http://localhost:3001", "Public address of the identity server, without `/oidc`."
    )
    management_indicator: str = _setting(
        "VESTIBULE_MANAGEMENT_INDICATOR",
        "https://default.logto.app/api",
        "Resource indicator of the identity server's Management API.",
    )
    client_id: str = _setting(
        "VESTIBULE_ACCOUNT_CLIENT_ID", "", "Id of the account server's machine-to-machine application."
    )
    client_secret: str = _setting(
        "VESTIBULE_ACCOUNT_CLIENT_SECRET", "", "Secret of the account server's machine-to-machine application."
    )
    page_client_id: str = _setting(
        "VESTIBULE_ACCOUNT_PAGE_CLIENT_ID", "", "Id of the account page's own application (traditional web)."
    )
    page_client_secret: str = _setting(
        "VESTIBULE_ACCOUNT_PAGE_CLIENT_SECRET", "", "Secret of the account page's own application."
    )
    credentials_file: str = _setting(
        "VESTIBULE_ACCOUNT_CREDENTIALS",
        "var/account.json",
        "File written by `vestibule account init` that holds the four values above when they are not set.",
    )
    custom_data_keys: tuple[str, ...] = _setting(
        "VESTIBULE_ACCOUNT_CUSTOM_DATA_KEYS", "", "Custom data keys that users may change themselves; none by default."
    )
    cors_origins: tuple[str, ...] = _setting(
        "VESTIBULE_ACCOUNT_CORS_ORIGINS", "", "Origins of other front ends that may call the settings API."
    )
    timeout_seconds: int = _setting(
        "VESTIBULE_ACCOUNT_TIMEOUT", "10", "Seconds after which a call to the identity server is given up."
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        "VESTIBULE_TRUSTED_PROXIES",
        "",
        "Networks of reverse proxies whose `X-Forwarded-For` names the client; none by default.",
    )
    log_level: str = _setting("VESTIBULE_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR.")

    @property
    def issuer(self) -> str:
        """The issuer whose tokens this server accepts."""
        return f"{self.identity_url}/oidc"

    @property
    def resource(self) -> str:
        """The resource indicator that access tokens for this server name."""
        return f"{self.public_url}/api"

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the server over https."""
        return self.public_url.startswith("https://")


S = TypeVar("S", ServerSettings, AccountSettings)


def load(kind: type[S], environ: Mapping[str, str] | None = None) -> S:
    """Read settings of one kind from the environment; raises SettingError naming the faulty one."""
    env = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for item in fields(kind):
        name, default = item.metadata["name"], item.metadata["default"]
        text = env.get(name, "").strip() or default
        try:
            values[item.name] = _within(_convert(item.type, text), item.metadata["within"])
        except ValueError as error:
            raise SettingError(f"{name}: {error} (it is {text!r})") from error
    for name in ("public_url", "identity_url"):
        if name in values:
            values[name] = _origin(str(values[name]))
    return kind(**values)


def _within(value: object, bounds: tuple[int, int] | None) -> object:
    if bounds and isinstance(value, int) and not bounds[0] <= value <= bounds[1]:
        raise ValueError(f"a number from {bounds[0]} to {bounds[1]} is expected")
    return value


def _convert(kind: object, text: str) -> object:
    if kind is int:
        return int(text)
    if kind is bool:
        return text.lower() in {"1", "true", "yes", "y"}
    if get_origin(kind) is Literal and text not in get_args(kind):
        raise ValueError(f"one of {', '.join(get_args(kind))} is expected")
    if kind == tuple[Network, ...]:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    if kind == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise SettingError(f"a public address looks like https://id.example.com, not {url!r}")
    return url.rstrip("/")


def is_loopback(url: str) -> bool:
    """Tell whether a URL points at this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def master_keys(secret_key: str, secret_key_file: str) -> list[bytes]:
    """Return the master keys, newest first; raises SettingError when there is none."""
    text = secret_key
    if not text:
        path = Path(secret_key_file)
        if not path.is_file():
            raise SettingError(
                f"no master key: set VESTIBULE_SECRET_KEY, or put one into {path} "
                "(`make up` creates it once, for an empty store)"
            )
        text = path.read_text()
    keys = [_key(part.strip()) for part in text.replace("\n", ",").split(",") if part.strip()]
    if not keys:
        raise SettingError("the master key is empty")
    return keys


def _key(text: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise SettingError("a master key is 32 random bytes in base64url") from error
    if len(key) < MASTER_KEY_BYTES:
        raise SettingError("a master key is at least 32 random bytes in base64url")
    return key
