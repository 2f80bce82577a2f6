"""Writing the contract's cookies (1.6): signed, SameSite=Lax, Secure over https."""

from vestibule.crypto import new_token
from vestibule.domain import cookies as names
from vestibule.domain.cookies import CookieKeys, encoded, with_interaction
from vestibule.http import Request, Response
from vestibule.model import Interaction

HOUR_SECONDS = 3600
RESUME_PATH = "/oidc/auth/"


class Jar:
    """Collects the cookies of one answer; `browser` is the browser's secret, made when it has none."""

    def __init__(self, keys: CookieKeys, request: Request, *, secure: bool) -> None:
        self._keys = keys
        self._request = request
        self._secure = "; Secure" if secure else ""
        self._lines: dict[tuple[str, str], bytes] = {}
        self.device = keys.device(request.cookies)
        self.browser = keys.browser(request.cookies) or new_token()

    def write(self, response: Response) -> Response:
        """Put the cookies on the answer."""
        response.raw_headers += [(b"set-cookie", line) for line in self._lines.values()]
        return response

    def interaction(self, interaction: Interaction, ui_locales: str | None) -> None:
        """Remember a step of a sign-in, and the visitor's choices for the pages."""
        known = self._keys.interactions(self._request.cookies)
        visitor = {"appId": interaction.client_id} | ({"uiLocales": ui_locales} if ui_locales else {})
        self._signed(names.VISITOR, encoded(visitor), "/", None, http_only=False)
        self._signed(names.INTERACTION, with_interaction(known, interaction.client_id, interaction.id), "/")
        self._signed(names.RESUME, interaction.id, RESUME_PATH + interaction.id)
        self._set(self._keys.browser_name, self.browser, "/", None, http_only=True)

    def finished(self, interaction: Interaction) -> None:
        """Forget the step that was just resumed."""
        self._signed(names.RESUME, "", RESUME_PATH + interaction.id, 0)

    def session(self, cookie: str, seconds: int) -> None:
        """Carry a session for so long."""
        self._signed(names.SESSION, cookie, "/", seconds)

    def trusted(self, cookie: str, seconds: int) -> None:
        """Remember for so long that somebody has shown a second factor in this browser."""
        self._set(self._keys.device_name, cookie, "/", seconds, http_only=True)

    def no_session(self) -> None:
        """Forget the session."""
        self._signed(names.SESSION, "", "/", 0)

    def _signed(
        self, name: str, value: str, path: str, max_age: int | None = HOUR_SECONDS, *, http_only: bool = True
    ) -> None:
        signature = self._keys.signature(name, value) if value else ""
        self._set(name, value, path, max_age, http_only=http_only)
        self._set(f"{name}.sig", signature, path, max_age, http_only=http_only)

    def _set(self, name: str, value: str, path: str, max_age: int | None, *, http_only: bool) -> None:
        life = "" if max_age is None else f"; Max-Age={max_age}"
        guard = "; HttpOnly" if http_only else ""
        line = f"{name}={value}; Path={path}{life}{guard}; SameSite=Lax{self._secure}"
        self._lines[name, path] = line.encode("latin-1")
