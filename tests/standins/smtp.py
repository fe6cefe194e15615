"""A stand-in for a mail server: it checks what it is sent, and can misbehave at every step."""

import socket
import ssl
from base64 import b64encode
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import quote

from app.settings.smtp_url import Security, SmtpServer
from tests.standins.sendgrid import ReceivedEmail
from tests.standins.tunnels import listening

# Instead of an answer. Steps are the verbs, CONNECT for the greeting and END for the end of a mail.
CLOSE, HANG = "close", "hang"
HEADERS = ["Auto-Submitted", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"]


class SmtpStandIn:
    """`messages` were accepted; `violations` should not have been sent. `steps` counts what came
    in, `connections` are open, and `extensions` are what is offered.
    """

    user, password, sender = "door", "p@ss: wörd/+", "door@latchkey.example"

    def __init__(self, security: Security, certificate: ssl.SSLContext | None) -> None:
        self.security, self.certificate = security, certificate
        self.messages: list[ReceivedEmail] = []
        self.violations: list[str] = []
        self.steps = Counter[str]()
        self.extensions = {"AUTH PLAIN"} | ({"STARTTLS"} if security == "starttls" else set())
        self.port = 0
        self._scripts = defaultdict[str, deque[str]](deque)
        self.connections: set[socket.socket] = set()

    @property
    def server(self) -> SmtpServer:
        return SmtpServer("localhost", self.port, self.security, self.user, self.password)

    @property
    def environment(self) -> dict[str, str]:
        """The settings that point the product here."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return {
            "SMTP_URL": f"smtp://{login}@127.0.0.1:{self.port}",
            "SMTP_FROM": self.sender,
        }

    def next(self, step: str, *answers: str) -> None:
        """What comes of the next ones; the answers of a good day follow."""
        self._scripts[step].extend(answers)

    def answer(self, step: str, usual: str) -> str:
        self.steps[step] += 1
        return self._scripts[step].popleft() if self._scripts[step] else usual

    def serve(self, connection: socket.socket) -> None:
        self.connections.add(connection)
        _Conversation(self, connection).run()
        self.connections.discard(connection)

    def hang_up(self) -> None:
        """On everybody, without a word."""
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def mail_server(
    security: Security = "none", certificate: ssl.SSLContext | None = None
) -> Iterator[SmtpStandIn]:
    stand_in = SmtpStandIn(security, certificate)
    with listening(stand_in.serve) as stand_in.port:
        yield stand_in
        stand_in.hang_up()
    assert stand_in.violations == []


class _Conversation:
    def __init__(self, stand_in: SmtpStandIn, connection: socket.socket) -> None:
        self._stand_in, self._connection = stand_in, connection
        self._is_over, self._has_tls, self._who = False, False, ""
        self._sender, self._recipients = "", list[str]()

    def run(self) -> None:
        with suppress(OSError):
            self._converse()
        self._connection.close()

    def _converse(self) -> None:
        if self._stand_in.security == "tls":
            self._begin_tls()
        self._lines = self._connection.makefile("rb")
        self._say("CONNECT", "220 mail.example ESMTP")
        while not self._is_over and (line := self._lines.readline(1000)):
            verb, _, rest = line.decode("ascii").rstrip("\r\n").partition(" ")
            getattr(self, f"_on_{verb.lower()}")(rest)

    def _say(self, step: str, usual: str, first: Callable[[], object] = lambda: None) -> bool:
        """Whether it was what is usual; then `first` was done before."""
        answer = self._stand_in.answer(step, usual)
        if answer == usual:
            first()
        if answer == HANG:
            self._lines.read()
        self._is_over = answer in (CLOSE, HANG)
        if not self._is_over:
            self._connection.sendall(f"{answer}\r\n".encode())
        return answer == usual

    def _check(self, *broken: tuple[bool, str]) -> None:
        self._stand_in.violations += [words for wrong, words in broken if wrong]

    def _begin_tls(self) -> None:
        context = self._stand_in.certificate
        assert context
        self._connection = context.wrap_socket(self._connection, server_side=True)
        self._has_tls = True

    def _on_ehlo(self, name: str) -> None:
        offered = self._stand_in.extensions - ({"STARTTLS"} if self._has_tls else set())
        self._check((name != "latchkey.example", f"who is {name}?"))
        lines = ["mail.example", *sorted(offered), "8BITMIME"]
        said = [f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]
        self._say("EHLO", "\r\n".join(said))

    def _on_helo(self, _: str) -> None:
        self._say("HELO", "250 mail.example")

    def _on_starttls(self, _: str) -> None:
        if self._say("STARTTLS", "220 go ahead"):
            self._begin_tls()
            self._lines = self._connection.makefile("rb")

    def _on_auth(self, rest: str) -> None:
        stand_in = self._stand_in
        plain = b64encode(f"\0{stand_in.user}\0{stand_in.password}".encode()).decode()
        self._check((stand_in.security != "none" and not self._has_tls, "a password without TLS"))
        right = "235 2.7.0 welcome" if rest == f"PLAIN {plain}" else "535 5.7.8 who are you?"
        self._who = stand_in.user if self._say("AUTH", right) else ""

    def _on_mail(self, rest: str) -> None:
        self._check(
            (rest != f"FROM:<{self._stand_in.sender}>", f"MAIL {rest}"),
            (self._stand_in.security != "none" and not self._has_tls, "a mail without TLS"),
        )
        self._sender, self._recipients = rest, []
        self._say("MAIL", "250 2.1.0 ok" if self._who else "530 5.7.0 authenticate first")

    def _on_rcpt(self, rest: str) -> None:
        self._check((not rest.startswith("TO:<") or not rest.endswith(">"), f"RCPT {rest}"))
        if self._say("RCPT", "250 2.1.5 ok"):
            self._recipients.append(rest[4:-1])

    def _on_data(self, _: str) -> None:
        if not self._say("DATA", "354 go ahead"):
            return
        lines: list[bytes] = []
        while (line := self._lines.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        letter = message_from_bytes(b"".join(lines), EmailMessage, policy=SMTP)
        self._check(*_broken(lines, letter, self._recipients))
        taken = self._stand_in.messages.append
        self._say("END", "250 2.0.0 ok: queued as 4TfQ", lambda: taken(_received(letter)))

    def _on_rset(self, _: str) -> None:
        self._say("RSET", "250 ok")

    def _on_quit(self, _: str) -> None:
        self._say("QUIT", "221 bye")
        self._is_over = True


def _broken(
    lines: list[bytes], letter: EmailMessage, recipients: list[str]
) -> Iterator[tuple[bool, str]]:
    names = sorted(name for name in letter.keys() if not name.startswith("Content-"))  # noqa: SIM118
    yield names != HEADERS, f"headers: {names}"
    yield any(not line.endswith(b"\r\n") for line in lines), "a line with another end"
    yield any(len(line) > 1000 or not line.isascii() for line in lines), "a line for few servers"
    yield recipients != [letter["To"].addresses[0].addr_spec], f"recipients: {recipients}"
    yield letter.defects != [], f"defects: {letter.defects}"


def _received(letter: EmailMessage) -> ReceivedEmail:
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text
    assert html
    message_id = letter["Message-ID"].strip("<>")
    return ReceivedEmail(
        to=letter["To"].addresses[0].addr_spec,
        subject=letter["Subject"],
        text=text.get_content(),
        html=html.get_content(),
        reference=message_id.partition("@")[0],
        sender_name=letter["From"].addresses[0].display_name,
        headers=dict(letter),
        message_id=message_id,
        received_at=datetime.now(UTC),
    )
