"""Providers that are down, and keys of ID tokens that do not come: for every record, whatever it asks for first."""

import socket

import pytest

from tests.connectors.social.nearby import trial, upstream
from tests.connectors.social.payloads import CASES
from tests.connectors.social.trial import Hasty, Trial, reaching
from tests.connectors.social.upstream import Said
from tests.connectors.world import LOOPBACK
from vestibule.errors import AppError, ConnectorGeneral, ConnectorInvalidResponse, SocialIdTokenInvalid

__all__ = ["trial", "upstream"]
pytestmark = pytest.mark.anyio
SIGNED = ("slack-universal", "apple-universal", "oidc")
"""Those that say who it is by an ID token."""


every = pytest.mark.parametrize("trial", CASES, indirect=True)
each_signed = pytest.mark.parametrize("trial", SIGNED, indirect=True)


@every
async def test_a_provider_that_is_down_is_named_and_nobody_is_known(trial: Trial) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lively = f":{trial.upstream.port}/"
    for key, value in trial.config.items():
        if isinstance(value, str):
            trial.config[key] = value.replace(lively, f":{port}/")
    if "idTokenVerificationConfig" in trial.config:
        checked = trial.config["idTokenVerificationConfig"]
        trial.config["idTokenVerificationConfig"] = {**checked, "jwksUri": f"http://127.0.0.1:{port}/jwks"}
    refused = await trial.refusal()
    assert type(refused) is ConnectorGeneral
    assert "127.0.0.1 cannot be reached" in f"{refused.text}{refused.data}"
    assert "code-1" not in f"{refused.text}{refused.data}"
    assert trial.upstream.asked == []


@each_signed
@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Said(b"", 500), ConnectorGeneral),
        (Said(b"<html>sorry</html>"), ConnectorInvalidResponse),
        (Said(b"x" * 1_100_000), ConnectorGeneral),
        (Said({"keys": []}), SocialIdTokenInvalid),
        (Said(b"", 302, ("Location: http://127.0.0.2/elsewhere",)), ConnectorGeneral),
        (None, ConnectorGeneral),
    ],
    ids=["500", "html", "huge", "none", "redirect", "silent"],
)
async def test_keys_that_do_not_come_are_named_and_nobody_is_known(
    trial: Trial, said: Said | None, kind: type[AppError]
) -> None:
    if said is None:
        del trial.upstream.answers["jwksUri"]
        trial.outgoing = reaching([LOOPBACK], Hasty)
    else:
        trial.upstream.answers["jwksUri"] = said
    assert type(await trial.refusal()) is kind
