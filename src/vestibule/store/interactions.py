"""Sign-ins under way."""

from typing import Any

from sqlalchemy import Text, bindparam, cast, delete, insert, null, or_, select, update

from vestibule.db import Statement
from vestibule.db.helpers import in_set, like_any
from vestibule.model import Application, Interaction
from vestibule.store.applications import COLUMNS
from vestibule.store.rows import Row
from vestibule.store.tables import applications, interactions, sessions

PAGE = 200

_live = (interactions.c.id == bindparam("interaction_id"), interactions.c.expires_at > bindparam("now"))

LIVE = Statement(select(interactions).where(*_live), Interaction)


def _with_application(*row: Any) -> tuple[Interaction, Application]:
    width = len(Interaction.__struct_fields__)
    return Interaction(*row[:width]), Application(*row[width:])


LIVE_OF_APPLICATION = Statement(
    select(interactions, *COLUMNS).join(applications, applications.c.id == interactions.c.client_id).where(*_live),
    _with_application,
)
"""The same with its application; no row when that is gone."""

INSERT: Statement[Row] = Statement(insert(interactions))

HELD = Statement(
    select(interactions).where(*_live, interactions.c.prompt == bindparam("at_prompt")).with_for_update(), Interaction
)
"""The same at one step, and nobody else changes it before this transaction is over."""

KEEP: Statement[Row] = Statement(
    update(interactions).where(interactions.c.id == bindparam("interaction_id")).values(state=bindparam("new_state"))
)
"""Of an interaction that is held."""

BEGIN_ANEW: Statement[Row] = Statement(
    update(interactions)
    .where(*_live, interactions.c.prompt == bindparam("at_prompt"))
    .values(state=bindparam("new_state"))
)
"""The same of one that is not held, which it is from then on; no row when the step is over."""

ADVANCE: Statement[Row] = Statement(
    update(interactions)
    .where(*_live, interactions.c.prompt == bindparam("at_prompt"))
    .values(
        user_id=bindparam("user_id"),
        signed_in_at=bindparam("signed_in_at"),
        result=bindparam("result"),
        state=null(),
    )
)
"""Record how far the person has come; no row when it has expired or was resumed already."""

TAKE: Statement[Row] = Statement(delete(interactions).where(*_live, interactions.c.prompt == bindparam("at_prompt")))
"""Use up a step that ends and goes on at once; no row when it has expired or was resumed already."""

FINISH = Statement(
    delete(interactions).where(*_live, interactions.c.result.is_not(None)).returning(*interactions.c), Interaction
)
"""Single use: only the first to resume a finished interaction gets it."""

DELETE_OF_USER: Statement[Row] = Statement(delete(interactions).where(interactions.c.user_id == bindparam("user_id")))

DELETE_SIGNED_IN: Statement[Row] = Statement(
    delete(interactions).where(interactions.c.user_id == bindparam("user_id"), interactions.c.signed_in_at.is_not(None))
)
"""Sign-ins of a user that are finished and not resumed yet."""

NAMING = Statement(
    select(interactions)
    .where(
        interactions.c.id > bindparam("after"),
        or_(like_any(cast(interactions.c.state, Text), "texts"), like_any(cast(interactions.c.params, Text), "texts")),
    )
    .order_by(interactions.c.id)
    .limit(PAGE),
    Interaction,
)
"""Those that hold any of some texts, given as patterns, page by page; a scan over what lives an hour at most."""

DELETE_OF_BROWSERS: Statement[Row] = Statement(
    delete(interactions).where(
        interactions.c.session_id.in_(select(sessions.c.uid).where(sessions.c.user_id == bindparam("user_id"))),
        interactions.c.user_id.is_distinct_from(bindparam("user_id")),
    )
)
"""Those that were begun where the user is signed in, and are nobody's yet or somebody else's."""

DELETE_THESE: Statement[Row] = Statement(delete(interactions).where(in_set(interactions.c.id, "ids")))
