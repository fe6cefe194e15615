"""SMTP: each answer of a mail server at each step, and each way not to answer, is an outcome."""

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.smtp import SmtpMail
from app.domain.ports import Reason, Refused, SendOutcome, Sent, Uncertain, Unsent
from app.settings.smtp_url import Security, SmtpServer
from tests.adapters.samples import EMAIL, mail_by_smtp
from tests.faults.staged import until
from tests.standins.smtp import CLOSE, HANG, SmtpStandIn, mail_server
from tests.standins.tunnels import certificate_for

UNUSABLE, OURS = Reason.UNUSABLE, Reason.MISCONFIGURED
ANSWERS: list[tuple[str, str, SendOutcome]] = [
    ("CONNECT", "421 too busy", Unsent("421")),
    ("CONNECT", "554 no mail from you", Refused(OURS, "554")),
    ("CONNECT", "HTTP/1.1 400 Bad Request", Unsent("-1")),
    ("CONNECT", CLOSE, Unsent("SMTPConnectError")),
    ("CONNECT", HANG, Unsent("Deadline")),
    ("AUTH", "454 4.7.0 try again", Unsent("454")),
    ("MAIL", "451 4.3.0 later", Unsent("451")),
    ("MAIL", "454 Throttling failure: Maximum sending rate exceeded.", Unsent("454")),
    ("MAIL", "553 5.1.8 a sender that is not known", Refused(OURS, "553")),
    ("MAIL", CLOSE, Unsent("SMTPServerDisconnected")),
    ("RCPT", "450 4.2.0 Greylisted", Unsent("450")),
    ("RCPT", "452 4.2.2 mailbox full", Unsent("452")),
    ("RCPT", "550 5.1.1 no such user", Refused(UNUSABLE, "550")),
    ("RCPT", "551 moved", Refused(UNUSABLE, "551")),
    ("RCPT", "553 mailbox name not allowed", Refused(UNUSABLE, "553")),
    ("RCPT", "554 5.7.1 Relay access denied", Refused(OURS, "554")),
    ("RCPT", "530 authenticate first", Refused(OURS, "530")),
    ("RCPT", CLOSE, Unsent("SMTPServerDisconnected")),
    ("RCPT", HANG, Unsent("Deadline")),
    ("DATA", "451 4.3.0 later", Unsent("451")),
    ("DATA", "554 5.5.1 no valid recipients", Refused(OURS, "554")),
    ("END", "451 4.7.1 greylisted after all", Unsent("451")),
    ("END", "550 5.1.1 no such user after all", Refused(UNUSABLE, "550")),
    ("END", "554 Message rejected: Email address is not verified.", Refused(OURS, "554")),
    ("END", "?", Uncertain("-1")),
    ("END", CLOSE, Uncertain("SMTPServerDisconnected")),
    ("END", HANG, Uncertain("Deadline")),
]


@pytest.mark.parametrize(("step", "answer", "outcome"), ANSWERS)
async def test_each_answer_of_a_mail_server_is_an_outcome(
    smtp: SmtpStandIn, step: str, answer: str, outcome: SendOutcome
) -> None:
    mail = mail_by_smtp(smtp, deadline=0.5 if answer == HANG else 5.0)
    smtp.next(step, answer)
    assert await mail.send(EMAIL) == outcome
    assert smtp.messages == []
    assert smtp.steps["CONNECT"] == 1, "the adapter itself never tries again"
    assert isinstance(await mail_by_smtp(smtp).send(EMAIL), Sent)


async def test_refused_connections_are_safe_to_try_again() -> None:
    nobody = SmtpServer("localhost", 1, "none")
    outcome = await SmtpMail(nobody, sender="a@b.example", sender_name="B").send(EMAIL)
    assert outcome == Unsent("SMTPConnectError")
    assert outcome.words == "connection refused"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return certificate_for(str(tmp_path_factory.mktemp("tls")), "localhost")


@pytest.fixture(params=["tls", "starttls"])
def secure(
    request: pytest.FixtureRequest, certificate: tuple[Path, ssl.SSLContext]
) -> Iterator[SmtpStandIn]:
    security: Security = request.param
    with mail_server(security, certificate[1]) as stand_in:
        yield stand_in


