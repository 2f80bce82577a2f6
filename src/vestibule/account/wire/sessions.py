"""Bodies about where the caller is signed in."""

import msgspec

from vestibule.account.devices import device
from vestibule.account.wire import Text128
from vestibule.client.models import UserSession


class SessionView(msgspec.Struct, rename="camel"):
    """A session: where the person is signed in. Times are epoch ms.

    `browser` and `system` are names as people know them, None for what is not told; `ip` is that of the last use.
    """

    id: str
    browser: str | None
    system: str | None
    ip: str | None
    signed_in_at: float
    last_used_at: float
    expires_at: float

    @classmethod
    def of(cls, session: UserSession) -> "SessionView":
        """Show a session to its owner."""
        context = (session.last_submission or {}).get("signInContext")
        known = context if isinstance(context, dict) else {}
        user_agent, ip = known.get("userAgent"), known.get("ip")
        used = device(user_agent if isinstance(user_agent, str) else None)
        signed_in_at = session.payload.login_ts * 1000
        return cls(
            session.payload.uid,
            used.browser,
            used.system,
            ip if isinstance(ip, str) else None,
            signed_in_at,
            session.last_active_at or signed_in_at,
            session.expires_at,
        )


class SessionList(msgspec.Struct):
    """Every live session of the caller, the one that was used last first."""

    sessions: list[SessionView]


class SessionKept(msgspec.Struct):
    """The session that goes on; front ends know theirs by `sid` of the ID token."""

    keep: Text128
