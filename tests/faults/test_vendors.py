"""Vendors who hang, fail, refuse or are slow: people are told in words, and nobody else waits.

All of it happens at once to people of one product; each test looks at what became of some of them.
"""

from dataclasses import dataclass, field
from time import monotonic, sleep

import pytest
from asyncpg import Record

from tests.faults.staged import PAGE, Clocked, Staged, told
from tests.person import new_email, new_phone
from tests.standins import behaviour as acts
from tests.standins import sendgrid as mail
from tests.standins.twilio import rate_limited, refuse

SENT = "The {} was sent."
UNSURE = "We couldn’t be sure that the {} went out. If nothing arrives, ask for another."
FAILED = "We couldn’t send the code. Try again in a few minutes."
NO_SUCH = "We can’t text that number. Check it, or use another."
LANDLINE = "That looks like a landline, which can’t receive texts. We can call it instead."
NO_ADDRESS = "That address can’t receive our e-mail. Check it, or use another."
NO_COUNTRY = "We can’t text that country yet. Use a number from another country."
STOPPED = (
    "Texts from us are turned off for this number. We can call you instead. To get texts again,"
    " reply START to our last one."
)

# What people are told in the end, and what their vendor does. In the order they ask in: never five
# failures in a row, after which the breaker would open.
TEXTS = {
    "hangs, then says 500": (UNSURE, acts.hang(), acts.http_500()),
    "took it and hangs": (SENT, acts.accept_then_hang(), acts.ordinary()),
    "says 500": (UNSURE, acts.http_500()),
    "21211": (NO_SUCH, refuse(21211)),
    "took it and says 500": (SENT, acts.accept_then_500(), acts.ordinary()),
    "well": (SENT, acts.ordinary()),
    "took it, says 500, keeps no list": (SENT, acts.accept_then_500(), acts.ordinary()),
    "21614": (LANDLINE, refuse(21614)),
    "is busy for a moment": (SENT, rate_limited(1), acts.ordinary()),
    "21610": (STOPPED, refuse(21610)),
    "is busy for an hour": (FAILED, rate_limited(3600)),
    "21408": (NO_COUNTRY, refuse(21408)),
    "20003": (FAILED, refuse(20003)),
}
LETTERS = {
    "well": (SENT, acts.ordinary()),
    "hangs, then says 500": (UNSURE, acts.hang(), acts.http_500()),
    "took it and hangs": (SENT, acts.accept_then_hang(), acts.ordinary()),
    "says 500": (UNSURE, acts.http_500()),
    "is busy for a moment": (SENT, mail.rate_limited(1), acts.ordinary()),
    "bad address": (NO_ADDRESS, mail.bad_address()),
    "wrong key": (FAILED, mail.refuse(401, "authorization grant is invalid")),
}


@dataclass
class Waiting:
    """Somebody on a code page, and what they were told meanwhile."""

    person: Clocked
    to: str
    sentences: list[str] = field(default_factory=list)


@dataclass
class Cast:
    texts: dict[str, Waiting]
    letters: dict[str, Waiting]
    health: list[dict[str, str]] = field(default_factory=list)

    @property
    def all(self) -> list[Waiting]:
        return [*self.texts.values(), *self.letters.values()]


@pytest.fixture(scope="module")
def cast(staged: Staged) -> Cast:
    """All ask for their code, and the play is over when each message is settled."""
    playing = Cast({}, {})
    for name, (_, *behaviours) in LETTERS.items():
        playing.letters[name] = before_the_email(staged)
        staged.sendgrid.script.for_destination(playing.letters[name].to, *behaviours)
    for name, (_, *behaviours) in TEXTS.items():
        playing.texts[name] = Waiting(Clocked(staged), new_phone())
        staged.twilio.script.for_destination(playing.texts[name].to, *behaviours)
    no_list = playing.texts["took it, says 500, keeps no list"]
    staged.twilio.lists.for_destination(no_list.to, acts.answers(404))
    began = monotonic()
    for waiting in playing.letters.values():
        waiting.person.give_email(waiting.to)
    for waiting in playing.texts.values():
        waiting.person.give_phone(waiting.to)
    while not settled(staged, playing) and monotonic() - began < 60:
        look_around(staged, playing)
        sleep(0.5)
    return playing


