"""Every refusal the servers can utter: a class named for the outcome, with a stable code and a status.

Two families that never mix: `AppError` is rendered as the API's envelope (`{code, message, data?, details?}`),
`OAuthError` as RFC 6749 section 5.2. Private detail belongs in the log, never in a message.
"""

from collections.abc import Mapping
from typing import ClassVar


class AppError(Exception):
    """A refusal with a stable `code`, an HTTP `status` and a sentence that says what to do."""

    code: ClassVar[str] = ""
    status: ClassVar[int] = 400
    message: ClassVar[str] = ""

    def __init__(
        self,
        message: str | None = None,
        *,
        data: object = None,
        details: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message or self.message)
        self.text = message or self.message
        self.data = data
        self.details = details
        self.headers = dict(headers or {})


class OAuthError(Exception):
    """An error of the authorization server in the words of RFC 6749 (5.2), 6750 (3.1) and their extensions."""

    def __init__(
        self,
        error: str,
        description: str | None = None,
        *,
        status: int = 400,
        extra: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        log: str | None = None,
    ) -> None:
        super().__init__(log or description or error)
        self.reason = log or description or error
        self.error = error
        self.description = description
        self.status = status
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})


class RequestExpired(OAuthError):
    """A sign-in that is over, or was begun in another browser; nobody's fault, and none of the application's."""

    def __init__(self) -> None:
        super().__init__("invalid_request", "authorization request has expired")


