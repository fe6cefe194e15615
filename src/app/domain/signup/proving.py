"""What a right code or a provider's word does to a sign-up, each in one transaction of its own."""

import dataclasses

from msgspec.structs import replace
from uuid_utils.compat import uuid7

from app.domain.credentials.device import Device
from app.domain.errors import OutOfStep
from app.domain.federation.proofs import (
    end_identity,
    has_recent_identity,
    link_own_identity,
    link_recent_identity,
    tell_of_link,
)
from app.domain.identity.provider import GrantSpent, Vouched
from app.domain.ports import Connection, Database, NotUnique
from app.domain.signup.accounts import (
    EmailTaken,
    ProveAgain,
    account_of,
    account_proved_now,
    adopt_email,
    drop_phone,
)
from app.domain.signup.arrival import arrive
from app.domain.signup.drafts import Drafts
from app.domain.signup.finish import Finish, SignedIn, recorded
from app.domain.signup.renewal import move_flow
from app.domain.signup.signup import Signup, Step
from app.domain.verification.guesses import Pending
from app.domain.verification.renewal import Renewal
from app.domain.verification.verifications import Verifications


class Proving:
    """With an identity in it, the last proof finishes a sign-up: no password is asked for."""

    def __init__(
        self,
        database: Database,
        drafts: Drafts,
        phones: Verifications,
        mailboxes: Verifications,
        finish: Finish,
    ) -> None:
        self._database, self._drafts = database, drafts
        self._phones, self._mailboxes, self._finish = phones, mailboxes, finish

    async def phone(
        self, signup: Signup, pending: Pending, device: Device, became: bytes
    ) -> Signup | SignedIn | None:
        """None when the code was used already."""
        try:
            async with self._database.transaction() as connection:
                if not await self._phones.consume(connection, pending):
                    return None
                opened = await self._opened(connection, signup, pending, device)
                if opened:
                    return opened
                await move_flow(connection, signup.id, became, pending.id)
                renewed = replace(signup, id=became)
                await recorded(connection, "signup:phone_proved", renewed, device.origin)
                adopted = await adopt_email(connection, became, pending.destination)
                finished = await self._finished(connection, renewed, device)
        except NotUnique:
            return None  # the identity got an account at this very moment
        await self._drafts.forget(signup.id)
        return finished or await self._on(renewed.with_proof(adopted))

    async def email(
        self, signup: Signup, pending: Pending, device: Device
    ) -> Signup | SignedIn | None:
        """None as above. Raises `EmailTaken`."""
        try:
            async with self._database.transaction() as connection:
                if not await self._mailboxes.consume(connection, pending):
                    return None
                await recorded(connection, "signup:email_proved", signup, device.origin)
                finished = await self._finished(connection, signup, device)
        except NotUnique:
            return None
        proved = finished or await self._on(signup.with_proof(pending.destination))
        if isinstance(proved, Signup) and proved.step is Step.EMAIL:
            raise EmailTaken
        return proved

    async def identity(
        self, signup: Signup, vouched: Vouched, device: Device, renewal: Renewal
    ) -> Signup | SignedIn:
        """The sign-up goes on under another id, as after any proof of who somebody is."""
        proof = uuid7()
        renewed = replace(signup, id=renewal(proof))
        try:
            async with self._database.transaction() as connection:
                elsewhere = await arrive(connection, signup.id, renewed.id, proof, vouched)
                await recorded(connection, "signup:identity_proved", renewed, device.origin)
                finished = await self._finish.by_identity(connection, renewed, device)
        except NotUnique:
            raise GrantSpent from None  # by now it opens an account
        for flow_id in (signup.id, elsewhere):
            if flow_id:
                await self._drafts.forget(flow_id)
        return finished or await self._drafts.rebuild(renewed.id)

    async def link(self, signup: Signup, device: Device, *, linking: bool) -> SignedIn:
        """Into the account of the number that was proved some minutes ago, with the identity as
        another way in or without. Raises `ProveAgain`, `OutOfStep`.
        """
        async with self._database.transaction() as connection:
            account = await account_proved_now(connection, signup.id)
            if account:
                linked = linking and await link_recent_identity(connection, signup.id, account.id)
                if linked:
                    await tell_of_link(connection, account.id, device.origin)
                opened = await self._finish.open_existing(
                    connection, signup, account, device, linked=linked
                )
                await end_identity(connection, signup.id)
        await self._drafts.forget(signup.id)
        if account is None:
            raise await self._unlinked(signup, device)
        return dataclasses.replace(opened, left_out=linking and not linked)

    async def _opened(
        self, connection: Connection, signup: Signup, pending: Pending, device: Device
    ) -> SignedIn | None:
        """The account of the number. With an identity that came just now only if the provider
        vouches for the very address of the account: otherwise the person is asked.
        """
        account = await account_of(connection, pending.destination)
        if account is None:
            return None
        linked = signup.identity is not None and await link_own_identity(
            connection, signup.id, account.id, device.origin
        )
        if signup.identity and not linked:
            if await has_recent_identity(connection, signup.id):
                return None
            await end_identity(connection, signup.id)
        await recorded(connection, "signup:phone_proved", signup, device.origin)
        return await self._finish.open_existing(connection, signup, account, device, linked=linked)

    async def _finished(
        self, connection: Connection, signup: Signup, device: Device
    ) -> SignedIn | None:
        if signup.identity is None:
            return None
        return await self._finish.by_identity(connection, signup, device)

    async def _on(self, signup: Signup) -> Signup:
        """With an identity, what is committed says what that has led to."""
        if signup.identity:
            return await self._drafts.rebuild(signup.id)
        return await self._drafts.save(signup)

    async def _unlinked(self, signup: Signup, device: Device) -> OutOfStep:
        """The same form a second time, or a proof that is too old to open an account."""
        if (await self._drafts.rebuild(signup.id)).step is Step.DONE:
            return OutOfStep(Step.DONE)
        async with self._database.transaction() as connection:
            await drop_phone(connection, signup.id)
            await recorded(connection, "signup:proof_refused", signup, device.origin)
        await self._drafts.forget(signup.id)
        return ProveAgain(Step.PHONE)
