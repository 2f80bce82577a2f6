"""Personal access tokens and what they were exchanged for, as a state machine against a model of who is alive."""

import asyncio
import shutil
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.oidc.exchanging import ACCESS, PERSONAL, exchange, exchanger, is_live, personal
from tests.oidc.world import App, World, worlds
from vestibule.domain import personal_access_tokens, users
from vestibule.model import User

HOUR = 3_600_000
TEMPLATE: dict[str, Path] = {}


@dataclass
class Owner:
    """What the model knows of a user."""

    user: User
    is_suspended: bool = False


@dataclass
class Token:
    """A personal access token, or an access token that came from one."""

    value: str
    owner: Owner
    ends_at: int | None
    origin: "Token | None" = None
    name: str = ""
    is_ended: bool = False

    def lives(self, now: int) -> bool:
        return not (self.is_ended or self.owner.is_suspended or (self.ends_at is not None and self.ends_at <= now))


@dataclass
class Model:
    """Everything that was made."""

    owners: list[Owner] = field(default_factory=list)
    made: list[Token] = field(default_factory=list)


class Machine(RuleBasedStateMachine):
    """B86: whatever the order, an access token lives exactly as long as what it was made from lets it."""

    personals: Bundle[Token] = Bundle("personals")
    accesses: Bundle[Token] = Bundle("accesses")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "store.db"
        shutil.copy(TEMPLATE["sqlite"], path)
        self.world: World = self.runner.run(self.stack.enter_async_context(worlds(f"sqlite:///{path}")))
        self.model = Model()

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()
        self.folder.cleanup()

    @property
    def now(self) -> int:
        return self.world.clock.now()

    @initialize(target=personals)
    def two_users_with_tokens_and_an_application(self) -> Any:
        self.app: App = self.runner.run(exchanger(self.world, "SPA"))
        self.model.owners = [Owner(self.runner.run(self.world.user(name))) for name in ("ada", "bob")]
        return multiple(*[self._make(owner, life) for owner in self.model.owners for life in (None, 90_500, 2 * HOUR)])

    def _make(self, owner: Owner, life: int | None) -> Token:
        name = f"token {len(self.model.made)}"
        ends_at = None if life is None else self.now + life
        value = self.runner.run(personal(self.world, owner.user, name, expires_at=ends_at))
        token = Token(value, owner, ends_at, name=name)
        self.model.made.append(token)
        return token

    @rule(target=accesses, token=personals)
    def exchange_it(self, token: Token) -> Any:
        return self._exchange(token, PERSONAL, token)

    @rule(target=accesses, token=personals)
    def exchange_it_as_often_as_everything_else(self, token: Token) -> Any:
        return self._exchange(token, PERSONAL, token)

    @rule(target=accesses, token=accesses)
    def exchange_again(self, token: Token) -> Any:
        return self._exchange(token, ACCESS, token.origin)

    def _exchange(self, token: Token, kind: str, origin: Token | None) -> Any:
        answer = self.runner.run(exchange(self.world, self.app, token.value, kind, scope="openid"))
        left = HOUR if token.ends_at is None else min(HOUR, (token.ends_at - self.now) // 1000 * 1000)
        fine = token.lives(self.now) and left > 0
        assert answer.status_code == (200 if fine else 400)
        if not fine:
            return multiple()
        assert answer.json()["expires_in"] == left // 1000
        made = Token(answer.json()["access_token"], token.owner, self.now + left, origin)
        self.model.made.append(made)
        return made

    @rule(token=personals)
    def delete(self, token: Token) -> None:
        if token.is_ended:
            return
        self.runner.run(personal_access_tokens.delete(self.world.ctx, token.owner.user.id, token.name))
        for made in self.model.made:
            made.is_ended = made.is_ended or made is token or made.origin is token

    @rule(token=accesses)
    def revoke(self, token: Token) -> None:
        form = {"token": token.value, **self.app.login}
        assert self.runner.run(self.world.post("/oidc/token/revocation", form)).status_code == 200
        token.is_ended = token.is_ended or token.lives(self.now)

    @rule(which=st.integers(0, 1), suspended=st.booleans())
    def suspend(self, which: int, suspended: bool) -> None:
        owner = self.model.owners[which]
        self.runner.run(users.suspend(self.world.ctx, owner.user.id, suspended))
        owner.is_suspended = suspended
        for made in self.model.made:
            if suspended and made.owner is owner and made.origin is not None:
                made.is_ended = True

    @rule(seconds=st.sampled_from([0.4, 30.0, 61.0, 1800.0, 3600.0]))
    def wait(self, seconds: float) -> None:
        self.world.clock.advance(seconds=seconds)

    @invariant()
    def exactly_the_living_open_userinfo(self) -> None:
        for made in self.model.made:
            if made.origin is not None:
                assert self.runner.run(is_live(self.world, made.value)) == made.lives(self.now)


def test_no_order_of_events_keeps_a_token_alive_or_kills_another(sqlite_templates: dict[str, Path]) -> None:
    """B86."""
    TEMPLATE["sqlite"] = sqlite_templates["identity"]
    limits = settings(max_examples=20, stateful_step_count=24, deadline=None)
    run_state_machine_as_test(Machine, settings=limits)
