"""How users are listed: newest first, searched in five fields."""

from sqlalchemy import bindparam, exists, not_

from vestibule.model import User
from vestibule.store.listing import Listing
from vestibule.store.tables import user_roles, users
from vestibule.store.users import COLUMNS

_holds_role = exists().where(user_roles.c.user_id == users.c.id, user_roles.c.role_id == bindparam("exclude_role_id"))

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
    filters={"exclude_role_id": not_(_holds_role)},
)
