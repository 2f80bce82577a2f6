"""The configuration of the SMTP connector: its shape, its rules, and the form that asks for it."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import UNSET, Struct, UnsetType, field

from vestibule.connectors.factory import BUILT_IN, FormItem
from vestibule.connectors.mailboxes import parse_mailbox
from vestibule.connectors.templates import missing_usages
from vestibule.http.guard import Length, Pattern, Range, Url, rule
from vestibule.http.issues import Issue, custom

Filled = Annotated[str, rule(Length(1))]
OneLine = Annotated[str, rule(Pattern(r"^[^\x00-\x1f\x7f]+$", "Expected one line of text."))]
Port = Annotated[int, rule(Range(1, 65535))]
Milliseconds = Annotated[int, rule(Range(1, 600_000))]

DNS_MS, CONNECTION_MS, GREETING_MS, SOCKET_MS = 5_000, 10_000, 10_000, 20_000
"""Time-outs where the configuration names none: people wait for these messages."""

_FIELD_NAME = re.compile(r"[!-9;-~]+")
_OWN_FIELDS = frozenset({"from", "to", "cc", "bcc", "subject", "reply-to", "date", "message-id", "mime-version"})


class Auth(Struct, rename="camel"):
    """How to sign in: user and password, or an OAuth access token (given, or renewed with a refresh token)."""

    type: Literal["login", "Login", "LOGIN", "oauth2", "OAuth2", "OAUTH2"] | UnsetType = UNSET
    user: OneLine | None = None
    password: str | None = field(name="pass", default=None)
    access_token: OneLine | None = None
    refresh_token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    access_url: Annotated[str, rule(Url())] = "https://oauth2.googleapis.com/token"
    service_client: str | None = None

    @property
    def by_token(self) -> bool:
        """Whether to sign in with an OAuth token."""
        return bool(self.access_token or self.refresh_token) or str(self.type).lower() == "oauth2"


class Tls(Struct, rename="camel"):
    """How to check the server: its name, who may have signed for it, or not at all."""

    reject_unauthorized: bool = True
    servername: str | None = None
    ca: str | list[str] | None = None
    min_version: Literal["TLSv1.2", "TLSv1.3"] = "TLSv1.2"


class SmtpTemplate(Struct, rename="camel"):
    """What a message says; placeholders such as `{{code}}` are filled in."""

    usage_type: Filled
    content_type: Literal["text/plain", "text/html"]
    subject: Filled
    content: Filled
    reply_to: str | None = None
    send_from: str | None = None


class SmtpConfig(Struct, rename="camel"):
    """Where the mail server is, how to speak with it, and what to say. Times in milliseconds."""

    host: OneLine
    port: Port
    from_email: Filled
    templates: list[SmtpTemplate]
    default_templates: bool = False
    auth: Auth = field(default_factory=Auth)
    reply_to: str | None = None
    secure: bool = False
    tls: Tls = field(default_factory=Tls)
    servername: OneLine | None = None
    ignore_tls: bool = field(name="ignoreTLS", default=False)
    require_tls: bool = field(name="requireTLS", default=False)
    name: Annotated[str, rule(Pattern(r"^[A-Za-z0-9.:\[\]_-]+$", "Expected a host name."))] | None = None
    local_address: str | None = None
    dns_timeout: Milliseconds = DNS_MS
    connection_timeout: Milliseconds = CONNECTION_MS
    greeting_timeout: Milliseconds = GREETING_MS
    socket_timeout: Milliseconds = SOCKET_MS
    custom_headers: dict[str, str | list[str]] = field(default_factory=dict)

    @property
    def server_name(self) -> str:
        """The name that the server's certificate must carry."""
        return self.servername or self.tls.servername or self.host


def check(config: SmtpConfig) -> Sequence[Issue]:
    """List what the shape alone does not show."""
    issues = [] if config.default_templates else missing_usages(config.templates)
    for name, text in (("fromEmail", config.from_email), ("replyTo", config.reply_to)):
        if text is not None and "{{" not in text and parse_mailbox(text) is None:
            issues.append(custom("Expected an address, or a name and an <address>.", [name]))
    for name in config.custom_headers:
        if not _FIELD_NAME.fullmatch(name) or name.lower() in _OWN_FIELDS or name.lower().startswith("content-"):
            issues.append(custom("This header cannot be set here.", ["customHeaders", name]))
    if config.auth.service_client is not None:
        issues.append(custom("Service accounts are not supported: give an access or refresh token.", ["auth"]))
    elif config.auth.by_token and not (config.auth.user and (config.auth.access_token or config.auth.refresh_token)):
        issues.append(custom("OAuth needs `user`, and `accessToken` or `refreshToken`.", ["auth"]))
    elif config.auth.password is not None and config.auth.user is None:
        issues.append(custom("A password needs a user.", ["auth"]))
    return issues


_EXAMPLE = {"usageType": "Generic", "contentType": "text/html", "subject": "{{code}}", "content": "<p>{{code}}</p>"}

FORM = (
    FormItem("host", "Host", "Text", placeholder="smtp.example.com", required=True),
    FormItem("port", "Port", "Number", placeholder="587", required=True),
    FormItem("secure", "TLS from the first byte", "Switch", default_value=False, description="Port 465."),
    FormItem("requireTLS", "Insist on STARTTLS", "Switch", default_value=False),
    FormItem("ignoreTLS", "Never use STARTTLS", "Switch", default_value=False),
    FormItem("auth", "Sign-in", "Json", default_value={"user": "", "pass": ""}, is_confidential=True),
    FormItem("fromEmail", "Sender", "Text", placeholder="Example <hello@example.com>", required=True),
    FormItem("replyTo", "Reply to", "Text", placeholder="help@example.com"),
    FormItem("templates", "Templates", "Json", required=True, default_value=[_EXAMPLE]),
    BUILT_IN,
    FormItem("servername", "Name in the certificate", "Text"),
    FormItem("tls", "TLS options", "Json", default_value={}),
    FormItem("name", "Name to greet with", "Text"),
    FormItem("customHeaders", "Further headers", "Json", default_value={}),
    FormItem("connectionTimeout", "Connection time-out (ms)", "Number", default_value=CONNECTION_MS),
    FormItem("greetingTimeout", "Greeting time-out (ms)", "Number", default_value=GREETING_MS),
    FormItem("socketTimeout", "Answer time-out (ms)", "Number", default_value=SOCKET_MS),
    FormItem("dnsTimeout", "Name resolution time-out (ms)", "Number", default_value=DNS_MS),
)
