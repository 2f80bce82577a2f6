"""A browser without JavaScript: follows redirects with cookies, reads forms, fills and posts them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx2


@dataclass
class Form:
    """One form of a page."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get").lower()))
        elif tag == "input" and self.forms and "name" in values and values.get("type") not in {"checkbox", "radio"}:
            self.forms[-1].fields[values["name"]] = values.get("value", "")
        elif tag == "button" and self.forms and "name" in values:
            self.forms[-1].buttons.append((values["name"], values.get("value", "")))


def forms_of(page: str) -> list[Form]:
    """Return the forms of a page."""
    parser = _Forms()
    parser.feed(page)
    return parser.forms


class Browser:
    """Walks pages of one site after another; stops when an address starts with `stop_at`."""

    def __init__(self, stop_at: str = "") -> None:
        self.client = httpx2.Client(follow_redirects=False, timeout=20)
        self.stop_at = stop_at
        self.address = ""
        self.page = ""
        self.status = 0

    def open(self, address: str) -> "Browser":
        """Open an address and follow redirects, up to a page or to `stop_at`."""
        return self._walk("GET", address, None)

    def submit(self, values: dict[str, str], *, containing: str = "") -> "Browser":
        """Fill in and post the first form that has the field `containing` (or all the given ones)."""
        wanted = {containing} if containing else set(values)
        for form in forms_of(self.page):
            names = set(form.fields) | {name for name, _ in form.buttons}
            if wanted <= names:
                origin = "/".join(self.address.split("/")[:3])
                return self._walk(
                    form.method.upper(), urljoin(self.address, form.action), {**form.fields, **values}, origin
                )
        raise LookupError(f"no form with {sorted(wanted)} at {self.address}: {self.page[:2000]}")

    def _walk(self, method: str, address: str, data: dict[str, str] | None, origin: str = "") -> "Browser":
        for _ in range(20):
            self.address = address
            if self.stop_at and address.startswith(self.stop_at):
                return self
            headers = {"accept": "text/html", **({"origin": origin} if origin else {})}
            answer = self.client.request(method, address, data=data, headers=headers)
            self.status, self.page = answer.status_code, answer.text
            if answer.status_code not in {301, 302, 303, 307, 308}:
                return self
            address, method, data, origin = urljoin(address, answer.headers["location"]), "GET", None, ""
        raise RecursionError(f"too many redirects, the last to {address}")
