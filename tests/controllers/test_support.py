"""What an operator is told of a real sign-up: what became of its messages, and no code."""

import json

from app.controllers.code_words import delivery_line
from app.domain.delivery.outbox import Progress, State
from app.domain.verification.codes import PHONE
from tests.commands.running import typed
from tests.crowd import sql
from tests.person import Person, new_email, new_phone
from tests.product import Product


def run(product: Product, *words: str) -> str:
    ended = typed("messages", *words, DATABASE_URL=product.env["DATABASE_URL"])
    assert ended.exit_code == 0, ended.output
    return ended.output


def test_what_was_done_with_a_code_is_told_and_the_code_is_not(product: Product) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    person.give_phone(phone)
    codes = [person.code(phone)]
    person.give_phone_code(phone)
    person.give_email(email)
    codes.append(person.code(email))
    outputs = [run(product, "find", phone), run(product, "find", phone, "--json")]
    outputs += [run(product, "find", email), run(product, "find", email, "--json")]
    [row] = sql(product, "SELECT id::text FROM deliveries WHERE destination = $1", phone)
    outputs += [run(product, "show", row["id"]), run(product, "show", row["id"], "--json")]
    assert [text for text in outputs for code in codes if code in text] == []
    assert "its code was entered right" in outputs[0]
    assert json.loads(outputs[1])["likely_cause"].startswith("It arrived, and its code was entered")
    assert json.loads(outputs[3])["messages"][0]["proved_at"] is None


def test_who_waits_for_a_code_that_was_taken_back_is_told_to_try_again() -> None:
    line = delivery_line(PHONE, Progress(State.CANCELLED, None, unsure=False, age=1.0))
    assert (line.state, line.polling) == ("failed", False)
    assert str(line.sentence) == "We couldn’t send the code. Try again in a few minutes."
