"""The public address, as the doctor reaches it: scheme, host, port, certificate, and whose server answers there."""

import http.client
import socket
import ssl
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
from cryptography import x509

from vestibule.cli.doctor_finding import SECONDS, Fetched, Finding, fetch, origin_of, speaks_tls
from vestibule.settings import DAY, ServerSettings

DISCOVERY = "/.well-known/openid-configuration"
FEW_DAYS = 14


class Discovery(msgspec.Struct):
    """What a server says its own address is."""

    issuer: str


def examine(settings: ServerSettings) -> tuple[Finding, Fetched | None]:
    """Reach the server at its public address; returns what was found, and the answer where it was the right one."""
    public = settings.public_url
    try:
        answer = fetch(settings.issuer + DISCOVERY)
    except ssl.SSLCertVerificationError as error:
        return _certificate_refused(public, error), None
    except ssl.SSLError:
        return _no_tls(public), None
    except socket.gaierror:
        words = f"{urlsplit(public).hostname} has no address"
        return Finding("host", "wrong", words, f"{_setting(public)}, with a host name that is in the DNS"), None
    except (http.client.HTTPException, ConnectionResetError):
        return _odd(settings), None
    except OSError:
        return _nobody(settings), None
    return _judged(settings, answer)


def certificate(fetched: Fetched, now: int) -> Finding | None:
    """Judge how long a certificate lasts; None without TLS."""
    if not fetched.certificate:
        return None
    days = int((ssl.cert_time_to_seconds(str(fetched.certificate["notAfter"])) * 1000 - now) // (DAY * 1000))
    if days < FEW_DAYS:
        return Finding("tls", "warn", f"the certificate ends in {days} days", "renew the certificate of the proxy")
    return Finding("tls", "ok", f"the certificate is good for {days} days")


def _judged(settings: ServerSettings, answer: Fetched) -> tuple[Finding, Fetched | None]:
    public = settings.public_url
    if 300 <= answer.status < 400:
        target = origin_of(urljoin(public, answer.headers.get("location", "")))
        words = f"{public} leads on to {target}"
        return Finding(_part(public, target), "wrong", words, f"VESTIBULE_PUBLIC_URL={target}"), None
    try:
        issuer = msgspec.json.decode(answer.body, type=Discovery).issuer
    except msgspec.MsgspecError:
        return _odd(settings), None
    if issuer != settings.issuer:
        said = issuer.removesuffix("/oidc")
        words = f"the server at {public} believes that its address is {said}"
        return Finding(_part(public, said), "wrong", words, f"{_setting(public)}, where the server runs"), None
    return Finding("address", "ok", f"{public} answers, and knows its address"), answer


def _setting(public: str) -> str:
    return f"VESTIBULE_PUBLIC_URL={public}"


def _part(one: str, other: str) -> str:
    """Name the part in which two addresses differ."""
    left, right = urlsplit(one), urlsplit(other)
    if left.scheme != right.scheme:
        return "scheme"
    return "host" if left.hostname != right.hostname else "port" if left.port != right.port else "address"


def _certificate_refused(public: str, error: ssl.SSLCertVerificationError) -> Finding:
    words = f"the certificate at {public} is refused: {error.verify_message.rstrip('.')}"
    names = _names(public)
    if "mismatch" in error.verify_message:
        port = f":{urlsplit(public).port}" if urlsplit(public).port else ""
        line = f"VESTIBULE_PUBLIC_URL=https://{names[0] if names else 'NAME'}{port}"
        return Finding("tls", "wrong", f"{words} (it is for {', '.join(names) or 'no name'})", line)
    return Finding("tls", "wrong", words, "give the proxy a certificate that browsers accept, with its whole chain")


def _names(public: str) -> list[str]:
    """Return the host names of whatever certificate is shown."""
    parts = urlsplit(public)
    try:
        pem = ssl.get_server_certificate((parts.hostname or "", parts.port or 443), timeout=SECONDS)
        shown = x509.load_pem_x509_certificate(pem.encode())
        held: Any = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return []
    return [str(name) for name in held.get_values_for_type(x509.DNSName)]


def _no_tls(public: str) -> Finding:
    plain = "http" + public.removeprefix("https")
    line = f"VESTIBULE_PUBLIC_URL={plain}, or let the proxy speak TLS there"
    return Finding("scheme", "wrong", f"{public} speaks no TLS", line)


def _odd(settings: ServerSettings) -> Finding:
    """Something answers that is not this server."""
    public = settings.public_url
    if public.startswith("http:") and speaks_tls(public):
        secure = "https" + public.removeprefix("http")
        return Finding("scheme", "wrong", f"{public} speaks TLS", f"VESTIBULE_PUBLIC_URL={secure}")
    words = f"something else than this server answers at {public}"
    return Finding("address", "wrong", words, _remedy(settings))


def _nobody(settings: ServerSettings) -> Finding:
    return Finding("port", "wrong", f"nobody answers at {settings.public_url}", _remedy(settings))


def _remedy(settings: ServerSettings) -> str:
    """Say what to change, by whether the server can be reached where it listens."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - read, not bound
    inner = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    try:
        fetch(f"{inner}/oidc{DISCOVERY}")
    except (OSError, http.client.HTTPException):
        return "start the server: vestibule serve"
    if settings.is_loopback:
        parts = urlsplit(settings.public_url)
        return f"VESTIBULE_PUBLIC_URL={parts.scheme}://{parts.hostname}:{settings.port}"
    return f"let the proxy at {settings.public_url} lead to {inner}"