class TokenRejected(Exception):
    """A token that does not verify; `reason` is for the log, never for the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# --- requests -----------------------------------------------------------------------------------------------


class InvalidInput(AppError):
    """The body, the query or the path does not have the declared shape; `data.issues` lists every fault."""

    code, status = "guard.invalid_input", 400
    message = "The request does not have the expected shape. See `details` for each fault."


class InvalidPagination(AppError):
    """`page` or `page_size` is not a whole number in range."""

    code, status = "guard.invalid_pagination", 400
    message = "Use whole numbers: `page` from 1, `page_size` from 1 to 100."


class InvalidRequest(AppError):
    """The request is well-formed but its parts contradict each other or make no sense."""

    code, status = "request.invalid_input", 400
    message = "The request cannot be understood. Check its parameters."


class BodyTooLarge(AppError):
    """The body is over the limit; nothing was read past it."""

    code, status = "request.body_too_large", 413
    message = "The request body is larger than this server accepts (1 MiB)."


class MessageRateLimited(AppError):
    """Too many messages were sent to one recipient."""

    code, status = "request.message_rate_limited", 429
    message = "Too many messages were sent to this recipient. Wait ten minutes and try again."


class TooManyAttempts(AppError):
    """Too many failed tries; wait before the next one."""

    code, status = "session.verification_blocked_too_many_attempts", 400
    message = "Too many failed tries. Wait a few minutes and try again."


class ServerBusy(AppError):
    """The server sheds load before it runs out of memory."""

    code, status = "server.busy", 503
    message = "The server is busy. Try again in a few seconds."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


class StoreUnavailable(AppError):
    """The database does not answer."""

    code, status = "server.store_unavailable", 503
    message = "The server cannot reach its database. Try again in a few seconds."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "5"})


# --- who is calling -----------------------------------------------------------------------------------------


class AuthorizationHeaderMissing(AppError):
    """No `Authorization` header."""

    code, status = "auth.authorization_header_missing", 401
    message = "Send an access token in the header `Authorization: Bearer <token>`."


class AuthorizationTypeNotSupported(AppError):
    """The `Authorization` header is not a bearer token."""

    code, status = "auth.authorization_token_type_not_supported", 401
    message = "Only bearer tokens are accepted: `Authorization: Bearer <token>`."

    def __init__(self) -> None:
        super().__init__(data={"supportedTypes": ["Bearer"]})


class Unauthorized(AppError):
    """The token is forged, expired, or made for somebody else."""

    code, status = "auth.unauthorized", 401
    message = "The access token is not valid here. Get a new one for this API and try again."


class TokenSubjectMissing(AppError):
    """The token names nobody."""

    code, status = "auth.jwt_sub_missing", 401
    message = "The access token has no subject."


class Forbidden(AppError):
    """The token lacks the permission."""

    code, status = "auth.forbidden", 403
    message = "The access token does not carry the permission this call needs."


# --- entities -----------------------------------------------------------------------------------------------


class UserSessionNotFound(AppError):
    """The user has no live session with this id."""

    code, status = "oidc.session_not_found", 404
    message = "This user has no session with this id. It may have ended."


class SessionOfAnotherUser(AppError):
    """The session belongs to somebody else."""

    code, status = "oidc.invalid_session_account_id", 404
    message = "This session belongs to another user."


class GrantNotFound(AppError):
    """The user has no grant with this id."""

    code, status = "oidc.invalid_grant", 404
    message = "This user has no grant with this id. It may have been revoked."


class EntityNotFound(AppError):
    """The path names something that does not exist."""

    code, status = "entity.not_found", 404
    message = "There is nothing with this id."


class EntityNotExists(AppError):
    """The update names something that does not exist."""

    code, status = "entity.not_exists", 404
    message = "There is nothing to change under this name."


class EntityNotExistsWithId(AppError):
    """An id names no application, resource, scope, role, user or enterprise connector."""

    code, status = "entity.not_exists_with_id", 404
    message = "There is nothing with one of the ids that were sent."


class EntityInvalidInput(AppError):
    """Nothing to update, or a value the store cannot hold."""

    code, status = "entity.invalid_input", 422
    message = "There is nothing to update. Send at least one field that can be changed."


class EntityValueTooLong(AppError):
    """A value is longer than its column."""

    code, status = "entity.value_too_long", 422
    message = "A value is longer than allowed."


class EntityConstraintViolated(AppError):
    """A value breaks a rule of the store."""

    code, status = "entity.db_constraint_violated", 422
    message = "A value is outside what is allowed."


class RelationNotFound(AppError):
    """A referenced row does not exist."""

    code, status = "entity.relation_foreign_key_not_found", 404
    message = "The request refers to something that does not exist."


# --- users --------------------------------------------------------------------------------------------------


class UsernameInUse(AppError):
    """Another user has this user name."""

    code, status = "user.username_already_in_use", 422
    message = "This user name is taken. Choose another one."


class EmailInUse(AppError):
    """Another user has this e-mail address."""

    code, status = "user.email_already_in_use", 422
    message = "This e-mail address belongs to another account."


class PhoneInUse(AppError):
    """Another user has this phone number."""

    code, status = "user.phone_already_in_use", 422
    message = "This phone number belongs to another account."


class InvalidPhone(AppError):
    """The digits are not a phone number with a country calling code."""

    code, status = "user.invalid_phone", 422
    message = "This is not a phone number. Start with the country calling code, digits only."

    def __init__(self) -> None:
        super().__init__(data={"name": "ParseError"})


class CannotDeleteSelf(AppError):
    """The caller asked to delete the subject of its own token."""

    code, status = "user.cannot_delete_self", 400
    message = "A caller cannot delete itself."


class PasswordAndDigest(AppError):
    """Both a password and a digest were given."""

    code, status = "user.password_and_digest", 400
    message = "Send either `password` or `passwordDigest`, not both."


class PasswordAlgorithmRequired(AppError):
    """A digest was given without its algorithm."""

    code, status = "user.password_algorithm_required", 400
    message = "`passwordDigest` needs `passwordAlgorithm`."


class UserNotExist(AppError):
    """What was verified belongs to no account; `data` names it."""

    code, status = "user.user_not_exist", 404
    message = "There is no account with this address or number. Register, or use another one."


class SignInMethodNotEnabled(AppError):
    """This way of signing in, or of registering, is switched off."""

    code, status = "user.sign_in_method_not_enabled", 422
    message = "This way is not open here. Use another one."


class MissingProfile(AppError):
    """An account needs more than is known; `data.missingProfile` lists what."""

    code, status = "user.missing_profile", 422
    message = "The account needs more: see `data.missingProfile`. Add it to the profile and try again."


class NewPasswordRequired(AppError):
    """A forgotten password is to be replaced, and there is no new one yet."""

    code, status = "user.new_password_required_in_profile", 422
    message = "Choose a new password first."


class UserSuspended(AppError):
    """The account is suspended."""

    code, status = "user.suspended", 401
    message = "This account is suspended. Ask the people who run this service."


class IdentityInUse(AppError):
    """Another user has this identity at the provider."""

    code, status = "user.identity_already_in_use", 422
    message = "This identity is linked to another account. Remove it there first."


class IdentityNotExists(AppError):
    """The user has no identity at the provider."""

    code, status = "user.identity_not_exist", 404
    message = "The user has no identity at this provider. GET /api/users/{userId} lists those there are."


class EnterpriseSsoIdentityNotExists(AppError):
    """The user has no identity at the enterprise provider."""

    code, status = "user.enterprise_sso_identity_not_exists", 404
    message = "The user has never signed in through this enterprise connector."


class InvalidConnectorId(AppError):
    """A connector that brings no identities."""

    code, status = "session.invalid_connector_id", 422
    message = "This connector sends messages and knows no people. Name a social connector."


class PersonalAccessTokenNameExists(AppError):
    """The user has another personal access token of this name."""

    code, status = "user.personal_access_token_name_exists", 422
    message = "The user has a personal access token of this name already. Choose another name."


class UnsupportedEncryptionMethod(AppError):
    """`Legacy` without a digest, or an algorithm this server does not know."""

    code, status = "password.unsupported_encryption_method", 400
    message = "This password algorithm is not supported, or its digest is missing."


class InvalidLegacyPasswordFormat(AppError):
    """The `Legacy` digest is not `[algorithm, args, expected]`."""

    code, status = "password.invalid_legacy_password_format", 400
    message = 'A legacy digest is the JSON text of `[algorithm, [arguments with "@"], expected]`.'


class UnsupportedLegacyHashAlgorithm(AppError):
    """The `Legacy` digest names an unknown hash."""

    code, status = "password.unsupported_legacy_hash_algorithm", 400
    message = "This server does not know the hash algorithm that the legacy digest names."


class PasswordRejected(AppError):
    """The password breaks the policy; `data` lists every reason."""

    code, status = "password.rejected", 422
    message = "This password is not accepted. See `data` for each reason."


class PasswordExpired(AppError):
    """The password is right, and has expired."""

    code, status = "password.expired", 422
    message = "This password has expired. Choose a new one."


class SamePassword(AppError):
    """The new password is the old one."""

    code, status = "user.same_password", 422
    message = "This is the password you have. Choose another one."


class InvalidCredentials(AppError):
    """Wrong password, or no such account: the two are never told apart."""

    code, status = "session.invalid_credentials", 422
    message = "The password is not right."


# --- factors ------------------------------------------------------------------------------------------------


class TotpInUse(AppError):
    """The user has a TOTP generator already."""

    code, status = "user.totp_already_in_use", 422
    message = "This user has an authenticator application already. Remove it before adding another one."


class TotpSecretInvalid(AppError):
    """The seed of a TOTP generator is not base32 of the right length."""

    code, status = "user.totp_secret_invalid", 422
    message = "A secret is 16 to 32 characters of base32 in capitals. Leave it out to have one made."


class BackupCodesInUse(AppError):
    """The user still has unused backup codes."""

    code, status = "user.backup_code_already_in_use", 422
    message = "This user still has unused backup codes. Remove them before making new ones."


class BackupCodesAlone(AppError):
    """Backup codes stand in for another factor, and there is none."""

    code, status = "session.mfa.backup_code_can_not_be_alone", 422
    message = "Backup codes stand in for another factor. Add one first."


class BackupCodeFormat(AppError):
    """Not ten backup codes of ten hexadecimal digits each."""

    code, status = "user.wrong_backup_code_format", 422
    message = "Send ten codes of ten hexadecimal digits each, or leave `codes` out to have them made."


class InvalidTotpCode(AppError):
    """Not a code of the user's authenticator at this time, or one that was used before."""

    code, status = "session.mfa.invalid_totp_code", 400
    message = "This code is not right or was used already. Wait for the next one and try again."


