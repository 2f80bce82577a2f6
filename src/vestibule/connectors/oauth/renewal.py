"""Renewal of what a provider gave: a refresh token is exchanged for a new access token (RFC 6749 section 6)."""

from vestibule.connectors.oauth.calls import Call, Json, basic
from vestibule.connectors.oauth.engine import CLIENT_FAULTS, Exchange, filled
from vestibule.connectors.oauth.fields import Config
from vestibule.connectors.oauth.provider import TOKEN, Provider
from vestibule.connectors.outgoing import Outgoing
from vestibule.errors import AppError, ConnectorGeneral, ConnectorNotImplemented, SocialCodeInvalid

DEAD = frozenset({"invalid_grant", "bad_refresh_token"})
OPERATORS = frozenset({"invalid_client", "unauthorized_client", "incorrect_client_credentials"})
"""Errors that say that the refresh token is no good, and those that an operator mends (RFC 6749 section 5.2)."""


async def renew(outgoing: Outgoing, provider: Provider, config: Config, refresh_token: str, now: int) -> Json:
    """Return the new tokens, at `now` (epoch ms), as the provider gives them; call it with no transaction open.

    Raises ConnectorNotImplemented where a provider renews nothing, SocialCodeInvalid where this refresh token is
    no good any more, ConnectorInvalidResponse, ConnectorGeneral.
    """
    if not provider.renew:
        raise ConnectorNotImplemented
    held: Json = {"refresh_token": refresh_token}
    flow = Exchange(outgoing=outgoing, provider=provider, config=config, data={}, handshake=None, now=now, tokens=held)
    more, headers = provider.authenticate(flow) if provider.authenticate else ({}, {})
    if provider.renew_basic:
        headers = {"authorization": basic(str(config["clientId"]), str(config["clientSecret"]))}
    fields = {**filled(provider.renew, config, flow.values()), **more}
    call = Call(url=flow.endpoint(TOKEN), fields=fields, headers=headers)
    try:
        told = await flow.call(call, {400: SocialCodeInvalid}, form=provider.answers_form)
    except (SocialCodeInvalid, ConnectorGeneral) as error:
        raise _meant(error) from error
    if provider.issued not in told and isinstance(word := told.get("error"), str):
        # GitHub refuses with status 200.
        raise SocialCodeInvalid if word in DEAD else ConnectorGeneral
    return flow.accept(told)


def _meant(error: AppError) -> AppError:
    """Return what a refusal is by its error word, whatever its status: of the refresh token, or of the client."""
    word = error.data.get("error") if isinstance(error.data, dict) else None
    if word in DEAD:
        return SocialCodeInvalid(data=error.data)
    return ConnectorGeneral(error.text, data=error.data) if word in OPERATORS else error


async def prolong(outgoing: Outgoing, provider: Provider, config: Config, tokens: Json, now: int) -> Json:
    """Return tokens that live longer in place of fresh ones, where a provider changes them; else the same.

    Whoever has just signed in is not refused because the provider does not answer: the fresh ones are good, too.
    """
    if not provider.prolong:
        return tokens
    flow = Exchange(
        outgoing=outgoing, provider=provider, config=config, data={}, handshake=None, now=now, tokens=tokens
    )
    call = Call(
        method=provider.redeem_method,
        url=flow.endpoint(TOKEN),
        fields=filled(provider.prolong, config, flow.values()),
        encoding=provider.redeem_encoding,
    )
    try:
        return flow.accept(await flow.call(call, CLIENT_FAULTS))
    except AppError:
        return tokens
