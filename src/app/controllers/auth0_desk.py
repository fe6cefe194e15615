"""One request on the way to the identity provider or back from it."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.exceptions import NotFoundException

from app.controllers.flow_desk import FlowDesk
from app.domain.errors import OutOfStep, Refusal, Unavailable
from app.domain.federation.federation import AskedAgain, NotAllowedIn, SignInDenied
from app.domain.federation.grants import TooManyGrants
from app.domain.federation.identities import IdentityTaken
from app.domain.federation.transactions import Purpose
from app.domain.identity.provider import (
    GrantSpent,
    NotVouchedFor,
    ProviderBusy,
    ProviderDown,
    Vouched,
)
from app.domain.sessions.access_tokens import Access
from app.domain.signup.signup import Signup, Step
from app.web.answer import Answer, see_other
from app.web.auth import sign_in, signed_in_or_none
from app.web.return_to import DEFAULT

IDENTITIES = "/account/identities"
# What may be told of a sign-in that came to nothing, by the tail of the page's address: so it is
# told to browsers that keep no cookies too, and the address holds neither code nor state.
REASONS: dict[str, type[Refusal]] = {
    refusal.code.replace("_", "-"): refusal
    for refusal in (
        SignInDenied, AskedAgain, NotAllowedIn, ProviderDown, NotVouchedFor, GrantSpent,
        IdentityTaken, TooManyGrants, ProviderBusy, Unavailable,
    )
}  # fmt: skip


class Auth0Desk(FlowDesk):
    def __init__(self, request: Request[Any, Any, Any]) -> None:
        super().__init__(request)
        if self.parts.federation is None:
            raise NotFoundException
        self.federation = self.parts.federation
        self._asked = dict(parse_qsl(self.visit.query.decode("latin-1"), keep_blank_values=True))

    @property
    def purpose(self) -> Purpose:
        wanted = self._asked.get("for")
        return Purpose(wanted) if wanted in list(Purpose) else Purpose.LOGIN

    async def start(self) -> Answer:
        """Off to the provider. An account is linked only by who has just proved that it is theirs,
        and only in the same session.
        """
        access = None
        if self.purpose is Purpose.LINK:
            access = await self._signed_in()
            if access is None:
                return self._to(f"/login?return_to={IDENTITIES}")
            if not await self.parts.sessions.is_fresh(access):
                return self._to(f"/account/confirm?return_to={IDENTITIES}")
        try:
            begun, url = await self.federation.start(
                self.purpose, _bound_to(access), self._asked.get("connection", "")
            )
        except Refusal as refusal:
            return self._failed(refusal, self.purpose)
        self.visit.keep_transaction(begun.cookie)
        return self._to(url)

    async def come_back(self) -> Answer:
        """Answered by another page in every case: code and state leave the address bar."""
        state, cookie = self._asked.get("state", ""), self.visit.transaction
        purpose = Purpose.LOGIN
        try:
            access = await self._signed_in()
            begun = self.federation.begun(cookie, _bound_to(access))
            if begun:
                purpose = begun.purpose
            if begun and begun.is_answered_by(state):
                self.visit.drop_transaction()
            vouched = await self.federation.returned(begun, self._asked, self.visit.origin)
            if purpose is Purpose.LINK and access:
                return await self._linked(access, vouched)
            return await self._let_in(vouched, purpose)
        except OutOfStep as elsewhere:
            return self.to(Step(elsewhere.step))
        except Refusal as refusal:
            return self._failed(refusal, purpose)

    async def failed_page(self, reason: str) -> Answer:
        """With another try and the other ways in. Whoever is signed in meanwhile, as by the same
        answer that arrived twice, goes on.
        """
        if reason not in REASONS:
            raise NotFoundException
        refusal = REASONS[reason]()
        repeated = isinstance(refusal, GrantSpent) and self.purpose is not Purpose.LINK
        if repeated and await self._signed_in():
            return self._to(self.visit.return_taken(DEFAULT))
        in_vain = isinstance(refusal, NotAllowedIn | TooManyGrants)
        context = {"purpose": self.purpose, "again": not in_vain}
        return self.parts.pages.page(self.visit, "auth0/failed.html", context, refusal)

    def start_page(self) -> Answer:
        context = {"purpose": self.purpose}
        return self.parts.pages.page(self.visit, "auth0/start.html", context)

    async def _signed_in(self) -> Access | None:
        return await signed_in_or_none(self.visit, self.parts.sessions)

    async def _linked(self, access: Access, vouched: Vouched) -> Answer:
        await self.parts.account.identities.link(access.user_id, vouched, self.visit.origin)
        self.visit.notify("linked")
        return self._to(IDENTITIES)

    async def _let_in(self, vouched: Vouched, purpose: Purpose) -> Answer:
        """A known identity opens its account, a new one is a sign-up with some proofs given."""
        opened = await self.parts.account.identities.sign_in(vouched, self.visit.device)
        if opened is None:
            return await self._sign_up(vouched)
        await sign_in(self.visit, self.parts.sessions, opened, "auth0")
        if purpose is Purpose.SIGNUP:
            self.visit.notify("known")
        return self._to(self.visit.return_taken(DEFAULT))

    async def _sign_up(self, vouched: Vouched) -> Answer:
        signup = await self.load()
        if signup.step is Step.DONE:
            self.visit.end_flow()
            signup = Signup(self.visit.flow_id)
        result = await self.flow.submit_identity(
            signup, vouched, self.visit.device, self.visit.renewal
        )
        return await self.led_to(result, renewed=True)

    def _failed(self, refusal: Refusal, purpose: Purpose) -> Answer:
        reason = refusal.code.replace("_", "-")
        if isinstance(refusal, Unavailable) and reason not in REASONS:
            reason = Unavailable.code
        if reason not in REASONS:
            raise refusal  # told as anywhere else
        return self._to(f"/auth0/failed/{reason}?for={purpose}")

    def _to(self, url: str) -> Answer:
        return see_other(url, self.visit.cookies_to_set)


def _bound_to(access: Access | None) -> bytes:
    return access.session_id.bytes if access else b""