class InvalidBackupCode(AppError):
    """Not an unused backup code of the user."""

    code, status = "session.mfa.invalid_backup_code", 400
    message = "This is not one of your unused backup codes. Check it and try again."


# --- sign-in ------------------------------------------------------------------------------------------------


class SessionNotFound(AppError):
    """The sign-in has expired, or belongs to another browser."""

    code, status = "session.not_found", 400
    message = "This sign-in has expired or was started in another browser. Go back to the application and start again."


class InteractionNotStarted(AppError):
    """The sign-in is there, and nothing was begun in it."""

    code, status = "session.interaction_not_found", 404
    message = "Begin with `PUT /api/experience`."


class IdentifierNotFound(AppError):
    """Nobody was identified yet."""

    code, status = "session.identifier_not_found", 400
    message = "Identify somebody first."


class IdentityConflict(AppError):
    """Somebody else was identified in this sign-in."""

    code, status = "session.identity_conflict", 409
    message = "Somebody else is signing in here. Begin anew."


class VerificationNotFound(AppError):
    """No verification of this sign-in has this id, or it was used already."""

    code, status = "session.verification_session_not_found", 404
    message = "This verification is not there any more. Begin it anew."


class VerificationFailed(AppError):
    """The verification was not completed, or is not one that does here."""

    code, status = "session.verification_failed", 400
    message = "This verification is not complete, or it is for something else."


