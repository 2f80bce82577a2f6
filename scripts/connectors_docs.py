"""The reference of the social connectors, from their records."""

from vestibule.connectors.oauth.fields import Field
from vestibule.connectors.oauth.profile import VOUCHED
from vestibule.connectors.oauth.provider import Provider
from vestibule.connectors.registry import GROUP, PROVIDERS

KEEPERS = ", ".join(f"`{record.id}`" for record in PROVIDERS if record.keeps_tokens)

INTRODUCTION = f"""# Social connectors

People say who they are through an account elsewhere. `POST /api/connectors` with a factory id and a configuration
sets one up: one of each, and as many as you like of `oauth2`, `oidc`, `saml`, each with a `metadata.target` of its own.
Configurations are sealed in the store and shown to Management tokens alone. Made by `make docs` from
`src/vestibule/connectors/social/`; do not edit.

**Linking an account through the Management API**

1. `POST /api/connectors/{{connectorId}}/authorization-uri` with `state` and `redirectUri` answers `redirectTo`: send
   the browser there.
2. The provider sends it back to `redirectUri`. Compare `state` with what this browser's session holds.
3. `POST /api/users/{{userId}}/identities` with `connectorId` and, as `connectorData`, everything that came back and
   `redirectUri`.

Providers marked **session** need something remembered between 1 and 3 and answer 501 `connector.not_implemented`.
With `"stateless": true` and `userId` in 1 they work, too: the answer carries `session`, which goes into 3 beside
`connectorData`. It is sealed, for this user, this connector, one use and ten minutes; `state`, redirect URI, nonce
and PKCE verifier travel in it and are compared, and `iss` of RFC 9207 where the provider sends it. Every provider can
be asked so, and it is the safer way for all of them.

**Addresses of people.** Only an address that the provider vouches for is `email` in the details of an identity, and
only such a one can match or verify anything; any other is `unverifiedEmail` or `unverifiedPhone`.
`trustUnverifiedEmail` in the configuration vouches where a provider says nothing, never where it says no.

**Addresses of providers.** Each can be set to another one in the configuration, for an edition of one's own such as
GitHub Enterprise or GitLab: the keys are the last ones of each line. Private networks must be listed in
`VESTIBULE_ALLOW_PRIVATE`, and only there plain http is spoken. A call ends within five seconds, is never redirected,
and reads at most 1 MiB.

**Tokens.** Connectors of {KEEPERS} keep what the provider gives in
a sign-in (`"enableTokenStorage": true`), sealed, until the identity, the connector or the setting goes. What is kept is
told by `includeTokenSecret=true`, the tokens are not. The person's own application gets the access token, renewed when
it has expired, at `GET /api/my-account/identities/{{target}}/access-token` with an opaque access token that has the
scopes `openid` and `identities`.

**SAML.** `saml` needs `entityID` (ours), `idpMetadataXml`, `x509Certificate` (the provider's, which alone is believed)
and `assertionConsumerServiceUrl`: `https://YOUR_SERVER/api/authn/saml/CONNECTOR_ID`. `profileMap` says in which
attributes `id`, `email`, `phone`, `name` and `avatar` stand, else the id is the NameID; `signAuthnRequest` with
`privateKey` (RSA) and `privateKeyPass` signs requests. It signs people in and links through no API: it posts to us.

**More providers.** A package adds one by an entry point of the group `{GROUP}` that names a `Provider` record
(`vestibule.connectors.oauth.provider`) or a `Factory`. A record is about fifteen lines; CONTRIBUTING.md shows how.

What the providers answer was written down for the tests from their published documentation; no provider was asked.
In a real browser, `oidc`, `oauth2`, GitHub's and Apple's record are tried against a real server, npm's `oidc-provider`.

| factory | target | platform | session | address is verified when | default scope | configuration (* required) |
| --- | --- | --- | --- | --- | --- | --- |
"""


def reference() -> str:
    """Write one line a provider."""
    return INTRODUCTION + "\n".join(_line(record) for record in PROVIDERS) + "\n"


def _line(record: Provider) -> str:
    cells = (
        f"{record.name}: `{record.id}`",
        "`metadata.target`" if record.is_standard else f"`{record.target}`",
        record.platform,
        "session" if record.needs else "",
        _vouching(record),
        f"`{' '.join(part for part in (record.scope, record.scope_needs) if part)}`".replace("``", "none"),
        ", ".join(map(_member, record.all_fields())),
    )
    return f"| {' | '.join(cells)} |"


def _vouching(record: Provider) -> str:
    if "email" not in record.claims:
        return "none is told"
    verified = record.claims.get("email_verified")
    if verified is None:
        return "never by itself"
    if verified == VOUCHED:
        return "always"
    return " and ".join(f"`{path}`" for path in verified.split())


def _member(field: Field) -> str:
    return f"`{field.key}`{'*' if field.required else ''}"
