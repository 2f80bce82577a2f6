"""The synchronous client."""

import ssl
import time
from collections.abc import Iterator
from types import TracebackType
from typing import TypeVar

import httpx2

from vestibule.client.errors import Unreachable
from vestibule.client.flight import ThreadFlight
from vestibule.client.operation import Operation, Page, Query, is_about_token
from vestibule.client.token import DEFAULT_RESOURCE, Credentials, Token, read_token

T = TypeVar("T")


class ManagementClient:
    """Sends operations with a token of its own; every call has a time-out. Safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        *,
        resource: str = DEFAULT_RESOURCE,
        timeout: float = 10.0,
        verify: ssl.SSLContext | bool = True,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._credentials = Credentials(client_id, client_secret, resource)
        self._timeout = timeout
        self._http = httpx2.Client(base_url=base_url, timeout=timeout, verify=verify, transport=transport)
        self._token: Token | None = None
        self._renewal = ThreadFlight(self._renew)

    def send(self, operation: Operation[T]) -> T:
        """Send one operation; raises ApiError, TokenRefused or Unreachable. A refused token is renewed once."""
        token = self._fresh(None)
        status, content = self._call(operation, token)
        if is_about_token(status, content):
            status, content = self._call(operation, self._fresh(token))
        return operation.read(status, content)

    def pages(self, page: Page[T]) -> Iterator[T]:
        """Yield every item of a list, page by page."""
        number = 1
        while items := self.send(page.at(number)):
            yield from items
            if len(items) < page.size:
                return
            number += 1

    def _call(self, operation: Operation[T], token: Token) -> tuple[int, bytes]:
        headers = {"authorization": f"Bearer {token.value}", "content-type": "application/json"}
        return self._request(
            operation.method, operation.path, params=operation.query, content=operation.content(), headers=headers
        )

    def _fresh(self, rejected: Token | None) -> Token:
        held = self._token
        if held is not None and held is not rejected and held.is_fresh:
            return held
        return self._renewal.join()

    def _renew(self) -> Token:
        self._token = read_token(*self._request("POST", "/oidc/token", data=self._credentials.form()))
        return self._token

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Query | None = None,
        content: bytes | None = None,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        body, end = bytearray(), time.monotonic() + self._timeout
        sending = self._http.stream(method, path, params=params, content=content, data=data, headers=headers)
        try:
            with sending as answer:
                for part in answer.iter_bytes():
                    body += part
                    # httpx's time-out starts anew with each byte; this one is for the whole body.
                    if time.monotonic() > end:
                        raise Unreachable(f"{method} {path}: the answer does not end")
        except httpx2.HTTPError as error:
            raise Unreachable(f"{method} {path}: {type(error).__name__}") from error
        return answer.status_code, bytes(body)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> "ManagementClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