class NotForForgottenPassword(AppError):
    """Replacing a forgotten password is neither signing in nor registering."""

    code, status = "session.not_supported_for_forgot_password", 400
    message = "This does not go together with a forgotten password. Begin anew with the right event."


class MfaRequired(AppError):
    """The user has a factor beside the first one, and it was not asked for yet; `data` lists those there are."""

    code, status = "session.mfa.require_mfa_verification", 403
    message = "A second factor is needed. Verify one of `data.availableFactors` and submit again."


class FactorMissing(AppError):
    """A second factor is to be set up first; `data.skippable` tells whether that can be put off."""

    code, status = "user.missing_mfa", 422
    message = "Set up one of `data.availableFactors` and submit again."


class FactorSuggested(AppError):
    """A code to an address is the only second factor; a stronger one is offered."""

    code, status = "user.suggest_mfa", 422
    message = "Set up one of `data.availableFactors`, or decline the suggestion, and submit again."


class FactorNotEnabled(AppError):
    """The sign-in experience does not have this factor, or the user has no address for it."""

    code, status = "session.mfa.mfa_factor_not_enabled", 400
    message = "This factor cannot be used here."


class WebAuthnNotFound(AppError):
    """The user has no passkey."""

    code, status = "session.mfa.webauthn_verification_not_found", 400
    message = "This account has no passkey."


class WebAuthnFailed(AppError):
    """A passkey answered for another site, challenge or person, too late, or from a copy of it."""

    code, status = "session.mfa.webauthn_verification_failed", 400
    message = "This passkey was not accepted. Ask for a new challenge and try again."


class PasskeySuggested(AppError):
    """A passkey is offered on the pages before the sign-in goes on."""

    code, status = "user.suggest_passkey", 422
    message = "A passkey is offered. Make one or decline it, and submit again."


class FactorMandatory(AppError):
    """Setting up a factor cannot be put off here."""

    code, status = "session.mfa.mfa_policy_not_user_controlled", 422
    message = "A second factor is needed here. Set one up."


class BackupCodesRequired(AppError):
    """With the first factor come backup codes, in case it is lost."""

    code, status = "session.mfa.backup_code_required", 422
    message = "Make backup codes, bind them too, and submit again."


class MembershipRequired(AppError):
    """Access to an organization was granted by somebody who is no member of it."""

    code, status = "organization.require_membership", 422
    message = "Only members grant access to an organization. Leave it out."


class UsernameRejected(AppError):
    """The user name breaks the policy for user names."""

    code, status = "user.username_rejected", 422
    message = "This user name has characters or a length that are not allowed here. Choose another one."


# --- keys of the authorization server -----------------------------------------------------------------------


class OidcInvalidRequest(AppError):
    """A request about keys that makes no sense."""

    code, status = "oidc.invalid_request", 422
    message = "This cannot be done with keys of this kind."


class OidcKeyNotFound(AppError):
    """No key of this kind has this id."""

    code, status = "oidc.key_not_found", 404
    message = "There is no key with this id."


class OnlyPreviousKey(AppError):
    """A signing key that signs, or is about to."""

    code, status = "oidc.only_previous_key_can_be_deleted", 422
    message = "Only the previous key can be deleted. Rotate the keys first."


class OidcKeyRequired(AppError):
    """The last key of its kind."""

    code, status = "oidc.key_required", 422
    message = "This is the last key. Rotate the keys first."


# --- sign-in experience -------------------------------------------------------------------------------------


class SettingNotSupported(AppError):
    """A setting that this server does not obey yet; `data.fields` names each. Nothing was stored."""

    code, status = "sign_in_experiences.not_supported", 400
    message = "This server does not obey this setting yet, so it is not stored. Leave it out or as it was."


class AuthenticationFactorMissing(AppError):
    """A sign-in method without password and without code, or no method at all."""

    code, status = "sign_in_experiences.at_least_one_authentication_factor", 400
    message = "People need a way to sign in: list at least one method, each with `password`."


class FactorsDuplicated(AppError):
    """A factor is listed twice."""

    code, status = "sign_in_experiences.duplicated_mfa_factors", 400
    message = "List each factor once."


class BackupCodesEnabledAlone(AppError):
    """Backup codes stand in for another factor, and none is enabled."""

    code, status = "sign_in_experiences.backup_code_cannot_be_enabled_alone", 400
    message = "Backup codes stand in for another factor. Enable one as well."


