"""What both engines share around a unit of work."""

from typing import Generic, TypeVar

W = TypeVar("W")


class Shared(Generic[W]):
    """A block that hands out one unit of work that needs neither beginning nor end."""

    __slots__ = ("_work",)

    def __init__(self, work: W) -> None:
        self._work = work

    async def __aenter__(self) -> W:
        return self._work

    async def __aexit__(self, *_: object) -> None:
        return None
