"""The trip to the provider and back: what it is asked, what its answer is worth, how often."""

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256

from app.domain.audit import AuditEvent, is_recorded_limit_full, outlasts, record, record_hourly
from app.domain.errors import Refusal, Rejected, TooMany, Unavailable
from app.domain.federation.transactions import Purpose, Transaction, Transactions
from app.domain.i18n import _
from app.domain.identity.provider import (
    BadIdToken,
    ExternalIdentity,
    IdentityNotConfirmed,
    IdentityProvider,
    InvalidGrant,
    ProviderBusy,
    ProviderDown,
)
from app.domain.limit_refusals import name_limit
from app.domain.limits import MINUTE, LimitTable, Origin
from app.domain.ports import CountResult, Database, ShortMemory, Tally

# Codes that come back from the provider: who brings too many that it does not take is stopped.
#
# Otherwise anybody could use up the calls that the provider allows us, and with them everybody's
# way in. Room is taken before a code is tried, and given back unless the provider refused it.

REFUSED = AuditEvent.AUTH0_REFUSED  # whatever else came to nothing: one an hour and reason
# A code that the provider did not take: it stays counted.
GRANT_REFUSED = AuditEvent.AUTH0_GRANT_REFUSED


class TooManyGrants(TooMany):
    code = "too_many_grants"
    message = _(
        "Too many sign-ins from here didn’t work. Try again in 15 minutes, or use your phone"
        " number."
    )

    def __init__(self) -> None:
        super().__init__(retry_after=15 * MINUTE)


GRANT_LIMITS = ("refused_grants_per_address", "refused_grants_per_network")


class Grants:
    def __init__(self, database: Database, memory: ShortMemory, table: LimitTable) -> None:
        self._database, self._memory, self._table = database, memory, table

    async def take_room(self, grant: str, origin: Origin) -> None:
        """For what is known by `grant`, a transaction's cookie or an ID token; copies of an answer
        take it once. Raises `TooManyGrants`.
        """
        tallies = self._tallies(origin)
        try:
            count = await self._memory.count(tallies, _entry(grant))
        except Unavailable:
            count = CountResult(None, memory_age=0)
        if count.reached:
            raise name_limit(TooManyGrants(), GRANT_LIMITS[count.reached.index])
        _, of_network = tallies
        if outlasts(of_network, count.memory_age):
            async with self._database.connection() as connection:
                full = await is_recorded_limit_full(
                    connection, of_network, GRANT_REFUSED, origin.network
                )
            if full:
                await self.release_room(grant, origin)
                raise name_limit(TooManyGrants(), GRANT_LIMITS[1])

    async def release_room(self, grant: str, origin: Origin) -> None:
        with suppress(Unavailable):  # it stays counted for a quarter of an hour
            await self._memory.uncount(self._tallies(origin), _entry(grant))

    async def record(self, event: AuditEvent, refusal: Refusal, origin: Origin) -> None:
        with suppress(Unavailable):  # the person is refused either way
            if event == REFUSED:
                await record_hourly(self._database, event, origin.network, reason=refusal.code)
                return
            async with self._database.connection() as connection:
                await record(connection, event, network=origin.network, reason=refusal.code)

    def _tallies(self, origin: Origin) -> tuple[Tally, Tally]:
        table = self._table
        return (
            table.refused_grants_per_address.tally(f"grants:{origin.address}"),
            table.refused_grants_per_network.tally(f"grants:{origin.network}"),
        )


def _entry(grant: str) -> str:
    return sha256(grant.encode()).hexdigest()


log = logging.getLogger("app.federation")

SKEW = 60  # seconds that the provider's clock may be behind ours
# What Auth0 lets a connection be called.
CONNECTION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,126}[A-Za-z0-9])?")


class SignInDenied(Rejected):
    """By the person, or by an Action of the tenant: both come as `access_denied`."""

    code = "auth0_denied"
    message = _("That sign-in wasn’t finished. Nothing was changed.")


class DeniedByProvider(Rejected):
    """A rule of the provider's, or a blocked user: trying again does not help."""

    code = "auth0_not_allowed"
    message = _("You can’t sign in here with that account. Use your phone number.")


class RepeatedCallback(Rejected):
    """It wants to see the person: an ordinary sign-in does that."""

    code = "auth0_asks_again"
    message = _("You need to sign in once more. Start again.")


class NotReauthenticated(Rejected):
    """It answered by a session of its own, though it was told to ask (`max_age=0`)."""

    code = "auth0_signed_in_before"
    message = _(
        "You weren’t asked to sign in this time, so this doesn’t count as a proof. Nothing has"
        " changed. Try once more."
    )


# By the `error` of RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6 and Auth0's own.
ANSWERS: dict[str, type[Rejected | Unavailable]] = {
    "access_denied": SignInDenied,
    "consent_required": SignInDenied,
    "login_required": RepeatedCallback,
    "interaction_required": RepeatedCallback,
    "account_selection_required": RepeatedCallback,
    "unauthorized": DeniedByProvider,
    "server_error": ProviderDown,
    "temporarily_unavailable": ProviderDown,
    "too_many_requests": ProviderBusy,
}


