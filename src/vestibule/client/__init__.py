"""A typed client of the Management API: operations are values, and a synchronous or an asynchronous client sends them.

    with ManagementClient("http://localhost:3001", client_id, client_secret) as management:
        user = management.send(users.create(username="ada"))

Works against any server with the same contract. Imports nothing else of this project.
"""

from vestibule.client import (
    applications,
    codes,
    connectors,
    grants,
    logs,
    mfa,
    personal_access_tokens,
    resources,
    roles,
    sessions,
    sign_in_experience,
    subject_tokens,
    users,
)
from vestibule.client.aio import AsyncManagementClient
from vestibule.client.errors import ApiError, ClientError, NotFound, Refused, ServerFailed, TokenRefused, Unreachable
from vestibule.client.models import (
    Application,
    ApplicationSecret,
    CaseConflicts,
    Connector,
    Factor,
    LogEntry,
    LogtoConfig,
    NewBackupCodes,
    NewTotp,
    PasswordVerdict,
    PersonalAccessToken,
    Profile,
    Resource,
    Role,
    Scope,
    SubjectToken,
    User,
    UserGrant,
    UserGrants,
    UserSession,
    UserSessions,
)
from vestibule.client.operation import Operation, Page
from vestibule.client.sync import ManagementClient

__all__ = [
    "ApiError",
    "Application",
    "ApplicationSecret",
    "AsyncManagementClient",
    "CaseConflicts",
    "ClientError",
    "Connector",
    "Factor",
    "LogEntry",
    "LogtoConfig",
    "ManagementClient",
    "NewBackupCodes",
    "NewTotp",
    "NotFound",
    "Operation",
    "Page",
    "PasswordVerdict",
    "PersonalAccessToken",
    "Profile",
    "Refused",
    "Resource",
    "Role",
    "Scope",
    "ServerFailed",
    "SubjectToken",
    "TokenRefused",
    "Unreachable",
    "User",
    "UserGrant",
    "UserGrants",
    "UserSession",
    "UserSessions",
    "applications",
    "codes",
    "connectors",
    "grants",
    "logs",
    "mfa",
    "personal_access_tokens",
    "resources",
    "roles",
    "sessions",
    "sign_in_experience",
    "subject_tokens",
    "users",
]
