"""Factors beside the password: TOTP generators, backup codes, passkeys. Seeds are sealed, codes digested with a key."""

import asyncio
import re
from collections.abc import Iterable, Sequence

import msgspec

from vestibule import totp
from vestibule.crypto import new_backup_code, new_id, new_totp_secret
from vestibule.db import Tx
from vestibule.domain import attempts, sessions
from vestibule.domain.context import Context
from vestibule.domain.phones import international
from vestibule.domain.users import get_user
from vestibule.domain.webauthn import Credential, Known, Made
from vestibule.errors import (
    BackupCodeFormat,
    BackupCodesAlone,
    BackupCodesInUse,
    EntityNotFound,
    InvalidBackupCode,
    InvalidTotpCode,
    TotpInUse,
    TotpSecretInvalid,
    WebAuthnFailed,
)
from vestibule.model import FactorType, MfaVerification, PasskeyRow, User
from vestibule.store import mfa as store
from vestibule.store import users

CODES = 10
_CODE = re.compile(r"[0-9a-fA-F]{10}")
_TABLE, _COLUMN = "mfa_verifications", "secret_sealed"
NAMELESS = "Account"

_credential = msgspec.json.Decoder(Credential).decode


def label_of(user: User) -> str:
    """Return what an authenticator calls the account: name, e-mail address, phone number, user name."""
    phone = international(user.primary_phone) if user.primary_phone else None
    return user.name or user.primary_email or phone or user.username or NAMELESS


def address(ctx: Context, user: User, seed: str) -> str:
    """Return the `otpauth` address of a seed."""
    return totp.address(seed, ctx.settings.public_host, label_of(user))


async def picture(ctx: Context, user: User, seed: str) -> str:
    """Return it as a QR code, a PNG in a data URI; the loop goes on meanwhile."""
    return await asyncio.to_thread(totp.qr_code, address(ctx, user, seed))


async def list_factors(ctx: Context, user_id: str) -> list[MfaVerification]:
    """Return a user's factors, the oldest first; raises EntityNotFound."""
    async with ctx.db.read() as tx:
        found = await tx.all(store.OF_USER, of_user=user_id)
        if not found:
            await get_user(tx, user_id)
    return found


async def add_totp(
    ctx: Context, user_id: str, secret: str | None = None, *, keep: str | None = None
) -> tuple[User, str]:
    """Give a user a TOTP generator with this seed or a new one; returns the user and the seed.

    Sessions end but the one with the uid `keep` (B40). Raises EntityNotFound, TotpInUse, TotpSecretInvalid.
    """
    seed = new_totp_secret() if secret is None else secret
    async with ctx.db.write() as tx:
        user, held = await _locked(tx, user_id)
        if any(factor.type == "Totp" for factor in held):
            raise TotpInUse
        if not totp.is_secret(seed):
            raise TotpSecretInvalid
        await sessions.end_others(tx, ctx.clock, user_id, keep)
        await put_totp(tx, ctx, user_id, seed)
    return user, seed


async def put_totp(tx: Tx, ctx: Context, user_id: str, seed: str, *, step: int | None = None) -> None:
    """Store a TOTP generator, of which the code of a `step` has counted already."""
    row_id = new_id()
    sealed = ctx.sealer.seal(seed.encode(), _TABLE, _COLUMN, row_id)
    await _insert(tx, ctx, row_id, user_id, "Totp", sealed, last_step=step)


async def add_backup_codes(
    ctx: Context, user_id: str, codes: Sequence[str] | None = None, *, keep: str | None = None
) -> list[str]:
    """Give a user these backup codes or new ones, and return them: they can be read nowhere else.

    Sessions end but the one with the uid `keep` (B40). Raises EntityNotFound, BackupCodesInUse, BackupCodesAlone,
    BackupCodeFormat.
    """
    given = [new_backup_code() for _ in range(CODES)] if codes is None else list(codes)
    async with ctx.db.write() as tx:
        _, held = await _locked(tx, user_id)
        if any(factor.remaining for factor in held):
            raise BackupCodesInUse
        if all(factor.type == "BackupCode" for factor in held):
            raise BackupCodesAlone
        if len(given) != CODES or any(_CODE.fullmatch(code) is None for code in given):
            raise BackupCodeFormat
        await sessions.end_others(tx, ctx.clock, user_id, keep)
        await put_backup_codes(tx, ctx, user_id, [code_digest(ctx, user_id, code) for code in given])
    return given


async def put_backup_codes(tx: Tx, ctx: Context, user_id: str, digests: Sequence[str]) -> None:
    """Store backup codes by what `code_digest` makes of them."""
    row_id = new_id()
    await _insert(tx, ctx, row_id, user_id, "BackupCode", None)
    rows = [
        {"verification_id": row_id, "position": at, "code_digest": made, "used_at": None}
        for at, made in enumerate(digests)
    ]
    await tx.many(store.INSERT_CODE, rows)


async def put_passkey(tx: Tx, ctx: Context, user_id: str, made: Made, *, is_factor: bool) -> None:
    """Store a passkey; raises WebAuthnFailed when somebody has it already (B67)."""
    if await tx.one(store.BY_CREDENTIAL, credential=made.id) is not None:
        raise WebAuthnFailed
    data = msgspec.json.encode(msgspec.structs.replace(made.credential, is_factor=is_factor)).decode()
    await _insert(tx, ctx, new_id(), user_id, "WebAuthn", None, last_step=made.count, data=data, credential=made.id)


