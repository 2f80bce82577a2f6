"""Which page a sign-in starts on, and what the page is told in its address (contract 1.5)."""

from urllib.parse import urlencode

from vestibule.domain.authorization import AuthorizationParams

SCREENS = {
    "sign_in": "/sign-in",
    "signIn": "/sign-in",
    "register": "/register",
    "reset_password": "/reset-password",
    "identifier:sign_in": "/identifier-sign-in",
    "identifier:register": "/identifier-register",
    "single_sign_on": "/single-sign-on",
}
MODES = {"signIn": "/sign-in", "signUp": "/register"}
IDENTIFIERS = frozenset({"username", "email", "phone"})
DIRECT_METHODS = frozenset({"social", "sso"})
PASSED_ON = ("organization_id", "ui_locales", "one_time_token", "login_hint", "identifier")


def login_page(params: AuthorizationParams) -> str:
    """Return the address of the page; one illegal extra and all extras are ignored."""
    query = {"app_id": params.client_id}
    if not _legal(params):
        return f"/sign-in?{urlencode(query)}"
    given = {name: getattr(params, name) for name in PASSED_ON}
    query |= {name: value for name, value in given.items() if value is not None}
    screen = SCREENS.get(params.first_screen or "") or MODES.get(params.interaction_mode or "", "/sign-in")
    if params.direct_sign_in is not None:
        method, _, target = params.direct_sign_in.partition(":")
        return f"/direct/{method}/{target}?{urlencode(query | {'fallback': screen.removeprefix('/')})}"
    return f"{screen}?{urlencode(query)}"


def consent_page(client_id: str) -> str:
    """Return the address of the consent page."""
    return f"/consent?{urlencode({'app_id': client_id})}"


def _legal(params: AuthorizationParams) -> bool:
    method, colon, target = (params.direct_sign_in or "social:x").partition(":")
    return (
        params.first_screen in {None, *SCREENS}
        and params.interaction_mode in {None, *MODES}
        and set((params.identifier or "").split()) <= IDENTIFIERS
        and method in DIRECT_METHODS
        and bool(colon and target.isascii() and target.replace("-", "").replace("_", "").isalnum())
    )