class EnabledConnectorNotFound(AppError):
    """A code that no connector sends: sign-in, sign-up or a mandatory factor would ask for it in vain."""

    code, status = "sign_in_experiences.enabled_connector_not_found", 400
    message = "No connector sends such codes. Create one with POST /api/connectors first."


class PasswordlessRequiresVerify(AppError):
    """A sign-up without password that does not verify the identifier."""

    code, status = "sign_in_experiences.passwordless_requires_verify", 400
    message = "A sign-up without password has to verify the identifier."


class PasswordExpirationNotEnabled(AppError):
    """A password cannot be marked as expired while none expires."""

    code, status = "sign_in_experiences.password_expiration_not_enabled", 400
    message = "Passwords do not expire here. Set `passwordExpiration` at the sign-in experience first."


class LanguageNotSupported(AppError):
    """The fallback language is none of those that the pages speak."""

    code, status = "sign_in_experiences.unsupported_default_language", 400
    message = "The pages do not speak this language. Choose `en` or `fr`."


# --- verification codes -------------------------------------------------------------------------------------


class CodeNotFound(AppError):
    """No live code for this recipient."""

    code, status = "verification_code.not_found", 400
    message = "There is no code waiting for this recipient. Ask for a new one."


class CodeExpired(AppError):
    """The code's lifetime is over."""

    code, status = "verification_code.expired", 400
    message = "This code has expired. Ask for a new one."


class CodeTriesExceeded(AppError):
    """The code was tried too often."""

    code, status = "verification_code.exceed_max_try", 400
    message = "This code was tried too often. Ask for a new one."


class CodeMismatch(AppError):
    """Wrong code."""

    code, status = "verification_code.code_mismatch", 400
    message = "This is not the code that was sent. Check it and try again."


class CodeEmailMismatch(AppError):
    """The code was sent to another e-mail address."""

    code, status = "verification_code.email_mismatch", 400
    message = "The code was sent to another address. Use that one, or ask for a new code."


class CodePhoneMismatch(AppError):
    """The code was sent to another phone number."""

    code, status = "verification_code.phone_mismatch", 400
    message = "The code was sent to another number. Use that one, or ask for a new code."


class TokenNotFound(AppError):
    """No one-time token has this value."""

    code, status = "one_time_token.token_not_found", 404
    message = "There is no such one-time token. Ask for a new link."


class TokenEmailMismatch(AppError):
    """The one-time token was made for another e-mail address."""

    code, status = "one_time_token.email_mismatch", 400
    message = "This one-time token is for another address."


class TokenConsumed(AppError):
    """The one-time token was used already."""

    code, status = "one_time_token.token_consumed", 400
    message = "This one-time token was used already. Ask for a new link."


class TokenExpired(AppError):
    """The one-time token's time is over."""

    code, status = "one_time_token.token_expired", 400
    message = "This one-time token has expired. Ask for a new link."


class TokenRevoked(AppError):
    """The one-time token was taken back."""

    code, status = "one_time_token.token_revoked", 400
    message = "This one-time token was taken back. Ask for a new link."


class TokenNotReactivated(AppError):
    """A one-time token that is over shall be active again."""

    code, status = "one_time_token.cannot_reactivate_token", 400
    message = "A one-time token that is over cannot be made good again. Create another one."


class TrustedDevicesOff(AppError):
    """Nobody is remembered in a browser here."""

    code, status = "session.mfa.trusted_device_not_enabled", 422
    message = "Devices are not trusted here: set `trustedDevice.enabled` of the sign-in experience."


# --- resources and scopes -----------------------------------------------------------------------------------


class ResourceIndicatorInUse(AppError):
    """Another resource has this indicator, or it is reserved."""

    code, status = "resource.resource_identifier_in_use", 422
    message = "Another resource has this indicator, or it is reserved. Choose another one."


class CannotModifyManagementApi(AppError):
    """The resource of the Management API is fixed."""

    code, status = "resource.cannot_modify_management_api", 400
    message = "The resource of the Management API and its scopes are fixed."


class CannotDeleteManagementApi(AppError):
    """The resource of the Management API stays."""

    code, status = "resource.cannot_delete_management_api", 400
    message = "The resource of the Management API cannot be deleted."


class ScopeNameInUse(AppError):
    """The resource has a scope of this name."""

    code, status = "scope.name_exists", 422
    message = "The resource has a scope of this name. Choose another one."


class ScopeNameWithSpace(AppError):
    """White space in the name of a scope."""

    code, status = "scope.name_with_space", 400
    message = "The name of a scope holds no white space: clients separate scopes by it."


