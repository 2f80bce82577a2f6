"""Issues: the faults of one input, one object each, in the documented form of `guard.invalid_input`."""

from collections.abc import Sequence

from msgspec import UNSET

from vestibule.errors import InvalidInput

Issue = dict[str, object]
Path = list[str | int]

_REFINEMENTS = frozenset({"too_small", "too_big", "invalid_string", "custom"})


def received(value: object) -> str:
    """Name the type of a JSON value as the issue list does."""
    if value is UNSET:
        return "undefined"
    if value is None:
        return "null"
    for kind, name in (
        (bool, "boolean"),
        (int, "number"),
        (float, "number"),
        (str, "string"),
        (list, "array"),
    ):
        if isinstance(value, kind):
            return name
    return "object"


def wrong_type(expected: str, value: object, path: Path) -> Issue:
    """Describe a value of another type, or a missing one."""
    got = received(value)
    message = "This field is required." if value is UNSET else f"Expected {expected}, but got {got}."
    return {
        "code": "invalid_type",
        "expected": expected,
        "received": got,
        "path": path,
        "message": message,
    }


def out_of_bounds(code: str, kind: str, bound: float, path: Path, *, inclusive: bool = True) -> Issue:
    """Describe a value below (`too_small`) or above (`too_big`) its bound."""
    name, side = ("minimum", "at least") if code == "too_small" else ("maximum", "at most")
    unit = {"string": " characters", "array": " items", "object": " members"}.get(kind, "")
    message = f"Expected {side} {bound}{unit}." if inclusive else f"Expected a number that passes {bound}."
    return {
        "code": code,
        name: bound,
        "type": kind,
        "inclusive": inclusive,
        "exact": False,
        "message": message,
        "path": path,
    }


def custom(message: str, path: Path) -> Issue:
    """Describe a fault that has no code of its own."""
    return {"code": "custom", "path": path, "message": message}


def either(alternatives: Sequence[list[Issue]], path: Path) -> list[Issue]:
    """Say why no alternative of a union fits: the first one of the right type speaks alone, else all do."""
    for issues in alternatives:
        if all(issue["code"] in _REFINEMENTS for issue in issues):
            return issues
    errors = [{"issues": issues, "name": "ZodError"} for issues in alternatives]
    message = "The value fits none of the accepted forms."
    return [
        {
            "code": "invalid_union",
            "unionErrors": errors,
            "path": path,
            "message": message,
        }
    ]


def refusal(issues: Sequence[Issue]) -> InvalidInput:
    """Make the refusal that lists the issues, as `data` and as one line each in `details`."""
    lines = [f'Error in key path "{_dotted(issue["path"])}": ({issue["code"]}) {issue["message"]}' for issue in issues]
    return InvalidInput(data={"issues": list(issues), "name": "ZodError"}, details="\n".join(lines))


def _dotted(path: object) -> str:
    return ".".join(str(part) for part in path) if isinstance(path, list) else ""
