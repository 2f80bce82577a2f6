"""The file that holds a master key: made once, readable by its owner alone, and only for a store that holds nothing."""

import os
from pathlib import Path

from vestibule.cli import CommandError
from vestibule.crypto import new_master_key
from vestibule.db.migrate import current


def ensure_key(secret_key: str, file: str, database_url: str) -> None:
    """Create the key file unless there is a key; raises CommandError when the store already holds data (B101)."""
    path = Path(file)
    if secret_key or path.is_file():
        return
    if current(database_url) is not None:
        raise CommandError(
            f"the store holds data, but its master key is missing: put {path} back, or set the key itself. "
            "A new key would not open what is stored."
        )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Linked into place whole: a crash leaves no half key, and of two first starts one wins.
    half = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(f"{new_master_key()}\n")
    try:
        os.link(half, path)
    except FileExistsError:
        return
    finally:
        half.unlink()