# --- applications -------------------------------------------------------------------------------------------


class ApplicationNotSupported(AppError):
    """Settings of an application that this server does not obey yet; `data.fields` names each. Nothing was stored."""

    code, status = "application.not_supported", 400
    message = "This server does not obey these settings of applications yet, so nothing was stored. Leave them out."


class UseSamlApi(AppError):
    """A SAML application."""

    code, status = "application.saml.use_saml_app_api", 400
    message = "Applications of the type `SAML` cannot be created here."


class ProtectedMetadataRequired(AppError):
    """A protected application without its metadata."""

    code, status = "application.protected_app_metadata_is_required", 400
    message = "Applications of the type `Protected` need `protectedAppMetadata`."


class ThirdPartyTypeInvalid(AppError):
    """A third-party application of a type that signs nobody in."""

    code, status = "application.invalid_third_party_application_type", 400
    message = "Third-party applications are of the type `Traditional`, `SPA` or `Native`."


class ThirdPartyCannotExchange(AppError):
    """Token exchange for a third-party application."""

    code, status = "application.third_party_application_cannot_enable_token_exchange", 422
    message = "Third-party applications cannot exchange tokens. Leave `allowTokenExchange` out."


class DeviceFlowNativeOnly(AppError):
    """Device flow for an application of another type than `Native`."""

    code, status = "application.device_flow_native_only", 422
    message = "Only applications of the type `Native` can use the device flow."


class DeviceFlowNotChangeable(AppError):
    """Device flow for an application that was created without it."""

    code, status = "application.device_flow_not_changeable", 422
    message = "Whether an application uses the device flow is decided when it is created."


class ApplicationSecretNameInUse(AppError):
    """The application has a secret of this name."""

    code, status = "application.secret_name_exists", 422
    message = "The application has a secret of this name. Choose another one."


class ConsentScopesNotFound(AppError):
    """Scopes that a third-party application may ask for, but that do not exist; `data` lists them."""

    code, status = "application.user_consent_scopes_not_found", 422
    message = "Some of these scopes do not exist. See `data`."


# --- roles --------------------------------------------------------------------------------------------------


class RoleNameInUse(AppError):
    """Another role has this name."""

    code, status = "role.name_in_use", 422
    message = "Another role has this name. Choose another one."


class InternalRole(AppError):
    """A role of the server itself, or a name that is kept for such roles."""

    code, status = "role.internal_role_violation", 403
    message = "Roles whose name starts with `#internal:` belong to the server. They cannot be made, changed or given."


class ManagementScopesNotForUsers(AppError):
    """A scope of the Management API for a role of users."""

    code, status = "role.management_api_scopes_not_assignable_to_user_role", 400
    message = "Roles of users cannot hold scopes of the Management API. Use a role of the type `MachineToMachine`."


class DefaultRoleForUsersOnly(AppError):
    """`isDefault` for a role of applications."""

    code, status = "role.default_role_for_users_only", 422
    message = "Only roles of the type `User` can be default roles: they are given to new users."


class RoleUserExists(AppError):
    """A user has the role already."""

    code, status = "role.user_exists", 422
    message = "One of the users has this role already."


class RoleApplicationExists(AppError):
    """An application has the role already."""

    code, status = "role.application_exists", 422
    message = "One of the applications has this role already."


class RoleScopeExists(AppError):
    """The role holds the scope already."""

    code, status = "role.scope_exists", 422
    message = "The role holds one of the scopes already."


class UserRoleTypeInvalid(AppError):
    """A role of applications for a user; `data` names it."""

    code, status = "user.invalid_role_type", 422
    message = "Users can only have roles of the type `User`."


class ApplicationRoleTypeInvalid(AppError):
    """A role of users for an application; `data` names it."""

    code, status = "application.invalid_role_type", 422
    message = "Applications can only have roles of the type `MachineToMachine`."


class ApplicationTypeInvalid(AppError):
    """An application of another type than the call is about."""

    code, status = "application.invalid_type", 422
    message = "Only applications of the type `MachineToMachine` can have roles."


class DefaultRoleMissing(AppError):
    """`USER_DEFAULT_ROLE_NAMES` names a role of users that does not exist."""

    code, status = "role.default_role_missing", 400
    message = "USER_DEFAULT_ROLE_NAMES names a role that does not exist. Create it, or correct the setting."


# --- connectors ---------------------------------------------------------------------------------------------


