"""A factory of social connectors, made of a provider's record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vestibule.connectors.factory import Factory
from vestibule.connectors.logos import monogram
from vestibule.connectors.oauth import engine, fields, places
from vestibule.connectors.oauth.engine import Handshake, Outcome
from vestibule.connectors.oauth.fields import Config
from vestibule.connectors.oauth.provider import CHECKED, JWKS, Provider
from vestibule.connectors.outgoing import Outgoing, OutgoingError
from vestibule.errors import ConnectorInvalidConfig

_README = """# {name}

{about}

Register an application with the provider, and give it the redirect URI of the program that links or signs in. Every
address of the provider can be set to another one, for an edition of one's own; an address on a private network must
be listed in `VESTIBULE_ALLOW_PRIVATE`.
"""


@dataclass(frozen=True, kw_only=True)
class SocialFactory(Factory[Config]):
    """A kind of connector through which people say who they are elsewhere."""

    kind: Literal["Social"] = "Social"
    provider: Provider

    @property
    def needs_handshake(self) -> bool:
        """Whether something has to be remembered between the authorization request and the callback."""
        return bool(self.provider.needs)

    def read(self, config: dict[str, object]) -> Config:
        """Return a cleaned configuration with its defaults; raises ConnectorInvalidConfig."""
        return fields.read(config, self.provider.all_fields())

    async def check_addresses(self, outgoing: Outgoing, config: Config) -> None:
        """See that a configuration leads nowhere without TLS; raises ConnectorInvalidConfig."""
        read = self.read(config)
        keys = [one.key for one in self.provider.all_fields() if one.is_address]
        addresses = [
            places.endpoint(self.provider, read, key) for key in keys if key in (*read, *self.provider.endpoints)
        ]
        checked = read.get(CHECKED)
        if isinstance(checked, dict) and isinstance(checked.get(JWKS), str):
            addresses.append(checked[JWKS])
        try:
            for address in addresses:
                await outgoing.refuse_plain(address)
        except OutgoingError as error:
            raise ConnectorInvalidConfig(str(error), data={"message": str(error)}) from error

    def party(self, config: dict[str, object]) -> tuple[object, ...]:
        """Return the client, the token endpoint and the issuers of a cleaned configuration; nothing of half a one."""
        return places.party(self.provider, config)

    def begin(self, config: Config, handshake: Handshake, *, scope: str | None = None, user_agent: str = "") -> str:
        """Return where to send the browser; raises ConnectorInvalidConfig."""
        read = self.read(config)
        return engine.authorization_uri(self.provider, read, handshake, scope=scope, user_agent=user_agent)

    def check(self, config: Config, data: Mapping[str, object], handshake: Handshake | None) -> None:
        """See that a callback can be exchanged, before anything is spent on it; raises as `finish`."""
        engine.check(self.provider, self.read(config), data, handshake)

    async def finish(
        self, outgoing: Outgoing, config: Config, data: Mapping[str, object], handshake: Handshake | None, now: int
    ) -> Outcome:
        """Exchange a callback for a person at `now` (epoch ms); raises the connector errors."""
        return await engine.finish(outgoing, self.provider, self.read(config), data, handshake, now)


def factory_of(provider: Provider) -> SocialFactory:
    """Make the factory of a provider."""
    name, about = provider.name, provider.about or f"People who have an account with {provider.name}."
    return SocialFactory(
        id=provider.id,
        target=provider.target,
        name={"en": name, "fr": name, "de": name},
        description={
            "en": about,
            "fr": f"Les personnes qui ont un compte chez {name}.",
            "de": f"Menschen mit einem Konto bei {name}.",
        },
        logo=monogram(name, provider.colour),
        readme=_README.format(name=name, about=about),
        form_items=tuple(field.form_item() for field in provider.all_fields()),
        platform=provider.platform,
        is_standard=provider.is_standard,
        is_token_storage_supported=provider.keeps_tokens,
        provider=provider,
    )
