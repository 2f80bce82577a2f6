"""Statements about e-mail templates, one for each language and usage."""

from sqlalchemy import bindparam, delete, select, update

from vestibule.db import Statement
from vestibule.db.helpers import in_set, upsert
from vestibule.model import EmailTemplate
from vestibule.store.rows import Row
from vestibule.store.tables import email_templates as templates

_row = templates.c
_this = _row.id == bindparam("template_id")
_in_order = (_row.language_tag, _row.template_type)
_language, _usage = _row.language_tag == bindparam("language"), _row.template_type == bindparam("usage")

PUT: Statement[Row] = Statement(upsert(templates, ["language_tag", "template_type"], ["details"]))
"""A pair that is there keeps its id and its time."""

OF_PAIR = Statement(select(templates).where(_language, _usage), EmailTemplate)
OF_USAGES = Statement(select(templates).where(in_set(_row.template_type, "usages")), EmailTemplate)
GET = Statement(select(templates).where(_this), EmailTemplate)
SET_DETAILS = Statement(
    update(templates).where(_this).values(details=bindparam("new_details")).returning(*templates.c), EmailTemplate
)
DELETE: Statement[Row] = Statement(delete(templates).where(_this))

ALL = Statement(select(templates).order_by(*_in_order), EmailTemplate)
OF_LANGUAGE = Statement(select(templates).where(_language).order_by(*_in_order), EmailTemplate)
OF_USAGE = Statement(select(templates).where(_usage).order_by(*_in_order), EmailTemplate)
DELETE_OF_LANGUAGE: Statement[Row] = Statement(delete(templates).where(_language))
DELETE_OF_USAGE: Statement[Row] = Statement(delete(templates).where(_usage))
DELETE_OF_PAIR: Statement[Row] = Statement(delete(templates).where(_language, _usage))
