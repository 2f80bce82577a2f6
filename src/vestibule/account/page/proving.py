"""The steps before a protected change: the password at once, or codes that were sent and are typed in."""

from dataclasses import dataclass, replace

from vestibule.account.page.api import JsonObject, SettingsApi, Trouble

PREFIX, PASSED, RESEND = "proof_", "passed", "resend"

# What a refusal means where codes are sent and typed: there the way on is to wait, or to ask for a new one.
SENDING = {"too-many": "too-soon"}
TYPING = {"too-many": "code-over", "proof-not-found": "code-over"}


@dataclass(frozen=True)
class Pending:
    """A code that was sent: its proof and where it went."""

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
        proof_id = str((await self._start({"method": "password"}))["id"])
        await self._verify(proof_id, secret)
        return proof_id

    async def new_address(self, method: str, target: str) -> Pending:
        """Send a code to a new address."""
        return await self._code({"method": method, "target": target}, target)

    async def own_address(self, me: JsonObject) -> Pending | None:
        """Send a code to an address that the account already has, if it has one."""
        if me["email"]:
            return await self._code({"method": "email"}, me["email"])
        return await self._code({"method": "phone"}, f"+{me['phone']}") if me["phone"] else None

    async def typed(self, values: dict[str, str]) -> list[str]:
        """Verify the codes that were typed; in `values` the right ones become proofs that passed. Returns those."""
        for proof_id, code in pending_in(values).items():
            try:
                await self._verify(proof_id, code)
            except Trouble as trouble:
                place = {f"{PREFIX}{proof_id}": trouble.detail}
                raise replace(trouble, code=TYPING.get(trouble.code, trouble.code), fields=place) from trouble
            del values[f"{PREFIX}{proof_id}"]
            values[PASSED] = ",".join([*passed_in(values), proof_id])
        return passed_in(values)

    async def _code(self, body: JsonObject, shown: str) -> Pending:
        try:
            started = await self._start(body)
        except Trouble as trouble:
            raise replace(trouble, code=SENDING.get(trouble.code, trouble.code)) from trouble
        return Pending(str(started["id"]), shown)

    async def _verify(self, proof_id: str, secret: str) -> None:
        await self.api.call(self.token, "POST", f"/proofs/{proof_id}/verify", {"secret": secret})

    async def _start(self, body: JsonObject) -> JsonObject:
        return await self.api.call(self.token, "POST", "/proofs", {"action": self.action, **body})


def pending_in(values: dict[str, str]) -> dict[str, str]:
    """Return the proofs that a form carries codes for: proof id to code, however it was grouped."""
    return {
        name.removeprefix(PREFIX): "".join(value.split()) for name, value in values.items() if name.startswith(PREFIX)
    }


def passed_in(values: dict[str, str]) -> list[str]:
    """Return the proofs that a form carries and that need no code any more."""
    return [part for part in values.get(PASSED, "").split(",") if part]
