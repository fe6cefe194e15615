"""An account that nobody has used for long, and someone who has its number now."""

from tests.crowd import sql
from tests.federated import Federated
from tests.holder import Holder
from tests.person import Person, Seen
from tests.product import Product

UNUSED = (
    "UPDATE users SET last_used_at = clock_timestamp() - make_interval(days => $2) WHERE email = $1"
)


def dormant(product: Product, days: int = 91) -> Holder:
    holder = Holder(product)
    sql(product, UNUSED, holder.email, days)
    return holder


def prove_number(owner: Holder | Federated, entry_point: str = "login") -> tuple[Person, Seen]:
    """Someone who has the number now, in a browser of their own."""
    person, product = Person(owner.product), owner.product
    had = len(product.codes_for(owner.phone))
    person.submit(f"/{entry_point}/phone", phone=owner.phone)
    code = product.code_for(owner.phone, had)
    return person, person.submit(f"/{entry_point}/phone-code", code=code)


def mailed(owner: Holder) -> str:
    """The code that was mailed to the owner for it."""
    return owner.told("which hasn’t been used for 3 months").code or ""


def release(person: Person) -> Seen:
    """Starts a new account with the number."""
    return person.submit_from("/login/email-code", "/login/release")


def released(product: Product) -> Holder:
    """The owner of an account whose number was released, in no browser yet."""
    owner = dormant(product)
    person, _ = prove_number(owner)
    assert release(person).path == "/signup/email"
    return owner
