"""What happens to requests and answers on their way, as the doctor sees it: headers, cookies, the time."""

from email.utils import parsedate_to_datetime
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import msgspec

from vestibule.cli.doctor_finding import Fetched, Finding, State, fetch
from vestibule.domain.doctor import HEADER
from vestibule.model import BUILT_IN_APPLICATION
from vestibule.settings import ServerSettings

SKEW_SECONDS, BAD_SKEW_SECONDS = 5, 60
"""Tokens allow for a minute."""
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


class Seen(msgspec.Struct, rename="camel"):
    """A request as the server saw it."""

    peer: str
    client: str
    host: str | None = None
    forwarded_for: str | None = None
    forwarded_proto: str | None = None
    forwarded_host: str | None = None


def forwarded(settings: ServerSettings, token: str) -> list[Finding]:
    """Ask the server how a request arrives; `token` is a question that the store holds."""
    answer = fetch(f"{settings.public_url}/doctor", {HEADER: token})
    try:
        seen = msgspec.json.decode(answer.body, type=Seen)
    except msgspec.MsgspecError:
        words = "the server at the public address does not know what this store holds"
        return [
            Finding("store", "wrong", words, "VESTIBULE_DATABASE_URL and VESTIBULE_SECRET_KEY as the server has them")
        ]
    if seen.peer == answer.here:
        return [Finding("proxy", "ok", "no proxy in between")]
    return [_client(settings, seen), *_said(settings, seen)]


def _client(settings: ServerSettings, seen: Seen) -> Finding:
    """Judge whether visitors are told apart behind a proxy."""
    proxy = seen.peer.partition(" ")[0]
    trusted = any(ip_address(proxy) in network for network in settings.trusted_proxies)
    if seen.forwarded_for is None:
        state: State = "wrong" if trusted else "warn"
        words = f"requests come from {proxy} without X-Forwarded-For: all visitors count as one address"
        return Finding("proxy", state, words, "at the proxy: X-Forwarded-For with the address of the visitor")
    if not trusted:
        words = f"the proxy at {proxy} is not trusted: all visitors count as one address, and one can lock out all"
        networks = ",".join([*map(str, settings.trusted_proxies), proxy])
        return Finding("proxy", "wrong", words, f"VESTIBULE_TRUSTED_PROXIES={networks}")
    return Finding("proxy", "ok", f"the proxy at {proxy} is trusted and names the visitor ({seen.client})")


def _said(settings: ServerSettings, seen: Seen) -> list[Finding]:
    """Judge what the proxy says of scheme and host. This server believes its setting; other software does not."""
    public = urlsplit(settings.public_url)
    found = []
    if seen.forwarded_proto is not None and seen.forwarded_proto != public.scheme:
        words = f"X-Forwarded-Proto is {seen.forwarded_proto[:32]!r}, the public address begins with {public.scheme}"
        found.append(Finding("scheme", "warn", words, f"at the proxy: X-Forwarded-Proto {public.scheme}"))
    named = {"Host": seen.host, "X-Forwarded-Host": seen.forwarded_host}
    if seen.forwarded_host is not None and seen.forwarded_host != public.netloc:
        words = f"X-Forwarded-Host is {seen.forwarded_host[:128]!r}, the public address names {public.netloc}"
        found.append(Finding("host", "warn", words, f"at the proxy: X-Forwarded-Host {public.netloc}"))
    elif public.netloc not in named.values():
        words = f"the header Host arrives as {(seen.host or '')[:128]!r}"
        found.append(Finding("host", "warn", words, f"at the proxy: Host {public.netloc}"))
    return found


def cookies(settings: ServerSettings) -> Finding:
    """Begin a sign-in and look at its cookies."""
    asked = {
        "client_id": BUILT_IN_APPLICATION,
        "redirect_uri": f"{settings.public_url}/{BUILT_IN_APPLICATION}",
        "response_type": "code",
        "scope": "openid",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    lines = fetch(f"{settings.issuer}/auth?{urlencode(asked)}").headers.get_all("set-cookie") or []
    secure = [_is_secure(line) for line in lines]
    if not lines:
        words = "a sign-in begins without a cookie: something in between takes them away"
        return Finding("cookies", "wrong", words, "at the proxy: let Set-Cookie and Cookie pass")
    if settings.is_secure and not all(secure):
        return Finding("cookies", "wrong", "cookies lose Secure on the way", "at the proxy: leave Set-Cookie as it is")
    if not settings.is_secure and any(secure):
        words = "cookies are Secure, and browsers keep none of them over http"
        return Finding("cookies", "wrong", words, "at the proxy: leave Set-Cookie as it is")
    return Finding("cookies", "ok", f"{len(lines)} cookies{', Secure' if settings.is_secure else ''}")


def _is_secure(line: str) -> bool:
    try:
        return any(morsel["secure"] for morsel in SimpleCookie(line).values())
    except CookieError:
        return False


def clock(answer: Fetched, now: int) -> Finding:
    """Compare the server's time with this machine's."""
    try:
        then = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except ValueError:
        return Finding("clock", "warn", "answers carry no date", "at the proxy: let the header Date pass")
    return skew("clock", "the server's clock", round(then - now / 1000))


def skew(check: str, whose: str, seconds: int) -> Finding:
    """Judge a difference to this machine's clock."""
    if abs(seconds) <= SKEW_SECONDS:
        return Finding(check, "ok", f"{whose} agrees with this machine's")
    state: State = "wrong" if abs(seconds) > BAD_SKEW_SECONDS else "warn"
    which = "ahead of" if seconds > 0 else "behind"
    return Finding(check, state, f"{whose} is {abs(seconds)} s {which} this machine's", "set both clocks by NTP")
