"""Browsers that are trusted with one factor, each for one user."""

from sqlalchemy import bindparam, delete, insert, update

from vestibule.db import Statement
from vestibule.model import TrustedDevice
from vestibule.store.listing import Listing
from vestibule.store.rows import Row
from vestibule.store.tables import trusted_devices as devices

INSERT: Statement[Row] = Statement(insert(devices))

USE: Statement[Row] = Statement(
    update(devices)
    .where(
        devices.c.device_digest == bindparam("device"),
        devices.c.user_id == bindparam("of_user"),
        devices.c.expires_at > bindparam("now"),
    )
    .values(last_used_at=bindparam("now"))
)
"""Whether it is trusted, and that it was used, at once."""

MOVE: Statement[Row] = Statement(
    update(devices).where(devices.c.device_digest == bindparam("device")).values(device_digest=bindparam("new_device"))
)
"""A browser gets another cookie: whoever else is trusted in it stays so."""

DELETE_HERE: Statement[Row] = Statement(
    delete(devices).where(devices.c.device_digest == bindparam("device"), devices.c.user_id == bindparam("of_user"))
)
DELETE_OF_USER: Statement[Row] = Statement(delete(devices).where(devices.c.user_id == bindparam("user_id")))
DELETE: Statement[Row] = Statement(
    delete(devices).where(devices.c.user_id == bindparam("of_user"), devices.c.id == bindparam("device_id"))
)

DEVICES: Listing[TrustedDevice] = Listing(
    tuple(devices.c),
    TrustedDevice,
    order=(devices.c.created_at.desc(), devices.c.id),
    fields={},
    filters={
        "user_id": devices.c.user_id == bindparam("user_id"),
        "live_at": devices.c.expires_at > bindparam("live_at"),
    },
)
