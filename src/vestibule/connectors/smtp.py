"""The SMTP connector (RFC 5321, 3207, 4954): dials a checked address, speaks within its time-outs, sends one e-mail."""

import asyncio
import socket
import ssl
from contextlib import suppress
from urllib.parse import urlencode

import msgspec
from aiosmtplib import SMTP, SMTPException, SMTPResponseException
from aiosmtplib.errors import SMTPRecipientsRefused

from vestibule.connectors.factory import Message, SenderFactory
from vestibule.connectors.logos import ENVELOPE
from vestibule.connectors.outgoing import Outgoing, OutgoingError
from vestibule.connectors.redaction import redacted
from vestibule.connectors.smtp_config import FORM, Auth, SmtpConfig, check
from vestibule.connectors.smtp_message import build
from vestibule.errors import ConnectorGeneral

TOTAL_SECONDS = 60
README = """# SMTP

Sends e-mail through a mail server.

- `secure` is for ports that speak TLS from the first byte (465). Elsewhere STARTTLS is used when the server offers it;
  `requireTLS` insists on it, `ignoreTLS` never uses it.
- `auth` holds `user` and `pass`, or `user` with `accessToken` or `refreshToken` for OAuth. Leave it out to send without
  signing in.
- `templates` needs at least the usages `Register`, `SignIn`, `ForgotPassword` and `Generic`; placeholders such as
  `{{code}}` are filled in, and in HTML their values are escaped. With `defaultTemplates`, messages without a template
  are written in our own words, in the language of the recipient.
- Time-outs are in milliseconds; a whole delivery never takes longer than a minute.

A mail server on a private network must be listed in `VESTIBULE_ALLOW_PRIVATE`.
"""


async def deliver(outgoing: Outgoing, config: SmtpConfig, message: Message) -> None:
    """Send one e-mail; raises ConnectorGeneral with the server's words but none of the message's."""
    sender, recipient, mail = build(config, message)
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            client = await _connect(outgoing, config)
            try:
                await _sign_in(outgoing, client, config.auth)
                await client.send_message(mail, sender=sender.addr_spec, recipients=[recipient.addr_spec])
                with suppress(SMTPException):
                    await client.quit()
            finally:
                client.close()
    except (SMTPException, OutgoingError, OSError, ValueError, EOFError) as error:
        description = _describe(error, message)
        raise ConnectorGeneral(f"The message was not sent: {description}", data={"message": description}) from error


async def greet(outgoing: Outgoing, config: SmtpConfig) -> None:
    """Connect, say EHLO, and leave: no message, no password; raises ConnectorGeneral with the server's words."""
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            client = await _connect(outgoing, config)
            try:
                await client.ehlo()
                with suppress(SMTPException):
                    await client.quit()
            finally:
                client.close()
    except (SMTPException, OutgoingError, OSError, ValueError, EOFError) as error:
        description = _words(error)
        raise ConnectorGeneral(
            f"The mail server cannot be used: {description}", data={"message": description}
        ) from error


async def _connect(outgoing: Outgoing, config: SmtpConfig) -> SMTP:
    connection = await _dial(outgoing, config)
    client = SMTP(
        hostname=config.server_name,
        sock=connection,
        local_hostname=config.name or _own_name(),
        use_tls=config.secure,
        start_tls=_start_tls(config),
        tls_context=await asyncio.to_thread(_tls, config),
        timeout=config.greeting_timeout / 1000,
    )
    try:
        await client.connect()
    except BaseException:
        connection.close()
        raise
    client.timeout = config.socket_timeout / 1000
    return client


def _start_tls(config: SmtpConfig) -> bool | None:
    """None lets the client use STARTTLS when the server offers it."""
    if config.secure or config.ignore_tls:
        return False
    return True if config.require_tls else None


async def _dial(outgoing: Outgoing, config: SmtpConfig) -> socket.socket:
    """Connect to the first checked address that answers in time."""
    failure: OSError = OSError("no address")
    for address in await outgoing.resolve(config.host, config.port, timeout=config.dns_timeout / 1000):
        connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            connection.setblocking(False)
            if config.local_address is not None:
                connection.bind((config.local_address, 0))
            async with asyncio.timeout(config.connection_timeout / 1000):
                await asyncio.get_running_loop().sock_connect(connection, (address, config.port))
        except OSError as error:
            connection.close()
            failure = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure


def _tls(config: SmtpConfig) -> ssl.SSLContext:
    trusted = config.tls.ca
    context = ssl.create_default_context(cadata="\n".join(trusted) if isinstance(trusted, list) else trusted)
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if config.tls.min_version == "TLSv1.3" else ssl.TLSVersion.TLSv1_2
    if not config.tls.reject_unauthorized:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _own_name() -> str:
    """Greet with the machine's full name, or with an address literal where it has none (RFC 5321 section 4.1.3)."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


async def _sign_in(outgoing: Outgoing, client: SMTP, auth: Auth) -> None:
    if auth.user is None:
        return
    if auth.by_token:
        await client.auth_xoauth2(auth.user, await _access_token(outgoing, auth))
    else:
        await client.login(auth.user, auth.password or "")


async def _access_token(outgoing: Outgoing, auth: Auth) -> str:
    """Return the access token, renewed when there is a refresh token (RFC 6749 section 6)."""
    if auth.refresh_token is None:
        return auth.access_token or ""
    fields = {"grant_type": "refresh_token", "refresh_token": auth.refresh_token}
    fields |= {"client_id": auth.client_id or "", "client_secret": auth.client_secret or ""}
    answer = await outgoing.request(
        "POST",
        auth.access_url,
        content=urlencode(fields).encode(),
        headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
    )
    try:
        token = msgspec.json.decode(answer.body, type=dict[str, object]).get("access_token")
    except msgspec.MsgspecError as error:
        raise OutgoingError("The token endpoint did not answer with JSON.") from error
    if not isinstance(token, str) or not token:
        raise OutgoingError(f"The token endpoint gave no token (status {answer.status}).")
    return token


def _describe(error: Exception, message: Message) -> str:
    """Say what went wrong in the server's words, without what the message carried."""
    if isinstance(error, SMTPRecipientsRefused) and error.recipients:
        error = error.recipients[0]
    return redacted(_words(error), message)


def _words(error: Exception) -> str:
    """Say what went wrong in the server's words."""
    if isinstance(error, SMTPResponseException):
        return f"the mail server answered {error.code} {error.message}"
    if isinstance(error, TimeoutError):
        return "the mail server did not answer in time"
    return str(error).replace(" on port None", "") or type(error).__name__


class SmtpFactory(SenderFactory[SmtpConfig]):
    """The factory, whose configuration needs no templates where our own words stand in for them."""

    def read(self, config: dict[str, object]) -> SmtpConfig:
        """Return a cleaned configuration; raises ConnectorInvalidConfig."""
        return super().read({"templates": [], **config} if config.get("defaultTemplates") is True else config)


SMTP_EMAIL = SmtpFactory(
    id="simple-mail-transfer-protocol",
    kind="Email",
    target="smtp",
    name={"en": "SMTP", "fr": "SMTP"},
    description={"en": "Sends e-mail through a mail server.", "fr": "Envoie les e-mails par un serveur de messagerie."},
    logo=ENVELOPE,
    readme=README,
    form_items=FORM,
    config=SmtpConfig,
    deliver=deliver,
    check=check,
    localised=True,
)
