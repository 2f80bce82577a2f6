"""The committed copy of the contract's OpenAPI document: look up operations, check what is sent, make answers."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema

JSON = dict[str, Any]
DOCUMENT: JSON = json.loads((Path(__file__).parent.parent / "contract" / "management.openapi.json").read_text())
SAMPLES: dict[str, Any] = {"string": "text", "number": 1_750_000_000_000, "integer": 7, "boolean": True, "object": {}}


def operation(method: str, path: str) -> JSON:
    """Return the documented operation for a request; raises LookupError."""
    for template, ways in DOCUMENT["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in ways:
            return dict(ways[method.lower()])
    raise LookupError(f"the contract knows no {method} {path}")


def faults(method: str, path: str, body: Any) -> list[str]:
    """Name what is wrong with a request's body."""
    described = operation(method, path).get("requestBody")
    if described is None:
        return [] if body is None else ["a body that nobody asked for"]
    checker = jsonschema.Draft202012Validator(_modern(described["content"]["application/json"]["schema"]))
    return [error.message for error in checker.iter_errors(body)]


def answer(method: str, path: str) -> tuple[int, Any]:
    """Return the documented success: its status and a body with every member."""
    return answers(method, path)[0]


def answers(method: str, path: str) -> list[tuple[int, Any]]:
    """Return the documented successes, those with a body first: status and body, one for each shape it can have."""
    found: list[tuple[int, Any]] = []
    for status, response in operation(method, path)["responses"].items():
        if status.startswith("2"):
            schema = response.get("content", {}).get("application/json", {}).get("schema")
            shapes = [] if schema is None else schema.get("oneOf", [schema])
            found += [(int(status), sample(shape)) for shape in shapes] or [(int(status), None)]
    if not found:
        raise LookupError(f"the contract knows no success of {method} {path}")
    return sorted(found, key=lambda item: item[1] is None)


def sample(schema: JSON) -> Any:
    """Make a value of a schema, with every member."""
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in schema:
            return sample(schema[choice][0])
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        return {name: sample(part) for name, part in schema["properties"].items()}
    if schema.get("type") == "array":
        return [sample(schema["items"])]
    return SAMPLES[schema.get("type", "object")]


def _modern(schema: Any) -> Any:
    """Say the document's own words in JSON Schema's, and hold objects to their members.

    They are `nullable` (OpenAPI 3.0), patterns between slashes, the format `empty`, and `oneOf` shapes that overlap.
    """
    if isinstance(schema, list):
        return [_modern(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _modern(part) for name, part in schema.items()}
    if isinstance(made.get("pattern"), str):
        made["pattern"] = made["pattern"].strip("/")
    if "oneOf" in made:
        made["anyOf"] = made.pop("oneOf")
    if made.get("format") == "empty":
        made["maxLength"] = 0
    if made.get("properties"):
        made.setdefault("additionalProperties", False)
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made