def before_the_email(staged: Staged) -> Waiting:
    person, phone = Clocked(staged), new_phone()
    person.give_phone(phone)
    person.give_phone_code(phone)
    return Waiting(person, new_email())


def look_around(staged: Staged, cast: Cast) -> None:
    """What everybody is told now; one sentence each time it changes."""
    for page, group in (("phone-code", cast.texts), ("email-code", cast.letters)):
        for waiting in group.values():
            sentence = told(waiting.person, f"/signup/{page}")
            if sentence not in waiting.sentences[-1:]:
                waiting.sentences.append(sentence)
    checks = staged.whole_health()["checks"]
    cast.health.append({name: found[0]["status"] for name, found in checks.items()})


def settled(staged: Staged, cast: Cast) -> bool:
    return not {"queued", "sending"} & {row["state"] for row in rows(staged, cast)}


def rows(staged: Staged, cast: Cast) -> list[Record]:
    """What is written down of everybody's message."""
    everybody = [waiting.to for waiting in cast.all]
    return staged.sql("SELECT * FROM deliveries WHERE destination = ANY($1)", everybody)


@pytest.mark.parametrize("name", TEXTS)
def test_the_page_says_what_became_of_a_text(cast: Cast, name: str) -> None:
    sentence, *_ = TEXTS[name]
    assert told(cast.texts[name].person, "/signup/phone-code") == sentence.format("text")


@pytest.mark.parametrize("name", LETTERS)
def test_the_page_says_what_became_of_an_email(cast: Cast, name: str) -> None:
    sentence, *_ = LETTERS[name]
    assert told(cast.letters[name].person, "/signup/email-code") == sentence.format("e-mail")


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("well", 1),
        ("hangs, then says 500", 0),
        ("took it and hangs", 1),
        ("took it and says 500", 1),
        ("took it, says 500, keeps no list", 2),  # the one case in which nobody can know
        ("is busy for a moment", 1),
        ("21610", 0),
    ],
)
def test_nobody_gets_more_texts_than_they_must(
    staged: Staged, cast: Cast, name: str, texts: int
) -> None:
    taken = staged.texts_to(cast.texts[name].to)
    assert len(taken) == texts
    assert len({text.body for text in taken}) <= 1, "a second one repeats the first"


def test_an_email_whose_fate_is_unknown_goes_out_once_more(staged: Staged, cast: Cast) -> None:
    letters = staged.emails_to(cast.letters["took it and hangs"].to)
    assert len(letters) == 2
    assert len({letter.subject for letter in letters}) == 1


def test_what_is_unknown_is_tried_once_more_and_a_refusal_never(staged: Staged, cast: Cast) -> None:
    found = rows(staged, cast)
    assert max(row["uncertain"] for row in found) == 2
    assert {row["tries"] for row in found if row["state"] == "refused"} == {1}


def test_other_peoples_trouble_delays_nobody(staged: Staged, cast: Cast) -> None:
    waits = staged.sql(
        "SELECT extract(epoch FROM updated_at - created_at) AS seconds FROM deliveries"
        " WHERE destination = ANY($1)",
        [cast.texts["well"].to, cast.texts["21408"].to, cast.letters["well"].to],
    )
    assert max(wait["seconds"] for wait in waits) < PAGE, "a vendor who hangs is given six"


def test_pages_stay_fast_throughout(cast: Cast) -> None:
    assert max(waiting.person.slowest for waiting in cast.all) < PAGE


def test_health_never_fails_for_it(cast: Cast) -> None:
    assert "fail" not in {status for look in cast.health for status in look.values()}