class Federation:
    """`base_url` is ours: people come back to the callback below it."""

    def __init__(
        self,
        provider: IdentityProvider,
        transactions: Transactions,
        grants: Grants,
        base_url: str,
    ) -> None:
        self._provider, self._transactions, self._grants = provider, transactions, grants
        self._redirect_uri, self._way_back = f"{base_url}/auth0/callback", f"{base_url}/login"

    @property
    def is_down(self) -> bool:
        return self._provider.is_down

    @property
    def logout_url(self) -> str:
        """Ends the session at the provider, which ours does not, and leads to our sign-in."""
        return self._provider.build_logout_url(self._way_back)

    async def start_sign_in(
        self, purpose: Purpose, bound_to: bytes = b"", connection: str = "", about: str = ""
    ) -> tuple[Transaction, str]:
        """The transaction, and where to send the person; to that `connection` of the provider's, if
        it is named. `about` as in `Transaction`. Raises as `build_authorization_url`.
        """
        transaction = self._transactions.begin(purpose, bound_to, about)
        signing_up = purpose is Purpose.SIGNUP
        url = await self._provider.build_authorization_url(
            transaction.state,
            transaction.nonce,
            transaction.challenge,
            self._redirect_uri,
            signup=signing_up,
            anew=purpose.is_proof,
            connection=connection if CONNECTION.fullmatch(connection) else "",
        )
        return transaction, url

    def read_transaction(self, cookie: str | None, bound_to: bytes) -> Transaction | None:
        """Of this browser, and of this session where it was begun by one."""
        return self._transactions.read(cookie, bound_to)

    async def complete_sign_in(
        self, transaction: Transaction | None, callback: Mapping[str, str], origin: Origin
    ) -> ExternalIdentity:
        """Who came back. What was begun is spent by a code, whatever becomes of it, unless the
        answer is to something else. Raises `InvalidGrant`, `TooManyGrants` and what its answer
        means; all of it is put on record.
        """
        try:
            spent = await self._redeem_code(transaction, callback, origin)
        except Refusal as refusal:
            await self._grants.record(REFUSED, refusal, origin)
            raise
        try:
            external_identity = await self._provider.identify(
                callback["code"], spent.verifier, spent.nonce, self._redirect_uri
            )
            _check_age(spent, external_identity)
        except (InvalidGrant, ProviderBusy) as refusal:
            await self._grants.record(GRANT_REFUSED, refusal, origin)
            raise
        except Refusal as refusal:
            await self._grants.release_room(spent.cookie, origin)
            await self._grants.record(REFUSED, refusal, origin)
            raise
        await self._grants.release_room(spent.cookie, origin)
        return external_identity

    async def accept_id_token(self, id_token: str, nonce: str, origin: Origin) -> ExternalIdentity:
        """Who an app has signed in there by itself. A token is taken once. Raises `BadIdToken`,
        `TooManyGrants`, `ProviderDown`, `ProviderBusy`, `IdentityNotConfirmed`.
        """
        await self._grants.take_room(id_token, origin)
        try:
            external_identity = await self._provider.verify(id_token, nonce)
            await self._transactions.spend_token(id_token)
        except BadIdToken as refusal:
            await self._grants.record(GRANT_REFUSED, refusal, origin)
            raise
        except Refusal as refusal:
            await self._grants.release_room(id_token, origin)
            await self._grants.record(REFUSED, refusal, origin)
            raise
        await self._grants.release_room(id_token, origin)
        return external_identity

    async def _redeem_code(
        self, transaction: Transaction | None, callback: Mapping[str, str], origin: Origin
    ) -> Transaction:
        """What this answers, for the first time, with a code that may be tried. An answer without
        one opens nothing, however often it comes: no row is written for it.
        """
        if transaction is None or not transaction.is_answered_by(callback.get("state", "")):
            raise InvalidGrant
        if "error" in callback:
            raise _refusal_for(callback["error"], transaction.purpose)
        if "code" not in callback:
            raise InvalidGrant
        await self._grants.take_room(transaction.cookie, origin)
        await self._transactions.spend(transaction)
        return transaction


def _check_age(transaction: Transaction, external_identity: ExternalIdentity) -> None:
    """Raises `NotReauthenticated` where the person had to be asked after `transaction` began, and
    was not.
    """
    asked_at = external_identity.authenticated_at
    in_time = asked_at is not None and asked_at >= transaction.begun_at - SKEW
    if transaction.purpose.is_proof and not in_time:
        raise NotReauthenticated


def _refusal_for(error: str, purpose: Purpose) -> type[Refusal]:
    """What it says beside this may speak of the person: it is neither told nor logged."""
    word = error if re.fullmatch(r"[a-z_]{1,40}", error) else "-"
    log.info("the identity provider said no", extra={"reason": word, "purpose": purpose})
    return ANSWERS.get(error, IdentityNotConfirmed)