class ConnectorNotFound(AppError):
    """No connector of the kind that is needed."""

    code, status = "connector.not_found", 501
    message = "No connector for messages of this kind is set up. Create one with POST /api/connectors."


class ConnectorFactoryNotFound(AppError):
    """`connectorId` names no factory."""

    code, status = "connector.not_found_with_connector_id", 422
    message = "There is no connector factory with this id. GET /api/connector-factories lists them."


class ConnectorGeneral(AppError):
    """The service behind a connector refused, or cannot be reached."""

    code, status = "connector.general", 400
    message = "The service behind the connector refused, or cannot be reached. See `data`."


class ConnectorInvalidConfig(AppError):
    """The configuration of a connector does not have the shape its factory asks for."""

    code, status = "connector.invalid_config", 400
    message = "The configuration of the connector is not complete or not right. See `data` for each fault."


class ConnectorInvalidParameters(AppError):
    """A message that the connector cannot send, whatever its configuration."""

    code, status = "connector.invalid_request_parameters", 400
    message = "The connector cannot send such a message."


class BulkDeletionNoFilter(AppError):
    """All e-mail templates at once, of no language and no usage."""

    code, status = "connector.email_connector.bulk_deletion_no_filter", 422
    message = "Say of which `languageTag` or `templateType` the templates are to be deleted."


class ConnectorInvalidResponse(AppError):
    """The service behind a connector answered something that it should not."""

    code, status = "connector.invalid_response", 400
    message = "The service behind the connector answered something unexpected."


class ConnectorRateLimited(AppError):
    """The service behind a connector takes no more messages for now."""

    code, status = "connector.rate_limit_exceeded", 429
    message = "The service behind the connector takes no more messages for now. Try again later."


class ConnectorTemplateNotFound(AppError):
    """No template for this usage, and no `Generic` one."""

    code, status = "connector.template_not_found", 400
    message = "The connector has no template for this message and no `Generic` one. Add one to its configuration."


class ConnectorUnexpectedType(AppError):
    """A connector of another type: e-mail for a phone number, or the other way round."""

    code, status = "connector.unexpected_type", 400
    message = "This connector sends another kind of message."


class ConnectorAuthorizationFailed(AppError):
    """The person or the provider declined, or the callback belongs to another request."""

    code, status = "connector.authorization_failed", 401
    message = "The provider did not confirm who this is. Begin again."


class SocialCodeInvalid(AppError):
    """The provider does not accept the code of the callback: used, expired, or of another client."""

    code, status = "connector.social_auth_code_invalid", 401
    message = "The provider does not accept this code. Begin again."


class SocialAccessTokenInvalid(AppError):
    """The provider does not accept the access token that it gave."""

    code, status = "connector.social_invalid_access_token", 401
    message = "The provider does not accept its own access token. Begin again."


class SocialIdTokenInvalid(AppError):
    """The provider's ID token does not verify."""

    code, status = "connector.social_invalid_id_token", 401
    message = "The provider's ID token is not accepted. Begin again."


class ConnectorNotImplemented(AppError):
    """The provider needs something remembered between request and callback, and nobody remembers it."""

    code, status = "connector.not_implemented", 501
    message = "This provider needs what its request began with. Ask with `stateless` and give the `session` back."


class InsufficientInfo(AppError):
    """An empty `state` or `redirectUri`."""

    code, status = "session.insufficient_info", 400
    message = "`state` and `redirectUri` must not be empty."


class ConnectorSessionNotFound(AppError):
    """What an authorization request began with is not there: never given, expired, used, or of somebody else."""

    code, status = "session.connector_validation_session_not_found", 400
    message = "This sign-in with the provider has expired, was used already, or is for somebody else. Begin again."


class ConnectorTargetMissing(AppError):
    """A standard connector without a target of its own."""

    code, status = "connector.should_specify_target", 400
    message = "Several connectors can be made of this factory. Say which provider this one is for: `metadata.target`."


class ConnectorTargetFixed(AppError):
    """Another target for a connector through which people are linked already."""

    code, status = "connector.can_not_modify_target", 400
    message = "The target of a connector stays as it is. Repeat it in `metadata.target`, or create another connector."


class ConnectorInstanceExists(AppError):
    """A second instance of a factory that allows one."""

    code, status = "connector.multiple_instances_not_supported", 422
    message = "There is a connector of this factory already. Change that one."


class ConnectorTargetTaken(AppError):
    """Another connector stands for the same provider on the same platform; `data` names it."""

    code, status = "connector.multiple_target_with_same_platform", 422
    message = "Another connector stands for this provider already. Delete it, or choose another `metadata.target`."


