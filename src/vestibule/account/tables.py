"""The account server's own tables: proofs, page sessions, sign-ins and links under way. Times are epoch ms."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text

SID_LENGTH = 255

metadata = MetaData(
    naming_convention={"pk": "%(table_name)s__pk", "uq": "%(table_name)s__%(column_0_N_name)s"},
)

proofs = Table(
    "proofs",
    metadata,
    Column("id", String(43), primary_key=True),
    Column("user_id", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("method", String(16), nullable=False),
    Column("target", String(128)),
    Column("tries", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("verified_at", BigInteger),
    Column("consumed_at", BigInteger),
    Index("proofs__user_ix", "user_id", "method", "created_at"),
    Index("proofs__target_ix", "target", "created_at"),
    Index("proofs__expires_ix", "expires_at"),
)

# Sign-ins of the page that have been started and not come back: `id` is the digest of `state`.
logins = Table(
    "logins",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("browser_digest", String(64), nullable=False),
    Column("secret_sealed", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("logins__expires_ix", "expires_at"),
)

# Links to identities elsewhere that have been started and not come back: `id` is the digest of `state`.
links = Table(
    "links",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user_id", String(64), nullable=False),
    Column("target", String(128), nullable=False),
    Column("binding_digest", String(64), nullable=False),
    Column("secret_sealed", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("links__expires_ix", "expires_at"),
)

# Sessions of the page: `id` is the digest of the cookie, `sid` the ID token's, which names the sign-in.
# The user's tokens are sealed.
page_sessions = Table(
    "page_sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user_id", String(64), nullable=False),
    Column("tokens_sealed", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("renewing_until", BigInteger, nullable=False, server_default="0"),
    Column("sid", String(SID_LENGTH)),
    Index("page_sessions__user_ix", "user_id"),
    Index("page_sessions__sid_ix", "sid"),
    Index("page_sessions__expires_ix", "expires_at"),
)
