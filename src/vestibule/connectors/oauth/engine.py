"""The flow with a provider: the authorization request, then what its callback is exchanged for.

Nothing is kept here. What a flow must remember (redirect URI, nonce, PKCE verifier, state) is a `Handshake` that
whoever began it brings back: an interaction's row, or a sealed value that a program holds.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from vestibule.connectors.oauth import limits, oidc, profile
from vestibule.connectors.oauth.calls import (
    LISTED,
    Call,
    Json,
    basic,
    exchange,
    is_good,
    object_of,
    refused,
    with_query,
)
from vestibule.connectors.oauth.fields import Config
from vestibule.connectors.oauth.places import endpoint, issuers_of
from vestibule.connectors.oauth.profile import Profile
from vestibule.connectors.oauth.provider import AUTHORIZE, CHECKED, ISSUER, JWKS, TOKEN, ProfileCall, Provider
from vestibule.connectors.outgoing import Outgoing
from vestibule.crypto import new_token, same
from vestibule.errors import (
    AppError,
    ConnectorAuthorizationFailed,
    ConnectorGeneral,
    ConnectorInvalidResponse,
    ConnectorNotImplemented,
    SocialAccessTokenInvalid,
    SocialCodeInvalid,
)

CLIENT_FAULTS = dict.fromkeys(range(400, 500), SocialCodeInvalid)
MAX_CALLBACK_CHARS = 64 * 1024
MAX_WORDS = 300
NAMES_ISSUER = "namesIssuer"
"""Whether every callback carries `iss`, as a provider's own description says."""


@dataclass(frozen=True, kw_only=True)
class Handshake:
    """What an authorization request was made with; `state` is the caller's own and compared when it comes back."""

    state: str
    redirect_uri: str
    nonce: str
    verifier: str


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What was signed of an ID token that the browser brought and that answers no request: it must count once.

    `expires_at` (epoch ms) is when it is refused in any case.
    """

    signed: str
    expires_at: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Who came back, the provider's tokens as it gave them, and the ID token that must not come again."""

    profile: Profile
    tokens: Json
    shown: Shown | None = None


def new_handshake(state: str, redirect_uri: str) -> Handshake:
    """Begin a flow: with a nonce and a PKCE verifier of 256 random bits each."""
    return Handshake(state=state, redirect_uri=redirect_uri, nonce=new_token(), verifier=new_token())


def challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def authorization_uri(
    provider: Provider, config: Config, handshake: Handshake, *, scope: str | None = None, user_agent: str = ""
) -> str:
    """Return the address to send the browser to; `scope` takes the place of the configured one."""
    values = {
        "response_type": "code",
        "redirect_uri": handshake.redirect_uri,
        "state": handshake.state,
        "scope": scope_of(provider, config) if scope is None else scope,
        "nonce": handshake.nonce,
        "code_challenge": challenge(handshake.verifier),
        "code_challenge_method": "S256",
    }
    fields = (
        filled(provider.authorize, config, values)
        | members(config.get(provider.authorize_more))
        | custom_fields(config)
    )
    word, place = provider.in_app or ("", AUTHORIZE)
    key = place if word.lower() in user_agent.lower() else AUTHORIZE
    return with_query(endpoint(provider, config, key), fields) + provider.fragment


def scope_of(provider: Provider, config: Config) -> str:
    """Return the configured scope or the provider's own, with what the provider cannot do without."""
    asked = config.get(provider.scope_key) or provider.scope
    words = str(asked).replace("+", " ") if provider.scope_needs else str(asked)
    missing = [need for need in provider.scope_needs.split() if need not in words.split()]
    return " ".join([*([words] if words else []), *missing])


def filled(params: str, config: Config, values: Mapping[str, str]) -> dict[str, str]:
    """Return parameters with their values, in order, without the empty ones (see provider.py)."""
    found: dict[str, str] = {}
    for written in params.split():
        name, given, source = written.partition("=")
        source, asks, condition = source.partition("?")
        if asks and not (config.get(condition) or condition in values.get("scope", "").split()):
            continue
        if not given:
            text = values.get(name, "")
        elif source.startswith("$"):
            text = _shown(config.get(source[1:], values.get(source[1:])))
        else:
            text = source.replace("+", " ")
        if text:
            found[name] = text
    return found


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def custom_fields(config: Config) -> dict[str, str]:
    """Return what an operator adds to every request."""
    return members(config.get("customConfig"))


def members(value: object) -> dict[str, str]:
    """Return the members of an object of the configuration as parameters, in snake case as OAuth writes them."""
    return {snake(str(name)): _shown(one) for name, one in value.items()} if isinstance(value, dict) else {}


def snake(name: str) -> str:
    """Return `maxAge` as `max_age`."""
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")


