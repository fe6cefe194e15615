"""Mails by SMTP (RFC 5321), through a mail server that takes them from us."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from app.adapters.http_client import DEADLINE, NO_ANSWER
from app.adapters.outages import describe_error, redact_contacts
from app.domain.ports import Email, Mail, Reason, Refused, SendOutcome, Sent, Uncertain, Unsent
from app.settings import Settings
from app.settings.smtp_url import MAILBOX, SmtpServer, parse_smtp_url

MOST = 10  # sessions at once of a process: many servers take no more from one client
KEPT = 30.0  # seconds that one is kept without use; servers do so for a minute and more
SWIFT = 2.0  # seconds in which a kept one has to show that it is still there
# Each byte is ASCII, and each line short, whatever the words are: every server can pass it on.
SEVEN_BIT = POLICY.clone(cte_type="7bit")

# Enhanced codes (RFC 3463) of what is wrong with us, as the sender, a relay that is denied, or a
# policy, and of what is wrong with the address or its mailbox.
OURS, THEIRS = re.compile(r"5\.(?:1\.[78]|[57]\.)"), re.compile(r"5\.(?:1\.[1-6]|2\.)")
NOT_ALLOWED = (503, 530)  # out of order; who we are has to be proved first


def build_mail(settings: Settings, _client: object) -> "SmtpMail":
    """`_client` is for vendors that are asked by HTTP."""
    server = parse_smtp_url(settings.smtp_url)
    return SmtpMail(server, sender=settings.smtp_from, sender_name=settings.brand_name)


class _Session(SMTP):
    # CRAM-MD5 last: servers name it that keep no password for it, and count the failure.
    AUTH_METHODS = ("plain", "login", "cram-md5")


class _Kept:
    """A session that waits for the next mail, and is ended when none comes."""

    def __init__(self, session: SMTP) -> None:
        self._session, self._taken = session, asyncio.Event()
        self._waiting = asyncio.create_task(self._wait())

    def take(self) -> SMTP:
        self._taken.set()
        return self._session

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(KEPT):
                await self._taken.wait()
        except TimeoutError:
            with suppress(SMTPException, OSError):
                await self._session.quit(timeout=SWIFT)
        finally:  # also where the process ends
            if not self._taken.is_set():
                self._session.close()


class SmtpMail(Mail):
    """`sender` is an address in ASCII that `server` takes mails from. The certificates of `trusted`
    are those of the machine, where it is None. `deadline` is in seconds.
    """

    def __init__(
        self,
        server: SmtpServer,
        *,
        sender: str,
        sender_name: str,
        trusted: ssl.SSLContext | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        self._server, self._deadline = server, deadline
        local, _, self._domain = sender.rpartition("@")
        self._sender = Address(sender_name, local, self._domain)
        self._tls = trusted
        if server.security != "none" and not trusted:
            self._tls = ssl.create_default_context()
        self._room = asyncio.Semaphore(MOST)
        self._kept: list[_Kept] = []

    async def send(self, email: Email) -> SendOutcome:
        if not MAILBOX.fullmatch(email.to):
            return Refused(Reason.UNUSABLE, "address")
        message_id = f"{email.reference}@{self._domain}"
        content = _message(self._sender, email, message_id).as_bytes()
        handing_over = False
        try:
            async with (
                asyncio.timeout(self._deadline),
                self._room,
                self._session_for(email.to) as session,
            ):
                handing_over = True  # whatever breaks from here on, it may have gone out
                await session.data(content)
        except (SMTPException, OSError) as failure:
            words = _words_of(failure, self._server.password)
            return _outcome(failure, words, handing_over)
        return Sent(message_id)

    async def find_trouble(self) -> str:
        """Why the server takes no mails from us, in its words; "" where it does. None is sent."""
        try:
            async with asyncio.timeout(self._deadline):
                session = await self._open(self._new_session(), None)
                await session.quit()
        except (SMTPException, OSError) as failure:
            return _words_of(failure, self._server.password)
        return ""

    @asynccontextmanager
    async def _session_for(self, to: str) -> AsyncIterator[SMTP]:
        """The server takes a mail to `to` in it; kept for the next one, if all goes well."""
        session = await self._begin()
        try:
            await session.rcpt(to)
            yield session
        except BaseException:
            session.close()
            raise
        self._kept.append(_Kept(session))

    async def _begin(self) -> SMTP:
        """A session in which the server has taken the sender. A kept one that is broken is known by
        that, before anything was sent.
        """
        if kept := self._take_kept():
            with suppress(SMTPException, OSError):
                return await self._open(kept, SWIFT)
        return await self._open(self._new_session(), None)

    async def _open(self, session: SMTP, patience: float | None) -> SMTP:
        try:
            if not session.is_connected:
                await session.connect()
            await session.mail(self._sender.addr_spec, timeout=patience)
        except BaseException:
            session.close()
            raise
        return session

    def _take_kept(self) -> SMTP | None:
        while self._kept:
            if (session := self._kept.pop().take()).is_connected:
                return session
        return None

    def _new_session(self) -> SMTP:
        server = self._server
        return _Session(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            local_hostname=self._domain,
            timeout=None,  # one deadline is for all of it
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=self._tls,
        )


def _message(sender: Address, email: Email, message_id: str) -> EmailMessage:
    """A bounce names our reference, as it is the message's id; and who gets it twice, after an
    unknown outcome, is mostly shown it once.
    """
    local, _, domain = email.to.rpartition("@")
    message = EmailMessage(SEVEN_BIT)
    message["From"] = sender
    message["To"] = Address("", local, domain)
    message["Subject"] = re.sub(r"[\r\n]+", " ", email.subject)
    message["Date"] = datetime.now(UTC)
    message["Message-ID"] = f"<{message_id}>"
    # RFC 3834: no holiday reply comes back to a code.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(email.text)
    message.add_alternative(email.html, subtype="html")
    return message


def _outcome(failure: Exception, words: str, handing_over: bool) -> SendOutcome:
    """`words` say what went wrong; whether the mail was being handed over decides what is known."""
    match failure:
        case SMTPResponseException(code=code) if 500 <= code < 600:
            return Refused(_reason(failure), str(code), words)
        case SMTPResponseException(code=code) if 400 <= code < 500:
            return Unsent(str(code), words=words)
        case SMTPResponseException() | OSError():
            unknown = Uncertain if handing_over else Unsent
            return unknown(_code(failure), words=words)
    return Refused(Reason.MISCONFIGURED, _code(failure), words)  # no STARTTLS, or no way to log in


def _reason(failure: SMTPResponseException) -> Reason:
    """Whom a refusal for good blames: the address it was for, or us."""
    theirs = False
    if isinstance(failure, SMTPRecipientRefused):
        theirs = failure.code not in NOT_ALLOWED and not OURS.match(failure.message)
    elif isinstance(failure, SMTPDataError):
        theirs = THEIRS.match(failure.message) is not None
    return Reason.UNUSABLE if theirs else Reason.MISCONFIGURED


def _code(failure: Exception) -> str:
    match failure:
        case SMTPResponseException(code=code):
            return str(code)
        case TimeoutError():
            return "Deadline"
    return type(failure).__name__


def _words_of(failure: BaseException, secret: str) -> str:
    """What the server or the network says, in one line without contacts and the `secret`."""
    match failure:
        case SMTPResponseException(code=code, message=message):
            said = message.replace(secret, "…") if secret else message
            return f"{code} {redact_contacts(said)}".strip()
        case SMTPException(__cause__=BaseException() as cause):  # unlike its own, names no host
            return _words_of(cause, secret)
        case TimeoutError():
            return NO_ANSWER
        case SMTPServerDisconnected():
            return "it closed the connection"
        case OSError():
            return describe_error(failure)
    return redact_contacts(str(failure))
