"""In which language and zone someone is told of things: of who asked, or who has the account."""

from tests.crowd import sql
from tests.holder import PASSWORD
from tests.person import Person, new_email, new_phone
from tests.product import Product

ASKED = "SELECT language, zone FROM deliveries WHERE destination = $1 ORDER BY id DESC LIMIT 1"
KEPT = "SELECT language, zone FROM users WHERE email = $1"
AGE_SESSIONS = """
UPDATE sessions SET created_at = now() - interval '25 hours'
WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""


def reader(product: Product, language: str, zone: str) -> Person:
    person = Person(product)
    person.http.headers["accept-language"] = language
    person.http.cookies.set("zone", zone)
    return person


def one(product: Product, statement: str, contact: str) -> tuple[str, str]:
    [row] = sql(product, statement, contact)
    return row["language"], row["zone"]


def sign_in(person: Person, email: str) -> None:
    assert person.submit("/login/password", email=email, password=PASSWORD).path == "/account"


def test_a_message_keeps_the_language_and_the_zone_of_whoever_asked(product: Product) -> None:
    phone, unknown = new_phone(), new_phone()
    reader(product, "de-AT, en;q=0.5", "Europe/Vienna").give_phone(phone)
    reader(product, "tlh", "Europe/Atlantis").give_phone(unknown)
    assert one(product, ASKED, phone) == ("de", "Europe/Vienna")
    assert one(product, ASKED, unknown) == ("en", "")


def test_an_account_is_told_in_its_own_language_whoever_signs_in(product: Product) -> None:
    phone, email = new_phone(), new_email()
    owner = reader(product, "de", "Europe/Berlin")
    owner.sign_up(phone, email)
    assert one(product, KEPT, email) == ("de", "Europe/Berlin")
    sign_in(reader(product, "fr", "Asia/Tokyo"), email)
    assert one(product, ASKED, email) == ("de", "Europe/Berlin")
    assert one(product, KEPT, email) == ("de", "Europe/Berlin")
    owner.http.headers["accept-language"] = "sv"
    owner.http.cookies.set("zone", "Europe/Stockholm")
    sign_in(owner, email)
    assert one(product, KEPT, email) == ("de", "Europe/Stockholm")


def test_a_choice_is_kept_by_both_tokens_and_says_no_zone(product: Product) -> None:
    """The access token is read by every service below the same host. Whoever holds both may be an
    intruder all the same, and would tell the owner another end of each wait.
    """
    owner, email = reader(product, "de", "Europe/Berlin"), new_email()
    owner.sign_up(new_phone(), email)
    service = reader(product, "fr", "Asia/Tokyo")
    service.http.cookies.set("access", owner.http.cookies["access"])
    assert service.post("/language", language="fr").status == 303
    assert one(product, KEPT, email) == ("de", "Europe/Berlin")
    owner.http.cookies.set("zone", "Asia/Tokyo")
    owner.post("/language", language="sv")
    assert one(product, KEPT, email) == ("sv", "Europe/Berlin")


def test_a_new_session_of_an_old_account_chooses_for_its_own_pages_alone(product: Product) -> None:
    """Its owner is told of it in that day, in the language that they read."""
    email = new_email()
    reader(product, "de", "Europe/Berlin").sign_up(new_phone(), email)
    sql(product, "UPDATE users SET created_at = now() - interval '2 days' WHERE email = $1", email)
    guest = Person(product)
    sign_in(guest, email)
    guest.post("/language", language="ar")
    assert '<html lang="ar"' in guest.get("/account").html
    assert one(product, KEPT, email) == ("de", "Europe/Berlin")
    sql(product, AGE_SESSIONS, email)
    guest.post("/language", language="ar")
    assert one(product, KEPT, email) == ("ar", "Europe/Berlin")
