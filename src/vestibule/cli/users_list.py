"""`vestibule users list`: who has an account, newest first."""

import argparse
import json
from datetime import UTC, datetime

from vestibule.cli.world import on_store
from vestibule.domain.context import Context
from vestibule.model import User
from vestibule.store.listing import Group, Search, Window
from vestibule.store.user_search import USERS

SHOWN, PAGE = 50, 500
HEADINGS = ("id", "username", "email", "phone", "name", "created", "state")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the filter, the bound and the form."""
    parser.add_argument("--search", metavar="TEXT", help="only users whose name, address, number or id contains TEXT")
    parser.add_argument("--limit", type=int, default=SHOWN, metavar="N", help=f"at most N users (default: {SHOWN})")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Print the users."""

    async def work(ctx: Context) -> None:
        search = _search(args.search)
        shown = 0
        if not args.json:
            print("\t".join(HEADINGS))
        while shown < args.limit:
            async with ctx.db.scan() as tx:
                found = await USERS.rows(tx, search, Window(min(PAGE, args.limit - shown), shown))
            if not found:
                return
            shown += len(found)
            print("\n".join(_json(user) if args.json else _line(user) for user in found))

    return on_store(work)


def _search(text: str | None) -> Search:
    if not text:
        return Search()
    escaped = "".join(f"\\{char}" if char in "\\%_" else char for char in text.casefold())
    return Search((Group(USERS.fields, "like", f"%{escaped}%"),))


def _line(user: User) -> str:
    created = datetime.fromtimestamp(user.created_at / 1000, UTC).strftime("%Y-%m-%d")
    state = "suspended" if user.is_suspended else "active"
    cells = (user.id, user.username, user.primary_email, user.primary_phone, user.name, created, state)
    # A name may hold anything: nothing of it may reach the terminal as a command (CWE-150).
    return "\t".join("".join(char if char.isprintable() else "�" for char in cell or "-") for cell in cells)


def _json(user: User) -> str:
    return json.dumps(
        {
            "id": user.id,
            "username": user.username,
            "primaryEmail": user.primary_email,
            "primaryPhone": user.primary_phone,
            "name": user.name,
            "createdAt": user.created_at,
            "lastSignInAt": user.last_sign_in_at,
            "isSuspended": user.is_suspended,
            "hasPassword": user.has_password,
        }
    )
