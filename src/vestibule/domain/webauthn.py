"""WebAuthn Level 3: what browsers are asked for, and what authenticators answer, checked by the library.

The relying party is the public host; an answer counts from the public origin and from related ones (section 5.11).
Nothing is asked about the make of an authenticator, and nothing that it says about it is believed.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from msgspec import Struct
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from vestibule.crypto import new_token
from vestibule.domain.context import Context
from vestibule.errors import WebAuthnFailed
from vestibule.model import User

TIMEOUT_MS = 60_000
CHALLENGE_MS = 5 * 60_000
"""So long an answer to a challenge counts."""
LONGEST_ID = 1364
"""Characters of a credential id of 1023 bytes, the longest there is."""
ALGORITHMS = (-7, -257)
TRANSPORTS = ("usb", "nfc", "ble", "internal", "cable", "hybrid", "smart-card")
Answer = Mapping[str, object]
"""What the browser returned, in the JSON form of `PublicKeyCredential.toJSON()`."""


class Credential(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What is kept of a passkey, its key in base64url; `is_factor` tells whether it is asked for after a password."""

    public_key: str = ""
    agent: str = ""
    name: str | None = None
    aaguid: str = ""
    transports: tuple[str, ...] = ()
    rp_id: str = ""
    is_factor: bool = True


class Made(Struct, frozen=True):
    """A new passkey: its id, how often it says that it has signed, and what is kept."""

    id: str
    count: int
    credential: Credential


class Known(Struct, frozen=True):
    """A passkey that somebody has, as browsers find it again."""

    id: str
    transports: tuple[str, ...] = ()


def new_challenge() -> str:
    """Return 32 random bytes in base64url."""
    return new_token()


def creation_options(ctx: Context, user: User, label: str, held: Sequence[Known], challenge: str) -> dict[str, object]:
    """Return what `navigator.credentials.create` is asked for."""
    host = ctx.settings.public_host
    return {
        "rp": {"id": host, "name": host},
        "user": {"id": handle_of(user.id), "name": label, "displayName": label},
        "challenge": challenge,
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
        "timeout": TIMEOUT_MS,
        "excludeCredentials": [_described(one) for one in held],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
        "extensions": {"credProps": True},
    }


def request_options(ctx: Context, held: Sequence[Known], challenge: str) -> dict[str, object]:
    """Return what `navigator.credentials.get` is asked for; without known passkeys the person chooses one."""
    return {
        "challenge": challenge,
        "timeout": TIMEOUT_MS,
        "rpId": ctx.settings.public_host,
        "allowCredentials": [_described(one) for one in held],
        "userVerification": "required",
    }


def _described(one: Known) -> dict[str, object]:
    return {"type": "public-key", "id": one.id, "transports": list(one.transports)}


def handle_of(user_id: str) -> str:
    """Return the handle by which authenticators know a user."""
    return bytes_to_base64url(user_id.encode())


def check_created(ctx: Context, answer: Answer, challenge: str, agent: str) -> Made:
    """Check a new passkey (section 7.1); raises WebAuthnFailed."""
    try:
        found = verify_registration_response(
            credential=_plain(answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=ctx.settings.public_host,
            expected_origin=_origins(ctx),
            require_user_verification=True,
        )
    except Exception as error:  # whatever strange bytes do to a parser, they are no passkey
        raise WebAuthnFailed from error
    made = bytes_to_base64url(found.credential_id)
    if len(made) > LONGEST_ID:
        raise WebAuthnFailed
    return Made(
        made,
        found.sign_count,
        Credential(
            public_key=bytes_to_base64url(found.credential_public_key),
            agent=agent,
            aaguid=found.aaguid,
            transports=_transports(answer),
            rp_id=ctx.settings.public_host,
        ),
    )


def check_signed(ctx: Context, answer: Answer, challenge: str, public_key: str) -> int:
    """Check a signature (section 7.2); returns how often the passkey says that it has signed. Raises WebAuthnFailed.

    That this is more than before is for the store to decide, in the statement that notes it.
    """
    try:
        found = verify_authentication_response(
            credential=_plain(answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=ctx.settings.public_host,
            expected_origin=_origins(ctx),
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:  # the same
        raise WebAuthnFailed from error
    return found.new_sign_count


def _origins(ctx: Context) -> list[str]:
    parts = urlsplit(ctx.settings.public_url)
    return [f"{parts.scheme}://{parts.netloc}", *ctx.settings.related_origins]


def _plain(answer: Answer) -> dict[str, object]:
    return {**answer, "type": "public-key"}


def _transports(answer: Answer) -> tuple[str, ...]:
    response = answer.get("response")
    said = response.get("transports") if isinstance(response, dict) else None
    return tuple(one for one in TRANSPORTS if isinstance(said, list) and one in said)
