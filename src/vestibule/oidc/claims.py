"""Claims about the user by scope (OpenID Connect Core section 5.4, contract section 2). Times are in epoch ms."""

from typing import get_args

import msgspec

from vestibule.db import Tx
from vestibule.domain import sso_identities
from vestibule.domain.oidc_settings import ExtendedClaim, IdTokenSettings
from vestibule.model import User
from vestibule.store import roles

PROFILE_CLAIMS = {
    "familyName": "family_name",
    "givenName": "given_name",
    "middleName": "middle_name",
    "nickname": "nickname",
    "preferredUsername": "preferred_username",
    "profile": "profile",
    "website": "website",
    "gender": "gender",
    "birthdate": "birthdate",
    "zoneinfo": "zoneinfo",
    "locale": "locale",
}
ORGANIZATIONS, ORGANIZATION_ROLES = "urn:logto:scope:organizations", "urn:logto:scope:organization_roles"
EXTENDED: frozenset[str] = frozenset(get_args(ExtendedClaim))
"""Claims that an ID token carries only where administrators say so."""

_decode = msgspec.json.Decoder(dict[str, object]).decode


async def for_userinfo(tx: Tx, user: User, scopes: frozenset[str]) -> dict[str, object]:
    """Return every claim that the scopes allow."""
    claims: dict[str, object] = {"sub": user.id}
    profile = _decode(user.profile) if scopes & {"profile", "address"} else {}
    if "profile" in scopes:
        claims |= _profile(user, profile)
    if "email" in scopes:
        is_verified = user.primary_email is not None and user.email_verified
        claims |= {"email": user.primary_email, "email_verified": is_verified}
    if "phone" in scopes:
        is_verified = user.primary_phone is not None and user.phone_verified
        claims |= {"phone_number": user.primary_phone, "phone_number_verified": is_verified}
    if "address" in scopes and profile.get("address"):
        claims["address"] = profile["address"]
    if "custom_data" in scopes:
        claims["custom_data"] = msgspec.Raw(user.custom_data.encode())
    if "identities" in scopes:
        claims["identities"] = msgspec.Raw(user.identities.encode())
        claims["sso_identities"] = await sso_identities.claim(tx, user.id)
    if "roles" in scopes:
        claims["roles"] = [row[0] for row in await tx.all(roles.NAMES_OF_USER, user_id=user.id)]
    if ORGANIZATIONS in scopes:
        claims |= {"organizations": [], "organization_data": []}  # nobody belongs to one yet
    if ORGANIZATION_ROLES in scopes:
        claims["organization_roles"] = []
    return claims


async def for_id_token(tx: Tx, user: User, scopes: frozenset[str], settings: IdTokenSettings) -> dict[str, object]:
    """Return the claims of an ID token: popular clients read nothing else, so granted claims are here too."""
    claims, enabled = await for_userinfo(tx, user, scopes), settings.enabled_extended_claims or ()
    return {name: value for name, value in claims.items() if name not in EXTENDED or name in enabled}


def _profile(user: User, profile: dict[str, object]) -> dict[str, object]:
    claims: dict[str, object] = {
        "name": user.name,
        "picture": user.avatar,
        "username": user.username,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }
    claims |= {claim: profile[key] for key, claim in PROFILE_CLAIMS.items() if profile.get(key)}
    if user.username is not None:
        claims.setdefault("preferred_username", user.username)
    return claims
