"""The page's cookies: `__Host-` over https, without prefix on loopback; no script can read them."""

from vestibule.http import Response


class Cookies:
    """The names of the two cookies, and how they are put on an answer."""

    def __init__(self, *, secure: bool) -> None:
        prefix = "__Host-" if secure else ""
        self.session, self.login = f"{prefix}vestibule_account", f"{prefix}vestibule_account_login"
        self._more = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")

    def set(self, response: Response, name: str, value: str, seconds: int) -> None:
        """Put a cookie on an answer; no seconds remove it."""
        response.raw_headers.append((b"set-cookie", f"{name}={value}; Max-Age={seconds}{self._more}".encode()))
