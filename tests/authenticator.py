"""An authenticator of our own making (RFC 6238): the product's library is not asked about its own codes."""

import base64
import hmac

from tests.world import JSON, World

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP_SECONDS = 30


def code_at(now: int, seed: str = SEED) -> str:
    """Return the six digits of a moment (epoch ms)."""
    counter = (now // 1000 // STEP_SECONDS).to_bytes(8, "big")
    mac = hmac.digest(base64.b32decode(seed), counter, "sha1")
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


async def give_totp(world: World, user: JSON) -> None:
    """Give a user an authenticator with the seed."""
    await world.made(f"/users/{user['id']}/mfa-verifications", type="Totp", secret=SEED)


async def give_backup_codes(world: World, user: JSON) -> list[str]:
    """Give a user backup codes; returns them."""
    made = await world.made(f"/users/{user['id']}/mfa-verifications", type="BackupCode")
    return [str(code) for code in made["codes"]]
