"""The sign-in experience: what administrators decide about signing in. The defaults are ours; every field is obeyed.

Stored, taken and shown in the contract's spelling (authorization.md section 6.1).
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from vestibule.domain.factor_settings import Mfa, PasskeySignIn, TrustedDevices
from vestibule.model import FactorType
from vestibule.password_policy import Bounds, CharacterTypes, Policy, Rejects

Identifier = Literal["username", "email", "phone"]
SignInMode = Literal["SignIn", "Register", "SignInAndRegister"]
TermsPolicy = Literal["Automatic", "ManualRegistrationOnly", "Manual"]

ADDRESS = r"https?:\/\/[A-Za-z0-9._~:\/?#\[\]@!$&()*+=%-]+"
"""Written in the characters of URLs, without those that end a source in a Content-Security-Policy."""

HexColour = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$")]
WebAddress = Annotated[str, Meta(pattern=f"^{ADDRESS}$", max_length=2048)]
WebAddressOrEmpty = Annotated[str, Meta(pattern=f"^({ADDRESS})?$", max_length=2048)]
StyleSheet = Annotated[str, Meta(max_length=65_536)]
EmailOrEmpty = Annotated[str, Meta(pattern=r"^([^\s@]+@[^\s@]+)?$", max_length=256)]

EVERY_IDENTIFIER: tuple[Identifier, ...] = ("username", "email", "phone")
ADDRESSES: tuple[Identifier, ...] = ("email", "phone")
"""The identifiers that a message can be sent to."""
DAY_MS = 86_400_000
DEFAULT_TRIES, DEFAULT_LOCKOUT_MINUTES = 10, 15
DEFAULT_CODE_SECONDS, DEFAULT_CODE_TRIES = 600, 10


class Colours(Struct, frozen=True, rename="camel"):
    """The accent by daylight and in the dark, and whether pages follow a device that is set to dark."""

    primary_color: HexColour = "#0d5c54"
    is_dark_mode_enabled: bool = True
    dark_primary_color: HexColour = "#6fd3c3"


class Branding(Struct, frozen=True, rename="camel"):
    """Addresses of a logo and an icon, by daylight and in the dark."""

    logo_url: WebAddress | UnsetType = UNSET
    dark_logo_url: WebAddress | UnsetType = UNSET
    favicon: WebAddress | UnsetType = UNSET
    dark_favicon: WebAddress | UnsetType = UNSET


class LanguageInfo(Struct, frozen=True, rename="camel"):
    """Whether pages follow the browser's languages, and the language they have otherwise."""

    auto_detect: bool = True
    fallback_language: str = "en"


class SignInMethod(Struct, frozen=True, rename="camel"):
    """An identifier that people may sign in with, and how."""

    identifier: Identifier
    password: bool
    verification_code: bool
    is_password_primary: bool


class SignIn(Struct, frozen=True):
    """The ways to sign in."""

    methods: tuple[SignInMethod, ...] = tuple(SignInMethod(name, True, False, True) for name in EVERY_IDENTIFIER)


class SecondaryIdentifier(Struct, frozen=True):
    """An identifier asked for beside the first one."""

    identifier: Literal["username", "email", "phone", "emailOrPhone"]
    verify: bool | UnsetType = UNSET

    @property
    def kinds(self) -> tuple[Identifier, ...]:
        """The identifiers of which one is asked for."""
        return ("email", "phone") if self.identifier == "emailOrPhone" else (self.identifier,)


class SignUp(Struct, frozen=True, rename="camel"):
    """What people register with: any one of the identifiers, and a password; without any, only as others name them."""

    identifiers: tuple[Identifier, ...] = EVERY_IDENTIFIER
    password: bool = True
    verify: bool = False
    secondary_identifiers: tuple[SecondaryIdentifier, ...] | UnsetType = UNSET

    @property
    def secondary(self) -> tuple[SecondaryIdentifier, ...]:
        """The identifiers asked for beside the first one."""
        return () if self.secondary_identifiers is UNSET else self.secondary_identifiers

    @property
    def every_identifier(self) -> frozenset[Identifier]:
        """What people may say while they register, first or beside it."""
        return frozenset(self.identifiers).union(*(one.kinds for one in self.secondary))

    @property
    def asks_password_first(self) -> bool:
        """Whether the first form asks for the password, too: where a code comes first, it comes after the code."""
        return self.password and not self.verify

    def needs_proof(self, kind: Identifier) -> bool:
        """Tell whether an identifier has to be proven by a code before an account is made with it."""
        if kind == "username":
            return False
        if kind in self.identifiers:
            return self.verify
        beside = [one.verify for one in self.secondary if kind in one.kinds]
        return any(self.verify if verify is UNSET else verify for verify in beside)