@dataclass(kw_only=True)
class Exchange:
    """One callback being exchanged. `learn` of a record is a function over this, where a provider truly differs."""

    outgoing: Outgoing
    provider: Provider
    config: Config
    data: Mapping[str, str]
    handshake: Handshake | None
    now: int
    tokens: Json = field(default_factory=dict)
    shown: Shown | None = None

    def values(self) -> dict[str, str]:
        """Return what parameters can name."""
        flow, code = self.handshake, self.data.get("code", "")
        given = {
            "code": unquote(code) if self.provider.code_decoded else code,
            "redirect_uri": flow.redirect_uri if flow else self.data.get("redirectUri", ""),
            "code_verifier": flow.verifier if flow and self.provider.has_verifier else "",
            "scope": scope_of(self.provider, self.config),
        }
        tokens = {name: value for name, value in self.tokens.items() if isinstance(value, str)}
        return {**tokens, **given}

    def endpoint(self, key: str) -> str:
        """Return an address of the provider."""
        return endpoint(self.provider, self.config, key)

    async def call(self, call: Call, kinds: Mapping[int, type[AppError]], **reading: bool) -> Json:
        """Make a call and return the object it answers with; raises what `kinds` says of its status."""
        answer = await exchange(self.outgoing, call)
        if not is_good(answer):
            raise refused(answer, kinds, call.url)
        return object_of(answer, prefix=self.provider.prefix, form=reading.get("form", False))

    async def token(self, more: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Json:
        """Exchange the code; raises SocialCodeInvalid, ConnectorInvalidResponse, ConnectorGeneral."""
        provider = self.provider
        sent = dict(headers or {})
        if provider.redeem_basic:
            sent["authorization"] = basic(str(self.config["clientId"]), str(self.config["clientSecret"]))
        call = Call(
            method=provider.redeem_method,
            url=self.endpoint(TOKEN),
            fields={**filled(provider.redeem, self.config, self.values()), **(more or {})},
            encoding=provider.redeem_encoding,
            headers=sent,
        )
        return self.accept(await self.call(call, CLIENT_FAULTS, form=provider.answers_form))

    def accept(self, told: Json) -> Json:
        """Keep the tokens that came; raises SocialCodeInvalid, ConnectorInvalidResponse when there is none."""
        self.told(told, code=True)
        token = told.get(self.provider.issued)
        if token == "":
            raise SocialCodeInvalid(data={"message": "The provider gave an empty token."})
        if not isinstance(token, str):
            raise ConnectorInvalidResponse(data={"message": "The provider gave no token."})
        self.tokens = {**told, "access_token": token}
        return self.tokens

    def told(self, told: Json, *, code: bool) -> None:
        """Raise what an error inside a good answer stands for: of the code, or of the access token."""
        codes = self.provider.codes
        if codes is None or told.get(codes.member) in codes.good:
            return
        number = told.get(codes.member)
        data = {"message": self.words(told.get(codes.message)), codes.member: number if is_code(number) else None}
        if number in (codes.code_invalid if code else codes.token_invalid):
            raise (SocialCodeInvalid if code else SocialAccessTokenInvalid)(data=data)
        raise ConnectorGeneral("The provider refused.", data=data)

    def words(self, said: object) -> str:
        """Return what a provider says of a fault, cut short; nothing where it repeats what it was sent."""
        text = said[:MAX_WORDS] if isinstance(said, str) else ""
        sent = (self.data.get("code"), self.config.get("clientSecret"), self.config.get("appSecret"))
        return "" if any(isinstance(one, str) and one and one in text for one in sent) else text

    async def ask(self, call: ProfileCall) -> Json:
        """Make one profile call; raises SocialAccessTokenInvalid, ConnectorInvalidResponse, ConnectorGeneral."""
        token, kind = str(self.tokens["access_token"]), self.tokens.get("token_type")
        fields, headers = filled(call.params, self.config, self.values()), dict[str, str]()
        if call.carried == "query":
            fields = {"access_token": token, **fields}
        elif call.carried in ("bearer", "typed"):
            scheme = kind if call.carried == "typed" and isinstance(kind, str) and kind.isalpha() else "Bearer"
            headers["authorization"] = f"{scheme} {token}"
        elif call.carried:
            headers[call.carried] = token
        url = with_query(self.endpoint(call.address), fields)
        made = Call(method=call.method, url=url, headers=headers)
        told = await self.call(made, {self.provider.token_invalid_status: SocialAccessTokenInvalid})
        self.told(told, code=False)
        return told

    async def claims(self, token: object, *, nonce: str | None, jwks_uri: str | None = None) -> Json:
        """Return the claims of an ID token of this provider; raises SocialIdTokenInvalid, ConnectorInvalidConfig."""
        expected = oidc.Expected(
            issuers=issuers_of(self.provider, self.config) or None, audience=str(self.config["clientId"]), nonce=nonce
        )
        expected = limits.narrowed(expected, self.config.get(CHECKED))
        return await oidc.verify(self.outgoing, token, jwks_uri or self.endpoint(JWKS), expected, self.now)

    async def shown_claims(self, token: str, *, nonce: str | None) -> Json:
        """Return the claims of an ID token that the browser brought; raises SocialIdTokenInvalid.

        A nonce binds it to its request. One without is remembered by what was signed, not by its signature, which can
        be written in several ways.
        """
        claims = await self.claims(token, nonce=nonce)
        if nonce is None:
            self.shown = Shown(signed=token.rpartition(".")[0], expires_at=oidc.usable_until(claims))
        return claims


def is_code(value: object) -> bool:
    """Tell whether a value is a number or a short word, as codes of errors are."""
    return isinstance(value, int) or (isinstance(value, str) and len(value) <= 64)


async def by_userinfo(flow: Exchange) -> Json:
    """Learn who it is as most providers tell: exchange the code, then ask for the profile."""
    await flow.token()
    found: Json = {}
    for call in flow.provider.profile:
        try:
            told = await flow.ask(call)
        except (ConnectorGeneral, ConnectorInvalidResponse, SocialAccessTokenInvalid):
            if not call.optional:
                raise
            told = {}
        if call.into:
            found[call.into] = told.get(LISTED, told)
        else:
            found |= told
    return found


async def finish(
    outgoing: Outgoing,
    provider: Provider,
    config: Config,
    data: Mapping[str, object],
    handshake: Handshake | None,
    now: int,
) -> Outcome:
    """Exchange a callback for a person. `handshake` is what the flow began with, where that was kept.

    Raises ConnectorGeneral and its like for what the provider or the caller did wrong, ConnectorNotImplemented when
    the provider needs a handshake and there is none.
    """
    texts = check(provider, config, data, handshake)
    flow = Exchange(outgoing=outgoing, provider=provider, config=config, data=texts, handshake=handshake, now=now)
    raw = await (provider.learn or by_userinfo)(flow)
    told = provider.shape(raw, config.get(provider.shaped_by)) if provider.shape else raw
    trusted = config.get("trustUnverifiedEmail") is True
    person = profile.read(told, provider.claims, trusted=trusted, raw=raw)
    return Outcome(profile=person, tokens=flow.tokens, shown=flow.shown)


def check(
    provider: Provider, config: Config, data: Mapping[str, object], handshake: Handshake | None
) -> dict[str, str]:
    """Return the texts of a callback that can be exchanged; raises what is wrong with it before anybody is asked."""
    texts = {name: value for name, value in data.items() if isinstance(value, str)}
    if sum(map(len, texts.values())) > MAX_CALLBACK_CHARS:
        raise ConnectorGeneral("The callback is too long.", data={"message": "The callback is too long."})
    if "error" in texts:
        raise _declined(texts)
    known = {"redirectUri": handshake.redirect_uri} if handshake else {}
    missing = [key for key in provider.callback.split() if not (texts.get(key) or known.get(key))]
    if missing and not texts.get(provider.instead):
        words = f"The callback lacks: {', '.join(missing)}."
        raise provider.incomplete(words, data={"message": words})
    _check_issuer(provider, config, texts)
    if handshake is None:
        only_address = tuple(provider.needs) == ("redirectUri",) and texts.get("redirectUri")
        if provider.needs and not (provider.is_alone or only_address):
            raise ConnectorNotImplemented
    elif not same(texts.get("state", ""), handshake.state):
        raise ConnectorAuthorizationFailed("The callback answers another request.")
    elif texts.get("redirectUri", handshake.redirect_uri) != handshake.redirect_uri:
        raise ConnectorAuthorizationFailed("The callback came to another address.")
    return texts


def _check_issuer(provider: Provider, config: Config, texts: Mapping[str, str]) -> None:
    """Refuse a callback that another provider signs with its name (RFC 9207): a code must not go to the wrong one.

    A provider that says that it signs every callback must have done so. Where only the addresses were configured anew,
    nobody has said by which name the provider there goes.
    """
    if "iss" not in texts:
        if config.get(NAMES_ISSUER) is True:
            raise ConnectorAuthorizationFailed("The callback does not say from which provider it is.")
        return
    if AUTHORIZE in config and not provider.is_standard and ISSUER not in config:
        return
    issuers = issuers_of(provider, config)
    if issuers and not any(oidc.is_issuer(texts["iss"], one) for one in issuers):
        raise ConnectorAuthorizationFailed("The callback is from another provider.")


def _declined(texts: Mapping[str, str]) -> AppError:
    """Make the refusal of a callback that says that the provider or the person did not go on."""
    words = texts.get("error_description", "")[:MAX_WORDS]
    if texts["error"] == "access_denied":
        return ConnectorAuthorizationFailed(data={"message": words})
    data = {"error": texts["error"][:MAX_WORDS], "errorDescription": words}
    return ConnectorGeneral("The provider did not let this person sign in.", data=data)
