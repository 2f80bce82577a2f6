"""What the account server's verbs need from the world, and the one way to call the Management API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from vestibule.account import problems
from vestibule.client import (
    AsyncManagementClient,
    NotFound,
    Operation,
    Refused,
    ServerFailed,
    TokenRefused,
    Unreachable,
)
from vestibule.client.models import User
from vestibule.client.users import get
from vestibule.clock import Clock
from vestibule.crypto import Sealer
from vestibule.db import Database
from vestibule.http import Log
from vestibule.settings import AccountSettings

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """The own store, the time, the keys, and the Management API."""

    settings: AccountSettings
    clock: Clock
    sealer: Sealer
    db: Database
    management: AsyncManagementClient
    log: Log

    async def send(
        self, operation: Operation[T], *, failed: type[problems.Problem] = problems.MessagesUnavailable
    ) -> T:
        """Send a Management operation; what the caller cannot mend becomes IdentityServerAway.

        `failed` is what it means when a connector cannot do its work.
        """
        try:
            return await self.management.send(operation)
        except TokenRefused as error:
            # The operator's to mend: the settings to look at go to the log, not to the person.
            self.log.error("management_refused", reason=str(error), setting="VESTIBULE_ACCOUNT_CLIENT_ID")
            raise problems.IdentityServerAway from error
        except ServerFailed as error:
            if error.status == 501:
                raise failed() from error
            raise problems.IdentityServerAway from error
        except Unreachable as error:
            raise problems.IdentityServerAway from error
        except Refused as error:
            raise self._refused(error, failed) from error

    def _refused(self, error: Refused, failed: type[problems.Problem]) -> Exception:
        """Name what the caller did not cause; other refusals are for `saying` to put in words."""
        if error.status == 429:
            return problems.TooMany()
        if error.code.startswith("connector."):
            # Also with 401: that is about the provider's answer then, and not about our own token.
            self.log.error("connector_failed", reason=error.code)
            return failed()
        if error.status in {401, 403}:
            self.log.error("management_refused", reason=error.code, setting="VESTIBULE_ACCOUNT_CLIENT_ID")
            return problems.IdentityServerAway()
        return error

    async def user(self, user_id: str) -> User:
        """Return the account, which must exist and not be suspended."""
        try:
            user = await self.send(get(user_id))
        except NotFound as error:
            raise problems.Gone from error
        if user.is_suspended:
            raise problems.Suspended
        return user


@asynccontextmanager
async def saying(**sentences: Exception) -> AsyncIterator[None]:
    """Turn refusals of the Management API into ours: keyword = the code's last part, value = what to raise."""
    try:
        yield
    except (NotFound, Refused) as error:
        ours = sentences.get(error.code.rpartition(".")[2])
        if ours is None and isinstance(error, NotFound):
            raise problems.Gone from error
        if ours is None:
            raise problems.InvalidFields({"value": "The sign-in service did not accept this value."}) from error
        raise ours from error
