"""A whole sign-in of a browser: authorization request, page, form, consent hand-over, code, tokens.

What it costs beside its one password hash is the figure: under 5 ms of the server's CPU.
"""

import base64
import gzip
import html
import http.client
import json
import re
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

CALLBACK = "https://app.example/callback"
GOAL_MS, GOAL_HASH_MS = 5.0, 19.0
"""For everything but the hash, and what a hash takes on the machine that the targets were set on."""
FORM = "application/x-www-form-urlencoded"
_HIDDEN = re.compile(r'name="csrf" value="([^"]+)"')
_ACTION = re.compile(r'<form method="post" action="([^"]+)"')


@dataclass
class Browser:
    """One browser on one kept connection: sends every cookie it has, follows nothing by itself."""

    port: int
    address: str
    jar: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.location = ""
        self.page = ""

    def send(self, method: str, path: str, form: dict[str, str] | None = None) -> int:
        """Send one request, as a browser at an address of its own would; returns the status."""
        headers = {
            "host": f"localhost:{self.port}",
            "accept": "text/html",
            "accept-encoding": "gzip",
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64) bench",
            "x-forwarded-for": self.address,
            "cookie": "; ".join(f"{name}={value}" for name, value in self.jar.items()),
        }
        if form is not None:
            headers |= {"content-type": FORM, "origin": f"http://localhost:{self.port}"}
        self.connection.request(method, path, urlencode(form) if form is not None else None, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        for name, line in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, value = line.partition(";")[0].partition("=")
                self.jar[key] = value
        self.location = answer.getheader("location") or ""
        if answer.getheader("content-encoding") == "gzip":
            content = gzip.decompress(content)
        self.page = content.decode()
        return answer.status

    def follow(self) -> int:
        """Go where the last answer sent the browser."""
        parts = urlsplit(self.location)
        return self.send("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)

    def new(self) -> None:
        """Begin as somebody who was never here, on the same connection."""
        self.jar.clear()


def sign_in(browser: Browser, app: dict[str, str], user: str, password: str) -> bool:
    """Walk the whole way; tells whether tokens came of it."""
    browser.new()
    verifier = "v" * 43
    asked = {
        "client_id": app["id"],
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid profile offline_access",
        "prompt": "consent",
        "state": "state",
        "code_challenge": base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    browser.send("GET", f"/oidc/auth?{urlencode(asked)}")
    browser.follow()
    found, action = _HIDDEN.search(browser.page), _ACTION.search(browser.page)
    if found is None or action is None:
        return False
    browser.send("POST", html.unescape(action[1]), {"csrf": found[1], "identifier": user, "password": password})
    while browser.location and not browser.location.startswith(CALLBACK):
        if browser.follow() >= 400:
            return False
    code = parse_qs(urlsplit(browser.location).query).get("code", [""])[0]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": CALLBACK,
        "client_id": app["id"],
        "client_secret": app["secret"],
    }
    return browser.send("POST", "/oidc/token", form) == 200 and "id_token" in json.loads(browser.page)


def sign_in_often(port: int, app: dict[str, str], user: str, password: str, times: int) -> int:
    """Sign in so many times, from as many addresses; returns how many failed."""
    browser = Browser(port, "192.0.2.1")
    failed = 0
    for number in range(times):
        browser.address = f"198.51.{number // 250}.{number % 250 + 1}"
        failed += not sign_in(browser, app, user, password)
    browser.connection.close()
    return failed
