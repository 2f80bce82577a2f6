"""The secrets of applications: listed, made, renamed, deleted; `applications` finds the one that is presented."""

from sqlalchemy import bindparam, delete, insert, select, update

from vestibule.db import Statement
from vestibule.model import ApplicationSecret
from vestibule.store.rows import Row
from vestibule.store.tables import application_secrets as table

OF_APPLICATION = Statement(
    select(table)
    .where(table.c.application_id == bindparam("application_id"))
    .order_by(table.c.created_at, table.c.name),
    ApplicationSecret,
)

INSERT: Statement[Row] = Statement(insert(table))

_one = (table.c.application_id == bindparam("of_application"), table.c.name == bindparam("old_name"))

RENAME = Statement(update(table).where(*_one).values(name=bindparam("name")).returning(*table.c), ApplicationSecret)

DELETE: Statement[Row] = Statement(delete(table).where(*_one))
