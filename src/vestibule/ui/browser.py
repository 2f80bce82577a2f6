"""What both sites ask of a browser's request: the language it wants, and that a form was sent from our own page."""

from urllib.parse import urlsplit

from vestibule.errors import AppError
from vestibule.http import Request, Response
from vestibule.ui.brand import Brand
from vestibule.ui.messages import first_tag
from vestibule.ui.render import LANGUAGE_PARAMETER, choose_language

LANGUAGE_COOKIE = "vestibule_language"
YEAR_SECONDS = 31_536_000
OURS = Brand()
OWN_SITES = {"same-origin", "none"}


class ForeignForm(AppError):
    """A form that was not sent from our own page, or is too old."""

    code, status = "browser.foreign_form", 403
    message = "This form was not sent from our own page, or it is too old. Open the page again and send it once more."


def language_of(request: Request, ui_locales: str | None = None, *, brand: Brand = OURS) -> str:
    """Return the language of an answer."""
    return choose_language(*_wishes(request, ui_locales, brand), brand.language)


def message_language(request: Request, ui_locales: str | None = None, *, brand: Brand = OURS) -> str:
    """Return the language of messages to whoever asks: there can be words in more languages than the pages speak."""
    return first_tag(*_wishes(request, ui_locales, brand)) or brand.language


def _wishes(
    request: Request, ui_locales: str | None, brand: Brand
) -> tuple[str | None, str | None, str | None, str | None]:
    asked = next((value for key, value in request.query_items if key == LANGUAGE_PARAMETER), None)
    locales = ui_locales or next((value for key, value in request.query_items if key == "ui_locales"), None)
    accepted = request.headers.get("accept-language") if brand.detects_language else None
    return asked, locales, request.cookies.get(LANGUAGE_COOKIE), accepted


def remember_language(request: Request, response: Response) -> Response:
    """Keep a language that was just chosen by a link."""
    asked = next((value for key, value in request.query_items if key == LANGUAGE_PARAMETER), None)
    if asked:
        secure = "; Secure" if request.public_url.startswith("https://") else ""
        line = (
            f"{LANGUAGE_COOKIE}={language_of(request)}; Path=/; Max-Age={YEAR_SECONDS}; SameSite=Lax; HttpOnly{secure}"
        )
        response.raw_headers.append((b"set-cookie", line.encode()))
    return response


def check_origin(request: Request) -> None:
    """Refuse a form that another site sends (B41)."""
    if is_from_elsewhere(request):
        raise ForeignForm


def is_from_elsewhere(request: Request) -> bool:
    """Tell whether another site sends this; browsers say where it comes from, programs do not."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    return origin not in {None, origin_of(request.public_url)} or (site is not None and site not in OWN_SITES)


def origin_of(url: str) -> str:
    """Return scheme and authority."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def onward(url: str) -> tuple[str, ...]:
    """Return the `form-action` of a page whose form leads, by redirects, to an application's address.

    Browsers hold the directive against every redirect that follows the form. Where an application leads on to from
    its own address is its own business, so the scheme is named and not the origin.
    """
    return ("'self'", *dict.fromkeys(("https:", f"{urlsplit(url).scheme}:")))


async def fields(request: Request) -> dict[str, str]:
    """Return the fields of a form; of a repeated one the last."""
    return {name: values[-1] for name, values in (await request.form_fields()).items()}
