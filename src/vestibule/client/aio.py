"""The asynchronous client."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TypeVar

import httpx2

from vestibule.client.errors import Unreachable
from vestibule.client.flight import Flight
from vestibule.client.operation import Operation, Page, Query, is_about_token
from vestibule.client.token import DEFAULT_RESOURCE, Credentials, Token, read_token

T = TypeVar("T")


class AsyncManagementClient:
    """Sends operations with a token of its own; one token request at a time, every call with a time-out."""

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        *,
        resource: str = DEFAULT_RESOURCE,
        timeout: float = 10.0,
        verify: ssl.SSLContext | bool = True,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._credentials = Credentials(client_id, client_secret, resource)
        self._timeout = timeout
        self._http = httpx2.AsyncClient(base_url=base_url, timeout=timeout, verify=verify, transport=transport)
        self._token: Token | None = None
        self._renewal = Flight(self._renew)

    async def send(self, operation: Operation[T]) -> T:
        """Send one operation; raises ApiError, TokenRefused or Unreachable. A refused token is renewed once."""
        token = await self._fresh(None)
        status, content = await self._call(operation, token)
        if is_about_token(status, content):
            status, content = await self._call(operation, await self._fresh(token))
        return operation.read(status, content)

    async def pages(self, page: Page[T]) -> AsyncIterator[T]:
        """Yield every item of a list, page by page."""
        number = 1
        while items := await self.send(page.at(number)):
            for item in items:
                yield item
            if len(items) < page.size:
                return
            number += 1

    async def _call(self, operation: Operation[T], token: Token) -> tuple[int, bytes]:
        headers = {"authorization": f"Bearer {token.value}", "content-type": "application/json"}
        return await self._request(
            operation.method, operation.path, params=operation.query, content=operation.content(), headers=headers
        )

    async def _fresh(self, rejected: Token | None) -> Token:
        held = self._token
        if held is not None and held is not rejected and held.is_fresh:
            return held
        return await self._renewal.join()

    async def _renew(self) -> Token:
        self._token = read_token(*await self._request("POST", "/oidc/token", data=self._credentials.form()))
        return self._token

    async def _request(
        self,
        method: str,
        path: str,
        *,
        params: Query | None = None,
        content: bytes | None = None,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        try:
            # httpx's time-out starts anew with each byte; this one is for the whole exchange.
            async with asyncio.timeout(self._timeout):
                answer = await self._http.request(
                    method, path, params=params, content=content, data=data, headers=headers
                )
        except (httpx2.HTTPError, TimeoutError) as error:
            raise Unreachable(f"{method} {path}: {type(error).__name__}") from error
        return answer.status_code, answer.content

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> "AsyncManagementClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
