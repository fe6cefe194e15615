"""The port `Mail`: one contract, met by the local adapter, by SendGrid and by SMTP alike."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.adapters.sendgrid import SendGridMail
from app.adapters.smtp import SmtpMail
from app.dev.outbox import LocalMail, Outbox
from app.domain.ports import Mail, Sent
from tests.adapters.samples import EMAIL
from tests.standins.sendgrid import ReceivedEmail, SendGridStandIn
from tests.standins.smtp import SmtpStandIn

TO = "personalizations.0.to.0.email"


@dataclass
class Post:
    """An adapter, and what came out of it, oldest first: (id, to, subject, text, html), the last
    two by lines, as SMTP ends each in its own way.
    """

    mail: Mail
    arrived: Callable[[], list[tuple[object, ...]]]


def shown(letter: ReceivedEmail) -> tuple[object, ...]:
    lines = letter.text.splitlines(), letter.html.splitlines()
    return letter.message_id, letter.to, letter.subject, *lines


@pytest.fixture(params=["local", "sendgrid", "smtp"])
def post(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    sendgrid_mail: SendGridMail,
    sendgrid: SendGridStandIn,
    smtp_mail: SmtpMail,
    smtp: SmtpStandIn,
) -> Post:
    if request.param == "sendgrid":
        return Post(sendgrid_mail, lambda: [shown(letter) for letter in sendgrid.messages])
    if request.param == "smtp":
        return Post(smtp_mail, lambda: [shown(letter) for letter in smtp.messages])
    outbox = Outbox(tmp_path / "outbox.jsonl")
    return Post(
        LocalMail(outbox),
        lambda: [
            (m.id, m.to, m.subject, m.body.splitlines(), (m.html or "").splitlines())
            for m in reversed(outbox.list_recent())
        ],
    )


async def test_an_email_arrives_as_written_under_the_id_that_was_told(post: Post) -> None:
    outcome = await post.mail.send(EMAIL)
    assert isinstance(outcome, Sent)
    words = EMAIL.text.splitlines(), EMAIL.html.splitlines()
    assert post.arrived() == [(outcome.provider_id, EMAIL.to, EMAIL.subject, *words)]


async def test_letters_of_any_script_arrive(post: Post) -> None:
    email = replace(EMAIL, subject="Größe 你好", text="Ω 👋\r\n", html="<p>Ω &amp; 👋\r\n")
    await post.mail.send(email)
    words = email.text.splitlines(), email.html.splitlines()
    assert [arrived[2:] for arrived in post.arrived()] == [(email.subject, *words)]


async def test_forty_at_once_get_each_their_own_answer(post: Post) -> None:
    letters = [
        replace(EMAIL, to=f"ada+{n}@example.com", text=f"letter {n}", reference=f"{n}")
        for n in range(40)
    ]
    outcomes = await asyncio.gather(*map(post.mail.send, letters))
    told = {
        (outcome.provider_id, email.to, (email.text,))
        for outcome, email in zip(outcomes, letters, strict=True)
        if isinstance(outcome, Sent)
    }
    assert told == {(arrived[0], arrived[1], tuple(arrived[3])) for arrived in post.arrived()}
    assert len(told) == 40
