"""Whether the server is there (`/api/status`)."""

from vestibule.client.operation import Nothing, Operation


def get() -> Operation[Nothing]:
    """Ask whether the server and its store answer; raises ServerFailed or Unreachable where they do not."""
    return Operation("GET", "/api/status", Nothing)
