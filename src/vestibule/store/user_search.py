"""How users are listed: newest first, searched in five fields."""

from sqlalchemy import ColumnElement, bindparam, select

from vestibule.model import User
from vestibule.store.listing import Listing
from vestibule.store.tables import user_roles, users
from vestibule.store.users import COLUMNS


def _has_role(parameter: str) -> ColumnElement[bool]:
    return users.c.id.in_(select(user_roles.c.user_id).where(user_roles.c.role_id == bindparam(parameter)))


USERS = Listing(
    COLUMNS,
    User,
    order=(users.c.created_at.desc(), users.c.id),
    # Ids and phone numbers have no case.
    fields={
        "id": (users.c.id, users.c.id),
        "primary_email": (users.c.primary_email, users.c.email_folded),
        "primary_phone": (users.c.primary_phone, users.c.primary_phone),
        "username": (users.c.username, users.c.username_folded),
        "name": (users.c.name, users.c.name_folded),
    },
    filters={"role_id": _has_role("role_id"), "exclude_role_id": ~_has_role("exclude_role_id")},
)