def credential_of(row: PasskeyRow | MfaVerification) -> Credential:
    """Return what is kept of a passkey."""
    return _credential(row.data)


async def passkeys_of(tx: Tx, user_id: str) -> list[Known]:
    """Return a user's passkeys, as browsers find them again."""
    rows = await tx.all(store.PASSKEYS_OF_USER, of_user=user_id)
    return [Known(row.credential_id, credential_of(row).transports) for row in rows]


async def count_signature(ctx: Context, row: PasskeyRow, count: int) -> None:
    """Note that a passkey has signed; raises WebAuthnFailed when a copy of it has signed before (B66)."""
    async with ctx.db.write() as tx:
        counted = await tx.run(store.COUNT_SIGNATURE, factor_id=row.id, count=count, now=ctx.clock.now())
    if not counted:
        raise WebAuthnFailed("This passkey seems to have been copied. Remove it from the account.")


async def rename_passkey(ctx: Context, user_id: str, factor_id: str, name: str) -> MfaVerification:
    """Give a passkey a name; raises EntityNotFound, also for a factor of another kind."""
    async with ctx.db.write() as tx:
        await _locked(tx, user_id)
        rows = await tx.all(store.PASSKEYS_OF_USER, of_user=user_id)
        held = next((row for row in rows if row.id == factor_id), None)
        if held is None:
            raise EntityNotFound
        data = msgspec.json.encode(msgspec.structs.replace(credential_of(held), name=name)).decode()
        await tx.run(store.RENAME, of_user=user_id, factor_id=factor_id, new_data=data)
        return next(one for one in await tx.all(store.OF_USER, of_user=user_id) if one.id == factor_id)


async def remove_factor(ctx: Context, user_id: str, factor_id: str, *, keep: str | None = None) -> None:
    """Take a factor from a user; raises EntityNotFound. Backup codes stay when the last other factor goes.

    Sessions end but the one with the uid `keep` (B40).
    """
    async with ctx.db.write() as tx:
        await sessions.hold_user(tx, user_id)
        if not await tx.run(store.DELETE, of_user=user_id, factor_id=factor_id):
            raise EntityNotFound
        await sessions.end_others(tx, ctx.clock, user_id, keep)
        await sessions.end_trust(tx, user_id)


async def remove_these(tx: Tx, user_id: str, factor_ids: Iterable[str]) -> None:
    """Take some factors from a user."""
    for factor_id in factor_ids:
        await tx.run(store.DELETE, of_user=user_id, factor_id=factor_id)
    await sessions.end_trust(tx, user_id)


async def verify_totp(ctx: Context, user_id: str, code: str, ip: str = "") -> None:
    """Check a code of a user's authenticator and use it up; raises TooManyAttempts, InvalidTotpCode.

    A step counts once, and none before it counts any longer, also when two come at the same moment (B59).
    """
    await attempts.begin(ctx, user_id, ip, factor=True)
    async with ctx.db.read() as tx:
        held = await tx.one(store.TOTP_OF_USER, of_user=user_id)
    if held is None:
        raise InvalidTotpCode
    now = ctx.clock.now()
    secret = ctx.sealer.open(held.secret_sealed, _TABLE, _COLUMN, held.id).decode()
    step = totp.matching_step(secret, code, now)
    if step is None:
        raise InvalidTotpCode
    async with ctx.db.write() as tx:
        counted = await tx.run(store.USE_STEP, factor_id=held.id, step=step, now=now)
    if not counted:
        raise InvalidTotpCode
    await attempts.succeed(ctx, user_id, factor=True)


async def use_backup_code(ctx: Context, user_id: str, code: str, ip: str = "") -> None:
    """Use up one of a user's backup codes; raises TooManyAttempts, InvalidBackupCode (B61)."""
    await attempts.begin(ctx, user_id, ip, factor=True)
    async with ctx.db.write() as tx:
        used = await tx.run(
            store.USE_CODE, digest=code_digest(ctx, user_id, code), of_user=user_id, now=ctx.clock.now()
        )
    if not used:
        raise InvalidBackupCode
    await attempts.succeed(ctx, user_id, factor=True)


async def _locked(tx: Tx, user_id: str) -> tuple[User, list[MfaVerification]]:
    """Return a user and the factors; nobody else adds one until the transaction ends."""
    user = await tx.one(users.GET_LOCKED, id=user_id)
    if user is None:
        raise EntityNotFound
    return user, await tx.all(store.OF_USER, of_user=user_id)


async def _insert(
    tx: Tx,
    ctx: Context,
    row_id: str,
    user_id: str,
    kind: FactorType,
    sealed: str | None,
    *,
    last_step: int | None = None,
    data: str = "{}",
    credential: str | None = None,
) -> None:
    await sessions.end_trust(tx, user_id)
    await tx.run(
        store.INSERT,
        id=row_id,
        user_id=user_id,
        type=kind,
        secret_sealed=sealed,
        last_step=last_step,
        data=data,
        credential_id=credential,
        created_at=ctx.clock.now(),
        last_used_at=None,
    )


def code_digest(ctx: Context, user_id: str, code: str) -> str:
    """Return what is stored of a backup code."""
    return ctx.sealer.keyed_digest(f"{user_id}\0{code.lower()}", "backup-code")