class ConnectorMetadataFixed(AppError):
    """The factory does not let its metadata be overridden."""

    code, status = "connector.cannot_overwrite_metadata_for_non_standard_connector", 400
    message = "The metadata of this connector is fixed. Leave `metadata` out."


class ConnectorSyncProfileRefused(AppError):
    """`syncProfile` for a connector that brings no profiles."""

    code, status = "connector.invalid_type_for_syncing_profile", 422
    message = "Only social connectors bring profiles. Leave `syncProfile` out."


class ConnectorTokenStorageRefused(AppError):
    """`enableTokenStorage` for a connector that gets no tokens."""

    code, status = "connector.token_storage_not_supported", 422
    message = "This connector gets no tokens to keep. Leave `enableTokenStorage` out."


class MoreThanOneEmailConnector(AppError):
    """Two e-mail connectors in the store."""

    code, status = "connector.more_than_one_email", 400
    message = "There is more than one e-mail connector. Delete all but one."


class MoreThanOneSmsConnector(AppError):
    """Two SMS connectors in the store."""

    code, status = "connector.more_than_one_sms", 400
    message = "There is more than one SMS connector. Delete all but one."


class EntityCreateFailed(AppError):
    """A row with this id exists already."""

    code, status = "entity.create_failed", 422
    message = "Something with this id exists already. Choose another id or leave it out."


class SsoDomainsForbidden(AppError):
    """Addresses in such a domain are handed out to everybody, so it belongs to no company."""

    code, status = "single_sign_on.forbidden_domains", 422
    message = "Everybody can have an address in these domains: they belong to no company."


class SsoDomainsDuplicated(AppError):
    """A domain is named twice."""

    code, status = "single_sign_on.duplicated_domains", 422
    message = "A domain is named twice."


class SsoConnectorNameInUse(AppError):
    """Another enterprise connector has this name."""

    code, status = "single_sign_on.duplicate_connector_name", 409
    message = "There is an enterprise connector with this name. Choose another one."


class FeatureNotSupported(AppError):
    """This server does not do that."""

    code, status = "request.feature_not_supported", 422
    message = "This server does not do that."


class SsoEnabled(AppError):
    """The company that an address belongs to signs its people in itself; `data.ssoConnectors` says how."""

    code, status = "session.sso_enabled", 422
    message = "People with this address sign in through their company. See `data` for its connectors."


class SsoIdentityNotExist(AppError):
    """Nobody here is known by this identity at a company, nor by an address that it vouches for."""

    code, status = "user.sso_identity_not_exist", 404
    message = "Nobody here has this company identity. Register to make an account for it."


class SsoSigningKeyRequired(AppError):
    """`signAuthnRequest` without a key to sign with."""

    code, status = "single_sign_on.active_signing_key_required", 400
    message = (
        "Requests cannot be signed: there is no active signing key. Make one first, or leave `signAuthnRequest` out."
    )


class ConnectorInvalidMetadata(AppError):
    """A provider's metadata cannot be used."""

    code, status = "connector.invalid_metadata", 400
    message = "The provider's metadata cannot be used. See `data`."


class ConnectorInvalidCertificate(AppError):
    """A provider's certificate cannot be used."""

    code, status = "connector.invalid_certificate", 400
    message = "The provider's certificate cannot be used. See `data`."


class ConnectorAssertionMissing(AppError):
    """The company's answer has not arrived."""

    code, status = "session.connector_session_not_found", 400
    message = "The company's answer has not arrived yet. Begin again."


class ThirdPartyTokenNotFound(AppError):
    """Nothing is kept of what a provider gave."""

    code, status = "secrets.third_party_token_set.token_not_found", 404
    message = "No token of this provider is kept for you. Sign in with it, where the connector keeps tokens."


class ThirdPartyTokenExpired(AppError):
    """A provider's token has expired and cannot be renewed."""

    code, status = "secrets.third_party_token_set.access_token_expired", 401
    message = "The provider's token has expired and cannot be renewed. Sign in with the provider again."


class SsoSigningKeyInUse(AppError):
    """The key signs the requests of its connector."""

    code, status = "single_sign_on.can_not_deactivate_signing_key_in_use", 400
    message = "The connector signs its requests with this key. Activate another one, or turn `signAuthnRequest` off."


class SsoSigningKeyActive(AppError):
    """The key is active."""

    code, status = "single_sign_on.can_not_delete_active_signing_key", 400
    message = "This key is active. Activate another one, or deactivate it first."
