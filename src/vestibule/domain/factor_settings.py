"""What administrators decide about second factors and passkeys, in the contract's spelling (section 6.1)."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from vestibule.model import FactorType, RecipientKind

MfaPolicy = Literal[
    "UserControlled",
    "Mandatory",
    "PromptOnlyAtSignIn",
    "PromptAtSignInAndSignUp",
    "NoPrompt",
    "PromptAtSignInAndSignUpMandatory",
    "PromptOnlyAtSignInMandatory",
]
AT_SIGN_IN_ONLY = frozenset({"PromptOnlyAtSignIn", "PromptOnlyAtSignInMandatory"})
MANDATORY = frozenset({"Mandatory", "PromptAtSignInAndSignUpMandatory", "PromptOnlyAtSignInMandatory"})

MAIN: frozenset[FactorType] = frozenset({"Totp", "WebAuthn"})
"""Factors that stand by themselves, whatever addresses somebody has."""
CODE_FACTORS: dict[FactorType, RecipientKind] = {"EmailVerificationCode": "email", "PhoneVerificationCode": "phone"}
"""Factors that everybody has who has such an address."""

DEFAULT_TRUST_DAYS = 30


class TrustedDevices(Struct, frozen=True, rename="camel"):
    """Whether people may ask not to be asked for a second factor again in a browser, and for how many days."""

    enabled: bool | UnsetType = UNSET
    duration_days: Annotated[int, Meta(ge=1, le=365)] | UnsetType = UNSET

    @property
    def days(self) -> int:
        """For how many days a browser is trusted."""
        return DEFAULT_TRUST_DAYS if self.duration_days is UNSET else self.duration_days


class PasskeySignIn(Struct, frozen=True, rename="camel"):
    """Whether people sign in with passkeys, whether the page shows a button for it, and offers them while one types."""

    enabled: bool | UnsetType = UNSET
    show_passkey_button: bool | UnsetType = UNSET
    allow_autofill: bool | UnsetType = UNSET

    @property
    def shows_button(self) -> bool:
        """Whether there is a button; there is, unless that is ruled out."""
        return bool(self.enabled) and self.show_passkey_button is not False

    @property
    def fills_in(self) -> bool:
        """Whether browsers offer passkeys at the field of the identifier."""
        return bool(self.enabled) and self.allow_autofill is not False


class Mfa(Struct, frozen=True, rename="camel"):
    """The factors that people may set up, and whether they are asked to; nobody belongs to an organization yet."""

    factors: tuple[FactorType, ...] = ()
    policy: MfaPolicy = "UserControlled"
    organization_required_mfa_policy: Literal["NoPrompt", "Mandatory"] | UnsetType = UNSET

    def asks(self, event: str) -> bool:
        """Tell whether people are asked to set up a factor: at `SignIn`, or at `Register`."""
        return bool(self.factors) and self.policy != "NoPrompt" and (event != "Register" or not self._waits)

    def insists(self, event: str) -> bool:
        """Tell whether nobody gets in without one."""
        return self.asks(event) and self.policy in MANDATORY

    @property
    def sole_addresses(self) -> frozenset[RecipientKind]:
        """Where nobody gets in without a factor and each is a code: the kinds of address they go to; otherwise none."""
        if not self.insists("SignIn") or MAIN.intersection(self.factors):
            return frozenset()
        return frozenset(to for kind, to in CODE_FACTORS.items() if kind in self.factors)

    @property
    def _waits(self) -> bool:
        return self.policy in AT_SIGN_IN_ONLY
