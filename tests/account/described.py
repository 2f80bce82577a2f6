"""Holds answers of the settings API against its own OpenAPI document."""

import re
from typing import Any

import httpx2
import jsonschema
import msgspec

from vestibule.account.problems import URN

JSON = dict[str, Any]
ANYWHERE = {404: f"{URN}not-found", 405: f"{URN}method-not-allowed", 500: f"{URN}internal"}


def faults(document: JSON, answer: httpx2.Response) -> list[str]:
    """Say what an answer has that the document does not; unknown paths are not described."""
    path = answer.request.url.raw_path.decode().partition("?")[0]
    operation = _operation(document, answer.request.method, path)
    if operation is None:
        known = answer.status_code in ANYWHERE and answer.json()["type"] == ANYWHERE[answer.status_code]
        return [] if known else [f"nobody said that there is {answer.request.method} {path}"]
    described = operation["responses"].get(str(answer.status_code))
    if described is None:
        return [f"{answer.status_code} is not declared: {answer.text}"]
    missing = [name for name in described.get("headers", {}) if name.lower() not in answer.headers]
    if "content" not in described:
        return [*missing, *(["a body that nobody declared"] if answer.content else [])]
    media = answer.headers["content-type"].partition(";")[0]
    schema = {**described["content"][media]["schema"], "components": document["components"]}
    checker = jsonschema.Draft202012Validator(schema)
    return [*missing, *(error.message for error in checker.iter_errors(msgspec.json.decode(answer.content)))]


def _operation(document: JSON, method: str, path: str) -> JSON | None:
    for template, ways in document["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: JSON | None = ways.get(method.lower())
            return found
    return None
