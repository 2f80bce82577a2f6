"""Changing the sign-in experience: merged by field, checked as a whole, stored in one row."""

from collections.abc import Collection, Mapping

import msgspec
from msgspec import UNSET

from vestibule.domain import connectors, messages
from vestibule.domain.context import Context
from vestibule.domain.factor_settings import Mfa
from vestibule.domain.live_settings import EXPERIENCE
from vestibule.domain.sign_in_experience import (
    Identifier,
    PasswordExpiration,
    SignIn,
    SignInExperience,
    SignUp,
)
from vestibule.errors import (
    AuthenticationFactorMissing,
    BackupCodesEnabledAlone,
    EnabledConnectorNotFound,
    FactorsDuplicated,
    InvalidRequest,
    LanguageNotSupported,
    PasswordlessRequiresVerify,
    SettingNotSupported,
)
from vestibule.store import configs

ADDRESSES = ("termsOfUseUrl", "privacyPolicyUrl", "supportEmail", "supportWebsiteUrl", "unknownSessionRedirectUrl")
"""An empty text clears these."""


async def change_experience(
    ctx: Context, changes: Mapping[str, object], languages: Collection[str]
) -> SignInExperience:
    """Replace the given fields, in the contract's spelling, and return the whole; `languages` are the pages'.

    Raises SettingNotSupported, AuthenticationFactorMissing, PasswordlessRequiresVerify, LanguageNotSupported,
    FactorsDuplicated, BackupCodesEnabledAlone, EnabledConnectorNotFound (a code that nothing can send), and
    InvalidRequest for what contradicts itself; nothing is stored then.
    """
    cleared = {name: None for name in ADDRESSES if changes.get(name) == ""}
    reachable = await messages.kinds(ctx)
    async with ctx.db.write() as tx:
        await tx.run(configs.LOCK, key=EXPERIENCE, value="{}")  # one at a time
        held = msgspec.json.decode(await tx.value(configs.GET, key=EXPERIENCE), type=dict[str, object])
        changes = _since(changes, ctx.clock.now())
        merged = held | {name: msgspec.to_builtins(value) for name, value in changes.items()} | cleared
        experience = ctx.live.completed(msgspec.convert(merged, SignInExperience))
        _check_sign_in(experience.sign_in)
        _check_sign_up(experience.sign_up)
        _check_bounds(experience)
        if not _reached_by_codes(experience) <= reachable:
            raise EnabledConnectorNotFound
        _check_factors(experience.mfa, reachable)
        _check_absent(experience)
        if experience.language_info.fallback_language not in languages:
            raise LanguageNotSupported
        await tx.run(configs.PUT, key=EXPERIENCE, value=msgspec.json.encode(merged).decode())
    await ctx.live.refresh()
    return experience


async def forget_target(ctx: Context, target: str) -> None:
    """Take a provider off the list of those to sign in with, unless another connector leads there."""
    if any(instance.target == target for instance in await connectors.list_instances(ctx)):
        return
    targets = ctx.live.experience.social_sign_in_connector_targets
    if target in targets:
        left = tuple(one for one in targets if one != target)
        await change_experience(
            ctx, {"socialSignInConnectorTargets": left}, [ctx.live.experience.language_info.fallback_language]
        )


def _since(changes: Mapping[str, object], now: int) -> Mapping[str, object]:
    """Note when passwords begin to expire, unless it is said."""
    expiration = changes.get("passwordExpiration")
    if isinstance(expiration, PasswordExpiration) and expiration.enabled and expiration.enabled_at is UNSET:
        return {**changes, "passwordExpiration": msgspec.structs.replace(expiration, enabled_at=now)}
    return changes


def _check_sign_in(sign_in: SignIn) -> None:
    if not sign_in.methods or any(not (item.password or item.verification_code) for item in sign_in.methods):
        raise AuthenticationFactorMissing
    if any(item.verification_code for item in sign_in.methods if item.identifier == "username"):
        raise InvalidRequest("No code can be sent to a user name.")
    if len({item.identifier for item in sign_in.methods}) < len(sign_in.methods):
        raise InvalidRequest("Each identifier has one sign-in method.")


def _check_sign_up(sign_up: SignUp) -> None:
    if sign_up.identifiers and not sign_up.password and not sign_up.verify:
        raise PasswordlessRequiresVerify
    if not sign_up.password and "username" in sign_up.identifiers:
        raise InvalidRequest("A user name alone proves nobody: ask for a password, too.")


def _reached_by_codes(experience: SignInExperience) -> set[Identifier]:
    """Return the kinds of address that codes are sent to by these settings."""
    needed = set(experience.code_identifiers("SignIn"))
    return needed | {kind for kind in experience.code_identifiers("Register") if experience.sign_up.needs_proof(kind)}


def _check_factors(mfa: Mfa, reachable: Collection[Identifier]) -> None:
    if len(set(mfa.factors)) < len(mfa.factors):
        raise FactorsDuplicated
    if mfa.factors == ("BackupCode",):
        raise BackupCodesEnabledAlone
    if mfa.sole_addresses and not mfa.sole_addresses.intersection(reachable):
        raise EnabledConnectorNotFound
    if mfa.organization_required_mfa_policy not in {UNSET, "NoPrompt"}:
        raise _not_supported("mfa.organizationRequiredMfaPolicy")


def _check_absent(experience: SignInExperience) -> None:
    absent = {"adaptiveMfa": experience.adaptive_mfa, "captchaPolicy": experience.captcha_policy}
    asked_for = [name for name, one in absent.items() if one.enabled]
    if asked_for:
        raise _not_supported(*asked_for)


def _check_bounds(experience: SignInExperience) -> None:
    length, username = experience.password_policy.effective.length, experience.username_policy
    if length.min > length.max:
        raise InvalidRequest("`passwordPolicy.length.min` is greater than `max`.")
    if username.min_length > username.max_length:
        raise InvalidRequest("`usernamePolicy.minLength` is greater than `maxLength`.")
    expiration = experience.password_expiration
    if expiration.enabled and expiration.valid_period_days is UNSET:
        raise InvalidRequest("`passwordExpiration.validPeriodDays` is needed while it is enabled.")
    if not any(msgspec.structs.astuple(username.allowed_chars)):
        raise InvalidRequest("`usernamePolicy.allowedChars` allows no character.")


def _not_supported(*fields: str) -> SettingNotSupported:
    return SettingNotSupported(data={"fields": list(fields)})
