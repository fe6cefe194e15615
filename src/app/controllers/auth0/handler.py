"""One request on the way to the identity provider or back from it."""

from typing import Any
from urllib.parse import parse_qsl, quote
from uuid import UUID

from litestar import Request
from litestar.exceptions import NotFoundException

from app.controllers.signup.request import DONE, SIGNUP, EntryPoint, SignupRequest
from app.domain.account.confirmation import MethodNotOffered
from app.domain.account.undoable import NotEarlierIdentity, SameMailbox
from app.domain.errors import Conflict, OutOfStep, Refusal, Unauthenticated, Unavailable
from app.domain.federation.federation import (
    DeniedByProvider,
    NotReauthenticated,
    RepeatedCallback,
    SignInDenied,
    TooManyGrants,
)
from app.domain.federation.identities import IdentityTaken, NotLinked
from app.domain.federation.transactions import LIFETIME, Purpose, Transaction
from app.domain.identity.provider import (
    ExternalIdentity,
    IdentityNotConfirmed,
    InvalidGrant,
    ProviderBusy,
    ProviderDown,
)
from app.domain.identity.users import Person, TooManyChanges
from app.domain.sessions.session import ConfirmationNeeded
from app.domain.sessions.tokens import Access
from app.domain.signup.proofs import TooManyNewIdentities
from app.domain.signup.signup import Step
from app.web.container import Container
from app.web.remembered_values import DEFAULT
from app.web.request_context import check_both_tokens, find_session
from app.web.response import HttpResponse, redirect_to
from app.web.telemetry import log_refusal

IDENTITIES = "/account/identities"
CONFIRM = "/account/confirm"
TRANSACTION = "oidc"  # the cookie of the trip that this browser is on
# A known identity is news to who wanted to sign up.
ENTRY_POINTS = {
    Purpose.SIGNUP: EntryPoint("signup", DEFAULT, DONE),
    Purpose.LOGIN: EntryPoint("signup", DEFAULT, DONE, untold=("known",)),
}
# What may be told of a sign-in that came to nothing, by the tail of the page's address: so it is
# told to browsers that keep no cookies too, and the address holds neither code nor state.
REASONS: dict[str, type[Refusal]] = {
    refusal.code.replace("_", "-"): refusal
    for refusal in (
        SignInDenied,
        RepeatedCallback,
        DeniedByProvider,
        ProviderDown,
        IdentityNotConfirmed,
        InvalidGrant,
        NotReauthenticated,
        IdentityTaken,
        NotLinked,
        MethodNotOffered,
        NotEarlierIdentity,
        SameMailbox,
        TooManyChanges,
        TooManyGrants,
        TooManyNewIdentities,
        ProviderBusy,
        Unavailable,
    )
}


