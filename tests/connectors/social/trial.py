"""One provider's record in front of a loopback upstream that answers as the provider does."""

import ssl
from typing import Any

import pytest

from tests.connectors.social.payloads import CASES, RECORDS, filled
from tests.connectors.social.upstream import NOW, Json, Said, Upstream, places
from tests.connectors.world import LOOPBACK
from vestibule.connectors.addresses import Network
from vestibule.connectors.oauth.engine import Handshake, Outcome
from vestibule.connectors.outgoing import Answer, Outgoing
from vestibule.connectors.social.factory import SocialFactory, factory_of
from vestibule.errors import AppError

FLOW = Handshake(state="s-1", redirect_uri="https://app.example/back", nonce="n-1", verifier="v" * 43)


class Hasty(Outgoing):
    """The real way out, with less patience."""

    async def request(self, method: str, url: str, **more: Any) -> Answer:
        return await super().request(method, url, **{**more, "timeout": 0.1})


def reaching(networks: list[Network], kind: type[Outgoing] = Outgoing) -> Outgoing:
    """A way out that reads no certificates: nothing here speaks TLS."""
    return kind(networks, tls=lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


class Trial:
    """One provider in front of a loopback upstream that answers as the provider does."""

    def __init__(self, name: str, upstream: Upstream) -> None:
        self.case, self.record, self.upstream = CASES[name], RECORDS[name], upstream
        self.factory: SocialFactory = factory_of(self.record)
        self.outgoing = reaching([LOOPBACK])
        self.config: Json = {**self.case.config, **places(self.record, upstream)}
        if "idTokenVerificationConfig" in self.config:
            checked = self.config["idTokenVerificationConfig"]
            self.config["idTokenVerificationConfig"] = {**checked, "jwksUri": upstream.url("jwksUri")}
        self.answer()

    def answer(self, changes: Json | None = None) -> None:
        """Let the upstream answer, with changes by the key of the address; `claims` change the ID token's."""
        said = {**self.case.answers, **(changes or {})}
        more = said.pop("claims", {})
        for key, value in said.items():
            self.upstream.answers[key] = (
                value if isinstance(value, Said) else Said(filled(value, self.record, self.case, more, self.case.nonce))
            )
        self.data = filled(self.case.data, self.record, self.case, more, self.case.nonce)

    async def finish(self, flow: Handshake | None = FLOW, **data: Any) -> Outcome:
        """Exchange the callback, `state` as the provider brings it back."""
        callback = {"state": "s-1", **self.data, **data}
        sent = {name: value for name, value in callback.items() if value is not None}
        return await self.factory.finish(self.outgoing, self.config, sent, flow, NOW)

    async def refusal(self, flow: Handshake | None = FLOW, **data: Any) -> AppError:
        """Exchange a callback that does not come to anything."""
        with pytest.raises(AppError) as refused:
            await self.finish(flow, **data)
        return refused.value
