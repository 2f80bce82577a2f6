"""What a verb needs from the world, handed to it by the composition root."""

from dataclasses import dataclass, field

from vestibule.clock import Clock
from vestibule.connectors.outgoing import Outgoing
from vestibule.crypto import Sealer
from vestibule.db import Database
from vestibule.domain.audit import Trail
from vestibule.domain.breached import BreachedPasswords
from vestibule.domain.live_settings import LiveSettings
from vestibule.domain.totals import Totals
from vestibule.password_pool import PasswordPool
from vestibule.settings import ServerSettings


@dataclass(frozen=True)
class Context:
    """The store, the time, the keys, the way out, and what administrators have set; passed to every verb."""

    db: Database
    clock: Clock
    sealer: Sealer
    passwords: PasswordPool
    settings: ServerSettings
    outgoing: Outgoing
    breached: BreachedPasswords = field(default_factory=BreachedPasswords)
    trail: Trail = field(init=False)
    totals: Totals = field(init=False)
    live: LiveSettings = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "trail", Trail(self.db, self.clock))
        object.__setattr__(self, "totals", Totals(self.clock))
        object.__setattr__(self, "live", LiveSettings(self.db, self.sealer, self.settings.password_min))

    @property
    def case_sensitive_usernames(self) -> bool:
        """Whether `alice` and `Alice` are two user names: the environment and the administrators both say so."""
        return self.settings.case_sensitive_usernames and self.live.experience.username_policy.case_sensitive