class Auth0Handler:
    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self._request, self.container = request, Container.from_request(request)
        self.context = self.container.get_context(request.scope)
        if self.container.federation is None:
            raise NotFoundException
        self.federation = self.container.federation
        pairs = parse_qsl(self.context.info.query_string.decode("latin-1"), keep_blank_values=True)
        self._query_params = dict(pairs)
        self._ambiguous = len(pairs) > len(self._query_params)
        # The token of the undo that someone wants to confirm.
        self._undo = self._query_params.get("undo", "")

    @property
    def purpose(self) -> Purpose:
        wanted = self._query_params.get("for")
        return Purpose(wanted) if wanted in list(Purpose) else Purpose.LOGIN

    async def start_sign_in(self) -> HttpResponse:
        """Off to the provider."""
        try:
            return self._redirect_to(await self._start_transaction(None))
        except Refusal as refusal:
            return self._redirect_to_failed(refusal, self.purpose)

    async def start_by_form(self) -> HttpResponse:
        """The same as the answer to a form. An account is linked only by who has just proved that
        it is theirs, and only in the same session. An undo needs no session: there may be none.
        """
        if self.purpose is Purpose.UNDO:
            return await self._start_undo()
        access = await self._find_access() if self.purpose.is_of_account else None
        if self.purpose.is_of_account and access is None:
            back = IDENTITIES if self.purpose is Purpose.LINK else CONFIRM
            return self._redirect_to(f"/login?return_to={back}")
        if access:
            await check_both_tokens(self.context, self.container.sessions, access)
        try:
            if self.purpose is Purpose.CONFIRM and access:
                await self.container.account.confirmation.check_provider(
                    access, await self._person(access)
                )
            elif access:
                await self.container.sessions.require_fresh(access)
            return self._render_leaving_page(await self._start_transaction(access))
        except ConfirmationNeeded:
            return self._redirect_to(f"{CONFIRM}?return_to={IDENTITIES}")
        except Refusal as refusal:
            return self._redirect_to_failed(refusal, self.purpose)

    async def handle_callback(self) -> HttpResponse:
        """Answered by another page in every case: code and state leave the address bar. An answer
        that says something twice is none (RFC 6749 3.1); it burns nothing.
        """
        if self._ambiguous:
            return self._redirect_to_failed(InvalidGrant(), Purpose.LOGIN)
        state, cookie = self._query_params.get("state", ""), self.context.cookies.read(TRANSACTION)
        purpose = Purpose.LOGIN
        try:
            access = await self._find_access()
            transaction = self.federation.read_transaction(cookie, _bound_to(access))
            if transaction:
                purpose, self._undo = transaction.purpose, self._undo_token(transaction)
            if transaction and transaction.is_answered_by(state):
                self.context.cookies.clear(TRANSACTION)
            external_identity = await self.federation.complete_sign_in(
                transaction, self._query_params, self.context.origin
            )
            if purpose.is_of_account and access:
                return await self._link_or_confirm(access, external_identity, purpose)
            if purpose is Purpose.UNDO:
                return await self._confirm_undo(external_identity)
            return await self._sign_in_or_sign_up(external_identity, purpose)
        except OutOfStep as elsewhere:
            current = SignupRequest(self._request, SIGNUP)
            return current.redirect_to_step(Step(elsewhere.step))
        except Refusal as refusal:
            return self._redirect_to_failed(refusal, purpose)

    async def render_failed_page(self, reason: str) -> HttpResponse:
        """With another try and the other ways in. Whoever is signed in meanwhile, as by the same
        answer that arrived twice, goes on.
        """
        if reason not in REASONS:
            raise NotFoundException
        refusal = REASONS[reason]()
        repeated = isinstance(refusal, InvalidGrant) and not self.purpose.is_proof
        if repeated and await self._find_access():
            return self._redirect_to(self.context.remembered.take_return_target(DEFAULT))
        if isinstance(refusal, SignInDenied):  # no error: it is what they chose
            return await self._render_auth0_page("failed.html", None, again=True)
        in_vain = isinstance(refusal, DeniedByProvider | TooManyGrants | TooManyNewIdentities)
        return await self._render_auth0_page("failed.html", refusal, again=not in_vain)

    async def render_start_page(self, refusal: Refusal | None = None) -> HttpResponse:
        return await self._render_auth0_page("start.html", refusal)

    @property
    def _undo_url(self) -> str:
        return f"/account/undo/{quote(self._undo, safe='')}"

    def _query(self, purpose: Purpose) -> str:
        about = f"&undo={quote(self._undo, safe='')}" if purpose is Purpose.UNDO else ""
        return f"for={purpose}{about}"

    async def _render_auth0_page(
        self, template: str, refusal: Refusal | None, **facts: bool
    ) -> HttpResponse:
        """An undo that needs no proof any more is told of where its link leads."""
        if self.purpose is Purpose.UNDO:
            try:
                await self.container.account.undo.read_begun_change(self._undo)
            except Conflict:
                return self._redirect_to(self._undo_url)
        values = {
            "purpose": self.purpose,
            "by_form": self.purpose.is_proof,
            "start_url": f"/auth0/start?{self._query(self.purpose)}",
            "undo_url": self._undo_url,
            **facts,
        }
        return self.container.pages.render_page(self.context, f"auth0/{template}", values, refusal)

    def _undo_token(self, transaction: Transaction) -> str:
        if transaction.purpose is not Purpose.UNDO:
            return ""
        return self.container.account.undo.make_token(UUID(transaction.about))

    async def _start_undo(self) -> HttpResponse:
        try:
            change = await self.container.account.undo.read_begun_change(self._undo)
            return self._render_leaving_page(await self._start_transaction(None, change.id.hex))
        except Refusal as refusal:
            return self._redirect_to_failed(refusal, self.purpose)

    async def _start_transaction(self, access: Access | None, about: str = "") -> str:
        """Where the trip begins, at the provider."""
        connection = self._query_params.get("connection", "")
        transaction, url = await self.federation.start_sign_in(
            self.purpose, _bound_to(access), connection, about
        )
        self.context.cookies.set(TRANSACTION, transaction.cookie, LIFETIME)
        return url

    def _render_leaving_page(self, url: str) -> HttpResponse:
        """Leads on by itself. A redirect would not do: `form-action 'self'` of the policy holds for
        where the answer to a form leads, too, wherever the provider sends people on to.
        """
        page = self.container.pages.render_page(self.context, "auth0/leaving.html", {"url": url})
        page.raw_headers.append((b"refresh", f"0; url={url}".encode()))
        return page

    async def _find_access(self) -> Access | None:
        return await find_session(self.context, self.container.sessions)

    async def _person(self, access: Access) -> Person:
        person = await self.container.people.find_person(access.user_id)
        if person is None:
            raise Unauthenticated
        return person

    async def _link_or_confirm(
        self, access: Access, external_identity: ExternalIdentity, purpose: Purpose
    ) -> HttpResponse:
        account, origin = self.container.account, self.context.origin
        await check_both_tokens(self.context, self.container.sessions, access)
        if purpose is Purpose.CONFIRM:
            person = await self._person(access)
            outcome = await account.confirmation.confirm_by_provider(
                access, person, external_identity, origin
            )
            if outcome.tokens:
                self.context.session.set(outcome.tokens)
            self.context.remembered.set_notices(*outcome.notices)
            return self._redirect_to(self.context.remembered.take_return_target(DEFAULT))
        await account.identities.link_identity(access, external_identity, origin)
        self.context.remembered.set_notices("linked")
        return self._redirect_to(IDENTITIES)

    async def _confirm_undo(self, external_identity: ExternalIdentity) -> HttpResponse:
        """Nobody is signed in by it, and nothing is linked."""
        undo, origin = self.container.account.undo, self.context.origin
        outcome = await undo.confirm_by_provider(self._undo, external_identity, origin)
        self.context.remembered.set_notices(*outcome.notices)
        return self._redirect_to(self._undo_url)

    async def _sign_in_or_sign_up(
        self, external_identity: ExternalIdentity, purpose: Purpose
    ) -> HttpResponse:
        current = SignupRequest(self._request, ENTRY_POINTS[purpose])
        flow = self.context.flow
        outcome = await current.flow.submit_identity(
            flow.id if flow.has_begun else None, external_identity, current.visitor
        )
        return await current.respond(outcome)

    def _redirect_to_failed(self, refusal: Refusal, purpose: Purpose) -> HttpResponse:
        reason = refusal.code.replace("_", "-")
        if isinstance(refusal, Unavailable) and reason not in REASONS:
            reason = Unavailable.code
        if purpose is Purpose.UNDO and reason not in REASONS:
            return self._redirect_to(self._undo_url)
        if reason not in REASONS:
            raise refusal  # told as anywhere else
        log_refusal(refusal)
        return self._redirect_to(f"/auth0/failed/{reason}?{self._query(purpose)}")

    def _redirect_to(self, url: str) -> HttpResponse:
        return redirect_to(url, self.context.cookies.to_set)


def _bound_to(access: Access | None) -> bytes:
    return access.session_id.bytes if access else b""
