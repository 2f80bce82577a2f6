"""What an operator says of ID tokens (`idTokenVerificationConfig`): obeyed where it is stricter, or within a bound."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.connectors.social.trial import Trial
from tests.connectors.social.upstream import NOW_SECONDS, Json, Upstream, upstreams
from vestibule.connectors.oauth.limits import MAX_TOLERANCE_SECONDS
from vestibule.connectors.oauth.oidc import LEEWAY_SECONDS, MAX_AGE_SECONDS
from vestibule.errors import ConnectorInvalidConfig, SocialIdTokenInvalid

pytestmark = pytest.mark.anyio


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with upstreams() as running:
        yield running


@pytest.fixture
async def trial(upstream: Upstream) -> AsyncIterator[Trial]:
    made = Trial("oidc", upstream)
    yield made
    await made.outgoing.close()


async def is_taken(trial: Trial, said: Json, **claims: Any) -> bool:
    """Tell whether a token with these claims is accepted where the operator has said this."""
    kept = trial.config["idTokenVerificationConfig"]
    trial.config["idTokenVerificationConfig"] = {**kept, **said}
    trial.answer({"claims": claims})
    try:
        return bool((await trial.finish()).profile.id)
    except SocialIdTokenInvalid:
        return False
    finally:
        trial.config["idTokenVerificationConfig"] = kept


async def test_a_signature_that_the_operator_does_not_list_is_refused(trial: Trial) -> None:
    assert await is_taken(trial, {"algorithms": ["RS256", "ES256"]})
    assert not await is_taken(trial, {"algorithms": ["RS256", "HS256", "none"]})


async def test_only_the_subject_that_the_operator_names_is_taken(trial: Trial) -> None:
    assert await is_taken(trial, {"subject": str(trial.case.person["id"])})
    assert not await is_taken(trial, {"subject": "somebody-else"})


@pytest.mark.parametrize("age", [120, "120s", "120 seconds", "2 minutes", "2m", "2 Mins"])
async def test_a_token_is_no_older_than_the_operator_allows(trial: Trial, age: object) -> None:
    said: Json = {"maxTokenAge": age, "clockTolerance": 10}
    assert await is_taken(trial, said, iat=NOW_SECONDS - 130)
    assert not await is_taken(trial, said, iat=NOW_SECONDS - 131)


async def test_no_operator_makes_a_token_count_longer_than_without_them(trial: Trial) -> None:
    for said in ({}, {"maxTokenAge": "7 days"}, {"maxTokenAge": MAX_AGE_SECONDS, "clockTolerance": 300}):
        assert await is_taken(trial, said, iat=NOW_SECONDS - MAX_AGE_SECONDS)
        assert not await is_taken(trial, said, iat=NOW_SECONDS - MAX_AGE_SECONDS - 1)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [({}, LEEWAY_SECONDS), ({"clockTolerance": 0}, 0), ({"clockTolerance": "5 s"}, 5), ({"clockTolerance": 120}, 120),
     ({"clockTolerance": "1 day"}, MAX_TOLERANCE_SECONDS)],
)  # fmt: skip
async def test_clocks_may_differ_as_the_operator_says_and_by_five_minutes_at_most(
    trial: Trial, said: Json, seconds: int
) -> None:
    late = {"iat": NOW_SECONDS - 400}
    assert await is_taken(trial, said, **late, exp=NOW_SECONDS - seconds + 1)
    assert not await is_taken(trial, said, **late, exp=NOW_SECONDS - seconds)
    assert await is_taken(trial, said, iat=NOW_SECONDS + seconds)
    assert not await is_taken(trial, said, iat=NOW_SECONDS + seconds + 1)


@pytest.mark.parametrize(
    "said",
    [{"algorithms": []}, {"algorithms": ["HS256", "none"]}, {"algorithms": "ES256"}, {"subject": ""}, {"subject": 5},
     {"maxTokenAge": "soon"}, {"maxTokenAge": -1}, {"maxTokenAge": True}, {"maxTokenAge": 1e308},
     {"clockTolerance": ["5s"]}, {"clockTolerance": "-5s"}, {"clockTolerance": float("nan")}],
)  # fmt: skip
async def test_what_cannot_be_obeyed_is_refused_when_it_is_configured(trial: Trial, said: Json) -> None:
    trial.config["idTokenVerificationConfig"] |= said
    with pytest.raises(ConnectorInvalidConfig) as refused:
        trial.factory.read(trial.config)
    assert next(iter(said)) in str(refused.value.data)
