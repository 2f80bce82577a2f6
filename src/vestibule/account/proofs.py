"""Proofs: pending, verified, consumed once; bound to a user, one action, a target, and ten minutes."""

from vestibule import crypto
from vestibule.account import problems, store
from vestibule.account.context import Context, saying
from vestibule.account.permissions import PROOF_MS, RULES, Method, Rule
from vestibule.client import codes
from vestibule.client.models import User
from vestibule.client.users import verify_password
from vestibule.db import Tx
from vestibule.db.locks import take_turn

TRIES = 5
PASSWORD_TRIES, PASSWORD_WINDOW_MS = 10, 15 * 60_000
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
PER_MINUTE, PER_HOUR, PER_USER_AND_HOUR = 1, 5, 10


async def start(ctx: Context, user: User, method: Method, action: str, target: str | None) -> store.Proof:
    """Begin a proof; a code is sent where the method is an address. Raises MethodUnavailable, TooMany."""
    recipient = _recipient(user, method, action, target)
    now = ctx.clock.now()
    proof = store.Proof(
        id=crypto.new_token(),
        user_id=user.id,
        action=action,
        method=method,
        target=recipient,
        tries=0,
        created_at=now,
        expires_at=now + PROOF_MS,
        verified_at=None,
        consumed_at=None,
    )
    async with ctx.db.write() as tx:
        await _limit(tx, proof, is_own=recipient in {user.primary_email, user.primary_phone})
        await tx.run(store.INSERT_PROOF, **{name: getattr(proof, name) for name in proof.__struct_fields__})
    if recipient is not None:
        await _send(ctx, proof, method, recipient)
    return proof


async def _send(ctx: Context, proof: store.Proof, method: Method, recipient: str) -> None:
    try:
        async with saying(message_rate_limited=problems.TooMany(HOUR_MS // 1000)):
            await ctx.send(codes.send(**{method: recipient}))
    except problems.Problem:
        # What was not sent is not counted: the next try need not wait.
        async with ctx.db.write() as tx:
            await tx.run(store.DELETE_PROOF, proof_id=proof.id)
        raise


def _recipient(user: User, method: Method, action: str, target: str | None) -> str | None:
    if method == "password":
        if not user.has_password:
            raise problems.MethodUnavailable("This account has no password. Confirm with a code instead.")
        return None
    if RULES[action].possession == method and target:
        return target
    own = user.primary_email if method == "email" else user.primary_phone
    if own is None:
        raise problems.MethodUnavailable
    return own


async def _limit(tx: Tx, proof: store.Proof, *, is_own: bool) -> None:
    """B51, B57: passwords by user; messages by user and by recipient; counted one after the other.

    Whose address it is has a count of their own there: what strangers ask for keeps nobody from a code.
    """
    await _turn(tx, proof.user_id)
    if proof.target is None:
        since = proof.created_at - PASSWORD_WINDOW_MS
        if await tx.value(store.COUNT_PASSWORDS, owner=proof.user_id, since=since) >= PASSWORD_TRIES:
            raise problems.TooMany(PASSWORD_WINDOW_MS // 1000)
        return
    if await tx.value(store.COUNT_MESSAGES, owner=proof.user_id, since=proof.created_at - HOUR_MS) >= PER_USER_AND_HOUR:
        raise problems.TooMany(HOUR_MS // 1000)
    await take_turn(tx, f"messages to {proof.target}")
    asker = proof.user_id if is_own else None
    for window, limit in ((MINUTE_MS, PER_MINUTE), (HOUR_MS, PER_HOUR)):
        since = proof.created_at - window
        sent = await tx.value(store.COUNT_BY_TARGET, recipient=proof.target, since=since, asker=asker)
        if sent >= limit:
            raise problems.TooMany(window // 1000)


async def _turn(tx: Tx, user_id: str) -> None:
    await take_turn(tx, f"proofs of {user_id}")


async def verify(ctx: Context, user_id: str, proof_id: str, secret: str) -> store.Proof:
    """Check the password or the code of a pending proof. The try is counted before the check, and stays counted."""
    proof = await _try(ctx, user_id, proof_id)
    if proof.target is None:
        async with saying(invalid_credentials=problems.WrongPassword()):
            await ctx.send(verify_password(user_id, secret))
    else:
        wrong = problems.WrongCode()
        over = problems.ProofNotFound("This code has expired. Ask for a new one.")
        async with saying(code_mismatch=wrong, not_found=over, expired=over, exceed_max_try=over):
            await ctx.send(codes.verify(secret, **{proof.method: proof.target}))
    async with ctx.db.write() as tx:
        done = await tx.one(store.VERIFY_PROOF, proof_id=proof_id, owner=user_id, now=ctx.clock.now())
    if done is None:
        raise problems.ProofNotFound
    return done


async def _try(ctx: Context, user_id: str, proof_id: str) -> store.Proof:
    """Count a try. Raises ProofNotFound; TooMany after five of one proof, or ten wrong passwords of one user."""
    now = ctx.clock.now()
    async with ctx.db.write() as tx:
        await _turn(tx, user_id)
        proof = await tx.one(store.TRY_PROOF, proof_id=proof_id, owner=user_id, now=now, limit=TRIES)
        waiting = await tx.one(store.GET_PROOF, proof_id=proof_id, owner=user_id, now=now)
        failed = await tx.value(store.COUNT_FAILURES, owner=user_id, since=now - PASSWORD_WINDOW_MS)
    if proof is None and (waiting is None or waiting.verified_at is not None):
        raise problems.ProofNotFound
    if proof is None or (proof.target is None and failed > PASSWORD_TRIES):
        raise problems.TooMany(PASSWORD_WINDOW_MS // 1000)
    return proof


async def consume(ctx: Context, user: User, action: str, presented: list[str], value: str | None) -> list[str]:
    """Use up the proofs that an action asks for, all or none; returns their ids. Raises ProofRequired."""
    rule, now, used = RULES[action], ctx.clock.now(), list[store.Proof]()
    async with ctx.db.write() as tx:
        for proof_id in presented[:2]:
            proof = await tx.one(store.CONSUME_PROOF, proof_id=proof_id, owner=user.id, now=now, wanted=action)
            if proof is not None:
                used.append(proof)
        if not _enough(rule, user, used, value):
            # Raising rolls back: a proof presented for the wrong thing is not lost.
            raise problems.ProofRequired
    return [proof.id for proof in used]


def _enough(rule: Rule, user: User, proofs: list[store.Proof], value: str | None) -> bool:
    possession = rule.possession is None or any(p.method == rule.possession and p.target == value for p in proofs)
    if not rule.presence or not possession:
        return possession
    if user.has_password:
        return any(proof.method == "password" for proof in proofs)
    own = {address for address in (user.primary_email, user.primary_phone) if address}
    # An account without password and address has nothing older to show than the new address itself.
    return any(proof.target in own for proof in proofs) or (not own and rule.possession is not None)


async def release(ctx: Context, user_id: str, used: list[str]) -> None:
    """Give proofs back after the identity server could not be reached, so that nobody has to start again."""
    async with ctx.db.write() as tx:
        for proof_id in used:
            await tx.run(store.RELEASE_PROOF, proof_id=proof_id, owner=user_id)
