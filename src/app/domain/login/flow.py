"""Signing in with e-mail and password. By phone it is the sign-up, which a known number ends."""

from collections.abc import Callable
from uuid import UUID

from app.domain.credentials.credentials import Credentials
from app.domain.credentials.device import Device
from app.domain.federation.proofs import end_identity, link_own_identity
from app.domain.identity.email_address import EmailAddress
from app.domain.ports import Connection, Database
from app.domain.queues import Together
from app.domain.sessions.session import PASSWORD, Opened
from app.domain.sessions.sessions import Sessions


class LoginFlow:
    def __init__(
        self,
        database: Database,
        credentials: Credentials,
        sessions: Sessions,
        wake: Callable[[], None],
    ) -> None:
        self._database, self._credentials = database, credentials
        self._sessions, self._wake = sessions, wake
        self._together = Together[tuple[Opened, bool | None]]()

    async def submit_password(
        self, typed: str, password: str, device: Device, flow_id: bytes, *, begun: bool
    ) -> tuple[Opened, bool | None]:
        """And whether an identity that waited in this browser is theirs from now on; None where
        none waited, as where nothing was `begun`. The same form, sent many times at once, opens one
        session. Raises `BadEmail` and what `Credentials.check` does.
        """
        email = EmailAddress.parse(typed, as_typed=True)
        waiting = flow_id if begun else None
        same_form = (flow_id, email.value, password)
        return await self._together(
            same_form, lambda: self._opened(email, password, device, waiting)
        )

    async def _opened(
        self, email: EmailAddress, password: str, device: Device, flow_id: bytes | None
    ) -> tuple[Opened, bool | None]:
        checked = await self._credentials.check(email, password, device)
        async with self._database.transaction() as connection:
            await self._credentials.forgive(connection, checked)
            opened = await self._sessions.open(connection, checked.user_id, PASSWORD, device)
            mailed = await self._sessions.tell_of_device(connection, opened, device)
            linked = await _linked(connection, flow_id, opened.user_id, device) if flow_id else None
        if mailed or linked:
            self._wake()
        return opened, linked


async def _linked(
    connection: Connection, flow_id: bytes, user_id: UUID, device: Device
) -> bool | None:
    """Only one that the provider vouches for by their very address: any other is over."""
    if await link_own_identity(connection, flow_id, user_id, device.origin):
        return True
    return False if await end_identity(connection, flow_id) else None