class PasswordPolicy(Struct, frozen=True, rename="camel"):
    """What is asked of a password; a part that is left out has its default."""

    length: Bounds | UnsetType = UNSET
    character_types: CharacterTypes | UnsetType = UNSET
    rejects: Rejects | UnsetType = UNSET

    @property
    def effective(self) -> Policy:
        """The policy with its defaults."""
        return Policy(
            Bounds() if self.length is UNSET else self.length,
            CharacterTypes() if self.character_types is UNSET else self.character_types,
            Rejects() if self.rejects is UNSET else self.rejects,
        )

    def at_least(self, shortest: int) -> "PasswordPolicy":
        """Return the policy with a least length of the operator's where administrators have set none."""
        if self.length is not UNSET or shortest == Bounds().min:
            return self
        return replace(self, length=Bounds(min=shortest))


class SentinelPolicy(Struct, frozen=True, rename="camel"):
    """After how many failed tries an account is locked, and for how many minutes."""

    max_attempts: Annotated[int, Meta(ge=1, le=100)] | UnsetType = UNSET
    lockout_duration: Annotated[int, Meta(ge=1, le=1440)] | UnsetType = UNSET

    @property
    def tries(self) -> int:
        """How many tries fail before an account is locked."""
        return DEFAULT_TRIES if self.max_attempts is UNSET else self.max_attempts

    @property
    def lockout_ms(self) -> int:
        """For how long, in ms; tries that are older are forgotten."""
        minutes = DEFAULT_LOCKOUT_MINUTES if self.lockout_duration is UNSET else self.lockout_duration
        return minutes * 60_000


class VerificationCodePolicy(Struct, frozen=True, rename="camel"):
    """How many seconds a code lives, and how often it may be tried."""

    expiration_duration: Annotated[int, Meta(ge=60, le=3600)] | UnsetType = UNSET
    max_retry_attempts: Annotated[int, Meta(ge=1, le=100)] | UnsetType = UNSET

    @property
    def lifetime_ms(self) -> int:
        """How long a code lives, in ms."""
        return 1000 * (DEFAULT_CODE_SECONDS if self.expiration_duration is UNSET else self.expiration_duration)

    @property
    def tries(self) -> int:
        """How often a code may be tried."""
        return DEFAULT_CODE_TRIES if self.max_retry_attempts is UNSET else self.max_retry_attempts


class PasswordExpiration(Struct, frozen=True, rename="camel"):
    """Whether passwords expire, after how many days, and since when (epoch ms) that is so; not unless it is set."""

    enabled: bool | UnsetType = UNSET
    valid_period_days: Annotated[int, Meta(ge=0, le=36_500)] | UnsetType = UNSET
    enabled_at: Annotated[int, Meta(ge=0)] | UnsetType = UNSET

    @property
    def is_active(self) -> bool:
        """Whether passwords expire at all."""
        return bool(self.enabled) and bool(self.valid_period_days)

    def is_over(self, changed_at: int | None, now: int) -> bool:
        """Tell whether a password that was set at `changed_at` (unknown: when this was enabled) has expired."""
        if not self.is_active or self.valid_period_days is UNSET:
            return False
        since = changed_at if changed_at is not None else (0 if self.enabled_at is UNSET else self.enabled_at)
        return since + self.valid_period_days * DAY_MS <= now


class AllowedCharacters(Struct, frozen=True):
    """What a user name is made of."""

    lowercase: bool = True
    uppercase: bool = True
    numbers: bool = True
    underscore: bool = True


class UsernamePolicy(Struct, frozen=True, rename="camel"):
    """What is asked of the user name of somebody who registers; case counts for everybody's."""

    case_sensitive: bool
    min_length: Annotated[int, Meta(ge=1, le=128)]
    max_length: Annotated[int, Meta(ge=1, le=128)]
    allowed_chars: AllowedCharacters


