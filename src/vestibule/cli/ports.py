"""Whether a port can be had, and what to set when it cannot."""

import os
import socket

from vestibule.cli import CommandError


def require_free(host: str, port: int, setting: str) -> None:
    """Raise CommandError when nothing can listen on the address now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise CommandError(cannot_listen(host, port, setting, error)) from error


def cannot_listen(host: str, port: int, setting: str, error: OSError) -> str:
    """Say which address cannot be had, and which setting gives another."""
    return (
        f"cannot listen on {host} port {port} ({os.strerror(error.errno or 0)}). "
        f"Set {setting} to a free port, and the server's public address to match (docs/configuration.md)."
    )
