"""The audit trail: who did what, when, from where, and whether it worked (ASVS 5.0 V16.3.1).

Rows are gathered and written together: a token costs no transaction of its own, and a sign-in or a write waits for the
one in which its row is stored (`Trail.settle`). A store that is away never fails what was already done: the rows wait
for it, `HELD` of them at most.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from vestibule import origin
from vestibule.clock import Clock
from vestibule.crypto import new_id
from vestibule.db import Database, DatabaseUnavailable
from vestibule.store import logs as store

HELD = 10_000
"""Rows that wait while the store is away; older ones are lost first."""
ERRORS_A_MINUTE = 600
"""Failures kept of one minute and process: strangers can cause them, and must not fill the store."""
MAX_TEXT = 1024
"""Characters kept of any one text that a caller sent."""
MASK = "******"
MINUTE_MS = 60_000

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. `error` is the code or reason of a failure; `more` joins the payload as it is."""

    key: str
    error: str | None = None
    user_id: str | None = None
    application_id: str | None = None
    session_id: str | None = None
    interaction_id: str | None = None
    more: Mapping[str, object] | None = None


class Trail:
    """Gathers events and writes them; one for each store."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._rows: deque[dict[str, object]] = deque(maxlen=HELD)
        self._writing = asyncio.Lock()
        self._next: asyncio.Task[bool] | None = None
        self.waiting = asyncio.Event()
        """Set while there are rows to write."""
        self._minute = self._failures = 0

    def record(self, event: Event) -> None:
        """Note an event; it is written with the next batch."""
        if event.error is None or self._may_fail():
            self._append(event)

    def _may_fail(self) -> bool:
        """Count a failure; when a new minute begins, say how many the last one had too many."""
        minute = self._clock.now() // MINUTE_MS
        if minute != self._minute:
            lost = self._failures - ERRORS_A_MINUTE
            if lost > 0:
                self._append(Event(key="Trail.Shortened", more={"failuresLeftOut": lost}))
            self._minute, self._failures = minute, 0
        self._failures += 1
        return self._failures <= ERRORS_A_MINUTE

    def _append(self, event: Event) -> None:
        self._rows.append(
            {
                "id": new_id(),
                "key": event.key,
                "payload": _encode(_payload(event)).decode(),
                "user_id": event.user_id,
                "application_id": event.application_id,
                "created_at": self._clock.now(),
            }
        )
        self.waiting.set()

    async def settle(self) -> bool:
        """Write what was noted so far; returns whether the store took it. Who asks in one turn of the loop shares."""
        if self._next is None:
            self._next = asyncio.create_task(self._store())
        return await asyncio.shield(self._next)

    async def _store(self) -> bool:
        async with self._writing:
            self._next = None
            rows, self._rows = self._rows, deque(maxlen=HELD)
            self.waiting.clear()
            if not rows:
                return True
            try:
                async with self._db.single() as tx:
                    await tx.many(store.INSERT, rows)
            except DatabaseUnavailable:
                self._keep(rows)
                return False
            return True

    def _keep(self, rows: deque[dict[str, object]]) -> None:
        rows.extend(self._rows)
        self._rows = rows
        self.waiting.set()


def _payload(event: Event) -> dict[str, object]:
    came = origin.CURRENT.get()
    known = {
        "error": event.error,
        "ip": came.ip if came else None,
        "userAgent": came.user_agent[:MAX_TEXT] if came else None,
        "userId": event.user_id,
        "applicationId": event.application_id,
        "sessionId": event.session_id,
        "interactionId": event.interaction_id,
    }
    named = {name: value for name, value in known.items() if value is not None}
    result = "Success" if event.error is None else "Error"
    return {"key": event.key, "result": result, **named, **(event.more or {})}