async def test_mails_and_passwords_travel_over_tls(
    secure: SmtpStandIn, certificate: tuple[Path, ssl.SSLContext]
) -> None:
    mail = mail_by_smtp(secure, trusted=ssl.create_default_context(cafile=certificate[0]))
    assert isinstance(await mail.send(EMAIL), Sent)
    assert isinstance(await mail.send(EMAIL), Sent)
    assert (len(secure.messages), secure.steps["CONNECT"]) == (2, 1)


async def test_a_certificate_that_is_not_trusted_is_told_nothing(secure: SmtpStandIn) -> None:
    outcome = await mail_by_smtp(secure).send(EMAIL)
    assert isinstance(outcome, Unsent)
    assert outcome.words == "its certificate is not trusted: self-signed certificate"
    assert secure.steps["AUTH"] == secure.steps["MAIL"] == 0


async def test_a_certificate_for_another_host_is_told_nothing(
    secure: SmtpStandIn, certificate: tuple[Path, ssl.SSLContext]
) -> None:
    trusted = ssl.create_default_context(cafile=certificate[0])
    elsewhere = replace(secure.server, host="127.0.0.1")
    mail = SmtpMail(elsewhere, sender=secure.sender, sender_name="B", trusted=trusted)
    outcome = await mail.send(EMAIL)
    assert isinstance(outcome, Unsent)
    assert outcome.words.startswith("its certificate is not trusted: IP address mismatch")
    assert secure.steps["AUTH"] == secure.steps["MAIL"] == 0


@pytest.mark.parametrize(("missing", "steps"), [("STARTTLS", 0), ("AUTH PLAIN", 1)])
async def test_a_server_without_what_we_need_is_told_nothing(
    certificate: tuple[Path, ssl.SSLContext], missing: str, steps: int
) -> None:
    trusted = ssl.create_default_context(cafile=certificate[0])
    with mail_server("starttls", certificate[1]) as smtp:
        smtp.extensions.discard(missing)
        outcome = await mail_by_smtp(smtp, trusted=trusted).send(EMAIL)
        assert outcome == Refused(OURS, "SMTPException")
        assert missing.split()[0] in outcome.words
        assert (smtp.steps["STARTTLS"], smtp.steps["AUTH"], smtp.steps["MAIL"]) == (steps, 0, 0)


async def test_a_refused_password_is_not_repeated(smtp: SmtpStandIn) -> None:
    wrong = replace(smtp.server, password="hunter2")
    smtp.next("AUTH", "535 5.7.8 hunter2 of door@mail.example is wrong")
    outcome = await SmtpMail(wrong, sender=smtp.sender, sender_name="B").send(EMAIL)
    assert outcome == Refused(OURS, "535")
    assert outcome.words == "535 5.7.8 … of … is wrong"


async def test_without_a_password_nobody_logs_in(smtp: SmtpStandIn) -> None:
    open_to_all = replace(smtp.server, user="", password="")
    outcome = await SmtpMail(open_to_all, sender=smtp.sender, sender_name="B").send(EMAIL)
    assert outcome == Refused(OURS, "530")
    assert smtp.steps["AUTH"] == 0


async def test_a_session_is_kept_for_the_next_mail(smtp_mail: SmtpMail, smtp: SmtpStandIn) -> None:
    for _ in range(3):
        await smtp_mail.send(EMAIL)
    assert (smtp.steps["CONNECT"], smtp.steps["AUTH"], smtp.steps["END"]) == (1, 1, 3)


async def test_two_at_once_have_a_session_each(smtp_mail: SmtpMail, smtp: SmtpStandIn) -> None:
    await asyncio.gather(smtp_mail.send(EMAIL), smtp_mail.send(EMAIL))
    assert (smtp.steps["CONNECT"], len(smtp.messages)) == (2, 2)
    await asyncio.gather(smtp_mail.send(EMAIL), smtp_mail.send(EMAIL))
    assert (smtp.steps["CONNECT"], len(smtp.messages)) == (2, 4)


