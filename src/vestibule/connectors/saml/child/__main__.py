"""The child: one question as JSON on standard input, one answer as JSON on standard output.

Whatever a document does to the parser, it does to a process without secrets, that can open no file and no connection,
and has a second or two of processor time and little memory.
"""

import json
import resource
import sys
from collections.abc import Callable, Mapping
from typing import Any

from vestibule.connectors.saml.child import metadata, responses
from vestibule.connectors.saml.child.parsing import Refused

MEMORY_BYTES, CPU_SECONDS = 768 * 1024 * 1024, 5
ASKED: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "metadata": metadata.read,
    "response": responses.check,
}


def confine() -> None:
    """Give up whatever reading a document does not need."""
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        hard = resource.getrlimit(limit)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (bound, bound))


def main() -> None:
    """Answer the question; what is refused is an answer as well."""
    asked = json.loads(sys.stdin.buffer.read())
    responses.prepare()
    confine()
    try:
        told = ASKED[asked["do"]](asked)
    except Refused as refusal:
        told = {"refused": refusal.word, "message": refusal.sentence}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
