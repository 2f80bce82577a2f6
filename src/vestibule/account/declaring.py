"""Routes of the settings API from rows: what follows from an action or a body is said here, once."""

from collections.abc import Iterable
from typing import NamedTuple

from vestibule.account import problems
from vestibule.account.access import MayDo
from vestibule.account.permissions import PROVABLE
from vestibule.account.tokens import TokenChecker
from vestibule.errors import AppError
from vestibule.http import Handler, Route
from vestibule.http.body import MalformedBody

PROOFS = {"Vestibule-Proof": "The proofs that the action asks for, separated by commas."}
COMMON = (problems.Gone, problems.Suspended, problems.TooMany, problems.IdentityServerAway)


class Row(NamedTuple):
    """One route below `/api/me`: its action in the permissions table, its body, answer, own refusals and query."""

    method: str
    path: str
    handler: Handler
    action: str
    summary: str
    body: object
    status: int
    answer: object
    errors: tuple[type[AppError], ...] = ()
    query: object = None


def declared(checker: TokenChecker, tag: str, rows: Iterable[Row]) -> list[Route]:
    """Return the routes of the rows."""
    return [
        Route(
            row.method,
            f"/api/me{row.path}",
            row.handler,
            access=MayDo(checker, row.action),
            summary=row.summary,
            body=row.body,
            query=row.query,
            headers=PROOFS if row.action in PROVABLE else {},
            responses={row.status: row.answer},
            errors=(*COMMON, *_following(row), *row.errors),
            tags=(tag,),
        )
        for row in rows
    ]


def _following(row: Row) -> Iterable[type[AppError]]:
    if row.body is not None:
        yield from (MalformedBody, problems.InvalidFields)
    if row.action in PROVABLE:
        yield from (problems.ProofRequired, problems.InvalidFields)
