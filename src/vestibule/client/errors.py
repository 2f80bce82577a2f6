"""What can go wrong with a call, as classes that carry status and code."""


class ClientError(Exception):
    """Base of everything this client raises."""


class Unreachable(ClientError):
    """No answer: refused connection, time-out, or an answer that is not the API's."""


class TokenRefused(ClientError):
    """The server gave no access token: wrong id, secret or permissions."""


class ApiError(ClientError):
    """An error answer. `code` is the contract's (or empty), `status` the HTTP status, `data` what came with it."""

    def __init__(self, status: int, code: str, message: str, data: object = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.data = data


class Refused(ApiError):
    """A 4xx answer other than 404."""


class NotFound(ApiError):
    """A 404 answer."""


class ServerFailed(ApiError):
    """A 5xx answer."""


def error_for(status: int, code: str, message: str, data: object) -> ApiError:
    """Return the class for a status."""
    if status == 404:
        return NotFound(status, code, message, data)
    kind = ServerFailed if status >= 500 else Refused
    return kind(status, code, message, data)
