"""What a sign-in under way knows: the event, who was identified, records of proofs, what is to be written. Pure."""

from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from vestibule.connectors.oauth.engine import Handshake
from vestibule.connectors.oauth.profile import Profile as Person
from vestibule.domain.webauthn import Made
from vestibule.errors import InteractionNotStarted, VerificationFailed, VerificationNotFound
from vestibule.model import FactorType, Identity, Interaction, RecipientKind

InteractionEvent = Literal["SignIn", "Register", "ForgotPassword"]
IdentifierKind = Literal["username", "email", "phone"]
CodeRecordType = Literal["EmailVerificationCode", "PhoneVerificationCode"]
FactorCodeRecordType = Literal["MfaEmailVerificationCode", "MfaPhoneVerificationCode"]
RecordType = (
    Literal[
        "Password",
        "NewPasswordIdentity",
        "OneTimeToken",
        "Totp",
        "BackupCode",
        "WebAuthn",
        "SignInPasskey",
        "Social",
        "EnterpriseSso",
    ]
    | CodeRecordType
    | FactorCodeRecordType
)

CODE_RECORDS: dict[RecipientKind, CodeRecordType] = {
    "email": "EmailVerificationCode",
    "phone": "PhoneVerificationCode",
}
MAILED: dict[RecordType, RecipientKind] = {
    "EmailVerificationCode": "email",
    "PhoneVerificationCode": "phone",
    "OneTimeToken": "email",
}
"""Which kind of address a record proves: whoever made it reads what is sent there."""
FACTOR_RECORDS: dict[RecordType, FactorType] = {
    "Totp": "Totp",
    "BackupCode": "BackupCode",
    "WebAuthn": "WebAuthn",
    "SignInPasskey": "WebAuthn",
    "MfaEmailVerificationCode": "EmailVerificationCode",
    "MfaPhoneVerificationCode": "PhoneVerificationCode",
}
"""Which factor a record proves, or with `is_new` holds."""


class Identifier(Struct, frozen=True):
    """A user name, an e-mail address or a phone number in digits."""

    type: IdentifierKind
    value: str


class SocialProof(Struct, frozen=True, omit_defaults=True):
    """Who somebody is at a provider: asked through a connector with a `handshake`, which is used once.

    `person` is what the provider said, and `tokens` what it gave, sealed, where that is kept. `links` makes the person
    one with the account that has the same verified address, `syncs` brings name and picture along, and `free` are the
    addresses that nobody else has here. `posted` is whom a SAML provider has named, until the browser comes back with
    the `awaited` state.
    """

    connector_id: str
    target: str
    handshake: Handshake | None = None
    person: Person | None = None
    tokens: str | None = None
    posted: Person | None = None
    awaited: str = ""
    syncs: bool = False
    links: bool = False
    free: tuple[RecipientKind, ...] = ()

    @property
    def identity(self) -> Identity:
        """Return what is kept of it; raises VerificationFailed before the provider has said who it is."""
        return Identity(self.known.id, self.known.details())

    @property
    def known(self) -> Person:
        """Return whom the provider named; raises VerificationFailed before it has."""
        if self.person is None:
            raise VerificationFailed
        return self.person


class CompanyProof(Struct, frozen=True, omit_defaults=True):
    """A sign-in at a company: what it began with until it is `spent`, and then who the company says it is.

    `email` is an address that the company vouches for; `detail` is what is kept of the identity and shown, and
    `tokens` what the company gave, sealed, where that is kept.
    """

    connector_id: str
    state: str
    redirect_uri: str
    nonce: str
    verifier: str
    spent: bool = False
    issuer: str = ""
    identity_id: str = ""
    email: str | None = None
    name: str | None = None
    avatar: str | None = None
    detail: dict[str, object] = {}
    tokens: str | None = None


class Parked(Struct, frozen=True, omit_defaults=True):
    """How far an assertion has come that a SAML provider had posted: it waits for the browser that goes `onward`.

    `ticket` is the digest of what the browser that posted it was given, until that is shown; it has `arrived` once the
    browser of the sign-in has shown it.
    """

    onward: str
    ticket: str = ""
    arrived: bool = False


class Record(Struct, frozen=True, omit_defaults=True):
    """A proof: pending until `verified_at` (epoch ms, the moment before the proof was looked at), used once.

    `event` is what a code was sent for, and `sent_to` the very address that it went to: of an account the stored one,
    which may differ from what was typed. `digest` is that of a new password, which is kept `sealed`. With `is_new` it
    holds a factor that is to be set up, and proves none: a `sealed` seed with the `step` of the code that was shown,
    `digests` of codes, or a `passkey`. `asked_at` (epoch ms) is when a code was sent, or since when a `challenge` waits
    for the answer of a passkey. `company` is what a company's own sign-in proves, `parked` how far a SAML provider's
    answer has come.
    """

    id: str
    type: RecordType
    identifier: Identifier | None = None
    event: InteractionEvent | None = None
    user_id: str | None = None
    sent_to: str | None = None
    digest: str | None = None
    verified_at: int | None = None
    used: bool = False
    is_new: bool = False
    sealed: str | None = None
    step: int | None = None
    digests: tuple[str, ...] = ()
    challenge: str | None = None
    asked_at: int = 0
    passkey: Made | None = None
    social: SocialProof | None = None
    company: CompanyProof | None = None
    parked: Parked | None = None
    factor_id: str | None = None


