"""People on each step of a sign-up, about to enter what is right there."""

from itertools import count

from tests.faults.staged import Clocked
from tests.person import Seen, new_email, new_phone
from tests.product import Product

STEPS = ("phone", "phone-code", "email", "email-code", "password")
_addresses = count(1)


def someone(served: Product) -> Clocked:
    """Each in a network of their own, since networks are counted too."""
    return Clocked(served, f"127.1.{next(_addresses)}.1")


class Stand:
    """Someone on a step, with the right thing in flight to enter there."""

    def __init__(self, served: Product, step: str) -> None:
        self.step, self.person = step, someone(served)
        self.phone, self.email = new_phone(), new_email()
        self.person.get("/signup/phone")
        for earlier in STEPS[: STEPS.index(step)]:
            self.person.submit(f"/signup/{earlier}", **self.answer(earlier))
        self.fields = self.answer(step)

    def answer(self, step: str) -> dict[str, str]:
        match step:
            case "phone":
                return {"phone": self.phone}
            case "email":
                return {"email": self.email}
            case "password":
                return {"password": "seven otters paint slowly"}
        return {"code": self.person.product.code_for(getattr(self, step.removesuffix("-code")))}

    def enter(self) -> Seen:
        return self.person.post(f"/signup/{self.step}", **self.fields)

    def look(self) -> Seen:
        return self.person.get(f"/signup/{self.step}")
