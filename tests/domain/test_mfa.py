"""Codes of factors: each counts once, also when many come at the same moment; guesses run out."""

import asyncio
from typing import Any

import pyotp
import pytest
from sqlalchemy import bindparam, update

from tests.world import World
from vestibule import totp
from vestibule.crypto import SealError
from vestibule.db import Statement
from vestibule.domain import attempts, mfa
from vestibule.errors import AppError, InvalidBackupCode, InvalidTotpCode, TooManyAttempts
from vestibule.store.mfa import TOTP_OF_USER
from vestibule.store.tables import mfa_verifications

pytestmark = pytest.mark.anyio


async def enrolled(world: World) -> tuple[str, pyotp.TOTP, list[str]]:
    """Return a user's id, their authenticator and their backup codes."""
    user = await world.user()
    _, secret = await mfa.add_totp(world.server.ctx, user["id"])
    world.clock.advance(seconds=1)
    codes = await mfa.add_backup_codes(world.server.ctx, user["id"])
    world.clock.advance(seconds=1)
    return user["id"], pyotp.TOTP(secret), codes


def current(world: World, generator: pyotp.TOTP, shift: int = 0) -> str:
    return generator.generate_otp(world.clock.now() // totp.STEP_MS + shift)


async def outcomes(*tries: Any) -> list[str]:
    """Make tries at the same moment; returns what became of them, the good ones as `ok`."""
    results = await asyncio.gather(*tries, return_exceptions=True)
    return sorted("ok" if result is None else type(result).__name__ for result in results)


async def test_a_code_of_the_authenticator_counts_once(world: World) -> None:
    """B59."""
    user, generator, _ = await enrolled(world)
    code = current(world, generator)
    await mfa.verify_totp(world.server.ctx, user, code)
    with pytest.raises(InvalidTotpCode):
        await mfa.verify_totp(world.server.ctx, user, code)
    world.clock.advance(seconds=30)
    await mfa.verify_totp(world.server.ctx, user, current(world, generator))


async def test_the_same_code_in_parallel_counts_once(world: World) -> None:
    """B59: also when eight arrive together."""
    user, generator, _ = await enrolled(world)
    code = current(world, generator)
    tries = [mfa.verify_totp(world.server.ctx, user, code) for _ in range(8)]
    assert await outcomes(*tries) == [*["InvalidTotpCode"] * 7, "ok"]


async def test_no_code_counts_after_a_later_one(world: World) -> None:
    user, generator, _ = await enrolled(world)
    await mfa.verify_totp(world.server.ctx, user, current(world, generator, 1))
    for shift in (0, -1):
        with pytest.raises(InvalidTotpCode):
            await mfa.verify_totp(world.server.ctx, user, current(world, generator, shift))


async def test_a_code_outside_the_window_does_not_count(world: World) -> None:
    """B60."""
    user, generator, _ = await enrolled(world)
    for shift in (-2, 2):
        with pytest.raises(InvalidTotpCode):
            await mfa.verify_totp(world.server.ctx, user, current(world, generator, shift))


async def test_a_user_without_authenticator_has_no_good_code(world: World) -> None:
    user = await world.user()
    with pytest.raises(InvalidTotpCode):
        await mfa.verify_totp(world.server.ctx, user["id"], "000000")
    with pytest.raises(InvalidBackupCode):
        await mfa.use_backup_code(world.server.ctx, user["id"], "0000000000")


async def test_a_backup_code_counts_once_in_either_case(world: World) -> None:
    """B61."""
    user, _, codes = await enrolled(world)
    await mfa.use_backup_code(world.server.ctx, user, codes[0].upper())
    with pytest.raises(InvalidBackupCode):
        await mfa.use_backup_code(world.server.ctx, user, codes[0])
    remaining = [factor.remaining for factor in await mfa.list_factors(world.server.ctx, user)]
    assert remaining == [0, 9]


async def test_the_same_backup_code_in_parallel_counts_once(world: World) -> None:
    """B61: also when eight arrive together."""
    user, _, codes = await enrolled(world)
    tries = [mfa.use_backup_code(world.server.ctx, user, codes[3]) for _ in range(8)]
    assert await outcomes(*tries) == [*["InvalidBackupCode"] * 7, "ok"]


async def test_a_code_given_twice_is_used_up_at_once(world: World) -> None:
    ctx, user = world.server.ctx, await world.user()
    await mfa.add_totp(ctx, user["id"])
    await mfa.add_backup_codes(ctx, user["id"], ["0123456789"] * 10)
    await mfa.use_backup_code(ctx, user["id"], "0123456789")
    with pytest.raises(InvalidBackupCode):
        await mfa.use_backup_code(ctx, user["id"], "0123456789")


async def test_when_every_code_is_used_new_ones_can_be_made_and_the_old_stay_listed(world: World) -> None:
    user, _, codes = await enrolled(world)
    for code in codes:
        await mfa.use_backup_code(world.server.ctx, user, code)
    fresh = await mfa.add_backup_codes(world.server.ctx, user)
    assert [factor.remaining for factor in await mfa.list_factors(world.server.ctx, user)] == [0, 0, 10]
    with pytest.raises(InvalidBackupCode):
        await mfa.use_backup_code(world.server.ctx, user, codes[0])
    await mfa.use_backup_code(world.server.ctx, user, fresh[0])


async def test_another_users_code_does_not_count(world: World) -> None:
    ada, _, codes = await enrolled(world)
    bob, _, _ = await enrolled(world)
    with pytest.raises(InvalidBackupCode):
        await mfa.use_backup_code(world.server.ctx, bob, codes[0])
    await mfa.use_backup_code(world.server.ctx, ada, codes[0])


async def guess(world: World, user: str, kind: str) -> None:
    verb = mfa.verify_totp if kind == "totp" else mfa.use_backup_code
    await verb(world.server.ctx, user, "x")


@pytest.mark.parametrize("kind", ["totp", "backup"])
async def test_guesses_run_out_and_count_for_the_password_too(world: World, kind: str) -> None:
    """B60: ten failures, of whatever kind, lock the account for a while."""
    user, generator, codes = await enrolled(world)
    await attempts.begin(world.server.ctx, user)
    for _ in range(9):
        with pytest.raises((InvalidTotpCode, InvalidBackupCode)):
            await guess(world, user, kind)
    for late in (
        mfa.verify_totp(world.server.ctx, user, current(world, generator)),
        mfa.use_backup_code(world.server.ctx, user, codes[0]),
        attempts.begin(world.server.ctx, user),
    ):
        with pytest.raises(TooManyAttempts):
            await late
    world.clock.advance(seconds=901)
    await mfa.verify_totp(world.server.ctx, user, current(world, generator))


async def test_knowing_the_password_gives_no_more_guesses_at_the_factor(world: World) -> None:
    """B51, B60: a good password forgets failed passwords, not failed factors."""
    user, _, _ = await enrolled(world)
    refused: list[AppError] = []
    for _ in range(12):
        await attempts.begin(world.server.ctx, user)
        await attempts.succeed(world.server.ctx, user)
        try:
            await guess(world, user, "totp")
        except AppError as error:
            refused.append(error)
    assert [type(error) for error in refused] == [*[InvalidTotpCode] * 10, *[TooManyAttempts] * 2]


async def test_a_seed_moved_to_another_row_does_not_open(world: World) -> None:
    """B100."""
    ada, generator, _ = await enrolled(world)
    bob, _, _ = await enrolled(world)
    seeds = {user: await _seed(world, user) for user in (ada, bob)}
    statement: Statement[Any] = Statement(
        update(mfa_verifications)
        .where(mfa_verifications.c.user_id == bindparam("of"), mfa_verifications.c.type == "Totp")
        .values(secret_sealed=bindparam("sealed"))
    )
    async with world.server.ctx.db.write() as tx:
        await tx.run(statement, of=bob, sealed=seeds[ada])
    with pytest.raises(SealError):
        await mfa.verify_totp(world.server.ctx, bob, current(world, generator))


async def _seed(world: World, user: str) -> str:
    async with world.server.ctx.db.read() as tx:
        held = await tx.one(TOTP_OF_USER, of_user=user)
    assert held is not None
    return str(held.secret_sealed)
