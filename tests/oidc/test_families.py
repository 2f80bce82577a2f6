"""Codes and refresh tokens as a state machine: any order of uses, against a model that only counts time."""

import asyncio
import shutil
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.oidc.world import App, Browser, World, worlds

OFFLINE: dict[str, Any] = {"scope": "openid offline_access", "prompt": "consent"}
TEMPLATE: dict[str, Path] = {}


@dataclass
class Family:
    """What the model knows of one grant."""

    alive: bool = True


@dataclass
class Known:
    """A code or a refresh token: its family, when it was made and when it was first used."""

    value: str
    family: Family
    made_at: int
    used_at: int | None = None


class Machine(RuleBasedStateMachine):
    """B23, B28: whatever the order, reuse ends the family, and nothing else does."""

    codes: Bundle[Known] = Bundle("codes")
    tokens: Bundle[Known] = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "store.db"
        shutil.copy(TEMPLATE["sqlite"], path)
        self.world: World = self.runner.run(self.stack.enter_async_context(worlds(f"sqlite:///{path}")))

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()
        self.folder.cleanup()

    @initialize()
    def a_user_and_an_application(self) -> None:
        self.runner.run(self.world.user())
        self.app: App = self.runner.run(self.world.application("Native"))

    @rule(target=codes)
    def sign_in(self) -> Known:
        # A browser of its own each time: a new session, and with it a new grant.
        browser: Browser = self.world.browser()
        code = self.runner.run(browser.code(self.app, **OFFLINE))
        return Known(code, Family(), self.world.clock.now())

    @rule(target=tokens, code=codes)
    def redeem(self, code: Known) -> Any:
        now = self.world.clock.now()
        answer = self.runner.run(self.world.redeem(self.app, code.value))
        fine = code.used_at is None and now - code.made_at < 60_000
        assert answer.status_code == (200 if fine else 400)
        if code.used_at is not None:
            code.family.alive = False
        if not fine:
            return multiple()
        code.used_at = now
        return Known(answer.json()["refresh_token"], code.family, now)

    @rule(target=tokens, token=tokens)
    def refresh(self, token: Known) -> Any:
        now = self.world.clock.now()
        answer = self.runner.run(self.world.refresh(self.app, token.value))
        reused = token.used_at is not None and now - token.used_at > 3_000
        assert answer.status_code == (200 if token.family.alive and not reused else 400)
        if reused:
            token.family.alive = False
        if answer.status_code != 200:
            return multiple()
        token.used_at = now if token.used_at is None else token.used_at
        return Known(answer.json()["refresh_token"], token.family, now)

    @rule(token=consumes(tokens))
    def revoke(self, token: Known) -> None:
        form = {"token": token.value, **self.app.login}
        assert self.runner.run(self.world.post("/oidc/token/revocation", form)).status_code == 200
        token.family.alive = False

    @rule(seconds=st.sampled_from([0.5, 2.0, 3.5, 61.0]))
    def wait(self, seconds: float) -> None:
        self.world.clock.advance(seconds=seconds)


def test_no_order_of_uses_breaks_the_rules(sqlite_templates: dict[str, Path]) -> None:
    """B23, B28."""
    TEMPLATE["sqlite"] = sqlite_templates["identity"]
    limits = settings(max_examples=20, stateful_step_count=16, deadline=None)
    run_state_machine_as_test(Machine, settings=limits)
