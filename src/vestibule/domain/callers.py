"""Which applications may call the Management API at this moment, whatever their tokens say."""

from collections import OrderedDict

from vestibule.domain.context import Context
from vestibule.domain.resources import allowed_to_application
from vestibule.model import MANAGEMENT_RESOURCE, MANAGEMENT_SCOPE

KEPT_MS = 10_000
"""How long a role that was taken away may still open the API."""
MAX_KEPT = 1024


class Callers:
    """Looks up whether an application's roles hold the scope of the Management API; remembers it for ten seconds."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._held: OrderedDict[str, tuple[int, bool]] = OrderedDict()

    async def may_manage(self, application_id: str) -> bool:
        """Tell whether one of the application's roles holds the scope, within the last ten seconds."""
        now = self._ctx.clock.now()
        known = self._held.get(application_id)
        if known is not None and 0 <= now - known[0] < KEPT_MS:
            return known[1]
        async with self._ctx.db.read() as tx:
            allowed = await allowed_to_application(tx, application_id, MANAGEMENT_RESOURCE)
        holds = any(row.scope == MANAGEMENT_SCOPE for row in allowed)
        self._held[application_id] = (now, holds)
        self._held.move_to_end(application_id)
        if len(self._held) > MAX_KEPT:
            self._held.popitem(last=False)
        return holds
