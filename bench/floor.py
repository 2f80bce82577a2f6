"""The floor: the same server answering constants, bare driver reads, and the primitives the product cannot avoid.

`python -m bench.floor PORT` serves `/constant`, `/row/<id>`, `/rows`, `/write/<id>`, `/insert/<user>/<application>`,
`/create/<user>`, `/part/<text>`, `/sign`, `/hash`.
Everything here is the least that any correct server could do for the matching request.
"""

import asyncio
import os
import secrets
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import uvicorn
from argon2 import PasswordHasher
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

BODY = b'{"id":"' + b"x" * 1090 + b'"}'
ROW = "SELECT * FROM users WHERE id = {}"
ROWS = "SELECT * FROM users ORDER BY created_at DESC, id LIMIT 20"
WRITE = "UPDATE users SET updated_at = updated_at + 1 WHERE id = {} RETURNING *"

INSERT = (
    "INSERT INTO access_tokens (id, user_id, application_id, scope, created_at, expires_at) "
    "VALUES ({}, {}, {}, 'openid', 1, 9999999999999)"
)
CREATE = (
    "INSERT INTO users (id, username, username_folded, custom_data, identities, created_at, updated_at, profile, "
    "is_suspended, is_password_expired, logto_config) SELECT {}, {}, {}, custom_data, identities, created_at, "
    "updated_at, profile, is_suspended, is_password_expired, logto_config FROM users WHERE id = {} RETURNING *"
)
PART = (
    "SELECT * FROM users WHERE username_folded LIKE {} OR email_folded LIKE {} OR name_folded LIKE {} "
    "OR primary_phone LIKE {} OR id LIKE {} ORDER BY created_at DESC, id LIMIT 20"
)

Send = Callable[[dict[str, Any]], Awaitable[None]]
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]


class Floor:
    """A bare ASGI application over one bare driver connection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlite: sqlite3.Connection | None = None
        self.pool: asyncpg.Pool[asyncpg.Record] | None = None
        self.key = ec.generate_private_key(ec.SECP384R1())
        self.hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self.stored = self.hasher.hash("correct horse battery")

    async def open(self) -> None:
        """Connect the way the product does: WAL on SQLite, a pool of eight without reset query on PostgreSQL."""
        if self.url.startswith("sqlite"):
            self.sqlite = sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None)
            self.sqlite.execute("PRAGMA journal_mode=WAL")
            self.sqlite.execute("PRAGMA synchronous=NORMAL")
            return

        class Connection(asyncpg.Connection):  # type: ignore[misc]
            def get_reset_query(self) -> str:
                return ""

        self.pool = await asyncpg.create_pool(self.url, min_size=8, max_size=8, connection_class=Connection)

    async def query(self, text: str, *values: str) -> None:
        """Run one statement through the driver and fetch everything."""
        if self.sqlite is not None:
            self.sqlite.execute(text.format(*["?"] * len(values)), values).fetchall()
        elif self.pool is not None:
            await self.pool.fetch(text.format(*[f"${at}" for at in range(1, len(values) + 1)]), *values)

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.open()
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        _, kind, *rest = scope["path"].split("/")
        if kind == "row":
            await self.query(ROW, rest[0])
        elif kind == "rows":
            await self.query(ROWS)
        elif kind == "write":
            await self.query(WRITE, rest[0])
        elif kind == "insert":
            await self.query(INSERT, secrets.token_hex(32), *rest)
        elif kind == "create":
            name = secrets.token_hex(6)
            await self.query(CREATE, name, name, name, *rest)
        elif kind == "part":
            await self.query(PART, *[f"%{rest[0]}%"] * 5)
        elif kind == "sign":
            self.key.sign(BODY[:430], ec.ECDSA(hashes.SHA384()))
        elif kind == "hash":
            await asyncio.get_running_loop().run_in_executor(None, self.check)
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": BODY})

    def check(self) -> None:
        """Verify the one stored password."""
        self.hasher.verify(self.stored, "correct horse battery")


if __name__ == "__main__":
    uvicorn.run(
        Floor(os.environ["FLOOR_DATABASE_URL"]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="error",
        access_log=False,
        server_header=False,
    )
