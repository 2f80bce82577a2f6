"""The operation on what the server keeps of providers' tokens (`/api/secrets`)."""

from vestibule.client.operation import Nothing, Operation, segment


def remove(secret_id: str) -> Operation[Nothing]:
    """Forget the tokens that `identities.get(…, token_secret=True)` names by this id."""
    return Operation("DELETE", f"/api/secrets/{segment(secret_id)}", Nothing)