class Profile(Struct, frozen=True, omit_defaults=True):
    """What is to be written about the person at the end; `profile` holds members of that object.

    `password_sealed` is the password of somebody who registers: it is judged once more when it is known who that is.
    `unproven` are the addresses that nothing was sent to, `social` who the account is at a provider.
    """

    username: str | None = None
    primary_email: str | None = None
    primary_phone: str | None = None
    name: str | None = None
    avatar: str | None = None
    profile: dict[str, object] = {}
    password_digest: str | None = None
    password_sealed: str | None = None
    unproven: tuple[RecipientKind, ...] = ()
    social: SocialProof | None = None

    @property
    def identifiers(self) -> list[str]:
        """The identifiers that there are."""
        return [text for text in (self.username, self.primary_email, self.primary_phone) if text]

    def address(self, kind: RecipientKind) -> str | None:
        """Return the address of a kind."""
        return self.primary_email if kind == "email" else self.primary_phone

    def having(self, kind: IdentifierKind, value: str) -> "Profile":
        """Return it with an identifier."""
        return replace(self, **{kind if kind == "username" else f"primary_{kind}": value})


class Enrolment(Struct, frozen=True, omit_defaults=True):
    """Factors to write at the end, and what the person says about them: on, not now, not here again, no suggestions."""

    factors: tuple[Record, ...] = ()
    enabled: bool = False
    skipped: bool = False
    trusts_device: bool = False
    passkey_skipped: bool = False
    suggestion_skipped: bool = False

    @property
    def kinds(self) -> frozenset[FactorType]:
        """Which factors they are."""
        return frozenset(FACTOR_RECORDS[record.type] for record in self.factors)


class State(Struct, frozen=True, omit_defaults=True):
    """The whole. `user_id` was identified at `identified_at`, for `identified_for`, by the record `proof_id`."""

    event: InteractionEvent
    user_id: str | None = None
    identified_at: int = 0
    identified_for: InteractionEvent | None = None
    proof_id: str | None = None
    records: tuple[Record, ...] = ()
    profile: Profile = Profile()
    enrolment: Enrolment = Enrolment()

    @property
    def occasion(self) -> InteractionEvent:
        """What the policies go by: somebody who was recognised is no newcomer, whatever the event is changed to."""
        return self.identified_for or self.event

    @property
    def proof(self) -> Record | None:
        """The record that identified the user: what is decided at the end goes by it, and by no other of its type."""
        return next((one for one in self.records if one.id == self.proof_id), None)

    @property
    def proof_type(self) -> RecordType | None:
        """Of which type that record is."""
        return None if self.proof is None else self.proof.type

    def record(self, record_id: str) -> Record:
        """Return a record that was not used yet; raises VerificationNotFound."""
        for record in self.records:
            if record.id == record_id and not record.used:
                return record
        raise VerificationNotFound

    def verified(self, record_id: str) -> Record:
        """Return a record that was verified; raises VerificationNotFound, VerificationFailed."""
        record = self.record(record_id)
        if record.verified_at is None:
            raise VerificationFailed
        return record

    def latest(self, *types: RecordType) -> Record | None:
        """Return the newest unused record of these types."""
        return next((one for one in reversed(self.records) if one.type in types and not one.used), None)

    def proves_factor(self, user_id: str) -> bool:
        """Tell whether a factor of this user was verified in this sign-in."""
        return bool(self.factors_shown(user_id))

    def factors_shown(self, user_id: str) -> list[FactorType]:
        """Return the factors of this user that were verified in this sign-in, the newest last."""
        return [
            FACTOR_RECORDS[record.type]
            for record in self.records
            if record.type in FACTOR_RECORDS
            and not record.is_new
            and record.user_id == user_id
            and record.verified_at is not None
        ]

    def keeping(self, record: Record) -> "State":
        """Return it with a record, in place of an earlier one of the same type; a new factor is a type of its own.

        The proof of who it is stays beside a later one.
        """

        def stays(one: Record) -> bool:
            is_other = (one.type, one.is_new) != (record.type, record.is_new)
            return one.id != record.id and (is_other or one.id == self.proof_id)

        return replace(self, records=(*filter(stays, self.records), record))

    def verifying(self, record_id: str, at: int) -> "State":
        """Return it with a record verified; raises VerificationNotFound when another one took its place."""
        return self.keeping(replace(self.record(record_id), verified_at=at))

    def identified(self, user_id: str, record: Record) -> "State":
        """Return it with who it is, known by a record, which is used by that."""
        at = record.verified_at or 0
        known = replace(self, user_id=user_id, identified_at=at, identified_for=self.event, proof_id=record.id)
        return known.keeping(replace(record, used=True))


_decode = msgspec.json.Decoder(State).decode


def state_of(interaction: Interaction) -> State:
    """Return the state as it was read; raises InteractionNotStarted."""
    if interaction.state is None:
        raise InteractionNotStarted
    return _decode(interaction.state)


def encoded(state: State | None) -> str | None:
    """Return a state as the store keeps it."""
    return None if state is None else msgspec.json.encode(state).decode()
