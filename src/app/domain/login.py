"""Signing in with e-mail and password. By phone it is the sign-up, which a known number ends."""

from typing import Never

from app.domain.concurrency import SingleFlight
from app.domain.credentials.credentials import Credentials
from app.domain.credentials.device import Device
from app.domain.federation.proofs import end_identity, hand_over_identity
from app.domain.identity.email_address import EmailAddress
from app.domain.outcome import Outcome
from app.domain.ports import Database
from app.domain.sessions.factors import PASSWORD
from app.domain.sessions.sessions import Sessions


class LoginFlow:
    def __init__(
        self,
        database: Database,
        credentials: Credentials,
        sessions: Sessions,
    ) -> None:
        self._database, self._credentials = database, credentials
        self._sessions = sessions
        self._single_flight = SingleFlight[Outcome[Never]]()

    async def submit_password(
        self, typed: str, password: str, device: Device, flow_id: bytes, *, has_flow: bool
    ) -> Outcome[Never]:
        """Where something was `has_flow` in this browser, an identity may wait there. Who can read
        the mail can have both a new password and such an identity, so it is not linked: it waits in
        the session for another proof. The same form, sent many times at once, opens one session.
        Raises `BadEmail` and what `Credentials.check_password` does.
        """
        email = EmailAddress.parse(typed, as_typed=True)
        waiting = flow_id if has_flow else None
        same_form = (flow_id, email.value, password)
        return await self._single_flight.run(
            same_form, lambda: self._open_session(email, password, device, waiting)
        )

    async def _open_session(
        self, email: EmailAddress, password: str, device: Device, flow_id: bytes | None
    ) -> Outcome[Never]:
        checked = await self._credentials.check_password(email.value, password, device)
        async with self._database.transaction() as connection:
            await self._credentials.forgive_failures(connection, checked)
            opened = await self._sessions.open_session(
                connection, checked.user_id, checked.contacts, PASSWORD, device
            )
            await self._sessions.queue_device_notice(connection, opened, device)
            left_out = flow_id is not None and (
                await hand_over_identity(connection, flow_id, opened.session_id)
                or await end_identity(connection, flow_id) is not None
            )
        notices = ("not-linked",) if left_out else ()
        return Outcome(session=opened, method="password", notices=notices)
