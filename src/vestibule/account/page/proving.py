"""The steps before a protected change: the password at once, or codes that were sent and are typed in."""

from dataclasses import dataclass

from vestibule.account.page.api import JsonObject, SettingsApi

PREFIX = "proof_"


@dataclass(frozen=True)
class Pending:
    """A code that was sent: its proof and where it went (masked)."""

    proof_id: str
    target: str

    @property
    def field(self) -> str:
        """The name of its input."""
        return f"{PREFIX}{self.proof_id}"


@dataclass(frozen=True)
class Prover:
    """Starts and verifies proofs for one action, with one user's token."""

    api: SettingsApi
    token: str
    action: str

    async def password(self, secret: str) -> str:
        """Prove presence by the password; returns the proof."""
        proof_id = await self._start({"method": "password"})
        await self.verify(str(proof_id["id"]), secret)
        return str(proof_id["id"])

    async def code(self, method: str, target: str | None = None) -> Pending:
        """Send a code, to a new address or to the account's own."""
        started = await self._start({"method": method, "target": target} if target else {"method": method})
        return Pending(str(started["id"]), str(started.get("target") or ""))

    async def own_code(self, me: JsonObject) -> Pending | None:
        """Send a code to an address that the account already has, if it has one."""
        if me["email"]:
            return await self.code("email")
        return await self.code("phone") if me["phone"] else None

    async def verify(self, proof_id: str, secret: str) -> None:
        """Verify a proof."""
        await self.api.call(self.token, "POST", f"/proofs/{proof_id}/verify", {"secret": secret})

    async def _start(self, body: JsonObject) -> JsonObject:
        return await self.api.call(self.token, "POST", "/proofs", {"action": self.action, **body})


def pending_in(values: dict[str, str]) -> dict[str, str]:
    """Return the proofs that a form carries codes for: proof id to code."""
    return {name.removeprefix(PREFIX): value.strip() for name, value in values.items() if name.startswith(PREFIX)}
