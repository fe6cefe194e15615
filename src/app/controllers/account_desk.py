"""One request about somebody's own account: whose, and the pages it may be answered with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request

from app.domain.errors import Refusal, Unauthenticated
from app.domain.identity.users import Person
from app.domain.sessions.access_tokens import Access
from app.domain.sessions.session import ConfirmationNeeded
from app.web.answer import Answer, see_other
from app.web.auth import signed_in
from app.web.parts import AccountParts, Parts
from app.web.visit import Visit


@dataclass(frozen=True, slots=True)
class AccountDesk:
    parts: Parts
    visit: Visit
    access: Access
    person: Person

    @classmethod
    async def of(cls, request: Request[Any, Any, Any]) -> "AccountDesk":
        """Raises `Unauthenticated`."""
        parts = Parts.of(request)
        visit = parts.visit(request)
        access = await signed_in(visit, parts.sessions)
        person = await parts.people.find(access.user_id)
        if person is None:
            raise Unauthenticated
        return cls(parts, visit, access, person)

    @classmethod
    async def confirmed(cls, request: Request[Any, Any, Any]) -> "AccountDesk":
        """For changes that ask for a proof of the last ten minutes. Raises `ConfirmationNeeded`
        too.
        """
        desk = await cls.of(request)
        await desk.require_fresh()
        return desk

    @property
    def account(self) -> AccountParts:
        return self.parts.account

    async def require_fresh(self, **typed: str) -> None:
        """Raises `ConfirmationNeeded`; what was typed is there again afterwards."""
        if not await self.is_fresh():
            self.visit.keep_typed(**typed)
            raise ConfirmationNeeded

    async def is_fresh(self) -> bool:
        """Whether the last proof is less than ten minutes old."""
        return await self.parts.sessions.is_fresh(self.access)

    def page(
        self, template: str, context: Mapping[str, Any], refusal: Refusal | None = None
    ) -> Answer:
        return self.parts.pages.page(self.visit, f"account/{template}", context, refusal)

    def to(self, url: str, notice: str = "") -> Answer:
        """On to another page, which tells the notice once."""
        if notice:
            self.visit.notify(notice)
        return see_other(url, self.visit.cookies_to_set)