class SocialSignIn(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Whether an account with the same verified address is linked unasked, and what newcomers need not say."""

    automatic_account_linking: bool | UnsetType = UNSET
    skip_required_identifiers: bool | UnsetType = UNSET

    @property
    def links(self) -> bool:
        """Whether accounts are linked unasked."""
        return self.automatic_account_linking is True


class Absent(Struct, frozen=True):
    """Something that this server does not do: it can be switched off, and stays off."""

    enabled: bool | UnsetType = UNSET


class SignInExperience(Struct, frozen=True, rename="camel"):
    """Everything that is decided about signing in."""

    color: Colours = Colours()
    branding: Branding = Branding()
    hide_logto_branding: bool = False
    language_info: LanguageInfo = LanguageInfo()
    terms_of_use_url: WebAddressOrEmpty | None = None
    privacy_policy_url: WebAddressOrEmpty | None = None
    agree_to_terms_policy: TermsPolicy = "Automatic"
    sign_in: SignIn = SignIn()
    sign_up: SignUp = SignUp()
    sign_in_mode: SignInMode = "SignInAndRegister"
    password_policy: PasswordPolicy = PasswordPolicy()
    support_email: EmailOrEmpty | None = None
    support_website_url: WebAddressOrEmpty | None = None
    unknown_session_redirect_url: WebAddressOrEmpty | None = None
    sentinel_policy: SentinelPolicy = SentinelPolicy()
    verification_code_policy: VerificationCodePolicy = VerificationCodePolicy()
    password_expiration: PasswordExpiration = PasswordExpiration()
    username_policy: UsernamePolicy = UsernamePolicy(True, 1, 128, AllowedCharacters())
    mfa: Mfa = Mfa()
    passkey_sign_in: PasskeySignIn = PasskeySignIn()
    single_sign_on_enabled: bool = False
    trusted_device: TrustedDevices = TrustedDevices()
    social_sign_in: SocialSignIn = SocialSignIn()
    social_sign_in_connector_targets: tuple[str, ...] = ()
    custom_css: StyleSheet | None = None
    adaptive_mfa: Absent = Absent()
    captcha_policy: Absent = Absent()

    @property
    def sign_in_identifiers(self) -> tuple[Identifier, ...]:
        """What people may sign in with."""
        return tuple(method.identifier for method in self.sign_in.methods)

    @property
    def password_identifiers(self) -> tuple[Identifier, ...]:
        """What people may sign in with by a password."""
        return tuple(method.identifier for method in self.sign_in.methods if method.password)

    def may_set_up(self, kind: FactorType) -> bool:
        """Tell whether people may have this factor; a passkey also to sign in with."""
        return kind in self.mfa.factors or (kind == "WebAuthn" and bool(self.passkey_sign_in.enabled))

    def code_identifiers(self, event: str) -> tuple[Identifier, ...]:
        """What a code may be sent to: to sign in, to register, or for a forgotten password."""
        if event == "SignIn":
            return tuple(method.identifier for method in self.sign_in.methods if method.verification_code)
        if event == "Register":
            return tuple(kind for kind in ADDRESSES if kind in self.sign_up.every_identifier)
        return ADDRESSES if self.password_identifiers else ()

    def way_in(self, wanted: str) -> Literal["password", "code"]:
        """Return the way that the sign-in page offers first: the one that is wanted, as far as it is open."""
        codes, methods = self.code_identifiers("SignIn"), self.sign_in.methods
        if not codes or not self.password_identifiers:
            return "password" if self.password_identifiers else "code"
        if wanted in {"password", "code"}:
            return "code" if wanted == "code" else "password"
        first = (one.password and (one.is_password_primary or not one.verification_code) for one in methods)
        return "password" if any(first) else "code"

    @property
    def asks_to_agree_at_sign_up(self) -> bool:
        """Whether people who register tick a box to accept the terms."""
        return self._has_terms and self.agree_to_terms_policy != "Automatic"

    @property
    def asks_to_agree_at_sign_in(self) -> bool:
        """Whether people who sign in do so as well."""
        return self._has_terms and self.agree_to_terms_policy == "Manual"

    @property
    def _has_terms(self) -> bool:
        return bool(self.terms_of_use_url or self.privacy_policy_url)

    @property
    def lets_sign_in(self) -> bool:
        """Whether people who have an account may sign in."""
        return self.sign_in_mode != "Register"

    @property
    def lets_register(self) -> bool:
        """Whether people may make an account for themselves."""
        return self.sign_in_mode != "SignIn"


DEFAULT = SignInExperience()
