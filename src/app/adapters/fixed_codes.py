"""Numbers whose code is fixed: nobody is sent anything, whichever vendor would."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, Protocol, TypeVar

from app.domain.delivery.calls import Call
from app.domain.identity.fixed_codes import TestNumbers
from app.domain.ports import SendOutcome, Sent, Text

M = TypeVar("M", bound=Text | Call)
M_contra = TypeVar("M_contra", bound=Text | Call, contravariant=True)


class SenderTo(Protocol[M_contra]):
    """`TextMessages`, or `PhoneCalls`."""

    async def send(self, message: M_contra, /) -> SendOutcome: ...
    async def find(self, message: M_contra, age: timedelta, /) -> str | None: ...


class ButTestNumbers(Generic[M]):
    """Sends nothing to a test number, whose code is known."""

    def __init__(
        self, get_sender: Callable[[], Awaitable[SenderTo[M]]], test_numbers: TestNumbers
    ) -> None:
        self._get_sender, self._test_numbers = get_sender, test_numbers

    async def send(self, message: M, /) -> SendOutcome:
        if self._test_numbers.include(message.to):
            return Sent("test number")
        return await (await self._get_sender()).send(message)

    async def find(self, message: M, age: timedelta, /) -> str | None:
        return await (await self._get_sender()).find(message, age)