async def test_no_more_than_ten_have_one(smtp_mail: SmtpMail, smtp: SmtpStandIn) -> None:
    await asyncio.gather(*(smtp_mail.send(EMAIL) for _ in range(30)))
    assert (smtp.steps["CONNECT"], len(smtp.messages)) == (10, 30)


@pytest.mark.parametrize("answer", [CLOSE, HANG, "421 4.4.2 you were silent for long"])
async def test_a_kept_session_that_is_over_is_replaced(
    smtp_mail: SmtpMail, smtp: SmtpStandIn, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("app.adapters.smtp.SWIFT", 0.1)
    await smtp_mail.send(EMAIL)
    smtp.next("MAIL", answer)
    assert isinstance(await smtp_mail.send(EMAIL), Sent)
    smtp.hang_up()
    assert isinstance(await smtp_mail.send(EMAIL), Sent)
    assert len(smtp.messages) == smtp.steps["CONNECT"] == 3


async def test_a_session_that_nobody_needs_is_ended(
    smtp_mail: SmtpMail, smtp: SmtpStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.adapters.smtp.KEPT", 0.01)
    await smtp_mail.send(EMAIL)
    await asyncio.to_thread(until, lambda: smtp.steps["QUIT"] == 1)
    assert isinstance(await smtp_mail.send(EMAIL), Sent)


@pytest.mark.parametrize("step", ["RCPT", "END"])
async def test_a_session_in_which_something_failed_is_not_kept(
    smtp_mail: SmtpMail, smtp: SmtpStandIn, step: str
) -> None:
    smtp.next(step, "550 5.1.1 no such user")
    await smtp_mail.send(EMAIL)
    await asyncio.to_thread(until, lambda: not smtp.connections)


async def test_our_reference_is_in_the_id_that_a_bounce_names(
    smtp_mail: SmtpMail, smtp: SmtpStandIn
) -> None:
    assert await smtp_mail.send(EMAIL) == Sent("0198a7c2@latchkey.example")
    [letter] = smtp.messages
    assert letter.headers["Message-ID"] == "<0198a7c2@latchkey.example>"
    assert letter.headers["Auto-Submitted"] == "auto-generated"
    assert letter.headers["From"] == "Latchkey <door@latchkey.example>"


async def test_a_brand_with_any_sign_is_a_name(smtp: SmtpStandIn) -> None:
    name = 'Größe, "Söhne" & Co.; Bcc: x@y.example'
    await mail_by_smtp(smtp, sender_name=name).send(EMAIL)
    assert smtp.messages[0].sender_name == name


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\r\n\r\n", "\n\r"])
async def test_a_line_break_in_a_subject_starts_no_header(
    smtp_mail: SmtpMail, smtp: SmtpStandIn, break_: str
) -> None:
    await smtp_mail.send(replace(EMAIL, subject=f"Höllo{break_}Bcc: eve@example.com"))
    assert smtp.messages[0].subject == "Höllo Bcc: eve@example.com"


@pytest.mark.parametrize(
    "to", ["ada@example.com\r\nRCPT TO:<eve@example.com>", "a> b@example.com", "ä@example.com", ""]
)
async def test_what_is_no_address_starts_no_command(
    smtp_mail: SmtpMail, smtp: SmtpStandIn, to: str
) -> None:
    outcome = await smtp_mail.send(replace(EMAIL, to=to))
    assert isinstance(outcome, Refused)
    assert outcome.reason is UNUSABLE
    assert smtp.steps["RCPT"] == 0


async def test_long_lines_and_lone_dots_arrive(smtp_mail: SmtpMail, smtp: SmtpStandIn) -> None:
    text = f".\n..\nFrom here\n{'x' * 5000}\n.\nKöln\n"
    subject = "Straße " * 40
    await smtp_mail.send(replace(EMAIL, text=text, html=f"<p>{'ß' * 3000}\n", subject=subject))
    [letter] = smtp.messages
    assert letter.text.splitlines() == text.splitlines()
    assert letter.html.splitlines() == [f"<p>{'ß' * 3000}"]
    assert letter.subject.split() == subject.split()
